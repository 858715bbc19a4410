package memstore

import (
	"context"
	"slices"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

// attempts counts the failed logins of a phone number in one window.
type attempts struct {
	window time.Time
	n      int
}

type loginBlock struct {
	maxSessions int
	until       time.Time
}

// loginAttemptsTTL is how long failed logins are remembered.
const loginAttemptsTTL = 24 * time.Hour

func errConflict() error { return apperr.New(apperr.Conflict, "") }

// Login returns the login of a phone number.
func (s *Store) Login(_ context.Context, number string) (l account.Login, found bool, err error) {
	err = s.do("Login", number, func() error {
		l, found = s.logins[number]
		block := s.blockedLogins[number]
		l.Phone, l.MaxSessions, l.BlockedUntil = number, block.maxSessions, block.until
		if a, counted := s.attempts[number]; counted && a.window.Add(loginAttemptsTTL).After(s.now()) {
			l.FailureWindow = a.window
		}
		return nil
	})
	return l, found, err
}

// RecordLoginAttempt counts one password attempt in a window.
func (s *Store) RecordLoginAttempt(_ context.Context, number string, window time.Time, maxAttempts int) (counted bool, err error) {
	err = s.do("RecordLoginAttempt", number, func() error {
		a := s.attempts[number]
		if a.window.Before(window) {
			a = attempts{window: window}
		}
		if counted = a.n < maxAttempts; counted {
			a.n++
			s.attempts[number] = a
		}
		return nil
	})
	return counted, err
}

// ClearLoginAttempts deletes the attempts of a phone number.
func (s *Store) ClearLoginAttempts(_ context.Context, number string) error {
	return s.do("ClearLoginAttempts", number, func() error {
		delete(s.attempts, number)
		return nil
	})
}

// CreateAccount stores a login, its user and a session, and consumes the code.
func (s *Store) CreateAccount(_ context.Context, l account.Login, session account.Session, code account.OneTimeCode) error {
	return s.do("CreateAccount", l.Phone, func() error {
		if _, taken := s.logins[l.Phone]; taken {
			return account.PhoneTaken()
		}
		if _, exists := s.users[l.User.ID]; exists || !s.consume(code) {
			return errCodeUsed()
		}
		s.putAccount(l)
		s.sessions[session.Family] = session
		return nil
	})
}

func (s *Store) putAccount(l account.Login) {
	l.FailureWindow = time.Time{}
	s.logins[l.Phone], s.users[l.User.ID] = l, l.User
	if isAdmin(l.User) {
		s.admins[l.User.ID] = true
	}
}

// PutAccount stores a login and its user unconditionally.
func (s *Store) PutAccount(_ context.Context, l account.Login) error {
	return s.do("PutAccount", l.Phone, func() error {
		s.putAccount(l)
		return nil
	})
}

// SyncUserCopies implements account.SessionStore.
func (s *Store) SyncUserCopies(_ context.Context, userID string) (u user.User, err error) {
	err = s.do("SyncUserCopies", userID, func() error {
		var found bool
		if u, found = s.users[userID]; !found {
			return nil
		}
		for family, session := range s.sessions {
			if session.User.ID == userID {
				session.User = u
				s.sessions[family] = session
			}
		}
		if l := s.logins[u.Phone]; l.User.ID == userID {
			l.User = u
			s.logins[u.Phone] = l
		}
		return nil
	})
	return u, err
}

// ResetPassword stores a password hash, revokes the user's access and consumes
// the code.
func (s *Store) ResetPassword(_ context.Context, l account.Login, code account.OneTimeCode, at time.Time) error {
	return s.do("ResetPassword", l.Phone, func() error {
		stored, found := s.logins[l.Phone]
		switch {
		case !found || stored.User.ID != l.User.ID || !s.hasCode(code):
			return errCodeUsed()
		case !s.unchanged(l.User):
			return errConflict()
		}
		s.consume(code)
		u := s.users[l.User.ID]
		u.PasswordVersion++
		s.users[l.User.ID] = u
		stored.Hash, stored.User.PasswordVersion = l.Hash, u.PasswordVersion
		s.logins[l.Phone] = stored
		s.deleteSessions(l.User.ID)
		s.revoke(l.User.ID, user.Revocation{At: at})
		return nil
	})
}

// VerifyEmail marks the e-mail address of a user as verified and consumes the code.
func (s *Store) VerifyEmail(_ context.Context, userID, email string, code account.OneTimeCode) (u user.User, err error) {
	err = s.do("VerifyEmail", userID, func() error {
		var found bool
		if u, found = s.users[userID]; !found || u.Email != email || !s.consume(code) {
			return errCodeUsed()
		}
		u.EmailVerified = true
		s.users[userID] = u
		delete(s.suppressed, notification.NormalizeAddress(email))
		return nil
	})
	return u, err
}

// ChangePhone implements account.CredentialStore.
func (s *Store) ChangePhone(_ context.Context, c account.PhoneChange) (updated user.User, err error) {
	err = s.do("ChangePhone", c.User.ID, func() error {
		updated = c.User.WithPhone(c.Phone, c.Session)
		_, taken := s.logins[c.Phone]
		kept, found := s.session(c.User.ID, c.Session)
		switch {
		case taken:
			return account.PhoneTaken()
		case slices.ContainsFunc(c.Codes, func(code account.OneTimeCode) bool { return !s.hasCode(code) }):
			return errCodeUsed()
		case !found:
			return apperr.New(apperr.SessionEnded, "")
		case !s.unchanged(c.User):
			return errConflict()
		}
		for _, code := range c.Codes {
			s.consume(code)
		}
		s.updateUser(c.User, updated, nil)
		s.deleteSessions(c.User.ID)
		kept.User = updated
		s.sessions[c.Session] = kept
		s.revoke(c.User.ID, user.Revocation{At: c.At, Role: updated.Role, PhoneVersion: updated.PhoneVersion})
		return nil
	})
	if err != nil {
		return user.User{}, err
	}
	return updated, nil
}
