package table

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/fault"
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

func sessionToItem(s account.Session) sessionItem {
	return sessionItem{
		key: sessionKey(s.User.ID, s.Family), Current: s.Current, Previous: s.Previous,
		RotatedAt: toMillis(s.RotatedAt), Device: s.Device, CreatedAt: toMillis(s.CreatedAt), LastUsedAt: toMillis(s.LastUsedAt),
		TTL: s.ExpiresAt.Unix(), User: userToFields(s.User),
	}
}

func (i sessionItem) session() account.Session {
	return account.Session{
		Family: idOf(i.SK), Current: i.Current, Previous: i.Previous, RotatedAt: fromMillis(i.RotatedAt), Device: i.Device,
		CreatedAt: fromMillis(i.CreatedAt), LastUsedAt: fromMillis(i.LastUsedAt), ExpiresAt: time.Unix(i.TTL, 0).UTC(),
		User: i.User.user(),
	}
}

// SignUp implements account.Store.
func (t *Table) SignUp(ctx context.Context, l account.Login, s account.Session, used account.Code) error {
	tx := t.transaction().
		put(loginToItem(l), "attribute_not_exists(PK)", nil).
		put(userToItem(l.User), "attribute_not_exists(PK)", nil).
		put(sessionToItem(s), "", nil)
	useCode(tx, used)
	failed, err := tx.commitInTurn(ctx)
	_, taken := failed[0]
	switch {
	case taken:
		return fault.New(fault.PhoneTaken, "")
	case failed != nil:
		return codeUsed()
	}
	return err
}

// AddSession implements account.Store.
func (t *Table) AddSession(ctx context.Context, s account.Session, used *account.Code) error {
	if used == nil {
		_, err := t.put(ctx, sessionToItem(s), "", nil)
		return err
	}
	tx := t.transaction().put(sessionToItem(s), "", nil)
	useCode(tx, *used)
	failed, err := tx.commit(ctx)
	if err == nil && failed != nil {
		return codeUsed()
	}
	return err
}

// Rotate implements account.Store.
func (t *Table) Rotate(ctx context.Context, userID, family, current, next string, now time.Time) (s account.Session, rotated, found bool, err error) {
	was, rotated, err := t.update(ctx, change{
		key:       sessionKey(userID, family),
		set:       "SET cur = :next, prev = :cur, rotated = :now, used = :now, #ttl = :ttl",
		condition: "cur = :cur AND #ttl > :seconds",
		values: values{
			"cur": current, "next": next, "now": toMillis(now), "seconds": now.Unix(), "ttl": now.Add(account.SessionLife).Unix(),
		},
	})
	if err != nil || was == nil {
		return account.Session{}, false, false, err
	}
	var i sessionItem
	err = decode(was, &i)
	return i.session(), rotated, true, err
}

// EndSession implements account.Store.
func (t *Table) EndSession(ctx context.Context, userID, family, hash string) (bool, error) {
	condition, vals := "", values(nil)
	if hash != "" {
		condition, vals = "cur = :hash OR prev = :hash", values{"hash": hash}
	}
	was, err := t.remove(ctx, sessionKey(userID, family), condition, vals)
	if err != nil || was == nil {
		return false, err
	}
	var i sessionItem
	err = decode(was, &i)
	return i.TTL > t.now().Unix(), err
}

// Session implements account.CookieStore.
func (t *Table) Session(ctx context.Context, userID, family string) (account.Session, bool, error) {
	var i sessionItem
	found, err := t.get(ctx, sessionKey(userID, family), true, &i)
	return i.session(), found, err
}

// TouchSession implements account.CookieStore.
func (t *Table) TouchSession(ctx context.Context, userID, family string, now time.Time) error {
	_, _, err := t.update(ctx, change{
		key: sessionKey(userID, family), set: "SET used = :now, #ttl = :ttl", condition: "attribute_exists(PK)",
		values: values{"now": toMillis(now), "ttl": now.Add(account.SessionLife).Unix()},
	})
	return err
}

