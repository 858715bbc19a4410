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
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/user"
)

var noon = time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)

// memStore implements realtime.Store and realtime.Pusher in memory.
type memStore struct {
	mu                    sync.Mutex
	subscribers           map[string][]realtime.Subscriber
	sent                  []string // "connection: frame"
	closed                []string // connections that are closed
	failing               []string // connections to which every send fails
	deletedStale          []string // "connection on topic, opened before"
	tokens                map[string]user.Principal
	connections           []realtime.Connection
	inFlight, maxInFlight int // concurrent sends, now and at most
	storeErr              error
	queriedTopics         []string
}

func (store *memStore) hub() *realtime.Hub {
	return &realtime.Hub{Store: store, Pusher: store, Now: func() time.Time { return noon }}
}

func (store *memStore) Send(_ context.Context, connectionID string, data []byte) error {
	store.mu.Lock()
	store.inFlight++
	store.maxInFlight = max(store.maxInFlight, store.inFlight)
	store.mu.Unlock()
	defer func() {
		store.mu.Lock()
		defer store.mu.Unlock()
		store.inFlight--
	}()
	store.mu.Lock()
	defer store.mu.Unlock()
	switch {
	case slices.Contains(store.closed, connectionID):
		return fmt.Errorf("send: %w", realtime.ErrGone)
	case slices.Contains(store.failing, connectionID):
		return fmt.Errorf("cannot send to %s", connectionID)
	}
	store.sent = append(store.sent, connectionID+": "+string(data))
	return nil
}

func (store *memStore) DeleteStaleConnection(_ context.Context, id, topic string, openedBefore time.Time) error {
	store.mu.Lock()
	defer store.mu.Unlock()
	store.deletedStale = append(store.deletedStale, fmt.Sprint(id, " on ", topic, ", opened before ", openedBefore.Format(time.TimeOnly)))
	return nil
}

func (store *memStore) Subscribers(_ context.Context, topic string) ([]realtime.Subscriber, error) {
	store.mu.Lock()
	defer store.mu.Unlock()
	store.queriedTopics = append(store.queriedTopics, topic)
	return store.subscribers[topic], store.storeErr
}

func (store *memStore) PutConnectToken(_ context.Context, hash string, principal user.Principal, _ time.Time) error {
	store.tokens[hash] = principal
	return nil
}

func (store *memStore) ConsumeConnectToken(_ context.Context, hash string) (user.Principal, bool, error) {
	principal, found := store.tokens[hash]
	delete(store.tokens, hash)
	return principal, found, store.storeErr
}

func (store *memStore) AddConnection(_ context.Context, c realtime.Connection) error {
	store.connections = append(store.connections, c)
	return nil
}

func (store *memStore) Subscribe(_ context.Context, c realtime.Connection, topic string) (bool, error) {
	store.subscribers[topic] = append(store.subscribers[topic], realtime.Subscriber{Topic: topic, ConnectionID: c.ID, UserID: c.Principal.UserID})
	return true, nil
}

func (store *memStore) Connection(context.Context, string) (realtime.Connection, bool, error) {
	return realtime.Connection{}, false, nil
}

func (store *memStore) DeleteConnection(context.Context, string) (realtime.Connection, bool, error) {
	return realtime.Connection{}, false, nil
}

func (store *memStore) Unsubscribe(context.Context, string, string) error { return nil }

// newMemStore returns a store with the given connections by topic.
func newMemStore(connectionsByTopic map[string][]string) *memStore {
	store := &memStore{subscribers: map[string][]realtime.Subscriber{}, tokens: map[string]user.Principal{}}
	for topic, ids := range connectionsByTopic {
		for _, id := range ids {
			store.subscribers[topic] = append(store.subscribers[topic], realtime.Subscriber{Topic: topic, ConnectionID: id})
		}
	}
	return store
}

func helloFrame(s realtime.Subscriber) any { return "hello " + s.ConnectionID }

// publish sends a frame to the subscribers of the topics.
func (store *memStore) publish(topics []string, frame realtime.FrameFunc) error {
	subscribers, err := store.hub().Subscribers(context.Background(), topics)
	if err != nil {
		return err
	}
	return store.hub().Publish(context.Background(), subscribers, frame)
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
		store := newMemStore(map[string][]string{"x": {"a", "b"}, "y": {"b", "c"}})
		if err := store.publish(c.topics, c.frame); err != nil {
			t.Errorf("%s: got %v", c.name, err)
		}
		if slices.Sort(store.sent); !slices.Equal(store.sent, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, store.sent, c.want)
		}
	}
}

