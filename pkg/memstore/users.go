package memstore

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/phone"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/user"
)

func isAdmin(u user.User) bool { return u.Role == user.RoleAdmin && !u.Disabled }

// unchanged reports whether the rights, the password and the login of a user are as read.
func (s *Store) unchanged(old user.User) bool {
	u, found := s.users[old.ID]
	return found && u.SameRights(old) && u.PasswordVersion == old.PasswordVersion && s.logins[old.Phone].User.ID == old.ID
}

// updateUser applies the fields that differ between old and updated, and moves
// the login.
func (s *Store) updateUser(old, updated user.User, hash *string) {
	u := s.users[old.ID]
	u.Role, u.Phone, u.PhoneVersion, u.PhoneSession, u.Disabled = updated.Role, updated.Phone, updated.PhoneVersion, updated.PhoneSession, updated.Disabled
	u.PasswordVersion = updated.PasswordVersion
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
	if updated.Phone != old.Phone {
		delete(s.blockedLogins, old.Phone)
	}
	l.Phone, l.User = updated.Phone, updated
	s.logins[updated.Phone] = l
	delete(s.admins, old.ID)
	if isAdmin(u) {
		s.admins[old.ID] = true
	}
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

// UpdateUser applies a profile update and returns the user after it.
func (s *Store) UpdateUser(_ context.Context, id string, update account.ProfileUpdate) (u user.User, err error) {
	err = s.do("UpdateUser", id, func() error {
		var found bool
		if u, found = s.users[id]; !found {
			return apperr.New(apperr.UserNotFound, "")
		}
		if u.Disabled && update.Name != nil {
			return apperr.New(apperr.AccountDisabled, "")
		}
		set(&u.Name, update.Name)
		set(&u.Email, update.Email)
		set(&u.Province, update.Province)
		set(&u.City, update.City)
		set(&u.Locale, update.Locale)
		set(&u.PictureID, update.PictureID)
		set(&u.Notifications.Email, update.NotifyEmail)
		set(&u.Notifications.SMS, update.NotifySMS)
		set(&u.Notifications.Push, update.NotifyPush)
		set(&u.Notifications.PushText, update.PushText)
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
			return account.PhoneTaken()
		}
		s.putAccount(l)
		s.audit = append(s.audit, r)
		return nil
	})
}

// AdminUpdateUser updates a user and their login with an audit record.
func (s *Store) AdminUpdateUser(_ context.Context, old, updated user.User, hash *string, r audit.Record, codes ...account.OneTimeCode) error {
	return s.do("AdminUpdateUser", old.ID, func() error {
		_, taken := s.logins[updated.Phone]
		switch {
		case !s.unchanged(old), updated.Disabled != old.Disabled && s.users[old.ID].Name != old.Name:
			return errConflict()
		case taken && updated.Phone != old.Phone:
			return account.PhoneTaken()
		case slices.ContainsFunc(codes, func(code account.OneTimeCode) bool { return !s.hasCode(code) }):
			return errCodeUsed()
		case isAdmin(old) && !isAdmin(updated) && len(s.admins) < 2:
			return apperr.New(apperr.LastAdmin, "")
		}
		for _, code := range codes {
			s.consume(code)
		}
		s.updateUser(old, updated, hash)
		if updated.PasswordVersion != old.PasswordVersion {
			s.deleteSessions(old.ID)
			s.revoke(old.ID, user.Revocation{At: r.At})
		}
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
		delete(s.blockedLogins, old.Phone)
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
func (s *Store) ListUsers(ctx context.Context, role user.Role, limit int, cursor map[string]string) ([]user.User, map[string]string, error) {
	return s.ListUsersBy(ctx, account.UserQuery{Role: role, Limit: limit}, cursor)
}

// ListUsersBy implements account.UserDirectoryStore.
func (s *Store) ListUsersBy(_ context.Context, q account.UserQuery, cursor map[string]string) (users []user.User, next map[string]string, err error) {
	err = s.do("ListUsers", "", func() error {
		all := s.newestUsers(q.Matches)
		slices.Reverse(all)
		switch q.Sort {
		case account.UsersByName:
			slices.SortStableFunc(all, func(a, b user.User) int { return strings.Compare(user.SortKey(a.Name), user.SortKey(b.Name)) })
		case account.UsersByLastSeen:
			slices.SortStableFunc(all, func(a, b user.User) int { return a.LastSeenAt.Compare(b.LastSeenAt) })
		case account.UsersByCreation:
		}
		if !q.Ascending {
			slices.Reverse(all)
		}
		users, next, err = page(fmt.Sprintf("users %s %v %s %v", q.Role, q.Disabled != nil, q.Sort, q.Ascending), all, userID, q.Limit, cursor)
		return err
	})
	return users, next, err
}

// CountUsers implements broadcast.RecipientStore.
func (s *Store) CountUsers(_ context.Context, role user.Role) (n int, complete bool, err error) {
	err = s.do("CountUsers", string(role), func() error {
		enabled := false
		n = len(s.newestUsers(account.UserQuery{Role: role, Disabled: &enabled}.Matches))
		return nil
	})
	return n, true, err
}

// RecordSeen implements stream.SeenStore.
func (s *Store) RecordSeen(_ context.Context, id string, at time.Time) error {
	return s.do("RecordSeen", id, func() error {
		if u, found := s.users[id]; found && !u.Disabled && !u.LastSeenAt.After(at.Add(-user.SeenInterval)) {
			u.LastSeenAt = at
			s.users[id] = u
		}
		return nil
	})
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
