package stream

import (
	"context"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/user"
)

// AccessRevoker keeps out whose rights have changed or ended.
type AccessRevoker interface {
	RevokeAccess(ctx context.Context, userID string, inactive bool) error
}

// SessionCloser closes sockets.
type SessionCloser interface {
	CloseSession(ctx context.Context, userID, session string) error
}

// CloseEndedSession closes the sockets of sessions that have ended, however they did: who
// has logged out hears nothing more.
func CloseEndedSession(closer SessionCloser) Handler {
	return func(ctx context.Context, change dynamo.Change) error {
		if change.EndedSession == nil {
			return nil
		}
		return closer.CloseSession(ctx, change.EndedSession.UserID, change.EndedSession.SessionID)
	}
}

// UserReader know people as they are now.
type UserReader interface {
	User(ctx context.Context, id string) (user.User, error)
}

// userStatus says who somebody is now, and whether they are out: disabled or gone.
func userStatus(ctx context.Context, users UserReader, userID string) (current user.User, inactive bool, err error) {
	current, err = users.User(ctx, userID)
	if apperr.Is(err, apperr.UserNotFound) {
		return current, true, nil
	}
	return current, current.Disabled, err
}

// RevokeChangedRights ends what a person had opened with rights of before. The function that
// changed them has done so already; here it is done for what slipped in
// meanwhile, and when that function died half-way. What counts is who they are
// now: somebody who has been let in again stays in.
func RevokeChangedRights(users UserReader, revoker AccessRevoker) Handler {
	return func(ctx context.Context, change dynamo.Change) error {
		if change.RightsChangedUserID == "" {
			return nil
		}
		_, inactive, err := userStatus(ctx, users, change.RightsChangedUserID)
		if err != nil {
			return err
		}
		return revoker.RevokeAccess(ctx, change.RightsChangedUserID, inactive)
	}
}

// VerifyNewSession looks again at who has begun a session. Somebody may lose their rights
// between the read of their login and the write of the session, and who takes
// them away does not see it.
func VerifyNewSession(users UserReader, revoker AccessRevoker) Handler {
	return func(ctx context.Context, change dynamo.Change) error {
		if change.SessionUser == nil {
			return nil
		}
		current, inactive, err := userStatus(ctx, users, change.SessionUser.ID)
		if err != nil {
			return err
		}
		if inactive || current.Role != change.SessionUser.Role || current.Phone != change.SessionUser.Phone {
			return revoker.RevokeAccess(ctx, change.SessionUser.ID, inactive)
		}
		return nil
	}
}
