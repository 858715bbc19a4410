package stream

import (
	"context"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/user"
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

// Members know people as they are now.
type Members interface {
	User(ctx context.Context, id string) (user.User, error)
}

// Shut ends what a person had opened with rights of before. The function that
// changed them has done so already; here it is done for what slipped in
// meanwhile, and when that function died half-way. What counts is who they are
// now: somebody who has been let in again stays in.
func Shut(members Members, gate Gate) Effect {
	return func(ctx context.Context, c table.Change) error {
		if c.Shut == "" {
			return nil
		}
		now, err := members.User(ctx, c.Shut)
		if err != nil && !fault.Is(err, fault.UserNotFound) {
			return err
		}
		return gate.Shut(ctx, c.Shut, err != nil || now.Disabled)
	}
}

// Begun looks again at who has begun a session. Somebody may lose their rights
// between the read of their login and the write of the session, and who takes
// them away does not see it.
func Begun(members Members, gate Gate) Effect {
	return func(ctx context.Context, c table.Change) error {
		if c.Begun == nil {
			return nil
		}
		now, err := members.User(ctx, c.Begun.ID)
		switch {
		case fault.Is(err, fault.UserNotFound) || err == nil && now.Disabled:
			return gate.Shut(ctx, c.Begun.ID, true)
		case err == nil && (now.Role != c.Begun.Role || now.Phone != c.Begun.Phone):
			return gate.Shut(ctx, c.Begun.ID, false)
		}
		return err
	}
}
