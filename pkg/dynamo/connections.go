package dynamo

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/user"
)

var _ realtime.Store = (*Store)(nil)

// principalFields is the principal of a connection or connect token.
type principalFields struct {
	UserID  string `dynamodbav:"uid"`
	Role    string `dynamodbav:"role"`
	Name    string `dynamodbav:"name,omitempty"`
	Phone   int    `dynamodbav:"phoneVersion,omitempty"`
	Locale  string `dynamodbav:"locale,omitempty"`
	Session string `dynamodbav:"sid,omitempty"`
	Issued  int64  `dynamodbav:"issued,omitempty"`
}

func principalToFields(p user.Principal) principalFields {
	return principalFields{p.UserID, string(p.Role), p.Name, p.PhoneVersion, p.Locale, p.Session, toMillis(p.IssuedAt)}
}

func (f principalFields) principal() user.Principal {
	return user.Principal{
		UserID: f.UserID, Role: user.Role(f.Role), Name: f.Name, PhoneVersion: f.Phone, Locale: f.Locale, Session: f.Session,
		IssuedAt: fromMillis(f.Issued),
	}
}

// connectTokenItem is a token that opens one connection.
type connectTokenItem struct {
	key
	principalFields
	TTL int64 `dynamodbav:"ttl"`
}

// PutConnectToken implements realtime.Store.
func (s *Store) PutConnectToken(ctx context.Context, hash string, principal user.Principal, expires time.Time) error {
	_, err := s.put(ctx, connectTokenItem{connectTokenKey(hash), principalToFields(principal), expires.Unix()}, "", nil)
	return err
}

// ConsumeConnectToken implements realtime.Store. Only the request that deletes the
// item gets the token.
func (s *Store) ConsumeConnectToken(ctx context.Context, hash string) (user.Principal, bool, error) {
	old, err := s.remove(ctx, connectTokenKey(hash), "", nil)
	if err != nil || old == nil {
		return user.Principal{}, false, err
	}
	var i connectTokenItem
	err = decode(old, &i)
	return i.principal(), i.TTL > s.now().Unix(), err
}

// connectionItem is an open connection with the topics it subscribes to.
type connectionItem struct {
	key
	principalFields
	Topics []string `dynamodbav:"topics,omitempty,stringset"`
	Opened int64    `dynamodbav:"opened"`
	TTL    int64    `dynamodbav:"ttl"`
}

func (i connectionItem) connection() realtime.Connection {
	return realtime.Connection{ID: idOf(i.PK), Principal: i.principal(), Topics: i.Topics, OpenedAt: fromMillis(i.Opened), ExpiresAt: time.Unix(i.TTL, 0).UTC()}
}

// AddConnection implements realtime.Store. It writes the connection first, as Subscribe does.
func (s *Store) AddConnection(ctx context.Context, c realtime.Connection) error {
	_, err := s.put(ctx, connectionItem{connectionKey(c.ID), principalToFields(c.Principal), c.Topics, toMillis(c.OpenedAt), c.ExpiresAt.Unix()}, "", nil)
	for _, topic := range c.Topics {
		if err == nil {
			err = s.putSubscription(ctx, c, topic)
		}
	}
	return err
}

func (s *Store) putSubscription(ctx context.Context, c realtime.Connection, topic string) error {
	_, err := s.put(ctx, subscriptionItem{subscriptionKey(topic, c.ID), principalToFields(c.Principal), toMillis(s.now()), c.ExpiresAt.Unix()}, "", nil)
	return err
}

// Connection implements realtime.Store.
func (s *Store) Connection(ctx context.Context, id string) (realtime.Connection, bool, error) {
	var i connectionItem
	found, err := s.get(ctx, connectionKey(id), true, &i)
	return i.connection(), found && i.TTL > s.now().Unix(), err
}

// DeleteConnection implements realtime.Store.
func (s *Store) DeleteConnection(ctx context.Context, id string) (realtime.Connection, bool, error) {
	old, err := s.remove(ctx, connectionKey(id), "", nil)
	if err != nil || old == nil {
		return realtime.Connection{}, false, err
	}
	c, err := s.deleteSubscriptions(ctx, old)
	return c, true, err
}

// deleteSubscriptions deletes the subscriptions of a deleted connection.
func (s *Store) deleteSubscriptions(ctx context.Context, old item) (realtime.Connection, error) {
	i, err := decodeAs[connectionItem](old)
	if err != nil {
		return realtime.Connection{}, err
	}
	c := i.connection()
	var errs []error
	for _, topic := range c.Topics {
		_, err := s.remove(ctx, subscriptionKey(topic, c.ID), "", nil)
		errs = append(errs, err)
	}
	return c, errors.Join(errs...)
}

// DeleteStaleConnection implements realtime.Store.
func (s *Store) DeleteStaleConnection(ctx context.Context, id, topic string, openedBefore time.Time) error {
	old, err := s.remove(ctx, connectionKey(id), "opened < :before", values{"before": toMillis(openedBefore)})
	if err != nil {
		return err
	}
	if old != nil {
		_, err := s.deleteSubscriptions(ctx, old)
		return err
	}
	if _, found, err := s.Connection(ctx, id); err != nil || found || topic == "" {
		return err
	}
	_, err = s.remove(ctx, subscriptionKey(topic, id), "", nil)
	return err
}

// subscriptionItem is the subscription of a connection to a topic.
type subscriptionItem struct {
	key
	principalFields
	At  int64 `dynamodbav:"at"`
	TTL int64 `dynamodbav:"ttl"`
}

// Subscribe implements realtime.Store. It adds the topic to the connection first, so
// that deleting the connection also deletes a subscription that is written halfway.
func (s *Store) Subscribe(ctx context.Context, c realtime.Connection, topic string) (bool, error) {
	_, applied, err := s.update(ctx, updateSpec{
		key: connectionKey(c.ID), set: "ADD topics :topic", condition: "attribute_exists(PK)",
		values: values{"topic": &types.AttributeValueMemberSS{Value: []string{topic}}},
	})
	if err != nil || !applied {
		return false, err
	}
	err = s.putSubscription(ctx, c, topic)
	return err == nil, err
}

// Unsubscribe implements realtime.Store.
func (s *Store) Unsubscribe(ctx context.Context, connectionID, topic string) error {
	if _, err := s.remove(ctx, subscriptionKey(topic, connectionID), "", nil); err != nil {
		return err
	}
	_, _, err := s.update(ctx, updateSpec{
		key: connectionKey(connectionID), set: "DELETE topics :topic", condition: "attribute_exists(PK)",
		values: values{"topic": &types.AttributeValueMemberSS{Value: []string{topic}}},
	})
	return err
}

// Subscribers implements realtime.Store. The read is strongly consistent, so that a
// connection gets every entry written after it subscribed.
func (s *Store) Subscribers(ctx context.Context, topic string) ([]realtime.Subscriber, error) {
	items, err := queryAs[subscriptionItem](ctx, s, queryInput("PK = :pk", values{"pk": subscriptionKey(topic, "").PK}, consistent))
	var all []realtime.Subscriber
	for _, i := range items {
		if i.TTL > s.now().Unix() {
			all = append(all, realtime.Subscriber{Topic: topic, ConnectionID: i.SK, SubscribedAt: fromMillis(i.At), Principal: i.principal()})
		}
	}
	return all, err
}
