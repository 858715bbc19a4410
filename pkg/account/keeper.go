package account

import (
	"context"
	"time"

	"ticketsystem/pkg/user"
)

// Sessions ends what lets people in.
type Sessions interface {
	// EndSessions removes all sessions of a person.
	EndSessions(ctx context.Context, userID string) error
	// CopyUser brings a changed person into the login and the sessions that
	// carry a copy. It gives the person as they are, without anything if there
	// is none.
	CopyUser(ctx context.Context, userID string) (user.User, error)
	// Revoke refuses access tokens of the person.
	Revoke(ctx context.Context, userID string, r user.Revocation) error
}

// Sockets closes what is open.
type Sockets interface {
	// CloseUser closes the sockets of a person, but for those with the rights
	// that the revocation keeps.
	CloseUser(ctx context.Context, userID string, r user.Revocation) error
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
	r, err := k.renew(ctx, userID, out)
	if err != nil {
		return err
	}
	r.At = k.Now()
	if err := k.Sessions.Revoke(ctx, userID, r); err != nil {
		return err
	}
	return k.Sockets.CloseUser(ctx, userID, r)
}

// renew sees to it that the next tokens carry the rights of now, if there are
// any, and gives these to be kept.
func (k *Keeper) renew(ctx context.Context, userID string, out bool) (user.Revocation, error) {
	if out {
		return user.Revocation{}, k.Sessions.EndSessions(ctx, userID)
	}
	u, err := k.Sessions.CopyUser(ctx, userID)
	if err != nil || u.Disabled {
		return user.Revocation{}, err
	}
	return user.Revocation{Role: u.Role, Phone: u.Phone}, nil
}
