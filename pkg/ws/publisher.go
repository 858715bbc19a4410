package ws

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/user"
)

// pushTimeout limits the time for pushing one frame to all connections, because the caller's
// own response waits for it.
const pushTimeout = 2 * time.Second

// Publisher pushes frames to subscribed connections, at most once per call.
//
// Frames are sent after the data is stored, so a client that misses one reads it from the log.
// Failed pushes are therefore only logged. Methods that return an error return it if the
// subscribers cannot be read; the stream then retries.
type Publisher struct {
	Hub         *realtime.Hub
	Revocations *account.RevocationCache
	Log         *slog.Logger

	// ReopenWindow is that of ticket.Service.
	ReopenWindow time.Duration
}

// audience reports whether a principal may see a frame.
type audience func(user.Principal) bool

// everyone is the audience of frames about the subscribers of a ticket. A connection subscribes
// to a ticket only after its access was checked, and a ticket never changes its customer.
func everyone(user.Principal) bool { return true }

func staffOnly(p user.Principal) bool { return p.Role.IsStaff() }

// publish sends a frame to the subscribers of the topics that belong to the audience. It returns
// an error only if the subscribers or their access cannot be read; push failures are logged.
func (p *Publisher) publish(ctx context.Context, topics []string, to audience, frame realtime.FrameFunc) error {
	subscribers, err := p.subscribers(ctx, topics, to)
	if err == nil {
		p.send(ctx, subscribers, frame)
	}
	return err
}

// subscribers returns the subscribers of the topics that belong to the audience and are permitted.
func (p *Publisher) subscribers(ctx context.Context, topics []string, to audience) ([]realtime.Subscriber, error) {
	subscribers, err := p.Hub.Subscribers(ctx, topics)
	if err != nil {
		return nil, err
	}
	return p.permitted(ctx, subscribers, to)
}

// permitted returns the subscribers that may see a frame now: those of the audience whose access
// was not revoked since they connected. Every frame to subscribers passes it.
func (p *Publisher) permitted(ctx context.Context, subscribers []realtime.Subscriber, to audience) ([]realtime.Subscriber, error) {
	var out []realtime.Subscriber
	for _, sub := range subscribers {
		if !to(sub.Principal) {
			continue
		}
		err := p.Revocations.Check(ctx, sub.Principal)
		switch {
		case err == nil:
			out = append(out, sub)
		case !apperr.Is(err, apperr.TokenExpired):
			return nil, err
		}
	}
	return out, nil
}

// send pushes a frame to permitted subscribers and logs failures.
func (p *Publisher) send(ctx context.Context, subscribers []realtime.Subscriber, frame realtime.FrameFunc) {
	ctx, cancel := context.WithTimeout(ctx, pushTimeout)
	defer cancel()
	if err := p.Hub.Publish(ctx, subscribers, frame); err != nil {
		p.logFailure(ctx, err)
	}
}

func (p *Publisher) logFailure(ctx context.Context, err error) {
	p.Log.WarnContext(ctx, "push failed", slog.Any("error", err))
}

// encodeOnce encodes a frame that is sent to many connections. If encoding fails it returns the
// frame, and the hub reports the error.
func encodeOnce(frame any) any {
	text, err := wire.Marshal(frame)
	if err != nil {
		return frame
	}
	return json.RawMessage(text)
}
