package table

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/account"
)

// triesItem counts the passwords that were tried on a number. It lies beside
// the login, whether or not there is one: the two are one read of half a unit.
type triesItem struct {
	Window int64 `dynamodbav:"win"` // seconds
	N      int   `dynamodbav:"hits"`
}

// triesKept is how long it is remembered that somebody guesses.
const triesKept = 24 * time.Hour

// Login implements account.Store.
func (t *Table) Login(ctx context.Context, phone string) (account.Login, bool, error) {
	out, err := t.db.Query(ctx, &dynamodb.QueryInput{
		TableName: t.name, KeyConditionExpression: aws.String("PK = :pk"),
		ExpressionAttributeValues: values{"pk": loginKey(phone).PK}.wire(),
	})
	if err != nil {
		return account.Login{}, false, translate(err)
	}
	login, found := account.Login{Phone: phone}, false
	for _, i := range out.Items {
		var row struct {
			loginItem
			triesItem

			TTL int64 `dynamodbav:"ttl"`
		}
		if err := decode(i, &row); err != nil {
			return account.Login{}, false, err
		}
		switch row.key {
		case loginKey(phone):
			login.Hash, login.User, found = row.Hash, row.User.user(), true
		case triesKey(phone):
			if row.TTL > t.now().Unix() {
				login.Tries = time.Unix(row.Window, 0).UTC()
			}
		}
	}
	return login, found, nil
}

// CountTry implements account.Store: one more in a window that has been counted
// in, or else the first one. Whichever is not so says what stands.
func (t *Table) CountTry(ctx context.Context, phone string, window time.Time, most int) (bool, error) {
	for {
		was, counted, err := t.changeTries(ctx, phone, window, "SET hits = hits + :one, #ttl = :ttl", "win >= :win AND hits < :most", values{"most": most})
		if err != nil || counted {
			return counted, err
		}
		if was != nil {
			var i triesItem
			if err := decode(was, &i); err != nil || i.Window >= window.Unix() {
				return false, err
			}
		}
		_, counted, err = t.changeTries(ctx, phone, window, "SET hits = :one, win = :win, #ttl = :ttl", "attribute_not_exists(win) OR win < :win", nil)
		if err != nil || counted { // if not, somebody else has begun the window
			return counted, err
		}
	}
}

func (t *Table) changeTries(ctx context.Context, phone string, window time.Time, set, condition string, more values) (item, bool, error) {
	v := values{"one": 1, "win": window.Unix(), "ttl": window.Add(triesKept).Unix()}
	for name, value := range more {
		v[name] = value
	}
	return t.update(ctx, change{key: triesKey(phone), set: set, condition: condition, values: v})
}

// ForgetTries implements account.Store.
func (t *Table) ForgetTries(ctx context.Context, phone string) error {
	_, err := t.remove(ctx, triesKey(phone), "", nil)
	return err
}
