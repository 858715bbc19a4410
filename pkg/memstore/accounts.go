package memstore

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/phone"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

type codeKey struct{ recipientMAC, purpose, id string }

// reservation is the last code of a client and recipient, and the number of codes.
type reservation struct {
	id    string
	at    time.Time
	count int
}

// attempts counts the failed logins of a phone number in one window.
type attempts struct {
	window time.Time
	n      int
}

// loginAttemptsTTL is how long failed logins are remembered.
const loginAttemptsTTL = 24 * time.Hour

func keyOf(c account.OneTimeCode) codeKey { return codeKey{c.RecipientMAC, c.Purpose, c.ID} }

func errCodeUsed() error {
	return apperr.New(apperr.CodeWrong, "").WithFields(apperr.Field{Pointer: "/code", Code: "wrong", Message: "This code has been used."})
}

func errConflict() error { return apperr.New(apperr.Conflict, "") }

// ReserveCode counts a code of a client and recipient.
func (s *Store) ReserveCode(_ context.Context, counter account.RateCounter, c account.OneTimeCode, cutoff time.Time, limit int) (last time.Time, count int, reserved bool, err error) {
	err = s.do("ReserveCode", counter.Scope, func() error {
		r, exists := s.reservations[counter]
		if reserved = !exists || !r.at.After(cutoff) && r.count < limit; reserved {
			r = reservation{c.ID, c.SentAt, r.count + 1}
			s.reservations[counter] = r
		}
		last, count, reserved = r.at, r.count, reserved || r.id == c.ID
		return nil
	})
	return last, count, reserved, err
}

// ReleaseCode permits another code at once.
func (s *Store) ReleaseCode(_ context.Context, counter account.RateCounter, c account.OneTimeCode) error {
	return s.do("ReleaseCode", counter.Scope, func() error {
		if r := s.reservations[counter]; r.id == c.ID {
			r.at = time.Time{}
			s.reservations[counter] = r
		}
		return nil
	})
}

// PutCode stores a code.
func (s *Store) PutCode(_ context.Context, c account.OneTimeCode) error {
	return s.do("PutCode", c.RecipientMAC, func() error {
		s.codes[keyOf(c)] = c
		return nil
	})
}

// LiveCodes returns the unexpired codes of a recipient and purpose.
func (s *Store) LiveCodes(_ context.Context, recipientMAC, purpose string) (live []account.OneTimeCode, err error) {
	err = s.do("LiveCodes", recipientMAC, func() error {
		for _, c := range s.codes {
			if c.RecipientMAC == recipientMAC && c.Purpose == purpose && c.ExpiresAt.After(s.now()) {
				live = append(live, c)
			}
		}
		return nil
	})
	return live, err
}

// Codes returns all one-time codes.
func (s *Store) Codes() []account.OneTimeCode {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.codes))
}

// consume deletes a code and reports whether it existed.
func (s *Store) consume(c account.OneTimeCode) bool {
	found := s.hasCode(c)
	delete(s.codes, keyOf(c))
	return found
}

func (s *Store) hasCode(c account.OneTimeCode) bool {
	_, found := s.codes[keyOf(c)]
	return found
}

// ConsumeCodeAttempt counts one attempt on a code.
func (s *Store) ConsumeCodeAttempt(_ context.Context, c account.OneTimeCode, maxAttempts int) (found, locked bool, err error) {
	err = s.do("ConsumeCodeAttempt", c.RecipientMAC, func() error {
		stored, exists := s.codes[keyOf(c)]
		live := exists && stored.ExpiresAt.After(s.now())
		if found, locked = live && stored.Attempts < maxAttempts, live && stored.Attempts >= maxAttempts; found {
			stored.Attempts++
			s.codes[keyOf(stored)] = stored
		}
		return nil
	})
	return found, locked, err
}

// AddToCounter adds n to a rate counter.
func (s *Store) AddToCounter(_ context.Context, c account.RateCounter, n int) (sum int, err error) {
	err = s.do("AddToCounter", c.Scope, func() error {
		s.counters[c] += n
		sum = s.counters[c]
		return nil
	})
	return sum, err
}

