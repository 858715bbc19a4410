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

// present says who somebody is now, and whether they are out: disabled or gone.
func present(ctx context.Context, members Members, userID string) (now user.User, out bool, err error) {
	now, err = members.User(ctx, userID)
	if fault.Is(err, fault.UserNotFound) {
		return now, true, nil
	}
	return now, now.Disabled, err
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
		_, out, err := present(ctx, members, c.Shut)
		if err != nil {
			return err
		}
		return gate.Shut(ctx, c.Shut, out)
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
		now, out, err := present(ctx, members, c.Begun.ID)
		if err != nil {
			return err
		}
		if out || now.Role != c.Begun.Role || now.Phone != c.Begun.Phone {
			return gate.Shut(ctx, c.Begun.ID, out)
		}
		return nil
	}
}
