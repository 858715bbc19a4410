package memstore

import (
	"context"
	"maps"
	"slices"
	"time"

	"ticketsystem/pkg/idempotency"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/user"
)

type connectToken struct {
	principal user.Principal
	expires   time.Time
}

type subscription struct {
	realtime.Subscriber
	expires time.Time
}

// PutConnectToken implements realtime.Store.
func (s *Store) PutConnectToken(_ context.Context, hash string, principal user.Principal, expires time.Time) error {
	return s.do("PutConnectToken", hash, func() error {
		s.tokens[hash] = connectToken{principal, expires}
		return nil
	})
}

// ConsumeConnectToken implements realtime.Store.
func (s *Store) ConsumeConnectToken(_ context.Context, hash string) (principal user.Principal, found bool, err error) {
	err = s.do("ConsumeConnectToken", hash, func() error {
		token, exists := s.tokens[hash]
		delete(s.tokens, hash)
		principal, found = token.principal, exists && token.expires.After(s.now())
		return nil
	})
	return principal, found, err
}

// AddConnection implements realtime.Store.
func (s *Store) AddConnection(_ context.Context, c realtime.Connection) error {
	return s.do("AddConnection", c.ID, func() error {
		if err := checkItem(c.ID, "", c); err != nil {
			return err
		}
		s.connections[c.ID] = cloneConnection(c)
		for _, topic := range c.Topics {
			s.addSubscription(c, topic)
		}
		return nil
	})
}

func cloneConnection(c realtime.Connection) realtime.Connection {
	c.Topics = slices.Clone(c.Topics)
	return c
}

// Connection implements realtime.Store.
func (s *Store) Connection(_ context.Context, id string) (c realtime.Connection, found bool, err error) {
	err = s.do("Connection", id, func() error {
		c, found = s.connections[id]
		c, found = cloneConnection(c), found && c.ExpiresAt.After(s.now())
		return nil
	})
	return c, found, err
}

// DeleteConnection implements realtime.Store.
func (s *Store) DeleteConnection(_ context.Context, id string) (c realtime.Connection, found bool, err error) {
	err = s.do("DeleteConnection", id, func() error {
		c, found = s.deleteConnection(id)
		return nil
	})
	return c, found, err
}

func (s *Store) deleteConnection(id string) (realtime.Connection, bool) {
	c, found := s.connections[id]
	delete(s.connections, id)
	for _, topic := range c.Topics {
		delete(s.subscriptions[topic], id)
	}
	return c, found
}

// DeleteStaleConnection implements realtime.Store.
func (s *Store) DeleteStaleConnection(_ context.Context, id, topic string, openedBefore time.Time) error {
	return s.do("DeleteStaleConnection", id, func() error {
		c, found := s.connections[id]
		switch {
		case found && c.OpenedAt.Before(openedBefore):
			s.deleteConnection(id)
		case found && c.ExpiresAt.After(s.now()):
			return nil
		}
		delete(s.subscriptions[topic], id)
		return nil
	})
}

// Subscribe implements realtime.Store.
func (s *Store) Subscribe(_ context.Context, c realtime.Connection, topic string) (open bool, err error) {
	err = s.do("Subscribe", c.ID, func() error {
		if err := checkItem(topic, c.ID, c); err != nil {
			return err
		}
		stored, found := s.connections[c.ID]
		if open = found; !found {
			return nil
		}
		if !slices.Contains(stored.Topics, topic) {
			stored.Topics = append(slices.Clone(stored.Topics), topic)
			s.connections[c.ID] = stored
		}
		s.addSubscription(c, topic)
		return nil
	})
	return open, err
}

func (s *Store) addSubscription(c realtime.Connection, topic string) {
	if s.subscriptions[topic] == nil {
		s.subscriptions[topic] = map[string]subscription{}
	}
	s.subscriptions[topic][c.ID] = subscription{realtime.Subscriber{Topic: topic, ConnectionID: c.ID, SubscribedAt: s.now(), Principal: c.Principal}, c.ExpiresAt}
}

// Unsubscribe implements realtime.Store.
func (s *Store) Unsubscribe(_ context.Context, connectionID, topic string) error {
	return s.do("Unsubscribe", connectionID, func() error {
		delete(s.subscriptions[topic], connectionID)
		if c, found := s.connections[connectionID]; found {
			c.Topics = slices.DeleteFunc(slices.Clone(c.Topics), func(other string) bool { return other == topic })
			s.connections[connectionID] = c
		}
		return nil
	})
}

// Subscribers implements realtime.Store.
func (s *Store) Subscribers(_ context.Context, topic string) (subscribers []realtime.Subscriber, err error) {
	err = s.do("Subscribers", topic, func() error {
		if err := checkItem(topic, "", nil); err != nil {
			return err
		}
		for _, id := range sortedKeys(s.subscriptions[topic]) {
			if sub := s.subscriptions[topic][id]; sub.expires.After(s.now()) {
				subscribers = append(subscribers, sub.Subscriber)
			}
		}
		return nil
	})
	return subscribers, err
}

// BeginRequest implements idempotency.Store.
func (s *Store) BeginRequest(_ context.Context, r idempotency.Record, timedOutBefore time.Time) (existing *idempotency.Record, err error) {
	err = s.do("BeginRequest", r.Key, func() error {
		stored, found := s.requests[r.Key]
		timedOut := stored.Response == "" && stored.StartedAt.Before(timedOutBefore) && stored.BodyHash == r.BodyHash
		if found && !stored.ExpiresAt.Before(s.now()) && !timedOut {
			if stored.Owner != r.Owner || stored.Response != "" {
				stored.Owner = ""
				existing = &stored
			}
			return nil
		}
		r.Response = ""
		s.requests[r.Key] = r
		return nil
	})
	return existing, err
}

// CompleteRequest implements idempotency.Store.
func (s *Store) CompleteRequest(_ context.Context, r idempotency.Record) error {
	return s.do("CompleteRequest", r.Key, func() error {
		if err := checkItem(r.Key, "", r); err != nil {
			return err
		}
		s.requests[r.Key] = r
		return nil
	})
}

// ReleaseRequest implements idempotency.Store.
func (s *Store) ReleaseRequest(_ context.Context, r idempotency.Record) error {
	return s.do("ReleaseRequest", r.Key, func() error {
		if s.requests[r.Key].Response == "" {
			delete(s.requests, r.Key)
		}
		return nil
	})
}

// Requests returns a copy of all idempotency records by key.
func (s *Store) Requests() map[string]idempotency.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.requests)
}
