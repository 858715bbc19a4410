package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
)

// fanOut is how many frames are on their way at once.
const fanOut = 32

// Hub sends frames to those who watch. A push is a hint: what is lost here
// reaches everybody through the log, so its errors are for the log file alone.
type Hub struct {
	Store  Store
	Pusher Pusher
}

// Frame makes what one watcher is to get; nil for nothing. It is asked once
// for each watcher and may be asked concurrently.
type Frame func(w Watcher) any

// Publish sends frames to the watchers of the topics, to each connection once.
func (h *Hub) Publish(ctx context.Context, topics []string, frame Frame) error {
	watchers, err := h.watchers(ctx, topics)
	if err != nil {
		return err
	}
	return h.PublishTo(ctx, watchers, frame)
}

// PublishTo sends frames to watchers that have been found before.
func (h *Hub) PublishTo(ctx context.Context, watchers []Watcher, frame Frame) error {
	var (
		wait   sync.WaitGroup
		mu     sync.Mutex
		errs   []error
		places = make(chan struct{}, fanOut)
	)
	for _, w := range watchers {
		content := frame(w)
		if content == nil {
			continue
		}
		places <- struct{}{}
		wait.Go(func() {
			defer func() { <-places }()
			if err := h.sendTo(ctx, w, content); err != nil {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// watchers finds those who watch any of the topics, each connection once.
func (h *Hub) watchers(ctx context.Context, topics []string) ([]Watcher, error) {
	found := make([][]Watcher, len(topics))
	errs := make([]error, len(topics))
	var wait sync.WaitGroup
	for i, topic := range topics {
		wait.Go(func() { found[i], errs[i] = h.Store.Watchers(ctx, topic) })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	var all []Watcher
	seen := map[string]bool{}
	for _, list := range found {
		for _, w := range list {
			if !seen[w.ConnectionID] {
				seen[w.ConnectionID] = true
				all = append(all, w)
			}
		}
	}
	return all, nil
}

// sendTo sends to a watcher and forgets one whose connection is gone, also one
// that the connection itself no longer knows of.
func (h *Hub) sendTo(ctx context.Context, w Watcher, content any) error {
	gone, err := h.send(ctx, w.ConnectionID, content)
	if gone && err == nil {
		err = h.Store.Unwatch(ctx, w.ConnectionID, w.Topic)
	}
	return err
}

// Send sends one frame to one connection. A connection that turns out to be
// gone is forgotten, which is no error.
func (h *Hub) Send(ctx context.Context, connectionID string, content any) error {
	_, err := h.send(ctx, connectionID, content)
	return err
}

func (h *Hub) send(ctx context.Context, connectionID string, content any) (gone bool, err error) {
	data, err := json.Marshal(content)
	if err != nil {
		return false, fmt.Errorf("encode a frame: %w", err)
	}
	err = h.Pusher.Post(ctx, connectionID, data)
	if errors.Is(err, ErrGone) {
		_, _, err = h.Store.RemoveConnection(ctx, connectionID)
		return true, err
	}
	return false, err
}
