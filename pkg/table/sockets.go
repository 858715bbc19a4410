package table

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/user"
)

var _ realtime.Store = (*Table)(nil)

// principalFields are a person as a connection or a pass remembers them.
type principalFields struct {
	UserID  string `dynamodbav:"uid"`
	Role    string `dynamodbav:"role"`
	Name    string `dynamodbav:"name,omitempty"`
	Phone   string `dynamodbav:"phone,omitempty"`
	Locale  string `dynamodbav:"locale,omitempty"`
	Session string `dynamodbav:"sid,omitempty"`
	Issued  int64  `dynamodbav:"issued,omitempty"`
}

func principalToFields(p user.Principal) principalFields {
	return principalFields{p.UserID, string(p.Role), p.Name, p.Phone, p.Locale, p.Session, toMillis(p.IssuedAt)}
}

func (f principalFields) principal() user.Principal {
	return user.Principal{
		UserID: f.UserID, Role: user.Role(f.Role), Name: f.Name, Phone: f.Phone, Locale: f.Locale, Session: f.Session,
		IssuedAt: fromMillis(f.Issued),
	}
}

// passItem lets one socket in.
type passItem struct {
	key
	principalFields
	TTL int64 `dynamodbav:"ttl"`
}

// AddPass implements realtime.Store.
func (t *Table) AddPass(ctx context.Context, hash string, who user.Principal, expires time.Time) error {
	_, err := t.put(ctx, passItem{passKey(hash), principalToFields(who), expires.Unix()}, "", nil)
	return err
}

// TakePass implements realtime.Store: a conditional delete, so one gets it.
func (t *Table) TakePass(ctx context.Context, hash string) (user.Principal, bool, error) {
	was, err := t.remove(ctx, passKey(hash), "", nil)
	if err != nil || was == nil {
		return user.Principal{}, false, err
	}
	var i passItem
	err = decode(was, &i)
	return i.principal(), i.TTL > t.now().Unix(), err
}

// connectionItem is an open socket with the topics it watches.
type connectionItem struct {
	key
	principalFields
	Topics []string `dynamodbav:"topics,omitempty,stringset"`
	Opened int64    `dynamodbav:"opened"`
	TTL    int64    `dynamodbav:"ttl"`
}

func (i connectionItem) connection() realtime.Connection {
	return realtime.Connection{ID: idOf(i.PK), Who: i.principal(), Topics: i.Topics, OpenedAt: fromMillis(i.Opened), ExpiresAt: time.Unix(i.TTL, 0).UTC()}
}

// AddConnection implements realtime.Store.
func (t *Table) AddConnection(ctx context.Context, c realtime.Connection) error {
	_, err := t.put(ctx, connectionItem{connectionKey(c.ID), principalToFields(c.Who), c.Topics, toMillis(c.OpenedAt), c.ExpiresAt.Unix()}, "", nil)
	return err
}

// Connection implements realtime.Store.
func (t *Table) Connection(ctx context.Context, id string) (realtime.Connection, bool, error) {
	var i connectionItem
	found, err := t.get(ctx, connectionKey(id), true, &i)
	return i.connection(), found && i.TTL > t.now().Unix(), err
}

// RemoveConnection implements realtime.Store.
func (t *Table) RemoveConnection(ctx context.Context, id string) (realtime.Connection, bool, error) {
	was, err := t.remove(ctx, connectionKey(id), "", nil)
	if err != nil || was == nil {
		return realtime.Connection{}, false, err
	}
	c, err := t.unwatchAll(ctx, was)
	return c, true, err
}

// unwatchAll removes the watchers of a connection that has been removed.
func (t *Table) unwatchAll(ctx context.Context, was item) (realtime.Connection, error) {
	var i connectionItem
	if err := decode(was, &i); err != nil {
		return realtime.Connection{}, err
	}
	c := i.connection()
	var errs []error
	for _, topic := range c.Topics {
		_, err := t.remove(ctx, watcherKey(topic, c.ID), "", nil)
		errs = append(errs, err)
	}
	return c, errors.Join(errs...)
}

// ForgetGone implements realtime.Store.
func (t *Table) ForgetGone(ctx context.Context, id, topic string, openedBefore time.Time) error {
	was, err := t.remove(ctx, connectionKey(id), "opened < :before", values{"before": toMillis(openedBefore)})
	if err != nil {
		return err
	}
	if was != nil {
		_, err := t.unwatchAll(ctx, was)
		return err
	}
	if _, young, err := t.Connection(ctx, id); err != nil || young || topic == "" {
		return err
	}
	_, err = t.remove(ctx, watcherKey(topic, id), "", nil)
	return err
}

// watcherItem is a connection's interest in a topic.
type watcherItem struct {
	key
	UserID string `dynamodbav:"uid"`
	Name   string `dynamodbav:"name,omitempty"`
	Role   string `dynamodbav:"role"`
	Locale string `dynamodbav:"locale,omitempty"`
	TTL    int64  `dynamodbav:"ttl"`
}

// Watch implements realtime.Store. The connection learns of the topic first:
// what it knows of is cleaned up with it.
func (t *Table) Watch(ctx context.Context, c realtime.Connection, topic string) (bool, error) {
	_, applied, err := t.update(ctx, change{
		key: connectionKey(c.ID), set: "ADD topics :topic", condition: "attribute_exists(PK)",
		values: values{"topic": &types.AttributeValueMemberSS{Value: []string{topic}}},
	})
	if err != nil || !applied {
		return false, err
	}
	_, err = t.put(ctx, watcherItem{watcherKey(topic, c.ID), c.Who.UserID, c.Who.Name, string(c.Who.Role), c.Who.Locale, c.ExpiresAt.Unix()}, "", nil)
	return err == nil, err
}

// Unwatch implements realtime.Store.
func (t *Table) Unwatch(ctx context.Context, connectionID, topic string) error {
	if _, err := t.remove(ctx, watcherKey(topic, connectionID), "", nil); err != nil {
		return err
	}
	_, _, err := t.update(ctx, change{
		key: connectionKey(connectionID), set: "DELETE topics :topic", condition: "attribute_exists(PK)",
		values: values{"topic": &types.AttributeValueMemberSS{Value: []string{topic}}},
	})
	return err
}

// Watchers implements realtime.Store. It is strongly consistent: who has
// subscribed before an entry was written gets its frame.
func (t *Table) Watchers(ctx context.Context, topic string) ([]realtime.Watcher, error) {
	var all []realtime.Watcher
	in := &dynamodb.QueryInput{
		TableName: t.name, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("PK = :pk"),
		ExpressionAttributeValues: values{"pk": watcherKey(topic, "").PK}.wire(),
	}
	for {
		out, err := t.db.Query(ctx, in)
		if err != nil {
			return nil, translate(err)
		}
		for _, one := range out.Items {
			var i watcherItem
			if err := decode(one, &i); err != nil {
				return nil, err
			}
			if i.TTL > t.now().Unix() {
				all = append(all, realtime.Watcher{Topic: topic, ConnectionID: i.SK, UserID: i.UserID, Name: i.Name, Role: user.Role(i.Role), Locale: i.Locale})
			}
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return all, nil
		}
	}
}
