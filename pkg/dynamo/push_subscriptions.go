package dynamo

import (
	"context"
	"slices"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/notification"
)

var _ notification.PushStore = (*Store)(nil)

// pushItem holds all push subscriptions of a user, the oldest first. Each write requires
// the revision that was read.
type pushItem struct {
	key
	Revision      int                    `dynamodbav:"rev"`
	Subscriptions []pushSubscriptionItem `dynamodbav:"subs"`
}

type pushSubscriptionItem struct {
	ID        string `dynamodbav:"id"`
	Platform  string `dynamodbav:"platform"`
	Endpoint  string `dynamodbav:"endpoint"`
	P256dh    string `dynamodbav:"p256dh,omitempty"`
	Auth      string `dynamodbav:"auth,omitempty"`
	Session   string `dynamodbav:"session"`
	CreatedAt int64  `dynamodbav:"at"`
}

func pushSubscriptionToItem(s notification.PushSubscription) pushSubscriptionItem {
	return pushSubscriptionItem{s.ID, s.Platform, s.Endpoint, s.P256dh, s.Auth, s.Session, toMillis(s.CreatedAt)}
}

func (i pushSubscriptionItem) subscription() notification.PushSubscription {
	return notification.PushSubscription{
		ID: i.ID, Platform: i.Platform, Endpoint: i.Endpoint, P256dh: i.P256dh, Auth: i.Auth, Session: i.Session, CreatedAt: fromMillis(i.CreatedAt),
	}
}

// PushSubscriptions implements notification.PushStore.
func (s *Store) PushSubscriptions(ctx context.Context, userID string) (live, ended []notification.PushSubscription, err error) {
	var stored pushItem
	if found, err := s.get(ctx, pushKey(userID), true, &stored); err != nil || !found {
		return nil, nil, err
	}
	var keys []key
	for _, i := range stored.Subscriptions {
		if k := sessionKey(userID, i.Session); !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	rows, err := s.batchGet(ctx, keys, true)
	if err != nil {
		return nil, nil, err
	}
	lasts := map[string]bool{}
	for _, row := range rows {
		session, err := decodeAs[sessionItem](row)
		if err != nil {
			return nil, nil, err
		}
		lasts[idOf(session.SK)] = session.TTL > s.now().Unix()
	}
	for _, i := range stored.Subscriptions {
		if lasts[i.Session] {
			live = append(live, i.subscription())
		} else {
			ended = append(ended, i.subscription())
		}
	}
	return live, ended, nil
}

// AddPushSubscription implements notification.PushStore. One transaction checks that the
// session lasts and marks the user, so that nothing is stored after a deletion.
func (s *Store) AddPushSubscription(ctx context.Context, userID string, added notification.PushSubscription) (isNew bool, removed []notification.PushSubscription, err error) {
	err = retryConflicts(ctx, func() (bool, error) {
		var stored pushItem
		if _, err := s.get(ctx, pushKey(userID), true, &stored); err != nil {
			return false, err
		}
		list, was := stored.Subscriptions, stored.Revision
		wanted := pushSubscriptionToItem(added)
		at := slices.IndexFunc(list, func(i pushSubscriptionItem) bool { return i.ID == wanted.ID })
		isNew, removed = at < 0, nil
		if !isNew {
			wanted.CreatedAt = list[at].CreatedAt
			if list[at] == wanted {
				return true, nil
			}
			list[at] = wanted
		} else {
			list = append(list, wanted)
		}
		for len(list) > notification.MaxPushSubscriptions {
			removed, list = append(removed, list[0].subscription()), list[1:]
		}
		tx := s.transaction().put(pushItem{pushKey(userID), was + 1, list}, "attribute_not_exists(PK) OR rev = :was", values{"was": was}).
			check(sessionKey(userID, added.Session), "#ttl > :now", values{"now": s.now().Unix()})
		sessionCheck := tx.last()
		tx.update(updateSpec{key: userKey(userID), set: "SET hasPush = :yes", condition: "attribute_exists(PK)", values: values{"yes": true}})
		failed, err := tx.commit(ctx)
		if failed.has(sessionCheck) || failed.has(tx.last()) {
			return false, apperr.New(apperr.SessionEnded, "")
		}
		return committed(failed, err)
	})
	return isNew, removed, err
}

// RemovePushSubscriptions implements notification.PushStore.
func (s *Store) RemovePushSubscriptions(ctx context.Context, userID string, ids ...string) (removed []notification.PushSubscription, err error) {
	err = retryConflicts(ctx, func() (bool, error) {
		var stored pushItem
		if found, err := s.get(ctx, pushKey(userID), true, &stored); err != nil || !found {
			return true, err
		}
		removed = nil
		list := slices.DeleteFunc(slices.Clone(stored.Subscriptions), func(i pushSubscriptionItem) bool {
			if !slices.Contains(ids, i.ID) {
				return false
			}
			removed = append(removed, i.subscription())
			return true
		})
		unchanged, vals := "rev = :was", values{"was": stored.Revision}
		if len(removed) == 0 {
			return true, nil
		}
		if len(list) > 0 {
			return committed(s.transaction().put(pushItem{pushKey(userID), stored.Revision + 1, list}, unchanged, vals).commit(ctx))
		}
		tx := s.transaction().remove(pushKey(userID), unchanged, vals).
			update(updateSpec{key: userKey(userID), set: "SET hasPush = :no", condition: "attribute_exists(PK)", values: values{"no": false}})
		failed, err := tx.commit(ctx)
		if failed.has(tx.last()) { // the user was deleted
			return committed(s.transaction().remove(pushKey(userID), unchanged, vals).commit(ctx))
		}
		return committed(failed, err)
	})
	return removed, err
}
