package account

import (
	"context"
	"time"

	"ticketsystem/pkg/user"
)

// SessionStore ends sessions and access tokens of a user.
type SessionStore interface {
	// DeleteSessions deletes all sessions of a user.
	DeleteSessions(ctx context.Context, userID string) error
	// SyncUserCopies updates the copies of a user in the login and the sessions. It
	// returns the user, or the zero User if the user does not exist.
	SyncUserCopies(ctx context.Context, userID string) (user.User, error)
	// AddRevocation revokes access tokens of a user. Function instances apply it within
	// revocationCacheTTL. Clients get token_expired and refresh, which succeeds if their
	// session still exists.
	AddRevocation(ctx context.Context, userID string, r user.Revocation) error
}

// SocketCloser closes WebSocket connections.
type SocketCloser interface {
	// CloseUser closes the sockets of a user, except those that r permits. It is safe to
	// repeat.
	CloseUser(ctx context.Context, userID string, r user.Revocation) error
}

// AccessRevoker revokes tokens, sessions and sockets when a user's rights change. It
// is idempotent: the request that makes the change calls it, and the stream calls it
// again to cover concurrent logins and crashes.
type AccessRevoker struct {
	Sessions SessionStore
	Sockets  SocketCloser
	Now      func() time.Time
}

// RevokeAccess revokes the user's access tokens and closes their sockets. With
// deleteSessions it also deletes all sessions, for a user who is disabled or deleted
// or has a new password.
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

// syncCopies updates the user copies in login and sessions, or deletes the sessions.
// It returns the rights that stay valid.
func (a *AccessRevoker) syncCopies(ctx context.Context, userID string, deleteSessions bool) (user.Revocation, error) {
	if deleteSessions {
		return user.Revocation{}, a.Sessions.DeleteSessions(ctx, userID)
	}
	u, err := a.Sessions.SyncUserCopies(ctx, userID)
	if err != nil || u.Disabled {
		return user.Revocation{}, err
	}
	return user.Revocation{Role: u.Role, PhoneVersion: u.PhoneVersion}, nil
}
