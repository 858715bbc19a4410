package account

import (
	"context"
	"time"

	"ticketsystem/pkg/user"
)

// SessionStore ends what lets people in.
type SessionStore interface {
	// DeleteSessions removes all sessions of a person.
	DeleteSessions(ctx context.Context, userID string) error
	// SyncUserCopies brings a changed person into the login and the sessions that
	// carry a copy. It gives the person as they are, without anything if there
	// is none.
	SyncUserCopies(ctx context.Context, userID string) (user.User, error)
	// AddRevocation refuses access tokens of the person.
	AddRevocation(ctx context.Context, userID string, r user.Revocation) error
}

// SocketCloser closes what is open.
type SocketCloser interface {
	// CloseUser closes the sockets of a person, but for those with the rights
	// that the revocation keeps.
	CloseUser(ctx context.Context, userID string, r user.Revocation) error
}

// AccessRevoker shuts people out whose rights have changed or ended. It may be asked
// again: who changes somebody's rights asks it at once, and the stream asks it
// once more for what slipped in meanwhile, or when the first has died half-way.
type AccessRevoker struct {
	Sessions SessionStore
	Sockets  SocketCloser
	Now      func() time.Time
}

// RevokeAccess ends what carries a person's rights of before: tokens and sockets and,
// for somebody who is out, the sessions, so that no new tokens come of them.
func (a *AccessRevoker) RevokeAccess(ctx context.Context, userID string, deleteSessions bool) error {
	r, err := a.syncCopies(ctx, userID, deleteSessions)
	if err != nil {
		return err
	}
	r.At = a.Now()
	if err := a.Sessions.AddRevocation(ctx, userID, r); err != nil {
		return err
	}
	return a.Sockets.CloseUser(ctx, userID, r)
}

// syncCopies sees to it that the next tokens carry the rights of now, if there are
// any, and gives these to be kept.
func (a *AccessRevoker) syncCopies(ctx context.Context, userID string, deleteSessions bool) (user.Revocation, error) {
	if deleteSessions {
		return user.Revocation{}, a.Sessions.DeleteSessions(ctx, userID)
	}
	u, err := a.Sessions.SyncUserCopies(ctx, userID)
	if err != nil || u.Disabled {
		return user.Revocation{}, err
	}
	return user.Revocation{Role: u.Role, Phone: u.Phone}, nil
}
