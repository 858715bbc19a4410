package stream

import (
	"context"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/user"
)

// UserReader reads users.
type UserReader interface {
	// User reads a user, strongly consistent. It fails with apperr.UserNotFound if
	// the user does not exist.
	User(ctx context.Context, id string) (user.User, error)
}

// AccessRevoker ends access that was granted with outdated rights.
type AccessRevoker interface {
	// RevokeAccess revokes the user's access tokens and closes their sockets. If
	// inactive, it also deletes their sessions. It is safe to repeat.
	RevokeAccess(ctx context.Context, userID string, inactive bool) error
}

// SessionCloser closes the sockets of sessions.
type SessionCloser interface {
	// CloseSession closes all sockets of a session. It is safe to repeat.
	CloseSession(ctx context.Context, userID, session string) error
}

// CloseEndedSession returns a Handler that closes the sockets of ended sessions.
func CloseEndedSession(closer SessionCloser) Handler {
	return on(func(ctx context.Context, e event.SessionEnded) error {
		return closer.CloseSession(ctx, e.UserID, e.SessionID)
	})
}

// CloseFormerNumber returns a Handler that closes the sockets of the session in which a user
// changed the phone number. The change revokes its access token, so they get no frames.
func CloseFormerNumber(closer account.SocketCloser) Handler {
	return on(func(ctx context.Context, e event.UserChanged) error {
		if e.Old.ID == "" || e.Old.PhoneVersion == e.New.PhoneVersion || e.RightsChanged() {
			return nil
		}
		return closer.CloseUser(ctx, e.New.ID, user.Revocation{Role: e.New.Role, PhoneVersion: e.New.PhoneVersion})
	})
}

// userStatus reads a user, and reports whether the account is disabled or deleted.
func userStatus(ctx context.Context, users UserReader, userID string) (current user.User, inactive bool, err error) {
	current, err = users.User(ctx, userID)
	if apperr.Is(err, apperr.UserNotFound) {
		return current, true, nil
	}
	return current, current.Disabled, err
}

// RevokeChangedRights returns a Handler that revokes access of users whose rights
// changed. The request that changes rights also revokes access; the handler covers
// concurrent logins and crashes of that request. The current state of the account
// decides, so an account that was enabled again keeps its sessions.
func RevokeChangedRights(users UserReader, revoker AccessRevoker) Handler {
	return func(ctx context.Context, e event.Event, _ ...event.Event) error {
		var userID string
		switch e := e.(type) {
		case event.UserChanged:
			if e.RightsChanged() {
				userID = e.New.ID
			}
		case event.UserDeleted:
			userID = e.User.ID
		}
		if userID == "" {
			return nil
		}
		_, inactive, err := userStatus(ctx, users, userID)
		if err != nil {
			return err
		}
		return revoker.RevokeAccess(ctx, userID, inactive)
	}
}

// SessionEnder ends sessions.
type SessionEnder interface {
	// EndSession deletes a session and revokes its access tokens.
	EndSession(ctx context.Context, userID, family string, at time.Time) (ended bool, err error)
}

// VerifyNewSession returns a Handler that revokes sessions started with outdated
// rights. The rights of a user may change after a login read them and before it
// wrote the session. The session of a former password or number is ended.
func VerifyNewSession(users UserReader, revoker AccessRevoker, sessions SessionEnder, now func() time.Time) Handler {
	return on(func(ctx context.Context, e event.SessionStarted) error {
		current, inactive, err := userStatus(ctx, users, e.User.ID)
		if err != nil {
			return err
		}
		if !inactive && isOfFormerCredentials(e, current) {
			if _, err := sessions.EndSession(ctx, e.User.ID, e.SessionID, now()); err != nil {
				return err
			}
		}
		if inactive || !current.SameRights(e.User) {
			return revoker.RevokeAccess(ctx, e.User.ID, inactive)
		}
		return nil
	})
}

// isOfFormerCredentials reports whether a session was started with a former password, or with the
// former phone number if the user changed it: that change ends all sessions but its own, which may
// be reported later.
func isOfFormerCredentials(e event.SessionStarted, current user.User) bool {
	return e.User.PasswordVersion < current.PasswordVersion ||
		e.User.PhoneVersion < current.PhoneVersion && current.PhoneSession != "" && current.PhoneSession != e.SessionID
}
