package table

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/fault"
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

// Login implements account.Store: the login and the counters in one batch.
func (t *Table) Login(ctx context.Context, phone string, counters []account.Counter) (account.Login, bool, []int, error) {
	keys := []key{loginKey(phone)}
	for _, c := range counters {
		keys = append(keys, counterKey(c))
	}
	items, err := t.getAll(ctx, keys, false)
	if err != nil {
		return account.Login{}, false, nil, err
	}
	login, found, counts := account.Login{}, false, make([]int, len(counters))
	for _, i := range items {
		var row struct {
			loginItem
			counterItem
		}
		if err := decode(i, &row); err != nil {
			return account.Login{}, false, nil, err
		}
		if row.key == keys[0] {
			login, found = account.Login{Phone: phone, Hash: row.Hash, User: row.User.user()}, true
		}
		for c := range counters {
			if row.key == keys[c+1] {
				counts[c] = row.N
			}
		}
	}
	return login, found, counts, nil
}

// SignUp implements account.Store.
func (t *Table) SignUp(ctx context.Context, l account.Login, s account.Session, used account.Code) error {
	tx := t.transaction().
		put(loginToItem(l), "attribute_not_exists(PK)", nil).
		put(userToItem(l.User), "attribute_not_exists(PK)", nil).
		put(sessionToItem(s), "", nil)
	useCode(tx, used)
	for try := 0; ; try++ {
		failed, err := tx.commit(ctx)
		_, taken := failed[0]
		switch {
		case taken:
			return fault.New(fault.PhoneTaken, "")
		case failed != nil:
			return codeUsed()
		case !fault.Is(err, fault.Conflict) || try == conflictTries:
			return err
		}
		pause(ctx, try) // sign-ups of one number at once: let the first finish
	}
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
func (t *Table) EndSession(ctx context.Context, userID, family, hash string) error {
	condition, vals := "", values(nil)
	if hash != "" {
		condition, vals = "cur = :hash OR prev = :hash", values{"hash": hash}
	}
	_, err := t.remove(ctx, sessionKey(userID, family), condition, vals)
	return err
}

// CopyUser brings a changed user into the login and the sessions that carry a
// copy. It is the projection of the user, run by the stream.
func (t *Table) CopyUser(ctx context.Context, userID string) error {
	u, err := t.User(ctx, userID)
	if fault.Is(err, fault.UserNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	keys, err := t.sessionsOf(ctx, userID)
	if err != nil {
		return err
	}
	for _, k := range append(keys, loginKey(u.Phone)) {
		_, _, err := t.update(ctx, change{
			key: k, set: "SET #user = :user", condition: "#user.id = :id",
			values: values{"user": userToFields(u), "id": userID},
		})
		if err != nil {
			return err
		}
	}
	return nil
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
