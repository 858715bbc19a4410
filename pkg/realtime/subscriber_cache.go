package realtime

import (
	"context"
	"sync"
)

// subscriberCache is who was found to watch the topics.
type subscriberCache struct {
	mu      sync.Mutex
	entries map[string]*cacheEntry
}

type cacheEntry struct {
	mu          sync.Mutex
	loaded      bool
	subscribers []Subscriber
}

type cacheKey struct{}

// WithSubscriberCache makes a context in which a Hub finds out once who watches a topic. It is
// for telling of many things that have been written already: whoever comes to
// watch later reads them.
func WithSubscriberCache(ctx context.Context) context.Context {
	return context.WithValue(ctx, cacheKey{}, &subscriberCache{entries: map[string]*cacheEntry{}})
}

// cachedSubscribers asks the store, or remembers. A failure is not remembered.
func (h *Hub) cachedSubscribers(ctx context.Context, topic string) ([]Subscriber, error) {
	c, enabled := ctx.Value(cacheKey{}).(*subscriberCache)
	if !enabled {
		return h.Store.Subscribers(ctx, topic)
	}
	entry := c.entry(topic)
	entry.mu.Lock()
	defer entry.mu.Unlock()
	if entry.loaded {
		return entry.subscribers, nil
	}
	subscribers, err := h.Store.Subscribers(ctx, topic)
	entry.subscribers, entry.loaded = subscribers, err == nil
	return subscribers, err
}

func (c *subscriberCache) entry(topic string) *cacheEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, known := c.entries[topic]
	if !known {
		entry = &cacheEntry{}
		c.entries[topic] = entry
	}
	return entry
}
