package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/account"
)

// loginAttemptsItem counts the passwords that were tried on a number. It lies beside
// the login, whether or not there is one: the two are one read of half a unit.
type loginAttemptsItem struct {
	Window int64 `dynamodbav:"win"` // seconds
	Count  int   `dynamodbav:"hits"`
}

// loginAttemptsTTL is how long it is remembered that somebody guesses.
const loginAttemptsTTL = 24 * time.Hour

// Login implements account.Store.
func (s *Store) Login(ctx context.Context, phone string) (account.Login, bool, error) {
	out, err := s.db.Query(ctx, &dynamodb.QueryInput{
		TableName: s.name, KeyConditionExpression: aws.String("PK = :pk"),
		ExpressionAttributeValues: values{"pk": loginKey(phone).PK}.marshal(),
	})
	if err != nil {
		return account.Login{}, false, translate(err)
	}
	login, found := account.Login{Phone: phone}, false
	for _, i := range out.Items {
		var row struct {
			loginItem
			loginAttemptsItem

			TTL int64 `dynamodbav:"ttl"`
		}
		if err := decode(i, &row); err != nil {
			return account.Login{}, false, err
		}
		switch row.key {
		case loginKey(phone):
			login.Hash, login.User, found = row.Hash, row.User.user(), true
		case loginAttemptsKey(phone):
			if row.TTL > s.now().Unix() {
				login.FailureWindow = time.Unix(row.Window, 0).UTC()
			}
		}
	}
	return login, found, nil
}

// RecordLoginAttempt implements account.Store: one more in a window that has been counted
// in, or else the first one. Whichever is not so says what stands.
func (s *Store) RecordLoginAttempt(ctx context.Context, phone string, window time.Time, limit int) (bool, error) {
	for {
		stored, applied, err := s.updateLoginAttempts(ctx, phone, window, "SET hits = hits + :one, #ttl = :ttl", "win >= :win AND hits < :most", values{"most": limit})
		if err != nil || applied {
			return applied, err
		}
		if stored != nil {
			var i loginAttemptsItem
			if err := decode(stored, &i); err != nil || i.Window >= window.Unix() {
				return false, err
			}
		}
		_, applied, err = s.updateLoginAttempts(ctx, phone, window, "SET hits = :one, win = :win, #ttl = :ttl", "attribute_not_exists(win) OR win < :win", nil)
		if err != nil || applied { // if not, somebody else has begun the window
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

// ClearLoginAttempts implements account.Store.
func (s *Store) ClearLoginAttempts(ctx context.Context, phone string) error {
	_, err := s.remove(ctx, loginAttemptsKey(phone), "", nil)
	return err
}
