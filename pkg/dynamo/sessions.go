package dynamo

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/parallel"
	"ticketsystem/pkg/user"
)

// sessionItem is a family of refresh tokens. It is in its user's partition, so that
// one query reads a user's sessions and no index is written.
type sessionItem struct {
	key
	Current    string     `dynamodbav:"cur"`
	Previous   string     `dynamodbav:"prev,omitempty"`
	RotatedAt  int64      `dynamodbav:"rotated,omitempty"`
	Device     string     `dynamodbav:"device,omitempty"`
	CreatedAt  int64      `dynamodbav:"createdAt"`
	LastUsedAt int64      `dynamodbav:"used"`
	TTL        int64      `dynamodbav:"ttl"`
	TwoFactor  bool       `dynamodbav:"twoFactor,omitempty"`
	User       userFields `dynamodbav:"user"`
}

func sessionToItem(session account.Session) sessionItem {
	return sessionItem{
		key: sessionKey(session.User.ID, session.Family), Current: session.CurrentHash, Previous: session.PreviousHash,
		RotatedAt: toMillis(session.RotatedAt), Device: session.UserAgent, CreatedAt: toMillis(session.CreatedAt), LastUsedAt: toMillis(session.LastUsedAt),
		TTL: session.ExpiresAt.Unix(), TwoFactor: session.TwoFactor, User: userToFields(session.User),
	}
}

func (i sessionItem) session() account.Session {
	return account.Session{
		Family: idOf(i.SK), CurrentHash: i.Current, PreviousHash: i.Previous, RotatedAt: fromMillis(i.RotatedAt), UserAgent: i.Device,
		CreatedAt: fromMillis(i.CreatedAt), LastUsedAt: fromMillis(i.LastUsedAt), ExpiresAt: time.Unix(i.TTL, 0).UTC(),
		TwoFactor: i.TwoFactor, User: i.User.user(),
	}
}

// CreateAccount implements account.AuthStore.
func (s *Store) CreateAccount(ctx context.Context, l account.Login, session account.Session, used account.OneTimeCode) error {
	tx := s.transaction().put(loginToItem(l), ifNotExists, nil)
	loginWrite := tx.last()
	tx.put(userToItem(l.User), ifNotExists, nil).put(sessionToItem(session), "", nil)
	consumeCode(tx, used)
	failed, err := tx.commitWithRetry(ctx)
	switch {
	case failed.has(loginWrite):
		return account.PhoneTaken()
	case failed != nil:
		return errCodeUsed()
	}
	return err
}

// CreateSession implements account.AuthStore.
func (s *Store) CreateSession(ctx context.Context, session account.Session, used *account.OneTimeCode) error {
	if used == nil {
		_, err := s.put(ctx, sessionToItem(session), "", nil)
		return err
	}
	tx := s.transaction().put(sessionToItem(session), "", nil)
	consumeCode(tx, *used)
	failed, err := tx.commit(ctx)
	if err == nil && failed != nil {
		return errCodeUsed()
	}
	return err
}

// RotateSession implements account.TokenStore.
func (s *Store) RotateSession(ctx context.Context, userID, family, current, next string, now time.Time) (session account.Session, rotated, found bool, err error) {
	stored, rotated, err := s.update(ctx, updateSpec{
		key:       sessionKey(userID, family),
		set:       "SET cur = :next, prev = :cur, rotated = :now, used = :now, #ttl = :ttl",
		condition: "cur = :cur AND #ttl > :seconds",
		values: values{
			"cur": current, "next": next, "now": toMillis(now), "seconds": now.Unix(), "ttl": now.Add(account.SessionTTL).Unix(),
		},
	})
	if err != nil || stored == nil {
		return account.Session{}, false, false, err
	}
	var i sessionItem
	err = decode(stored, &i)
	return i.session(), rotated, true, err
}

// EndSession implements account.TokenStore and account.ProfileStore.
func (s *Store) EndSession(ctx context.Context, userID, family string, at time.Time) (bool, error) {
	tx := s.transaction().remove(sessionKey(userID, family), "#ttl > :now", values{"now": s.now().Unix()}).addRevocation(family, user.Revocation{At: at, Until: at.Add(account.SessionRevocationTTL)})
	failed, err := tx.commitWithRetry(ctx)
	return err == nil && failed == nil, err
}

