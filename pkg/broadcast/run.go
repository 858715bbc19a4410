package broadcast

import (
	"context"
	"time"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

// Runner sends broadcasts out.
type Runner struct {
	Store  Store
	People People
	Now    func() time.Time
}

// Run sends pages until the broadcast is written or until is past; over says
// that nothing is left to do. Two that run at once help each other: a page is
// written once, whoever comes first.
func (r *Runner) Run(ctx context.Context, broadcastID string, until time.Time) (over bool, err error) {
	b, err := r.Store.Broadcast(ctx, broadcastID)
	if fault.Is(err, fault.BroadcastNotFound) {
		return true, nil
	}
	for err == nil && (b.State == Queued || b.State == Sending) {
		if !r.Now().Before(until) {
			return false, nil
		}
		b, err = r.page(ctx, b)
	}
	return err == nil, err
}

// page writes the next page and gives the broadcast as it is then.
func (r *Runner) page(ctx context.Context, b Broadcast) (Broadcast, error) {
	people, next, last, err := r.people(ctx, b)
	if err != nil {
		return b, err
	}
	now := b
	now.Place, now.State = next, Sending
	if last {
		now.State, now.FinishedAt = Written, r.Now()
	}
	now.Tallies = map[notification.Channel]Tally{}
	for channel, t := range b.Tallies {
		now.Tallies[channel] = t
	}
	var page []notification.Notification
	for _, u := range people {
		if u.Disabled {
			continue
		}
		n := b.notice(u, r.Now())
		page = append(page, n)
		now.Total++
		for channel, d := range n.Deliveries {
			t := now.Tallies[channel]
			if d.State == notification.Queued {
				t.Planned++
			} else {
				t.Skipped++
			}
			now.Tallies[channel] = t
		}
	}
	moved, err := r.Store.WritePage(ctx, b, now, page)
	if err != nil || moved {
		return now, err
	}
	return r.Store.Broadcast(ctx, b.ID) // another one was faster, or it was cancelled
}

// notice is what one person is told. Its id follows from broadcast and person:
// it is the same however often it is made.
func (b Broadcast) notice(u user.User, now time.Time) notification.Notification {
	return notification.Notification{
		ID: id.At(b.CreatedAt, b.ID, u.ID), UserID: u.ID, Kind: notification.KindBroadcast, Title: b.Title, Body: b.Body,
		BroadcastID: b.ID, Segment: b.Place.Page % Segments, Silent: !b.InApp, CreatedAt: b.CreatedAt,
		Deliveries: notification.Plan(u, now, b.Channels...),
	}
}

// people are those of the page at the broadcast's place, and where the next
// page begins.
func (r *Runner) people(ctx context.Context, b Broadcast) (people []user.User, next Place, last bool, err error) {
	at := b.Place
	next = Place{Part: at.Part, Page: at.Page + 1}
	if b.Audience.Named > 0 {
		ids, err := r.Store.Named(ctx, b.ID, at.Part)
		if err != nil {
			return nil, next, false, err
		}
		next.Part++
		people, err = r.People.UsersByID(ctx, ids)
		return people, next, next.Part*PageSize >= b.Audience.Named, err
	}
	roles := b.Audience.Roles
	if b.Audience.All {
		roles = []user.Role{""}
	}
	people, next.Cursor, err = r.People.Users(ctx, roles[at.Part], PageSize, at.Cursor)
	if next.Cursor == nil {
		next.Part++
	}
	return people, next, next.Part == len(roles), err
}
