package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// fanOut is how many frames are on their way at once.
const fanOut = 32

// Hub sends frames to those who watch. A push is a hint: what is lost here
// reaches everybody through the log, so its errors are for the log file alone.
type Hub struct {
	Store  Store
	Pusher Pusher
	Now    func() time.Time
}

// Frame makes what one watcher is to get; nil for nothing. It is asked once
// for each watcher and may be asked concurrently. What many get alike is best
// a json.RawMessage, which is sent as it stands.
type Frame func(w Watcher) any

// PublishTo sends frames to watchers.
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
			if err := h.send(ctx, w, content); err != nil {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// Watchers finds those who watch any of the topics, each connection once.
func (h *Hub) Watchers(ctx context.Context, topics []string) ([]Watcher, error) {
	found := make([][]Watcher, len(topics))
	errs := make([]error, len(topics))
	var wait sync.WaitGroup
	for i, topic := range topics {
		wait.Go(func() { found[i], errs[i] = h.watchers(ctx, topic) })
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

// Send sends one frame to one connection. A connection that turns out to be
// gone is forgotten, which is no error.
func (h *Hub) Send(ctx context.Context, connectionID string, content any) error {
	return h.send(ctx, Watcher{ConnectionID: connectionID}, content)
}

// handshakeTime is how long a connection that is being opened may look as if
// it were gone: it is stored before its handshake is over.
const handshakeTime = 10 * time.Second

func (h *Hub) send(ctx context.Context, w Watcher, content any) error {
	data, encoded := content.(json.RawMessage)
	if !encoded {
		var err error
		if data, err = json.Marshal(content); err != nil {
			return fmt.Errorf("encode a frame: %w", err)
		}
	}
	asked := h.Now()
	err := h.Pusher.Post(ctx, w.ConnectionID, data)
	if errors.Is(err, ErrGone) {
		return h.Store.ForgetGone(ctx, w.ConnectionID, w.Topic, asked.Add(-handshakeTime))
	}
	return err
}