// Session implements account.CookieStore.
func (s *Store) Session(ctx context.Context, userID, family string) (account.Session, bool, error) {
	var i sessionItem
	found, err := s.get(ctx, sessionKey(userID, family), true, &i)
	return i.session(), found, err
}

// TouchSession implements account.CookieStore.
func (s *Store) TouchSession(ctx context.Context, userID, family string, now time.Time) error {
	_, _, err := s.update(ctx, updateSpec{
		key: sessionKey(userID, family), set: "SET used = :now, #ttl = :ttl", condition: "attribute_exists(PK)",
		values: values{"now": toMillis(now), "ttl": now.Add(account.SessionTTL).Unix()}, blind: true,
	})
	return err
}

// ListSessions implements account.ProfileStore, backwards from the session after. It reads
// on while expired sessions, which are omitted, leave the page short.
func (s *Store) ListSessions(ctx context.Context, userID, after string, limit int) (page []account.Session, more bool, err error) {
	end := sessionKey(userID, after)
	if after == "" {
		end.SK = prefixSession + "~" // sorts after every family
	}
	// A query returns two items more: the session after, and one that shows that more follow.
	for row, err := range s.query(ctx, queryInput("PK = :pk AND SK BETWEEN :first AND :end",
		values{"pk": end.PK, "first": prefixSession, "end": end.SK}, consistent, descending, pageOf(limit+2))) {
		if err != nil {
			return nil, false, err
		}
		i, err := decodeAs[sessionItem](row)
		switch {
		case err != nil:
			return nil, false, err
		case i.TTL <= s.now().Unix() || i.session().Family == after:
		case len(page) == limit:
			return page, true, nil
		default:
			page = append(page, i.session())
		}
	}
	return page, false, nil
}

// maxSessionsPerTx is the number of sessions that a transaction of 100 writes
// (DynamoDB limit) deletes besides its other writes.
const maxSessionsPerTx = 90

// ResetPassword implements account.CredentialStore.
func (s *Store) ResetPassword(ctx context.Context, l account.Login, used account.OneTimeCode, at time.Time) error {
	return retryConflicts(ctx, func() (bool, error) {
		sessions, err := s.sessionsToDelete(ctx, l.User.ID, "")
		if err != nil {
			return false, err
		}
		version := l.User.PasswordVersion + 1
		tx := s.transaction().update(updateSpec{
			key: loginKey(l.Phone), set: "SET #hash = :hash, #user.pv = :version", condition: "#user.id = :id",
			values: values{"hash": l.Hash, "version": version, "id": l.User.ID},
		})
		loginWrite := tx.last()
		codeWrite := consumeCode(tx, used).last()
		condition, vals := ifUserUnchanged(l.User)
		vals["version"] = version
		userWrite := tx.update(updateSpec{key: userKey(l.User.ID), set: "SET pv = :version", condition: condition, values: vals}).last()
		tx.addRevocation(l.User.ID, user.Revocation{At: at})
		for _, k := range sessions {
			tx.remove(k, "attribute_exists(PK)", nil)
		}
		failed, err := tx.commit(ctx)
		switch {
		case failed.has(codeWrite), failed.has(loginWrite): // the code is used, or another user has the phone number
			return false, errCodeUsed()
		case failed.has(userWrite): // the user's rights or password have changed
			return false, apperr.New(apperr.Conflict, "").WithRetryAfter(time.Second)
		}
		return committed(failed, err) // not done if a session was deleted concurrently
	})
}

// sessionsToDelete returns the keys of a user's sessions but the kept one. It deletes those
// that exceed the size of a transaction.
func (s *Store) sessionsToDelete(ctx context.Context, userID, kept string) ([]key, error) {
	sessions, err := s.sessionKeys(ctx, userID)
	sessions = slices.DeleteFunc(sessions, func(k key) bool { return k == sessionKey(userID, kept) })
	if excess := len(sessions) - maxSessionsPerTx; err == nil && excess > 0 {
		err = s.batchDelete(ctx, sessions[:excess])
		sessions = sessions[excess:]
	}
	return sessions, err
}

