package dynamo

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

// sessionItem is a family of refresh tokens. It lies in its owner's partition:
// his sessions are one read, and neither login nor refresh writes an index.
type sessionItem struct {
	key
	Current    string     `dynamodbav:"cur"`
	Previous   string     `dynamodbav:"prev,omitempty"`
	RotatedAt  int64      `dynamodbav:"rotated,omitempty"`
	Device     string     `dynamodbav:"device,omitempty"`
	CreatedAt  int64      `dynamodbav:"createdAt"`
	LastUsedAt int64      `dynamodbav:"used"`
	TTL        int64      `dynamodbav:"ttl"`
	User       userFields `dynamodbav:"user"`
}

func sessionToItem(session account.Session) sessionItem {
	return sessionItem{
		key: sessionKey(session.User.ID, session.Family), Current: session.CurrentHash, Previous: session.PreviousHash,
		RotatedAt: toMillis(session.RotatedAt), Device: session.UserAgent, CreatedAt: toMillis(session.CreatedAt), LastUsedAt: toMillis(session.LastUsedAt),
		TTL: session.ExpiresAt.Unix(), User: userToFields(session.User),
	}
}

func (i sessionItem) session() account.Session {
	return account.Session{
		Family: idOf(i.SK), CurrentHash: i.Current, PreviousHash: i.Previous, RotatedAt: fromMillis(i.RotatedAt), UserAgent: i.Device,
		CreatedAt: fromMillis(i.CreatedAt), LastUsedAt: fromMillis(i.LastUsedAt), ExpiresAt: time.Unix(i.TTL, 0).UTC(),
		User: i.User.user(),
	}
}

// CreateAccount implements account.Store.
func (s *Store) CreateAccount(ctx context.Context, l account.Login, session account.Session, used account.OneTimeCode) error {
	tx := s.transaction().
		put(loginToItem(l), "attribute_not_exists(PK)", nil).
		put(userToItem(l.User), "attribute_not_exists(PK)", nil).
		put(sessionToItem(session), "", nil)
	consumeCode(tx, used)
	failed, err := tx.commitWithRetry(ctx)
	_, taken := failed[0]
	switch {
	case taken:
		return apperr.New(apperr.PhoneTaken, "")
	case failed != nil:
		return errCodeUsed()
	}
	return err
}

// CreateSession implements account.Store.
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

// RotateSession implements account.Store.
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

// DeleteSession implements account.Store.
func (s *Store) DeleteSession(ctx context.Context, userID, family, hash string) (bool, error) {
	condition, vals := "", values(nil)
	if hash != "" {
		condition, vals = "cur = :hash OR prev = :hash", values{"hash": hash}
	}
	old, err := s.remove(ctx, sessionKey(userID, family), condition, vals)
	if err != nil || old == nil {
		return false, err
	}
	var i sessionItem
	err = decode(old, &i)
	return i.TTL > s.now().Unix(), err
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
		values: values{"now": toMillis(now), "ttl": now.Add(account.SessionTTL).Unix()},
	})
	return err
}

// ListSessions implements account.Store: one Query, backward from the family. What
// TTL has not taken yet is left out, so a page may be short.
func (s *Store) ListSessions(ctx context.Context, userID, after string, limit int) ([]account.Session, bool, error) {
	end := sessionKey(userID, after)
	if after == "" {
		end.SK = prefixSession + "~" // behind every family
	}
	out, err := s.db.Query(ctx, &dynamodb.QueryInput{
		TableName: s.name, ConsistentRead: aws.Bool(true), ScanIndexForward: aws.Bool(false), Limit: aws.Int32(int32(limit + 2)), // the family itself, and one that tells of more
		KeyConditionExpression:    aws.String("PK = :pk AND SK BETWEEN :first AND :end"),
		ExpressionAttributeValues: values{"pk": end.PK, "first": prefixSession, "end": end.SK}.marshal(),
	})
	if err != nil {
		return nil, false, translate(err)
	}
	var page []account.Session
	more := false
	for _, one := range out.Items {
		var i sessionItem
		if err := decode(one, &i); err != nil {
			return nil, false, err
		}
		session := i.session()
		switch {
		case i.TTL <= s.now().Unix() || session.Family == after:
		case len(page) == limit:
			more = true
		default:
			page = append(page, session)
		}
	}
	return page, more || out.LastEvaluatedKey != nil && len(page) > 0, nil
}

// ResetPassword implements account.Store.
func (s *Store) ResetPassword(ctx context.Context, l account.Login, used account.OneTimeCode, at time.Time) error {
	const loginWrite, codeWrite = 0, 1
	for attempt := 0; ; attempt++ {
		keys, err := s.sessionKeys(ctx, l.User.ID)
		if err != nil {
			return err
		}
		if over := len(keys) - maxSessionsPerTx; over > 0 { // somebody has tried hard; the code was right anyway
			if err := s.batchDelete(ctx, keys[:over]); err != nil {
				return err
			}
			keys = keys[over:]
		}
		tx := s.transaction().update(updateSpec{
			key: loginKey(l.Phone), set: "SET #hash = :hash", condition: "#user.id = :id", values: values{"hash": l.Hash, "id": l.User.ID},
		})
		consumeCode(tx, used)
		tx.addRevocation(l.User.ID, user.Revocation{At: at})
		for _, k := range keys {
			tx.remove(k, "attribute_exists(PK)", nil)
		}
		failed, err := tx.commit(ctx)
		if _, unused := failed[codeWrite]; unused {
			return errCodeUsed()
		}
		if _, ownerChanged := failed[loginWrite]; ownerChanged { // the number has another owner now
			return errCodeUsed()
		}
		ended := failed != nil // a session, meanwhile: look again
		if !ended && !apperr.Is(err, apperr.Conflict) || attempt == maxConflictRetries {
			return errors.Join(err, conflictIf(ended))
		}
		backOff(ctx, attempt)
	}
}

// maxSessionsPerTx leaves room in a transaction, which takes 100 writes.
const maxSessionsPerTx = 90

func conflictIf(conflict bool) error {
	if conflict {
		return apperr.New(apperr.Conflict, "").WithRetryAfter(time.Second)
	}
	return nil
}

// SyncUserCopies implements account.Sessions. It is the projection of the user, run
// by the stream.
func (s *Store) SyncUserCopies(ctx context.Context, userID string) (user.User, error) {
	u, err := s.User(ctx, userID)
	if apperr.Is(err, apperr.UserNotFound) {
		return user.User{}, nil
	}
	if err != nil {
		return user.User{}, err
	}
	keys, err := s.sessionKeys(ctx, userID)
	if err != nil {
		return user.User{}, err
	}
	for _, k := range append(keys, loginKey(u.Phone)) {
		_, _, err := s.update(ctx, updateSpec{
			key: k, set: "SET #user = :user", condition: "#user.id = :id",
			values: values{"user": userToFields(u), "id": userID},
		})
		if err != nil {
			return user.User{}, err
		}
	}
	return u, nil
}

func (s *Store) sessionKeys(ctx context.Context, userID string) ([]key, error) {
	var keys []key
	in := &dynamodb.QueryInput{
		TableName: s.name, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("PK = :pk AND begins_with(SK, :prefix)"),
		ExpressionAttributeValues: values{"pk": userKey(userID).PK, "prefix": prefixSession}.marshal(),
	}
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return nil, translate(err)
		}
		for _, i := range out.Items {
			var k key
			if err := decode(i, &k); err != nil {
				return nil, err
			}
			keys = append(keys, k)
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return keys, nil
		}
	}
}
