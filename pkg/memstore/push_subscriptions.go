package memstore

import (
	"context"
	"slices"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/notification"
)

// PushSubscriptions implements notification.PushStore.
func (s *Store) PushSubscriptions(_ context.Context, userID string) (live, ended []notification.PushSubscription, err error) {
	err = s.do("PushSubscriptions", userID, func() error {
		for _, p := range s.push[userID] {
			if s.lasts(p.Session) {
				live = append(live, p)
			} else {
				ended = append(ended, p)
			}
		}
		return nil
	})
	return live, ended, err
}

func (s *Store) lasts(family string) bool {
	session, found := s.sessions[family]
	return found && session.ExpiresAt.After(s.now())
}

// AddPushSubscription implements notification.PushStore.
func (s *Store) AddPushSubscription(_ context.Context, userID string, added notification.PushSubscription) (isNew bool, removed []notification.PushSubscription, err error) {
	err = s.do("AddPushSubscription", userID, func() error {
		u, found := s.users[userID]
		if !found || !s.lasts(added.Session) {
			return apperr.New(apperr.SessionEnded, "")
		}
		list := slices.Clone(s.push[userID])
		at := slices.IndexFunc(list, func(p notification.PushSubscription) bool { return p.ID == added.ID })
		if isNew = at < 0; isNew {
			list = append(list, added)
		} else {
			added.CreatedAt = list[at].CreatedAt
			list[at] = added
		}
		for len(list) > notification.MaxPushSubscriptions {
			removed, list = append(removed, list[0]), list[1:]
		}
		u.HasPush = true
		s.push[userID], s.users[userID] = list, u
		return nil
	})
	return isNew, removed, err
}

// RemovePushSubscriptions implements notification.PushStore.
func (s *Store) RemovePushSubscriptions(_ context.Context, userID string, ids ...string) (removed []notification.PushSubscription, err error) {
	err = s.do("RemovePushSubscriptions", userID, func() error {
		list := slices.DeleteFunc(slices.Clone(s.push[userID]), func(p notification.PushSubscription) bool {
			if !slices.Contains(ids, p.ID) {
				return false
			}
			removed = append(removed, p)
			return true
		})
		s.push[userID] = list
		if u, found := s.users[userID]; found && len(list) == 0 && len(removed) > 0 {
			u.HasPush = false
			s.users[userID] = u
		}
		return nil
	})
	return removed, err
}
