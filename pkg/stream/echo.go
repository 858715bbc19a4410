package stream

import (
	"context"
	"time"

	"ticketsystem/pkg/table"
)

// Echoes keeps the answers of the stream's followers.
type Echoes interface {
	NoteEcho(ctx context.Context, follower string, beat time.Time) error
}

// Echo answers the marks that are sent through the stream to see whether a
// follower is behind.
func Echo(follower string, echoes Echoes) Effect {
	return func(ctx context.Context, c table.Change) error {
		if c.Beat.IsZero() {
			return nil
		}
		return echoes.NoteEcho(ctx, follower, c.Beat)
	}
}
