package dynamo

import (
	"context"
	"time"

	"ticketsystem/pkg/account"
)

// loginAttemptsItem counts password attempts for a phone number. It is in the
// partition of the login, so that one query of one read unit reads both.
type loginAttemptsItem struct {
	Window int64 `dynamodbav:"win"` // start, Unix seconds
	Count  int   `dynamodbav:"hits"`
}

// loginAttemptsTTL is how long failed attempts are remembered.
const loginAttemptsTTL = 24 * time.Hour

// Login implements account.Store. It reads strongly consistently, so that a user who was
// disabled a moment ago gets no session.
func (s *Store) Login(ctx context.Context, phone string) (account.Login, bool, error) {
	login, found := account.Login{Phone: phone}, false
	for i, err := range s.query(ctx, queryInput("PK = :pk", values{"pk": loginKey(phone).PK}, consistent)) {
		if err != nil {
			return account.Login{}, false, err
		}
		row, err := decodeAs[struct {
			loginItem
			loginAttemptsItem

			MaxSessions int   `dynamodbav:"max"`
			TTL         int64 `dynamodbav:"ttl"`
		}](i)
		if err != nil {
			return account.Login{}, false, err
		}
		switch row.key {
		case loginKey(phone):
			login.Hash, login.User, found = row.Hash, row.User.user(), true
		case loginBlockKey(phone):
			login.BlockedUntil, login.MaxSessions = time.Unix(row.TTL, 0).UTC(), row.MaxSessions
		case loginAttemptsKey(phone):
			if row.TTL > s.now().Unix() {
				login.FailureWindow = time.Unix(row.Window, 0).UTC()
			}
		}
	}
	return login, found, nil
}

// RecordLoginAttempt implements account.AuthStore. It increments the count of the
// current window, or starts the window if there is none. If one write's condition
// fails, the other write's holds, unless a concurrent attempt changed the item.
func (s *Store) RecordLoginAttempt(ctx context.Context, phone string, window time.Time, limit int) (bool, error) {
	for {
		stored, applied, err := s.updateLoginAttempts(ctx, phone, window, "SET hits = hits + :one, #ttl = :ttl", "win >= :win AND hits < :limit", values{"limit": limit})
		if err != nil || applied {
			return applied, err
		}
		if stored != nil {
			i, err := decodeAs[loginAttemptsItem](stored)
			if err != nil || i.Window >= window.Unix() {
				return false, err
			}
		}
		_, applied, err = s.updateLoginAttempts(ctx, phone, window, "SET hits = :one, win = :win, #ttl = :ttl", "attribute_not_exists(win) OR win < :win", nil)
		if err != nil || applied { // otherwise a concurrent attempt started the window
			return applied, err
		}
	}
}

func (s *Store) updateLoginAttempts(ctx context.Context, phone string, window time.Time, set, condition string, more values) (item, bool, error) {
	v := values{"one": 1, "win": window.Unix(), "ttl": window.Add(loginAttemptsTTL).Unix()}
	for name, value := range more {
		v[name] = value
	}
	return s.update(ctx, updateSpec{key: loginAttemptsKey(phone), set: set, condition: condition, values: v})
}

// loginBlockItem refuses the logins of a phone number until it expires.
type loginBlockItem struct {
	key
	MaxSessions int   `dynamodbav:"max"`
	TTL         int64 `dynamodbav:"ttl"`
}

// BlockLogin implements stream.SessionStore.
func (s *Store) BlockLogin(ctx context.Context, phone string, maxSessions int, until time.Time) error {
	_, err := s.put(ctx, loginBlockItem{loginBlockKey(phone), maxSessions, until.Unix()}, "", nil)
	return err
}

// ClearLoginAttempts implements account.AuthStore.
func (s *Store) ClearLoginAttempts(ctx context.Context, phone string) error {
	_, err := s.remove(ctx, loginAttemptsKey(phone), "", nil)
	return err
}
