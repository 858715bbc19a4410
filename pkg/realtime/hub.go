package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// maxConcurrentSends is how many frames are on their way at once.
const maxConcurrentSends = 32

// Hub sends frames to those who watch. A push is a hint: what is lost here
// reaches everybody through the log, so its errors are for the log file alone.
type Hub struct {
	Store  Store
	Pusher Pusher
	Now    func() time.Time
}

// FrameFunc makes what one watcher is to get; nil for nothing. It is asked once
// for each watcher and may be asked concurrently. What many get alike is best
// a json.RawMessage, which is sent as it stands.
type FrameFunc func(s Subscriber) any

// Publish sends frames to watchers.
func (h *Hub) Publish(ctx context.Context, subscribers []Subscriber, frame FrameFunc) error {
	var (
		wg        sync.WaitGroup
		mu        sync.Mutex
		errs      []error
		semaphore = make(chan struct{}, maxConcurrentSends)
	)
	for _, s := range subscribers {
		content := frame(s)
		if content == nil {
			continue
		}
		semaphore <- struct{}{}
		wg.Go(func() {
			defer func() { <-semaphore }()
			if err := h.send(ctx, s, content); err != nil {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Subscribers finds those who watch any of the topics, each connection once.
func (h *Hub) Subscribers(ctx context.Context, topics []string) ([]Subscriber, error) {
	found := make([][]Subscriber, len(topics))
	errs := make([]error, len(topics))
	var wg sync.WaitGroup
	for i, topic := range topics {
		wg.Go(func() { found[i], errs[i] = h.cachedSubscribers(ctx, topic) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	var all []Subscriber
	seen := map[string]bool{}
	for _, list := range found {
		for _, s := range list {
			if !seen[s.ConnectionID] {
				seen[s.ConnectionID] = true
				all = append(all, s)
			}
		}
	}
	return all, nil
}

// Send sends one frame to one connection. A connection that turns out to be
// gone is forgotten, which is no error.
func (h *Hub) Send(ctx context.Context, connectionID string, content any) error {
	return h.send(ctx, Subscriber{ConnectionID: connectionID}, content)
}

// handshakeGrace is how long a connection that is being opened may look as if
// it were gone: it is stored before its handshake is over.
const handshakeGrace = 10 * time.Second

func (h *Hub) send(ctx context.Context, s Subscriber, content any) error {
	data, encoded := content.(json.RawMessage)
	if !encoded {
		var err error
		if data, err = json.Marshal(content); err != nil {
			return fmt.Errorf("encode a frame: %w", err)
		}
	}
	sentAt := h.Now()
	err := h.Pusher.Send(ctx, s.ConnectionID, data)
	if errors.Is(err, ErrGone) {
		return h.Store.DeleteStaleConnection(ctx, s.ConnectionID, s.Topic, sentAt.Add(-handshakeGrace))
	}
	return err
}
