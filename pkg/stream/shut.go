package stream

import (
	"context"

	"ticketsystem/pkg/table"
)

// Gate keeps out whose rights have changed or ended.
type Gate interface {
	Shut(ctx context.Context, userID string, out bool) error
}

// Exit closes sockets.
type Exit interface {
	CloseSession(ctx context.Context, userID, session string) error
}

// Ended closes the sockets of sessions that have ended, however they did: who
// has logged out hears nothing more.
func Ended(exit Exit) Effect {
	return func(ctx context.Context, c table.Change) error {
		if c.Ended == nil {
			return nil
		}
		return exit.CloseSession(ctx, c.Ended.UserID, c.Ended.Session)
	}
}

// Shut ends what a person had opened with rights of before. The function that
// changed them has done so already; here it is done for what slipped in
// meanwhile, and when that function died half-way.
func Shut(gate Gate) Effect {
	return func(ctx context.Context, c table.Change) error {
		if c.Shut == nil {
			return nil
		}
		return gate.Shut(ctx, c.Shut.UserID, c.Shut.Out)
	}
}
