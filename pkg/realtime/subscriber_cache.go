package realtime

import (
	"context"
	"sync"
)

// subscriberCache holds the subscribers of topics that were already read.
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

// WithSubscriberCache returns a context in which a Hub reads the subscribers of
// a topic once. Use it for events that are already stored: a client that
// subscribes later reads them from the log.
func WithSubscriberCache(ctx context.Context) context.Context {
	return context.WithValue(ctx, cacheKey{}, &subscriberCache{entries: map[string]*cacheEntry{}})
}

// cachedSubscribers returns the subscribers from the context's cache, if any,
// or from the store. Errors are not cached.
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