// TestPublish_ClosedConnections checks that closed connections are deleted
// without an error, and that a failed send does not stop the others.
func TestPublish_ClosedConnections(t *testing.T) {
	store := newMemStore(map[string][]string{"x": {"a", "closed", "failing", "b"}})
	store.closed, store.failing = []string{"closed"}, []string{"failing"}
	err := store.publish([]string{"x"}, helloFrame)
	if err == nil || !strings.Contains(err.Error(), "cannot send to failing") || errors.Is(err, realtime.ErrGone) {
		t.Errorf("got %v, want only the error of the failing connection", err)
	}
	if slices.Sort(store.sent); !slices.Equal(store.sent, []string{`a: "hello a"`, `b: "hello b"`}) {
		t.Errorf("got %q", store.sent)
	}
	if want := []string{"closed on x, opened before 11:59:50"}; !slices.Equal(store.deletedStale, want) {
		t.Errorf("deleted: got %q, want %q", store.deletedStale, want)
	}
	if err := store.hub().Send(context.Background(), "closed", 1); err != nil || len(store.deletedStale) != 2 || !strings.HasPrefix(store.deletedStale[1], "closed on ,") {
		t.Errorf("Send: got %v, deleted %q", err, store.deletedStale)
	}
}

func TestPublish_StoreError(t *testing.T) {
	store := newMemStore(nil)
	store.storeErr = errors.New("no answer")
	if err := store.publish([]string{"x", "y"}, helloFrame); !errors.Is(err, store.storeErr) {
		t.Errorf("got %v", err)
	}
	store = newMemStore(map[string][]string{"x": {"a"}})
	if err := store.publish([]string{"x"}, func(realtime.Subscriber) any { return func() {} }); err == nil {
		t.Error("frame that cannot be encoded: got no error")
	}
}

// TestPublish_BoundedConcurrency checks that at most 32 sends run concurrently.
func TestPublish_BoundedConcurrency(t *testing.T) {
	var ids []string
	for i := range 500 {
		ids = append(ids, fmt.Sprint(i))
	}
	store := newMemStore(map[string][]string{"x": ids})
	if err := store.publish([]string{"x"}, helloFrame); err != nil {
		t.Fatal(err)
	}
	if len(store.sent) != len(ids) || store.maxInFlight > 32 {
		t.Errorf("got %d frames, %d at once, want %d, at most 32", len(store.sent), store.maxInFlight, len(ids))
	}
}

func TestConnectTokens(t *testing.T) {
	store := newMemStore(nil)
	tokens := &realtime.ConnectTokens{Store: store, Now: func() time.Time { return noon }, Random: rand.Reader}
	principal := user.Principal{UserID: "sara", Role: user.RoleUser}
	token, expires, err := tokens.Issue(context.Background(), principal)
	if err != nil || !expires.Equal(noon.Add(30*time.Second)) || len(token) != 32 {
		t.Fatalf("got %q, %v, %v", token, expires, err)
	}
	if _, stored := store.tokens[token]; stored {
		t.Error("the token is stored instead of its hash")
	}
	if got, err := tokens.Redeem(context.Background(), token); err != nil || got != principal {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, token := range map[string]string{"used": token, "unknown": "x", "empty": ""} {
		if _, err := tokens.Redeem(context.Background(), token); !apperr.Is(err, apperr.Unauthenticated) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := tokens.Register(context.Background(), "c1", principal); err != nil {
		t.Fatal(err)
	}
	if c := store.connections[0]; c.ID != "c1" || c.Principal != principal || !c.OpenedAt.Equal(noon) || c.ExpiresAt.Before(noon.Add(2*time.Hour)) {
		t.Errorf("opened: got %+v", c)
	}
	if subscribers := store.subscribers[realtime.UserTopic("sara")]; len(subscribers) != 1 || subscribers[0].ConnectionID != "c1" {
		t.Errorf("subscribers of the user topic: got %+v", subscribers)
	}
	tokens.Random = strings.NewReader("short")
	if _, _, err := tokens.Issue(context.Background(), principal); err == nil {
		t.Error("without randomness: got a token")
	}
}

func TestSubscriberCache(t *testing.T) {
	store := &memStore{subscribers: map[string][]realtime.Subscriber{"a": {{ConnectionID: "1"}}, "b": {{ConnectionID: "2"}}}, storeErr: errors.New("throttled")}
	ctx, hub := realtime.WithSubscriberCache(t.Context()), store.hub()
	if _, err := hub.Subscribers(ctx, []string{"a"}); err == nil {
		t.Error("store failure: got no error")
	}
	store.storeErr = nil
	for _, topics := range [][]string{{"a"}, {"a", "b"}, {"b", "a"}} {
		found, err := hub.Subscribers(ctx, topics)
		if err != nil || len(found) != len(topics) {
			t.Errorf("%v: got %v, %v", topics, found, err)
		}
	}
	if want := []string{"a", "a", "b"}; !slices.Equal(store.queriedTopics, want) {
		t.Errorf("queried %v, want %v: once each, and again after a failure", store.queriedTopics, want)
	}
	if _, err := hub.Subscribers(t.Context(), []string{"a"}); err != nil || len(store.queriedTopics) != 4 {
		t.Errorf("context without a cache: queried %v, %v", store.queriedTopics, err)
	}
}