// Sessions implements account.Store: one Query, backward from the family. What
// TTL has not taken yet is left out, so a page may be short.
func (t *Table) Sessions(ctx context.Context, userID, after string, limit int) ([]account.Session, bool, error) {
	end := sessionKey(userID, after)
	if after == "" {
		end.SK = prefixSession + "~" // behind every family
	}
	out, err := t.db.Query(ctx, &dynamodb.QueryInput{
		TableName: t.name, ConsistentRead: aws.Bool(true), ScanIndexForward: aws.Bool(false), Limit: aws.Int32(int32(limit + 2)), // the family itself, and one that tells of more
		KeyConditionExpression:    aws.String("PK = :pk AND SK BETWEEN :first AND :end"),
		ExpressionAttributeValues: values{"pk": end.PK, "first": prefixSession, "end": end.SK}.wire(),
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
		s := i.session()
		switch {
		case i.TTL <= t.now().Unix() || s.Family == after:
		case len(page) == limit:
			more = true
		default:
			page = append(page, s)
		}
	}
	return page, more || out.LastEvaluatedKey != nil && len(page) > 0, nil
}

// ResetPassword implements account.Store.
func (t *Table) ResetPassword(ctx context.Context, l account.Login, used account.Code, at time.Time) error {
	const login, code = 0, 1
	for try := 0; ; try++ {
		keys, err := t.sessionsOf(ctx, l.User.ID)
		if err != nil {
			return err
		}
		if over := len(keys) - sessionsAtOnce; over > 0 { // somebody has tried hard; the code was right anyway
			if err := t.removeAll(ctx, keys[:over]); err != nil {
				return err
			}
			keys = keys[over:]
		}
		tx := t.transaction().update(change{
			key: loginKey(l.Phone), set: "SET #hash = :hash", condition: "#user.id = :id", values: values{"hash": l.Hash, "id": l.User.ID},
		})
		useCode(tx, used)
		tx.revoke(l.User.ID, user.Revocation{At: at})
		for _, k := range keys {
			tx.remove(k, "attribute_exists(PK)", nil)
		}
		failed, err := tx.commit(ctx)
		if _, unused := failed[code]; unused {
			return codeUsed()
		}
		if _, moved := failed[login]; moved { // the number has another owner now
			return codeUsed()
		}
		ended := failed != nil // a session, meanwhile: look again
		if !ended && !fault.Is(err, fault.Conflict) || try == conflictTries {
			return errors.Join(err, unlucky(ended))
		}
		pause(ctx, try)
	}
}

// sessionsAtOnce leaves room in a transaction, which takes 100 writes.
const sessionsAtOnce = 90

func unlucky(again bool) error {
	if again {
		return fault.New(fault.Conflict, "").WithRetryAfter(time.Second)
	}
	return nil
}

// CopyUser implements account.Sessions. It is the projection of the user, run
// by the stream.
func (t *Table) CopyUser(ctx context.Context, userID string) (user.User, error) {
	u, err := t.User(ctx, userID)
	if fault.Is(err, fault.UserNotFound) {
		return user.User{}, nil
	}
	if err != nil {
		return user.User{}, err
	}
	keys, err := t.sessionsOf(ctx, userID)
	if err != nil {
		return user.User{}, err
	}
	for _, k := range append(keys, loginKey(u.Phone)) {
		_, _, err := t.update(ctx, change{
			key: k, set: "SET #user = :user", condition: "#user.id = :id",
			values: values{"user": userToFields(u), "id": userID},
		})
		if err != nil {
			return user.User{}, err
		}
	}
	return u, nil
}

func (t *Table) sessionsOf(ctx context.Context, userID string) ([]key, error) {
	var keys []key
	in := &dynamodb.QueryInput{
		TableName: t.name, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("PK = :pk AND begins_with(SK, :prefix)"),
		ExpressionAttributeValues: values{"pk": userKey(userID).PK, "prefix": prefixSession}.wire(),
	}
	for {
		out, err := t.db.Query(ctx, in)
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
