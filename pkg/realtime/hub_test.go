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

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/user"
)

var noon = time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)

// lobby is a Store and a Pusher in memory.
type lobby struct {
	mu       sync.Mutex
	watchers map[string][]realtime.Watcher
	sent     []string // "connection: frame"
	gone     []string // connections that the pusher cannot reach
	broken   []string // connections that a push fails on
	forgot   []string // "connection on topic, opened before"
	passes   map[string]user.Principal
	opened   []realtime.Connection
	now, top int // frames on their way now, and at most
	noAnswer error
	asked    []string // topics
}

func (l *lobby) hub() *realtime.Hub {
	return &realtime.Hub{Store: l, Pusher: l, Now: func() time.Time { return noon }}
}

func (l *lobby) Post(_ context.Context, connectionID string, data []byte) error {
	l.mu.Lock()
	l.now++
	l.top = max(l.top, l.now)
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.now--
	}()
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case slices.Contains(l.gone, connectionID):
		return fmt.Errorf("post: %w", realtime.ErrGone)
	case slices.Contains(l.broken, connectionID):
		return fmt.Errorf("no line to %s", connectionID)
	}
	l.sent = append(l.sent, connectionID+": "+string(data))
	return nil
}

func (l *lobby) ForgetGone(_ context.Context, id, topic string, openedBefore time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forgot = append(l.forgot, fmt.Sprint(id, " on ", topic, ", opened before ", openedBefore.Format(time.TimeOnly)))
	return nil
}

func (l *lobby) Watchers(_ context.Context, topic string) ([]realtime.Watcher, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, topic)
	return l.watchers[topic], l.noAnswer
}

func (l *lobby) AddPass(_ context.Context, hash string, who user.Principal, _ time.Time) error {
	l.passes[hash] = who
	return nil
}

func (l *lobby) TakePass(_ context.Context, hash string) (user.Principal, bool, error) {
	who, found := l.passes[hash]
	delete(l.passes, hash)
	return who, found, l.noAnswer
}

func (l *lobby) AddConnection(_ context.Context, c realtime.Connection) error {
	l.opened = append(l.opened, c)
	return nil
}

func (l *lobby) Watch(_ context.Context, c realtime.Connection, topic string) (bool, error) {
	l.watchers[topic] = append(l.watchers[topic], realtime.Watcher{Topic: topic, ConnectionID: c.ID, UserID: c.Who.UserID})
	return true, nil
}

func (l *lobby) Connection(context.Context, string) (realtime.Connection, bool, error) {
	return realtime.Connection{}, false, nil
}

func (l *lobby) RemoveConnection(context.Context, string) (realtime.Connection, bool, error) {
	return realtime.Connection{}, false, nil
}

func (l *lobby) Unwatch(context.Context, string, string) error { return nil }

// topics fills a lobby: each topic with its connections.
func topics(t map[string][]string) *lobby {
	l := &lobby{watchers: map[string][]realtime.Watcher{}, passes: map[string]user.Principal{}}
	for topic, ids := range t {
		for _, id := range ids {
			l.watchers[topic] = append(l.watchers[topic], realtime.Watcher{Topic: topic, ConnectionID: id})
		}
	}
	return l
}

func hello(w realtime.Watcher) any { return "hello " + w.ConnectionID }

// publish finds the watchers of the topics and sends them frames.
func (l *lobby) publish(topics []string, frame realtime.Frame) error {
	watchers, err := l.hub().Watchers(context.Background(), topics)
	if err != nil {
		return err
	}
	return l.hub().PublishTo(context.Background(), watchers, frame)
}

func TestPublish(t *testing.T) {
	for _, c := range []struct {
		name   string
		topics []string
		frame  realtime.Frame
		want   []string
	}{
		{"one topic", []string{"x"}, hello, []string{`a: "hello a"`, `b: "hello b"`}},
		{"each connection once", []string{"x", "y"}, hello, []string{`a: "hello a"`, `b: "hello b"`, `c: "hello c"`}},
		{"nobody watches", []string{"z"}, hello, nil},
		{"no topics", nil, hello, nil},
		{"nothing for some", []string{"x", "y"}, func(w realtime.Watcher) any {
			if w.ConnectionID == "b" {
				return nil
			}
			return 1
		}, []string{"a: 1", "c: 1"}},
	} {
		l := topics(map[string][]string{"x": {"a", "b"}, "y": {"b", "c"}})
		if err := l.publish(c.topics, c.frame); err != nil {
			t.Errorf("%s: got %v", c.name, err)
		}
		if slices.Sort(l.sent); !slices.Equal(l.sent, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, l.sent, c.want)
		}
	}
}