// Login returns the login of a phone number.
func (s *Store) Login(_ context.Context, number string) (l account.Login, found bool, err error) {
	err = s.do("Login", number, func() error {
		l, found = s.logins[number]
		l.Phone = number
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
			return apperr.New(apperr.PhoneTaken, "")
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

func isAdmin(u user.User) bool { return u.Role == user.RoleAdmin && !u.Disabled }

// PutAccount stores a login and its user unconditionally.
func (s *Store) PutAccount(_ context.Context, l account.Login) error {
	return s.do("PutAccount", l.Phone, func() error {
		s.putAccount(l)
		return nil
	})
}

// CreateSession stores a session and consumes the code, if any.
func (s *Store) CreateSession(_ context.Context, session account.Session, code *account.OneTimeCode) error {
	return s.do("CreateSession", session.User.ID, func() error {
		if code != nil && !s.consume(*code) {
			return errCodeUsed()
		}
		s.sessions[session.Family] = session
		return nil
	})
}

func (s *Store) session(userID, family string) (account.Session, bool) {
	session, found := s.sessions[family]
	return session, found && session.User.ID == userID
}

// sessionExpiry returns when a session used now expires, in whole seconds like
// DynamoDB's TTL.
func sessionExpiry(now time.Time) time.Time {
	return now.Add(account.SessionTTL).Truncate(time.Second)
}

// RotateSession replaces the current token hash of a session.
func (s *Store) RotateSession(_ context.Context, userID, family, currentHash, nextHash string, now time.Time) (session account.Session, rotated, found bool, err error) {
	err = s.do("RotateSession", userID, func() error {
		if session, found = s.session(userID, family); !found {
			session = account.Session{}
			return nil
		}
		if rotated = session.CurrentHash == currentHash && session.ExpiresAt.After(now); rotated {
			session.CurrentHash, session.PreviousHash = nextHash, currentHash
			session.RotatedAt, session.LastUsedAt, session.ExpiresAt = now, now, sessionExpiry(now)
			s.sessions[family] = session
		}
		return nil
	})
	return session, rotated, found, err
}

// EndSession deletes a session if hash is "" or one of its token hashes, and revokes it.
func (s *Store) EndSession(_ context.Context, userID, family, hash string, at time.Time) (ended bool, err error) {
	err = s.do("EndSession", userID, func() error {
		session, found := s.session(userID, family)
		ended = found && session.ExpiresAt.After(s.now()) && (hash == "" || hash == session.CurrentHash || hash == session.PreviousHash)
		if ended {
			delete(s.sessions, family)
			s.revoke(family, user.Revocation{At: at})
		}
		return nil
	})
	return ended, err
}

// ListSessions returns the active sessions of a user, newest first.
func (s *Store) ListSessions(_ context.Context, userID, after string, limit int) (sessions []account.Session, more bool, err error) {
	err = s.do("ListSessions", userID, func() error {
		for _, family := range slices.Backward(sortedKeys(s.sessions)) {
			session, owned := s.session(userID, family)
			if owned && session.ExpiresAt.After(s.now()) && (after == "" || family < after) {
				sessions = append(sessions, session)
			}
		}
		if more = len(sessions) > limit; more {
			sessions = sessions[:limit]
		}
		return nil
	})
	return sessions, more, err
}

// Session implements account.CookieStore.
func (s *Store) Session(_ context.Context, userID, family string) (session account.Session, found bool, err error) {
	err = s.do("Session", userID, func() error {
		session, found = s.session(userID, family)
		return nil
	})
	return session, found, err
}

// TouchSession implements account.CookieStore.
func (s *Store) TouchSession(_ context.Context, userID, family string, now time.Time) error {
	return s.do("TouchSession", userID, func() error {
		if session, found := s.session(userID, family); found {
			session.LastUsedAt, session.ExpiresAt = now, sessionExpiry(now)
			s.sessions[family] = session
		}
		return nil
	})
}

// DeleteSessions implements account.SessionStore.
func (s *Store) DeleteSessions(_ context.Context, userID string) error {
	return s.do("DeleteSessions", userID, func() error {
		s.deleteSessions(userID)
		return nil
	})
}

func (s *Store) deleteSessions(userID string) {
	maps.DeleteFunc(s.sessions, func(_ string, session account.Session) bool { return session.User.ID == userID })
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
		if !found || stored.User.ID != l.User.ID || !s.consume(code) {
			return errCodeUsed()
		}
		stored.Hash = l.Hash
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

// ChangePhone moves a user and their login to another number and consumes the code.
func (s *Store) ChangePhone(_ context.Context, old user.User, number string, code account.OneTimeCode) (updated user.User, err error) {
	err = s.do("ChangePhone", old.ID, func() error {
		updated = old
		updated.Phone = number
		_, taken := s.logins[number]
		switch {
		case taken:
			return apperr.New(apperr.PhoneTaken, "")
		case !s.hasCode(code):
			return errCodeUsed()
		case !s.unchanged(old):
			return errConflict()
		}
		s.consume(code)
		s.updateUser(old, updated, nil)
		return nil
	})
	if err != nil {
		return user.User{}, err
	}
	return updated, nil
}

// unchanged reports whether the rights of a user and their login are as read.
func (s *Store) unchanged(old user.User) bool {
	u, found := s.users[old.ID]
	return found && u.Role == old.Role && u.Phone == old.Phone && u.Disabled == old.Disabled && s.logins[old.Phone].User.ID == old.ID
}

// updateUser applies the fields that differ between old and updated, and moves
// the login.
func (s *Store) updateUser(old, updated user.User, hash *string) {
	u := s.users[old.ID]
	u.Role, u.Phone, u.Disabled = updated.Role, updated.Phone, updated.Disabled
	if updated.Name != old.Name {
		u.Name = updated.Name
	}
	if updated.Email != old.Email {
		u.Email, u.EmailVerified = updated.Email, updated.EmailVerified
	}
	s.users[old.ID] = u
	l := s.logins[old.Phone]
	if hash != nil {
		l.Hash = *hash
	}
	delete(s.logins, old.Phone)
	l.Phone, l.User = updated.Phone, updated
	s.logins[updated.Phone] = l
	delete(s.admins, old.ID)
	if isAdmin(u) {
		s.admins[old.ID] = true
	}
}

// AddRevocation revokes the access tokens of a user or session family.
func (s *Store) AddRevocation(_ context.Context, subject string, r user.Revocation) error {
	return s.do("AddRevocation", subject, func() error {
		s.revoke(subject, r)
		return nil
	})
}

func (s *Store) revoke(subject string, r user.Revocation) {
	if slices.Contains(s.revocations[subject], r) {
		return
	}
	s.revocations[subject] = append(s.revocations[subject], r)
	slices.SortFunc(s.revocations[subject], func(a, b user.Revocation) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Phone, b.Phone))
	})
}

// RevocationsSince implements account.RevocationStore.
func (s *Store) RevocationsSince(_ context.Context, since time.Time) (list map[string][]user.Revocation, err error) {
	err = s.do("RevocationsSince", "", func() error {
		list = map[string][]user.Revocation{}
		for subject, all := range s.revocations {
			for _, r := range all {
				if !r.At.Before(since) {
					list[subject] = append(list[subject], r)
				}
			}
		}
		return nil
	})
	return list, err
}

// User returns a user, or apperr.UserNotFound.
func (s *Store) User(_ context.Context, id string) (u user.User, err error) {
	err = s.do("User", id, func() error {
		var found bool
		if u, found = s.users[id]; !found {
			return apperr.New(apperr.UserNotFound, "")
		}
		return nil
	})
	return u, err
}

// Agent implements ticket.AgentStore.
func (s *Store) Agent(ctx context.Context, id string) (ticket.UserRef, error) {
	u, err := s.User(ctx, id)
	if err == nil && !u.IsAgent() {
		err = apperr.New(apperr.UserNotFound, "")
	}
	return ticket.UserRef{ID: u.ID, Name: u.Name}, err
}

// UpdateUser applies a profile update and returns the user after it.
func (s *Store) UpdateUser(_ context.Context, id string, update account.ProfileUpdate) (u user.User, err error) {
	err = s.do("UpdateUser", id, func() error {
		var found bool
		if u, found = s.users[id]; !found {
			return apperr.New(apperr.UserNotFound, "")
		}
		set(&u.Name, update.Name)
		set(&u.Email, update.Email)
		set(&u.Province, update.Province)
		set(&u.City, update.City)
		set(&u.Locale, update.Locale)
		set(&u.PictureID, update.PictureID)
		set(&u.Notifications.Email, update.NotifyEmail)
		set(&u.Notifications.SMS, update.NotifySMS)
		u.EmailVerified = u.EmailVerified && update.Email == nil
		s.users[id] = u
		return nil
	})
	return u, err
}

// set assigns *value to a field unless value is nil.
func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// CreateUser stores a new login and user with an audit record.
func (s *Store) CreateUser(_ context.Context, l account.Login, r audit.Record) error {
	return s.do("CreateUser", l.Phone, func() error {
		if _, taken := s.logins[l.Phone]; taken {
			return apperr.New(apperr.PhoneTaken, "")
		}
		s.putAccount(l)
		s.audit = append(s.audit, r)
		return nil
	})
}

// AdminUpdateUser updates a user and their login with an audit record.
func (s *Store) AdminUpdateUser(_ context.Context, old, updated user.User, hash *string, r audit.Record) error {
	return s.do("AdminUpdateUser", old.ID, func() error {
		_, taken := s.logins[updated.Phone]
		switch {
		case !s.unchanged(old):
			return errConflict()
		case taken && updated.Phone != old.Phone:
			return apperr.New(apperr.PhoneTaken, "")
		case isAdmin(old) && !isAdmin(updated) && len(s.admins) < 2:
			return apperr.New(apperr.LastAdmin, "")
		}
		s.updateUser(old, updated, hash)
		s.audit = append(s.audit, r)
		return nil
	})
}

// DeleteUser deletes a user and their login with an audit record.
func (s *Store) DeleteUser(_ context.Context, old user.User, r audit.Record) error {
	return s.do("DeleteUser", old.ID, func() error {
		switch {
		case !s.unchanged(old):
			return errConflict()
		case isAdmin(old) && len(s.admins) < 2:
			return apperr.New(apperr.LastAdmin, "")
		}
		delete(s.users, old.ID)
		delete(s.logins, old.Phone)
		delete(s.admins, old.ID)
		s.audit = append(s.audit, r)
		return nil
	})
}

// newestUsers returns the matching users, newest first.
func (s *Store) newestUsers(matches func(user.User) bool) []user.User {
	users := slices.SortedFunc(maps.Values(s.users), func(a, b user.User) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), strings.Compare(b.ID, a.ID))
	})
	return slices.DeleteFunc(users, func(u user.User) bool { return !matches(u) })
}

