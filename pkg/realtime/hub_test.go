package realtime_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/user"
)

var (
	noon    = time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)
	errDown = errors.New("down")
)

func now() time.Time { return noon }

// fakePusher records the frames that are sent.
type fakePusher struct {
	closed, failing []string // connections whose sends fail

	mu                    sync.Mutex
	sent                  []string // "connection: frame"
	inFlight, maxInFlight int      // concurrent sends, now and at most
}

func (p *fakePusher) Send(_ context.Context, connectionID string, data []byte) error {
	p.mu.Lock()
	p.inFlight++
	p.maxInFlight = max(p.maxInFlight, p.inFlight)
	p.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inFlight--
	switch {
	case slices.Contains(p.closed, connectionID):
		return fmt.Errorf("send: %w", realtime.ErrGone)
	case slices.Contains(p.failing, connectionID):
		return fmt.Errorf("cannot send to %s", connectionID)
	}
	p.sent = append(p.sent, connectionID+": "+string(data))
	return nil
}

// newHub returns a hub whose store has the given connections by topic. The
// connection "new" was opened just now, the others a minute ago.
func newHub(t *testing.T, connectionsByTopic map[string][]string) (*realtime.Hub, *memstore.Store, *fakePusher) {
	t.Helper()
	store, pusher := memstore.New(now), &fakePusher{}
	for topic, ids := range connectionsByTopic {
		for _, id := range ids {
			c, found, _ := store.Connection(t.Context(), id)
			if !found {
				c = realtime.Connection{ID: id, OpenedAt: noon.Add(-time.Minute), ExpiresAt: noon.Add(time.Hour)}
				if id == "new" {
					c.OpenedAt = noon
				}
				if err := store.AddConnection(t.Context(), c); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := store.Subscribe(t.Context(), c, topic); err != nil {
				t.Fatal(err)
			}
		}
	}
	return &realtime.Hub{Store: store, Pusher: pusher, Now: now}, store, pusher
}

func helloFrame(s realtime.Subscriber) any { return "hello " + s.ConnectionID }

// publish sends a frame to the subscribers of the topics.
func publish(hub *realtime.Hub, topics []string, frame realtime.FrameFunc) error {
	subscribers, err := hub.Subscribers(context.Background(), topics)
	if err != nil {
		return err
	}
	return hub.Publish(context.Background(), subscribers, frame)
}

func TestPublish(t *testing.T) {
	for _, c := range []struct {
		name   string
		topics []string
		frame  realtime.FrameFunc
		want   []string
	}{
		{"one topic", []string{"x"}, helloFrame, []string{`a: "hello a"`, `b: "hello b"`}},
		{"one frame per connection", []string{"x", "y"}, helloFrame, []string{`a: "hello a"`, `b: "hello b"`, `c: "hello c"`}},
		{"no subscribers", []string{"z"}, helloFrame, nil},
		{"no topics", nil, helloFrame, nil},
		{"no frame for one", []string{"x", "y"}, func(s realtime.Subscriber) any {
			if s.ConnectionID == "b" {
				return nil
			}
			return 1
		}, []string{"a: 1", "c: 1"}},
	} {
		hub, _, pusher := newHub(t, map[string][]string{"x": {"a", "b"}, "y": {"b", "c"}})
		if err := publish(hub, c.topics, c.frame); err != nil {
			t.Errorf("%s: got %v", c.name, err)
		}
		if slices.Sort(pusher.sent); !slices.Equal(pusher.sent, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, pusher.sent, c.want)
		}
	}
}