// TestPublishToTheGone: they are forgotten, which is no error; a push that
// fails is one, and the others get their frame all the same.
func TestPublishToTheGone(t *testing.T) {
	l := topics(map[string][]string{"x": {"a", "gone", "broken", "b"}})
	l.gone, l.broken = []string{"gone"}, []string{"broken"}
	err := l.publish([]string{"x"}, hello)
	if err == nil || !strings.Contains(err.Error(), "no line to broken") || errors.Is(err, realtime.ErrGone) {
		t.Errorf("got %v, want the broken line alone", err)
	}
	if slices.Sort(l.sent); !slices.Equal(l.sent, []string{`a: "hello a"`, `b: "hello b"`}) {
		t.Errorf("got %q", l.sent)
	}
	if want := []string{"gone on x, opened before 11:59:50"}; !slices.Equal(l.forgot, want) {
		t.Errorf("forgotten: got %q, want %q", l.forgot, want)
	}
	if err := l.hub().Send(context.Background(), "gone", 1); err != nil || len(l.forgot) != 2 || !strings.HasPrefix(l.forgot[1], "gone on ,") {
		t.Errorf("sent to it: got %v, forgotten %q", err, l.forgot)
	}
}

func TestPublishWithoutAnAnswer(t *testing.T) {
	l := topics(nil)
	l.noAnswer = errors.New("no answer")
	if err := l.publish([]string{"x", "y"}, hello); !errors.Is(err, l.noAnswer) {
		t.Errorf("got %v", err)
	}
	l = topics(map[string][]string{"x": {"a"}})
	if err := l.publish([]string{"x"}, func(realtime.Watcher) any { return func() {} }); err == nil {
		t.Error("a frame that cannot be written: got no error")
	}
}

// TestFanOutIsBounded: never more than 32 frames are on their way.
func TestFanOutIsBounded(t *testing.T) {
	var ids []string
	for i := range 500 {
		ids = append(ids, fmt.Sprint(i))
	}
	l := topics(map[string][]string{"x": ids})
	if err := l.publish([]string{"x"}, hello); err != nil {
		t.Fatal(err)
	}
	if len(l.sent) != len(ids) || l.top > 32 {
		t.Errorf("got %d frames, %d at once, want %d, at most 32", len(l.sent), l.top, len(ids))
	}
}

func TestDoor(t *testing.T) {
	l := topics(nil)
	door := &realtime.Door{Store: l, Now: func() time.Time { return noon }, Random: rand.Reader}
	who := user.Principal{UserID: "sara", Role: user.RoleUser}
	pass, expires, err := door.Pass(context.Background(), who)
	if err != nil || !expires.Equal(noon.Add(30*time.Second)) || len(pass) != 32 {
		t.Fatalf("got %q, %v, %v", pass, expires, err)
	}
	if _, kept := l.passes[pass]; kept {
		t.Error("the pass itself is kept, not its hash")
	}
	if got, err := door.Redeem(context.Background(), pass); err != nil || got != who {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, pass := range map[string]string{"again": pass, "a wrong one": "x", "none": ""} {
		if _, err := door.Redeem(context.Background(), pass); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := door.Open(context.Background(), "c1", who); err != nil {
		t.Fatal(err)
	}
	if c := l.opened[0]; c.ID != "c1" || c.Who != who || !c.OpenedAt.Equal(noon) || c.ExpiresAt.Before(noon.Add(2*time.Hour)) {
		t.Errorf("opened: got %+v", c)
	}
	if w := l.watchers[realtime.UserTopic("sara")]; len(w) != 1 || w[0].ConnectionID != "c1" {
		t.Errorf("its owner's events: got %+v", w)
	}
	door.Random = strings.NewReader("short")
	if _, _, err := door.Pass(context.Background(), who); err == nil {
		t.Error("without randomness: got a pass")
	}
}

func TestWatchersAreFoundOutOnce(t *testing.T) {
	l := &lobby{watchers: map[string][]realtime.Watcher{"a": {{ConnectionID: "1"}}, "b": {{ConnectionID: "2"}}}, noAnswer: errors.New("throttled")}
	ctx, hub := realtime.Once(t.Context()), l.hub()
	if _, err := hub.Watchers(ctx, []string{"a"}); err == nil {
		t.Error("the store failed, and the hub did not say so")
	}
	l.noAnswer = nil
	for _, topics := range [][]string{{"a"}, {"a", "b"}, {"b", "a"}} {
		found, err := hub.Watchers(ctx, topics)
		if err != nil || len(found) != len(topics) {
			t.Errorf("%v: got %v, %v", topics, found, err)
		}
	}
	if want := []string{"a", "a", "b"}; !slices.Equal(l.asked, want) {
		t.Errorf("asked for %v, want %v: once each, and again after a failure", l.asked, want)
	}
	if _, err := hub.Watchers(t.Context(), []string{"a"}); err != nil || len(l.asked) != 4 {
		t.Errorf("another context remembers: asked for %v, %v", l.asked, err)
	}
}
