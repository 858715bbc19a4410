package conformance

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketsystem/pkg/id"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/wiring"
)

// notice is a notification of a cause that many milliseconds ago.
func notice(userID string, ago int) notification.Notification {
	at := wiring.Now().Add(-time.Duration(ago) * time.Millisecond)
	return notification.Notification{
		ID: id.At(at, newID()), UserID: userID, Kind: notification.KindReply, TicketID: newID(), Seq: 7, Title: aTitle, Body: anAnswer,
		Author: "رضا کریمی", CreatedAt: at, Deliveries: map[notification.Channel]notification.Delivery{
			notification.Email: {State: notification.Skipped, Reason: notification.ReasonChoice, At: at},
			notification.SMS:   {State: notification.Queued, At: at},
		},
	}
}

// told is a person's first page: ids of the unread ones, and the count.
func told(t *testing.T, userID string) (all, unread []string, count int) {
	t.Helper()
	page, err := open().Notifications(t.Context(), userID, notification.Query{Limit: 100})
	must(t, err)
	for _, n := range page.Notifications {
		all = append(all, n.ID)
		if !n.Read {
			unread = append(unread, n.ID)
		}
	}
	return all, unread, page.Unread
}

// TestNotificationsComeBackWhole, newest first, and once however often they
// are made, also side by side.
func TestNotificationsComeBackWhole(t *testing.T) {
	t.Parallel()
	who := newID()
	list := []notification.Notification{notice(who, 30), notice(who, 20), notice(who, 10)}
	list[1].Kind, list[1].BroadcastID, list[1].Segment, list[1].Status = notification.KindBroadcast, newID(), 3, "resolved"
	var wait sync.WaitGroup
	for range 4 {
		for _, n := range list {
			wait.Go(func() {
				if err := open().Notify(t.Context(), n); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wait.Wait()
	page, err := open().Notifications(t.Context(), who, notification.Query{Limit: 3})
	must(t, err)
	slices.Reverse(list)
	if got, want := fmt.Sprintf("%+v", page.Notifications), fmt.Sprintf("%+v", list); got != want || page.Unread != 3 || page.Next != "" {
		t.Errorf("got %d unread, next %q, and\n%s, want\n%s", page.Unread, page.Next, got, want)
	}
}

// TestNotificationPages: every one once, and the count on each page.
func TestNotificationPages(t *testing.T) {
	t.Parallel()
	who := newID()
	var want, unread []string
	for i := range 25 {
		n := notice(who, i*1000)
		want = append(want, n.ID)
		must(t, open().Notify(t.Context(), n))
		if i%3 == 0 {
			must(t, open().MarkRead(t.Context(), who, []string{n.ID}))
		} else {
			unread = append(unread, n.ID)
		}
	}
	for _, c := range []struct {
		only bool
		want []string
	}{{false, want}, {true, unread}} {
		var got []string
		q := notification.Query{Limit: 4, Unread: c.only}
		for {
			page, err := open().Notifications(t.Context(), who, q)
			must(t, err)
			if page.Unread != len(unread) {
				t.Errorf("got %d unread, want %d", page.Unread, len(unread))
			}
			for _, n := range page.Notifications {
				got = append(got, n.ID)
			}
			if q.Before = page.Next; q.Before == "" {
				break
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("unread %v: got %v, want %v", c.only, got, c.want)
		}
	}
}

// TestUnreadIsExact: reading some, twice, and all, with others coming at the
// same time, also such whose cause is older than what was read.
func TestUnreadIsExact(t *testing.T) {
	t.Parallel()
	who := newID()
	var ids []string
	for i := range 6 {
		n := notice(who, 1000-i)
		ids = append(ids, n.ID)
		must(t, open().Notify(t.Context(), n))
	}
	for range 2 {
		must(t, open().MarkRead(t.Context(), who, []string{ids[0], ids[2], newID()}))
	}
	if _, unread, count := told(t, who); count != 4 || len(unread) != 4 {
		t.Errorf("after two of six: got %d unread, %d shown", count, len(unread))
	}
	must(t, open().MarkAllRead(t.Context(), who))
	late := notice(who, 5000)
	for range 2 {
		must(t, open().Notify(t.Context(), late))
	}
	if _, unread, count := told(t, who); count != 1 || len(unread) != 1 || unread[0] != late.ID {
		t.Errorf("a late one: got %d unread, %v shown", count, unread)
	}
	must(t, open().MarkRead(t.Context(), who, ids))
	must(t, open().MarkAllRead(t.Context(), who))
	if _, unread, count := told(t, who); count != 0 || len(unread) != 0 {
		t.Errorf("after all: got %d unread, %v shown", count, unread)
	}
	var wait sync.WaitGroup
	for i := range 12 {
		n := notice(who, i*100)
		wait.Go(func() {
			err := open().Notify(t.Context(), n)
			if i%3 == 0 && err == nil {
				err = open().MarkRead(t.Context(), who, []string{n.ID})
			}
			if i%5 == 0 && err == nil {
				err = open().MarkAllRead(t.Context(), who)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	all, unread, count := told(t, who)
	if len(all) != 19 {
		t.Errorf("got %d, want 19", len(all))
	}
	// The stored count, as a page that does not reach the end tells it.
	page, err := open().Notifications(t.Context(), who, notification.Query{Limit: 1})
	must(t, err)
	if count != len(unread) || page.Unread != len(unread) {
		t.Errorf("got %d unread, stored %d, shown %s", count, page.Unread, strings.Join(unread, " "))
	}
}

// TestNotifyManyAtOnce: 45 people in one transaction, of whom some have theirs
// already and some have read further.
func TestNotifyManyAtOnce(t *testing.T) {
	t.Parallel()
	var list []notification.Notification
	for i := range 45 {
		n := notice(newID(), 0)
		list = append(list, n)
		if i%4 == 0 {
			must(t, open().Notify(t.Context(), n))
		}
		if i%3 == 0 {
			ahead := notice(n.UserID, -5000)
			must(t, open().Notify(t.Context(), ahead))
			must(t, open().MarkAllRead(t.Context(), n.UserID))
		}
	}
	for range 2 {
		must(t, open().Notify(t.Context(), list...))
	}
	for i, n := range list {
		want := 1
		if i%12 == 0 {
			want = 0 // had it before all was read
		}
		if all, _, count := told(t, n.UserID); count != want || !slices.Contains(all, n.ID) {
			t.Errorf("person %d: got %d unread of %d, want %d", i, count, len(all), want)
		}
	}
}
