package realtime

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"ticketsystem/pkg/parallel"
)

// maxConcurrentSends limits the concurrent sends of one Publish.
const maxConcurrentSends = 32

// Hub sends frames to subscribers. Pushing is best effort: clients recover lost
// frames from the log, so callers only log its errors.
type Hub struct {
	Store  Store
	Pusher Pusher
	Now    func() time.Time
}

// FrameFunc returns the frame for one subscriber, or nil for none. It is called
// once per subscriber, possibly concurrently. A json.RawMessage is sent
// unchanged, which saves encoding a shared frame for every subscriber.
type FrameFunc func(s Subscriber) any

// Publish sends a frame to each subscriber. It returns the joined errors of
// failed sends; closed connections are deleted and are not an error.
func (h *Hub) Publish(ctx context.Context, subscribers []Subscriber, frame FrameFunc) error {
	return parallel.ForEach(subscribers, maxConcurrentSends, func(s Subscriber) error {
		content := frame(s)
		if content == nil {
			return nil
		}
		return h.send(ctx, s, content)
	})
}

// Subscribers returns the subscribers of any of the topics, one per connection.
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

// Send sends one frame to one connection. A closed connection is deleted, which
// is not an error.
func (h *Hub) Send(ctx context.Context, connectionID string, content any) error {
	return h.send(ctx, Subscriber{ConnectionID: connectionID}, content)
}

// handshakeGrace protects new connections from deletion. A connection is stored
// before its handshake completes, and API Gateway reports it as gone until then.
const handshakeGrace = 10 * time.Second

func (h *Hub) send(ctx context.Context, s Subscriber, content any) error {
	data, encoded := content.(json.RawMessage)
	if !encoded {
		var frame bytes.Buffer
		e := json.NewEncoder(&frame)
		e.SetEscapeHTML(false)
		if err := e.Encode(content); err != nil {
			return fmt.Errorf("encode a frame: %w", err)
		}
		data = bytes.TrimSuffix(frame.Bytes(), []byte("\n"))
	}
	sentAt := h.Now()
	err := h.Pusher.Send(ctx, s.ConnectionID, data)
	if errors.Is(err, ErrGone) {
		return h.Store.DeleteStaleConnection(ctx, s.ConnectionID, s.Topic, sentAt.Add(-handshakeGrace))
	}
	return err
}