// CountSession implements stream.SessionStore. A set of ids counts a repeated record once.
func (s *Store) CountSession(ctx context.Context, userID, family string, hour time.Time) (int, error) {
	after, _, err := s.update(ctx, updateSpec{
		key: rateLimitKey("sessions#"+userID, hour.Unix()), set: "SET #ttl = :ttl ADD ids :id",
		values: values{"id": &types.AttributeValueMemberSS{Value: []string{family[max(0, len(family)-10):]}}, "ttl": hour.Add(2 * time.Hour).Unix()},
	})
	if err != nil {
		return 0, err
	}
	i, err := decodeAs[struct {
		IDs []string `dynamodbav:"ids,stringset"`
	}](after)
	return len(i.IDs), err
}

// SyncUserCopies implements account.SessionStore. It is safe to repeat. It reads the user once more
// after it has updated sessions, and repeats the writes if the user has changed: a delayed write may
// have replaced the copy of that change.
func (s *Store) SyncUserCopies(ctx context.Context, userID string) (u user.User, err error) {
	err = retryConflicts(ctx, func() (done bool, err error) {
		if u, err = s.syncLogin(ctx, userID); err != nil || u.ID == "" {
			return true, err
		}
		sessions, err := s.syncSessions(ctx, u)
		if err != nil || sessions == 0 {
			return true, err
		}
		written := userToFields(u)
		if u, err = s.User(ctx, userID); apperr.Is(err, apperr.UserNotFound) {
			u = user.User{}
			return true, nil
		}
		return userToFields(u) == written, err
	})
	return u, err
}

// syncSessions updates the copies in the sessions of a user and returns the number of these.
func (s *Store) syncSessions(ctx context.Context, u user.User) (n int, err error) {
	keys, err := s.sessionKeys(ctx, u.ID)
	if err != nil {
		return 0, err
	}
	return len(keys), parallel.ForEach(keys, maxConcurrentCopies, func(k key) error {
		_, _, err := s.update(ctx, copyUpdate(k, u, ""))
		return err
	})
}

// syncLogin updates the copy in the login and returns the user, the zero value if there is
// none. Role, access and password version of the copy change in the transactions that change the
// user, so a difference says that the user was changed after it was read here.
func (s *Store) syncLogin(ctx context.Context, userID string) (u user.User, err error) {
	err = retryConflicts(ctx, func() (done bool, err error) {
		if u, err = s.User(ctx, userID); apperr.Is(err, apperr.UserNotFound) {
			u = user.User{}
			return true, nil
		} else if err != nil {
			return false, err
		}
		ifSameRights := " AND #user.#role = :role AND (attribute_not_exists(#user.pv) OR #user.pv <= :version) AND "
		if u.Disabled {
			ifSameRights += "attribute_exists(#user.#disabled)"
		} else {
			ifSameRights += "attribute_not_exists(#user.#disabled)"
		}
		c := copyUpdate(loginKey(u.Phone), u, ifSameRights)
		c.values["role"], c.values["version"] = string(u.Role), u.PasswordVersion
		existing, applied, err := s.update(ctx, c)
		if applied || err != nil || existing == nil {
			return true, err
		}
		i, err := decodeAs[loginItem](existing)
		return i.User.ID != userID, err
	})
	return u, err
}

// copyUpdate updates a copy of a user if it is one.
func copyUpdate(k key, u user.User, condition string) updateSpec {
	return updateSpec{
		key: k, set: "SET #user = :user", condition: "#user.id = :id" + condition,
		values: values{"user": userToFields(u), "id": u.ID},
	}
}

// maxConcurrentCopies limits the concurrent writes of SyncUserCopies.
const maxConcurrentCopies = 10

func (s *Store) sessionKeys(ctx context.Context, userID string) ([]key, error) {
	return queryAs[key](ctx, s, queryInput("PK = :pk AND begins_with(SK, :prefix)",
		values{"pk": userKey(userID).PK, "prefix": prefixSession}, consistent))
}

// DeleteSessions implements account.SessionStore.
func (s *Store) DeleteSessions(ctx context.Context, userID string) error {
	keys, err := s.sessionKeys(ctx, userID)
	if err != nil {
		return err
	}
	return s.batchDelete(ctx, keys)
}
