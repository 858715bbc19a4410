package broadcast

import (
	"context"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

// Runner writes the notifications of broadcasts.
type Runner struct {
	Store Store
	Users UserStore
	Now   func() time.Time
}

// Run writes pages until the broadcast is complete or the deadline has passed.
// done reports that nothing is left to do. Concurrent runs are safe: each page
// is written once.
func (r *Runner) Run(ctx context.Context, broadcastID string, deadline time.Time) (done bool, err error) {
	b, err := r.Store.Broadcast(ctx, broadcastID)
	if apperr.Is(err, apperr.BroadcastNotFound) {
		return true, nil
	}
	for err == nil && b.Cancellable() {
		if !r.Now().Before(deadline) {
			return false, nil
		}
		b, err = r.runPage(ctx, b)
	}
	return err == nil, err
}

// runPage writes the next page and returns the broadcast after it.
func (r *Runner) runPage(ctx context.Context, b Broadcast) (Broadcast, error) {
	users, next, last, err := r.recipients(ctx, b)
	if err != nil {
		return b, err
	}
	after := b
	after.Progress, after.State = next, Sending
	if last {
		after.State, after.FinishedAt = Enqueued, r.Now()
	}
	var page []notification.Notification
	for _, u := range users {
		if u.Disabled {
			continue
		}
		page = append(page, b.notificationFor(u, r.Now()))
	}
	written, err := r.Store.WriteBroadcastPage(ctx, b, after, page)
	if err != nil || written {
		return after, err
	}
	return r.Store.Broadcast(ctx, b.ID) // a concurrent run wrote the page, or the broadcast was cancelled
}

// PlannedCounts returns how many deliveries of a page are planned and skipped.
func PlannedCounts(page []notification.Notification) map[notification.Channel]DeliveryCounts {
	all := map[notification.Channel]DeliveryCounts{}
	for _, n := range page {
		for channel, d := range n.Deliveries {
			counts := all[channel]
			if d.State == notification.Queued {
				counts.Planned++
			} else {
				counts.Skipped++
			}
			all[channel] = counts
		}
	}
	return all
}

// notificationFor returns the notification of one user. Its ID is derived from
// the broadcast and the user, so that repeated calls return the same ID.
func (b Broadcast) notificationFor(u user.User, now time.Time) notification.Notification {
	title, body := b.TextIn(u.Locale)
	return notification.Notification{
		ID: id.FromCause(b.CreatedAt, b.ID, u.ID), UserID: u.ID, Kind: notification.KindBroadcast, Title: title, Body: body,
		BroadcastID: b.ID, CounterShard: b.Progress.Page % CounterShards, Hidden: !b.InApp, CreatedAt: b.CreatedAt,
		Deliveries: notification.PlanDeliveries(u, now, b.Channels...),
	}
}

// recipients returns the users of the next page and the progress after it.
func (r *Runner) recipients(ctx context.Context, b Broadcast) (users []user.User, next Progress, last bool, err error) {
	current := b.Progress
	next = Progress{Part: current.Part, Page: current.Page + 1}
	if b.Audience.UserCount > 0 {
		ids, err := r.Store.BroadcastRecipients(ctx, b.ID, current.Part)
		if err != nil {
			return nil, next, false, err
		}
		next.Part++
		users, err = r.Users.UsersByID(ctx, ids)
		return users, next, next.Part*PageSize >= b.Audience.UserCount, err
	}
	roles := b.Audience.Roles
	if b.Audience.All {
		roles = []user.Role{""}
	}
	users, next.Cursor, err = r.Users.ListUsers(ctx, roles[current.Part], PageSize, current.Cursor)
	if next.Cursor == nil {
		next.Part++
	}
	return users, next, next.Part == len(roles), err
}
