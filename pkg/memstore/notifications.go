package memstore

import (
	"context"
	"maps"
	"slices"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/notification"
)

type storedNotification struct {
	notification.Notification
	readRound int // "read all" calls before it was stored, if its ID is below unreadCount.upTo
}

// unreadCount is the number of unread notifications of a user. All up to upTo
// were marked as read at once, readAll times.
type unreadCount struct {
	n       int
	upTo    string
	readAll int
}

func (u unreadCount) isRead(n storedNotification) bool {
	if n.readRound > 0 {
		return n.Read || u.readAll > n.readRound
	}
	return n.Read || u.upTo >= n.ID
}

func cloneNotification(n notification.Notification) notification.Notification {
	deliveries := map[notification.Channel]notification.Delivery{}
	maps.Copy(deliveries, n.Deliveries)
	n.Deliveries = deliveries
	return n
}

// AddNotifications implements notification.Store.
func (s *Store) AddNotifications(_ context.Context, list ...notification.Notification) error {
	return s.do("AddNotifications", "", func() error { return s.addNotifications(list) })
}

func (s *Store) addNotifications(list []notification.Notification) error {
	for _, n := range list {
		if err := checkItem(n.UserID, n.ID, n); err != nil {
			return err
		}
	}
	for _, n := range list {
		if s.notifications[n.UserID] == nil {
			s.notifications[n.UserID] = map[string]storedNotification{}
		}
		if _, exists := s.notifications[n.UserID][n.ID]; exists {
			continue
		}
		count, stored := s.unread[n.UserID], storedNotification{Notification: cloneNotification(n)}
		if count.upTo >= n.ID {
			stored.readRound = count.readAll
		}
		if !n.Hidden && !n.Read {
			count.n++
		}
		s.notifications[n.UserID][n.ID], s.unread[n.UserID] = stored, count
	}
	return nil
}

// ListNotifications implements notification.Store.
func (s *Store) ListNotifications(_ context.Context, userID string, q notification.Query) (result notification.Page, err error) {
	err = s.do("ListNotifications", userID, func() error {
		count, unread := s.unread[userID], 0
		result.Unread = count.n
		for _, id := range slices.Backward(sortedKeys(s.notifications[userID])) {
			stored := s.notifications[userID][id]
			n := cloneNotification(stored.Notification)
			n.Read = count.isRead(stored)
			if n.Hidden || q.Customer && n.ForAgent() || !n.CreatedAt.Add(notification.TTL).After(s.now()) || q.Before != "" && id >= q.Before || q.Unread && n.Read {
				continue
			}
			if !n.Read {
				unread++
			}
			if len(result.Notifications) < q.Limit {
				result.Notifications = append(result.Notifications, n)
				continue
			}
			result.Next = result.Notifications[q.Limit-1].ID
			return nil
		}
		if q.Before != "" {
			return nil
		}
		if result.Unread = unread; q.CorrectCount { // the stored count includes expired notifications
			count.n = unread
			s.unread[userID] = count
		}
		return nil
	})
	return result, err
}

// MarkNotificationsRead implements notification.Store.
func (s *Store) MarkNotificationsRead(_ context.Context, userID string, ids []string) error {
	return s.do("MarkNotificationsRead", userID, func() error {
		for _, id := range ids {
			n, found := s.notifications[userID][id]
			count := s.unread[userID]
			if found && !count.isRead(n) {
				n.Read = true
				if !n.Hidden {
					count.n--
				}
				s.notifications[userID][id], s.unread[userID] = n, count
			}
		}
		return nil
	})
}

// DeleteNotificationsByID implements notification.Store.
func (s *Store) DeleteNotificationsByID(_ context.Context, userID string, ids []string) error {
	return s.do("DeleteNotificationsByID", userID, func() error {
		for _, id := range ids {
			n, found := s.notifications[userID][id]
			if count := s.unread[userID]; found && !n.Hidden && !count.isRead(n) {
				count.n--
				s.unread[userID] = count
			}
			delete(s.notifications[userID], id)
		}
		return nil
	})
}

// MarkAllNotificationsRead implements notification.Store.
func (s *Store) MarkAllNotificationsRead(_ context.Context, userID string) error {
	return s.do("MarkAllNotificationsRead", userID, func() error {
		count := s.unread[userID]
		if ids := sortedKeys(s.notifications[userID]); count.n > 0 {
			s.unread[userID] = unreadCount{upTo: max(count.upTo, ids[len(ids)-1]), readAll: count.readAll + 1}
		}
		return nil
	})
}

