package account

import (
	"context"
	"time"
)

// Sessions ends what lets people in.
type Sessions interface {
	// EndSessions removes all sessions of a person.
	EndSessions(ctx context.Context, userID string) error
	// CopyUser brings a changed person into their login and sessions.
	CopyUser(ctx context.Context, userID string) error
	// Revoke refuses access tokens of the person that were issued until then.
	Revoke(ctx context.Context, userID string, at time.Time) error
}

// Sockets closes what is open.
type Sockets interface {
	// CloseUser closes all sockets of a person.
	CloseUser(ctx context.Context, userID string) error
}

// Keeper shuts people out whose rights have changed or ended. It may be asked
// again: who changes somebody's rights asks it at once, and the stream asks it
// once more for what slipped in meanwhile, or when the first has died half-way.
type Keeper struct {
	Sessions Sessions
	Sockets  Sockets
	Now      func() time.Time
}

// Shut ends what carries a person's rights of before: tokens and sockets and,
// for somebody who is out, the sessions, so that no new tokens come of them.
func (k *Keeper) Shut(ctx context.Context, userID string, out bool) error {
	renew := k.Sessions.CopyUser // the next tokens carry the new rights
	if out {
		renew = k.Sessions.EndSessions
	}
	if err := renew(ctx, userID); err != nil {
		return err
	}
	if err := k.Sessions.Revoke(ctx, userID, k.Now()); err != nil {
		return err
	}
	return k.Sockets.CloseUser(ctx, userID)
}