// TestPublish_ClosedConnections checks that closed connections are deleted
// without an error unless they are new, and that a failed send does not stop
// the others.
func TestPublish_ClosedConnections(t *testing.T) {
	hub, store, pusher := newHub(t, map[string][]string{"x": {"a", "closed", "new", "failing", "b"}})
	pusher.closed, pusher.failing = []string{"closed", "new"}, []string{"failing"}
	err := publish(hub, []string{"x"}, helloFrame)
	if err == nil || !strings.Contains(err.Error(), "cannot send to failing") || errors.Is(err, realtime.ErrGone) {
		t.Errorf("got %v, want only the error of the failing connection", err)
	}
	if slices.Sort(pusher.sent); !slices.Equal(pusher.sent, []string{`a: "hello a"`, `b: "hello b"`}) {
		t.Errorf("got %q", pusher.sent)
	}
	var left []string
	subscribers, err := store.Subscribers(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range subscribers {
		left = append(left, s.ConnectionID)
	}
	if want := []string{"a", "b", "failing", "new"}; !slices.Equal(left, want) {
		t.Errorf("subscribers: got %q, want %q", left, want)
	}
}

func TestSend_ClosedConnection(t *testing.T) {
	hub, store, pusher := newHub(t, map[string][]string{"x": {"closed"}})
	pusher.closed = []string{"closed"}
	if err := hub.Send(t.Context(), "closed", 1); err != nil {
		t.Errorf("got %v", err)
	}
	if _, found, err := store.Connection(t.Context(), "closed"); err != nil || found {
		t.Errorf("the connection exists: %v, %v", found, err)
	}
}

func TestPublish_StoreError(t *testing.T) {
	hub, store, _ := newHub(t, map[string][]string{"x": {"a"}})
	store.Before = func(string, string) error { return errDown }
	if err := publish(hub, []string{"x", "y"}, helloFrame); !errors.Is(err, errDown) {
		t.Errorf("got %v", err)
	}
	store.Before = nil
	if err := publish(hub, []string{"x"}, func(realtime.Subscriber) any { return func() {} }); err == nil {
		t.Error("frame that cannot be encoded: got no error")
	}
}

// TestPublish_BoundedConcurrency checks that at most 32 sends run concurrently.
func TestPublish_BoundedConcurrency(t *testing.T) {
	var ids []string
	for i := range 500 {
		ids = append(ids, fmt.Sprint(i))
	}
	hub, _, pusher := newHub(t, map[string][]string{"x": ids})
	if err := publish(hub, []string{"x"}, helloFrame); err != nil {
		t.Fatal(err)
	}
	if len(pusher.sent) != len(ids) || pusher.maxInFlight > 32 {
		t.Errorf("got %d frames, %d at once, want %d, at most 32", len(pusher.sent), pusher.maxInFlight, len(ids))
	}
}

func TestConnectTokens(t *testing.T) {
	store := memstore.New(now)
	tokens := &realtime.ConnectTokens{Store: store, Now: now, Random: rand.Reader}
	principal := user.Principal{UserID: "sara", Role: user.RoleUser}
	token, expires, err := tokens.Issue(t.Context(), principal)
	if err != nil || !expires.Equal(noon.Add(30*time.Second)) || len(token) != 32 {
		t.Fatalf("got %q, %v, %v", token, expires, err)
	}
	if _, found, err := store.ConsumeConnectToken(t.Context(), token); err != nil || found {
		t.Errorf("the token is stored instead of its hash: %v, %v", found, err)
	}
	if got, err := tokens.Redeem(t.Context(), token); err != nil || got != principal {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, token := range map[string]string{"used": token, "unknown": "x", "empty": ""} {
		if _, err := tokens.Redeem(t.Context(), token); !apperr.Is(err, apperr.Unauthenticated) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	tokens.Random = strings.NewReader("short")
	if _, _, err := tokens.Issue(t.Context(), principal); err == nil {
		t.Error("without randomness: got a token")
	}
}

func TestSubscriberCache(t *testing.T) {
	hub, store, _ := newHub(t, map[string][]string{"a": {"1"}, "b": {"2"}})
	ctx := realtime.WithSubscriberCache(t.Context())
	store.Before = func(string, string) error { return errDown }
	if _, err := hub.Subscribers(ctx, []string{"a"}); err == nil {
		t.Error("store failure: got no error")
	}
	store.Before = nil
	for _, topics := range [][]string{{"a"}, {"a", "b"}, {"b", "a"}} {
		found, err := hub.Subscribers(ctx, topics)
		if err != nil || len(found) != len(topics) {
			t.Errorf("%v: got %v, %v", topics, found, err)
		}
	}
	if n := store.Calls("Subscribers"); n != 2 {
		t.Errorf("got %d queries, want one for each topic", n)
	}
	if _, err := hub.Subscribers(t.Context(), []string{"a"}); err != nil || store.Calls("Subscribers") != 3 {
		t.Errorf("context without a cache: %d queries, %v", store.Calls("Subscribers"), err)
	}
}

// TestNewConnection checks that a connection subscribes to its user, and outlives the two hours of
// API Gateway.
func TestNewConnection(t *testing.T) {
	store, principal := memstore.New(now), user.Principal{UserID: "sara", Role: user.RoleUser}
	c := realtime.NewConnection("c1", principal, noon)
	if err := store.AddConnection(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if c.Principal != principal || !c.OpenedAt.Equal(noon) || c.ExpiresAt.Before(noon.Add(2*time.Hour)) {
		t.Errorf("got %+v", c)
	}
	subscribers, err := store.Subscribers(t.Context(), realtime.UserTopic("sara"))
	if err != nil || len(subscribers) != 1 || subscribers[0].ConnectionID != "c1" {
		t.Errorf("subscribers of the user topic: got %+v, %v", subscribers, err)
	}
}