func userID(u user.User) string { return u.ID }

// ListUsers implements broadcast.UserStore.
func (s *Store) ListUsers(_ context.Context, role user.Role, limit int, cursor map[string]string) (users []user.User, next map[string]string, err error) {
	err = s.do("ListUsers", "", func() error {
		all := s.newestUsers(func(u user.User) bool { return role == "" || u.Role == role })
		users, next, err = page("users "+string(role), all, userID, limit, cursor)
		return err
	})
	return users, next, err
}

// UsersByID implements broadcast.UserStore.
func (s *Store) UsersByID(_ context.Context, ids []string) (users []user.User, err error) {
	err = s.do("UsersByID", "", func() error {
		users = make([]user.User, 0, len(ids))
		for _, id := range ids {
			if u, found := s.users[id]; found {
				users = append(users, u)
			}
		}
		return nil
	})
	return users, err
}

// SearchUsers returns the IDs of users whose name, e-mail address or phone
// number matches any of the terms, newest first.
func (s *Store) SearchUsers(_ context.Context, terms []search.Terms, limit int, cursor map[string]string) (ids []string, next map[string]string, err error) {
	err = s.do("SearchUsers", "", func() error {
		users, after, err := page("search", s.newestUsers(func(u user.User) bool {
			tokens := append(search.Tokens(u.Name+" "+u.Email), phone.SearchForms(u.Phone)...)
			return slices.ContainsFunc(terms, func(t search.Terms) bool { return matchesTerms(tokens, t) })
		}), userID, limit, cursor)
		for _, u := range users {
			ids = append(ids, u.ID)
		}
		next = after
		return err
	})
	return ids, next, err
}

func matchesTerms(tokens []string, t search.Terms) bool {
	for _, token := range t.Tokens {
		if !slices.Contains(tokens, token) {
			return false
		}
	}
	return t.Prefix == "" || slices.ContainsFunc(tokens, func(token string) bool { return strings.HasPrefix(token, t.Prefix) })
}

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