// DeliveryInput implements notification.DeliveryStore.
func (s *Store) DeliveryInput(_ context.Context, job notification.DeliveryJob) (c notification.DeliveryInput, err error) {
	err = s.do("DeliveryInput", job.ID, func() error {
		c.User, c.UserFound = s.users[job.UserID]
		readSeq := 0
		if job.TicketID != "" {
			p := s.partition(job.TicketID)
			c.Ticket, c.Deleted, readSeq = cloneTicket(p.ticket), p.deleted, p.markers[job.UserID].Seq
		}
		own := s.notifications[job.UserID][job.ID]
		for _, id := range sortedKeys(s.notifications[job.UserID]) {
			stored := s.notifications[job.UserID][id]
			n := cloneNotification(stored.Notification)
			n.Read = s.unread[job.UserID].isRead(stored) || n.Seq > 0 && readSeq >= n.Seq
			distance := n.CreatedAt.Sub(own.CreatedAt).Abs()
			switch {
			case id == job.ID:
				c.Notification = n
			case own.ID != "" && job.TicketID != "" && n.TicketID == own.TicketID && distance < notification.GroupWindow:
				c.Others = append(c.Others, n)
			}
		}
		return nil
	})
	return c, err
}

// ClaimDelivery implements notification.DeliveryStore.
func (s *Store) ClaimDelivery(_ context.Context, n notification.Notification, channel notification.Channel, grouped []notification.Notification, now time.Time) (claimed bool, err error) {
	err = s.do("ClaimDelivery", n.ID, func() error {
		all := s.notifications[n.UserID]
		for _, expected := range append([]notification.Notification{n}, grouped...) {
			current, was := all[expected.ID].Deliveries[channel], expected.Deliveries[channel]
			if current.State != was.State || !current.At.Equal(was.At) {
				return nil
			}
		}
		claimed = true
		d := all[n.ID].Deliveries[channel]
		d.State, d.At = notification.Sending, now
		d.Attempts++
		all[n.ID].Deliveries[channel] = d
		for _, other := range grouped {
			d := all[other.ID].Deliveries[channel]
			d.State, d.Reason, d.Into, d.At = notification.Skipped, notification.ReasonGrouped, n.ID, now
			all[other.ID].Deliveries[channel] = d
		}
		return nil
	})
	return claimed, err
}

// CompleteDelivery implements notification.DeliveryStore.
func (s *Store) CompleteDelivery(_ context.Context, n notification.Notification, channel notification.Channel, d notification.Delivery) error {
	return s.do("CompleteDelivery", n.ID, func() error {
		stored, found := s.notifications[n.UserID][n.ID]
		if current := stored.Deliveries[channel]; !found || current.State != notification.Sending || current.Attempts != d.Attempts {
			return nil
		}
		stored.Deliveries[channel] = d
		b, found := s.broadcasts[n.BroadcastID]
		failedBefore := n.Deliveries[channel].Reason != ""
		if !found || d.State == notification.Queued || failedBefore && d.State == notification.Failed {
			return nil
		}
		counts := b.results[channel]
		switch d.State { //nolint:exhaustive // a completed delivery has one of these states
		case notification.Sent:
			counts.Sent++
		case notification.Failed:
			counts.Failed++
		case notification.Skipped:
			counts.Skipped++
		}
		if failedBefore {
			counts.Failed--
		}
		b.results[channel], b.lastAt = counts, d.At
		return nil
	})
}

// IsSuppressed implements notification.DeliveryStore.
func (s *Store) IsSuppressed(_ context.Context, address string) (suppressed bool, err error) {
	err = s.do("IsSuppressed", address, func() error {
		_, suppressed = s.suppressed[notification.NormalizeAddress(address)]
		return nil
	})
	return suppressed, err
}

// Suppress implements notification.SuppressionStore.
func (s *Store) Suppress(_ context.Context, f notification.MailFeedback) error {
	return s.do("Suppress", f.Address, func() error {
		address := notification.NormalizeAddress(f.Address)
		s.suppressed[address] = notification.Suppression{Address: address, Reason: f.Reason, At: s.now()}
		if u, found := s.users[f.UserID]; found && notification.NormalizeAddress(u.Email) == address {
			u.EmailVerified = false
			s.users[f.UserID] = u
		}
		return nil
	})
}

// Suppressions implements notification.SuppressionAdminStore.
func (s *Store) Suppressions(_ context.Context, after string, limit int) (list []notification.Suppression, err error) {
	err = s.do("Suppressions", after, func() error {
		for _, address := range sortedKeys(s.suppressed) {
			if address > after && len(list) < limit {
				list = append(list, s.suppressed[address])
			}
		}
		return nil
	})
	return list, err
}

// DeleteSuppression implements notification.SuppressionAdminStore.
func (s *Store) DeleteSuppression(_ context.Context, address string, r audit.Record) error {
	return s.do("DeleteSuppression", address, func() error {
		address := notification.NormalizeAddress(address)
		if _, found := s.suppressed[address]; !found {
			return apperr.New(apperr.SuppressionNotFound, "")
		}
		delete(s.suppressed, address)
		s.audit = append(s.audit, r)
		return nil
	})
}

// ReserveSMSQuota implements notification.DeliveryStore.
func (s *Store) ReserveSMSQuota(_ context.Context, day time.Time, segments, limit int) (reserved bool, err error) {
	err = s.do("ReserveSMSQuota", "", func() error {
		date := day.UTC().Format(time.DateOnly)
		if reserved = s.smsQuota[date]+segments <= limit; reserved {
			s.smsQuota[date] += segments
		}
		return nil
	})
	return reserved, err
}
