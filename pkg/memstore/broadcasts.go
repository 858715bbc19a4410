package memstore

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/notification"
)

type storedBroadcast struct {
	broadcast.Broadcast
	recipients []string
	results    map[notification.Channel]broadcast.DeliveryCounts // of completed deliveries
	lastAt     time.Time                                         // of the last one
}

// CreateBroadcast implements broadcast.Store.
func (s *Store) CreateBroadcast(_ context.Context, b broadcast.Broadcast, r audit.Record) error {
	return s.do("CreateBroadcast", b.ID, func() error {
		if _, exists := s.broadcasts[b.ID]; exists {
			return nil
		}
		stored := &storedBroadcast{Broadcast: b, recipients: slices.Clone(b.Audience.UserIDs), results: map[notification.Channel]broadcast.DeliveryCounts{}}
		stored.Audience.UserIDs, stored.Counts = nil, map[notification.Channel]broadcast.DeliveryCounts{}
		for _, channel := range b.Channels {
			stored.Counts[channel] = broadcast.DeliveryCounts{}
		}
		s.broadcasts[b.ID] = stored
		s.audit = append(s.audit, r)
		return nil
	})
}

// current returns the broadcast with the results of completed deliveries. A
// delivery that was planned and then skipped is no longer counted as planned.
func (b *storedBroadcast) current() broadcast.Broadcast {
	out := b.Broadcast
	out.Counts = map[notification.Channel]broadcast.DeliveryCounts{}
	for channel, counts := range b.Counts {
		results := b.results[channel]
		counts.Planned -= results.Skipped
		counts.Sent, counts.Failed, counts.Skipped = results.Sent, results.Failed, counts.Skipped+results.Skipped
		out.Counts[channel] = counts
	}
	if out.State == broadcast.Enqueued && b.lastAt.After(out.FinishedAt) {
		out.FinishedAt = b.lastAt
	}
	return out
}

// Broadcast implements broadcast.Store.
func (s *Store) Broadcast(_ context.Context, id string) (b broadcast.Broadcast, err error) {
	err = s.do("Broadcast", id, func() error {
		stored, found := s.broadcasts[id]
		if !found {
			return apperr.New(apperr.BroadcastNotFound, "")
		}
		b = stored.current()
		return nil
	})
	return b, err
}

// ListBroadcasts implements broadcast.Store.
func (s *Store) ListBroadcasts(_ context.Context, before string, limit int) (list []broadcast.Broadcast, err error) {
	err = s.do("ListBroadcasts", before, func() error {
		for _, id := range slices.Backward(sortedKeys(s.broadcasts)) {
			if (before == "" || strings.Compare(id, before) < 0) && len(list) < limit {
				list = append(list, s.broadcasts[id].current())
			}
		}
		return nil
	})
	return list, err
}

// CancelBroadcast implements broadcast.Store.
func (s *Store) CancelBroadcast(_ context.Context, id string, at time.Time, r audit.Record) (cancelled bool, err error) {
	err = s.do("CancelBroadcast", id, func() error {
		b, found := s.broadcasts[id]
		if cancelled = found && b.Cancellable(); cancelled {
			b.State, b.FinishedAt = broadcast.Cancelled, at
			s.audit = append(s.audit, r)
		}
		return nil
	})
	return cancelled, err
}

// BroadcastRecipients implements broadcast.Store.
func (s *Store) BroadcastRecipients(_ context.Context, id string, page int) (ids []string, err error) {
	err = s.do("BroadcastRecipients", id, func() error {
		if b, found := s.broadcasts[id]; found {
			from := min(page*broadcast.PageSize, len(b.recipients))
			ids = slices.Clone(b.recipients[from:min(from+broadcast.PageSize, len(b.recipients))])
		}
		return nil
	})
	return ids, err
}

// WriteBroadcastPage implements broadcast.Store.
func (s *Store) WriteBroadcastPage(_ context.Context, before, after broadcast.Broadcast, list []notification.Notification) (written bool, err error) {
	err = s.do("WriteBroadcastPage", before.ID, func() error {
		b, found := s.broadcasts[before.ID]
		if !found || !b.Cancellable() || !reflect.DeepEqual(b.Progress, before.Progress) {
			return nil
		}
		list = slices.DeleteFunc(slices.Clone(list), func(n notification.Notification) bool {
			_, exists := s.notifications[n.UserID][n.ID]
			return exists
		})
		if err := s.addNotifications(list); err != nil {
			return err
		}
		b.Progress, b.State, b.FinishedAt = after.Progress, after.State, after.FinishedAt
		b.Total += len(list)
		added := broadcast.PlannedCounts(list)
		for channel, counts := range b.Counts {
			counts.Planned += added[channel].Planned
			counts.Skipped += added[channel].Skipped
			b.Counts[channel] = counts
		}
		written = true
		return nil
	})
	return written, err
}
