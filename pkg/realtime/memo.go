package realtime

import (
	"context"
	"sync"
)

// memo is who was found to watch the topics.
type memo struct {
	mu     sync.Mutex
	topics map[string]*watched
}

type watched struct {
	mu    sync.Mutex
	known bool
	by    []Watcher
}

type memoKey struct{}

// Once makes a context in which a Hub finds out once who watches a topic. It is
// for telling of many things that have been written already: whoever comes to
// watch later reads them.
func Once(ctx context.Context) context.Context {
	return context.WithValue(ctx, memoKey{}, &memo{topics: map[string]*watched{}})
}

// watchers asks the store, or remembers. A failure is not remembered.
func (h *Hub) watchers(ctx context.Context, topic string) ([]Watcher, error) {
	m, remembers := ctx.Value(memoKey{}).(*memo)
	if !remembers {
		return h.Store.Watchers(ctx, topic)
	}
	w := m.of(topic)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known {
		return w.by, nil
	}
	by, err := h.Store.Watchers(ctx, topic)
	w.by, w.known = by, err == nil
	return by, err
}

func (m *memo) of(topic string) *watched {
	m.mu.Lock()
	defer m.mu.Unlock()
	w, known := m.topics[topic]
	if !known {
		w = &watched{}
		m.topics[topic] = w
	}
	return w
}
