package conformance

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketsystem/pkg/app"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// newNotification returns a notification whose cause is ago milliseconds old.
func newNotification(userID string, ago int) notification.Notification {
	at := app.Now().Add(-time.Duration(ago) * time.Millisecond)
	return notification.Notification{
		ID: id.FromCause(at, newID()), UserID: userID, Kind: notification.KindReply, TicketID: newID(), Seq: 7, Title: sampleTitle, Body: sampleReply,
		Author: "رضا کریمی", CreatedAt: at, Deliveries: map[notification.Channel]notification.Delivery{
			notification.Email: {State: notification.Skipped, Reason: notification.ReasonOptedOut, At: at},
			notification.SMS:   {State: notification.Queued, At: at},
		},
	}
}

// listNotifications returns the ids of a user's first page, the unread ones, and the
// unread count.
func listNotifications(t *testing.T, db backend, userID string) (all, unread []string, count int) {
	t.Helper()
	page, err := db.open().ListNotifications(t.Context(), userID, notification.Query{Limit: 100})
	must(t, err)
	for _, n := range page.Notifications {
		all = append(all, n.ID)
		if !n.Read {
			unread = append(unread, n.ID)
		}
	}
	return all, unread, page.Unread
}

// TestAddNotifications_RoundTrip checks the order, newest first, and that repeated and
// concurrent writes add each notification once.
func TestAddNotifications_RoundTrip(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		userID := newID()
		list := []notification.Notification{newNotification(userID, 30), newNotification(userID, 20), newNotification(userID, 10)}
		list[1].Kind, list[1].BroadcastID, list[1].CounterShard, list[1].Status = notification.KindBroadcast, newID(), 3, "resolved"
		var wg sync.WaitGroup
		for range 4 {
			for _, n := range list {
				wg.Go(func() {
					if err := db.open().AddNotifications(t.Context(), n); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		page, err := db.open().ListNotifications(t.Context(), userID, notification.Query{Limit: 3})
		must(t, err)
		slices.Reverse(list)
		if got, want := fmt.Sprintf("%+v", page.Notifications), fmt.Sprintf("%+v", list); got != want || page.Unread != 3 || page.Next != "" {
			t.Errorf("got %d unread, next %q, and\n%s, want\n%s", page.Unread, page.Next, got, want)
		}
	})
}

// TestListNotifications_Pagination checks that every notification is listed once, with
// the unread count on each page.
func TestListNotifications_Pagination(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		userID := newID()
		var want, unread []string
		for i := range 25 {
			n := newNotification(userID, i*1000)
			want = append(want, n.ID)
			must(t, db.open().AddNotifications(t.Context(), n))
			if i%3 == 0 {
				must(t, db.open().MarkNotificationsRead(t.Context(), userID, []string{n.ID}))
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
				page, err := db.open().ListNotifications(t.Context(), userID, q)
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
	})
}

// TestListNotifications_Customer checks that a former agent gets no notifications for agents, on
// each page, and that they do not count as unread in a complete list.
func TestListNotifications_Customer(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		store, userID := db.open(), newID()
		var want []string
		for i, kind := range []notification.Kind{
			notification.KindReply, notification.KindAssignment, notification.KindCustomerReply, notification.KindAssignment, notification.KindStatus, notification.KindCustomerReply,
		} {
			n := newNotification(userID, 10*i)
			n.Kind = kind
			must(t, store.AddNotifications(t.Context(), n))
			if !n.ForAgent() {
				want = append(want, n.ID)
			}
		}
		for _, limit := range []int{1, 100} {
			var got []string
			for q := (notification.Query{Customer: true, Limit: limit}); ; {
				page, err := store.ListNotifications(t.Context(), userID, q)
				must(t, err)
				if limit == 100 {
					equal(t, "unread", page.Unread, len(want))
				}
				for _, n := range page.Notifications {
					got = append(got, n.ID)
				}
				if q.Before = page.Next; q.Before == "" {
					break
				}
			}
			equal(t, fmt.Sprint("ids in pages of ", limit), strings.Join(got, " "), strings.Join(want, " "))
		}
		all, _, _ := listNotifications(t, db, userID)
		equal(t, "notifications of an agent", len(all), 6)
	})
}

// TestListNotifications_CorrectCount checks that the list of unread notifications corrects the stored
// count, which includes expired ones and those that a former agent may not get.
func TestListNotifications_CorrectCount(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		store, userID := db.open(), newID()
		expired := int((notification.TTL + time.Hour) / time.Millisecond)
		first, second, assigned := newNotification(userID, 20), newNotification(userID, 10), newNotification(userID, 0)
		assigned.Kind = notification.KindAssignment
		for _, n := range []notification.Notification{newNotification(userID, expired), newNotification(userID, expired), first, second, assigned} {
			must(t, store.AddNotifications(t.Context(), n))
		}
		check := func(what string, q notification.Query, want int) {
			t.Helper()
			page, err := store.ListNotifications(t.Context(), userID, q)
			must(t, err)
			equal(t, what, page.Unread, want)
		}
		asAgent, asCustomer := notification.Query{Unread: true, Limit: 3}, notification.Query{Unread: true, Limit: 2, Customer: true, CorrectCount: true}
		stored := notification.Query{Limit: 1, Before: "~"}
		check("of an agent", asAgent, 3)
		check("stored, not corrected", stored, 5)
		check("of a former agent", asCustomer, 2)
		check("stored after the complete list", stored, 2)
		must(t, store.MarkNotificationsRead(t.Context(), userID, []string{first.ID, second.ID}))
		check("stored after both were read", stored, 0)
		asAgent.CorrectCount = true
		check("of an agent again", asAgent, 1)
		check("stored for the agent", stored, 1)
	})
}

// TestUnreadCount_Hidden checks that a hidden notification never changes the unread count: when it
// is created, marked as read alone and with a shown one, and deleted.
func TestUnreadCount_Hidden(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		store, userID := db.open(), newID()
		shown, read, hidden, other, deleted := newNotification(userID, 50), newNotification(userID, 40), newNotification(userID, 30), newNotification(userID, 20), newNotification(userID, 10)
		hidden.Hidden, other.Hidden, deleted.Hidden = true, true, true
		count := func(what string, want int) {
			t.Helper()
			page, err := store.ListNotifications(t.Context(), userID, notification.Query{Limit: 1, Before: "~"}) // the stored count
			must(t, err)
			equal(t, what, page.Unread, want)
		}
		for _, n := range []notification.Notification{shown, read, hidden, other, deleted} {
			must(t, store.AddNotifications(t.Context(), n))
		}
		count("created", 2)
		for range 2 {
			must(t, store.MarkNotificationsRead(t.Context(), userID, []string{hidden.ID}))
			count("hidden one read", 2)
		}
		must(t, store.MarkNotificationsRead(t.Context(), userID, []string{read.ID, other.ID}))
		count("both kinds read", 1)
		must(t, store.DeleteNotificationsByID(t.Context(), userID, []string{hidden.ID, deleted.ID}))
		count("hidden ones deleted", 1)
		must(t, store.MarkAllNotificationsRead(t.Context(), userID))
		count("all read", 0)
	})
}

// TestUnreadCount marks some notifications and all notifications read, repeatedly,
// while others are added, including notifications with an older cause.
func TestUnreadCount(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		userID := newID()
		var ids []string
		for i := range 6 {
			n := newNotification(userID, 1000-i)
			ids = append(ids, n.ID)
			must(t, db.open().AddNotifications(t.Context(), n))
		}
		for range 2 {
			must(t, db.open().MarkNotificationsRead(t.Context(), userID, []string{ids[0], ids[2], newID()}))
		}
		if _, unread, count := listNotifications(t, db, userID); count != 4 || len(unread) != 4 {
			t.Errorf("after two of six: got %d unread, %d listed", count, len(unread))
		}
		must(t, db.open().MarkAllNotificationsRead(t.Context(), userID))
		late := newNotification(userID, 5000)
		for range 2 {
			must(t, db.open().AddNotifications(t.Context(), late))
		}
		if _, unread, count := listNotifications(t, db, userID); count != 1 || len(unread) != 1 || unread[0] != late.ID {
			t.Errorf("late notification: got %d unread, %v listed", count, unread)
		}
		must(t, db.open().MarkNotificationsRead(t.Context(), userID, ids))
		must(t, db.open().MarkAllNotificationsRead(t.Context(), userID))
		if _, unread, count := listNotifications(t, db, userID); count != 0 || len(unread) != 0 {
			t.Errorf("after all: got %d unread, %v listed", count, unread)
		}
		var wg sync.WaitGroup
		for i := range 12 {
			n := newNotification(userID, i*100)
			wg.Go(func() {
				err := db.open().AddNotifications(t.Context(), n)
				if i%3 == 0 && err == nil {
					err = db.open().MarkNotificationsRead(t.Context(), userID, []string{n.ID})
				}
				if i%5 == 0 && err == nil {
					err = db.open().MarkAllNotificationsRead(t.Context(), userID)
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		all, unread, count := listNotifications(t, db, userID)
		if len(all) != 19 {
			t.Errorf("got %d, want 19", len(all))
		}
		// The stored count, as returned with a page that does not reach the end.
		page, err := db.open().ListNotifications(t.Context(), userID, notification.Query{Limit: 1})
		must(t, err)
		if count != len(unread) || page.Unread != len(unread) {
			t.Errorf("got %d unread, stored %d, listed %s", count, page.Unread, strings.Join(unread, " "))
		}
	})
}

// TestAddNotifications_Batch notifies 45 users in one transaction. Some have the
// notification already, some have read newer ones.
func TestAddNotifications_Batch(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		var list []notification.Notification
		for i := range 45 {
			n := newNotification(newID(), 0)
			list = append(list, n)
			if i%4 == 0 {
				must(t, db.open().AddNotifications(t.Context(), n))
			}
			if i%3 == 0 {
				ahead := newNotification(n.UserID, -5000)
				must(t, db.open().AddNotifications(t.Context(), ahead))
				must(t, db.open().MarkAllNotificationsRead(t.Context(), n.UserID))
			}
		}
		for range 2 {
			must(t, db.open().AddNotifications(t.Context(), list...))
		}
		for i, n := range list {
			want := 1
			if i%12 == 0 {
				want = 0 // added before all were marked read
			}
			if all, _, count := listNotifications(t, db, n.UserID); count != want || !slices.Contains(all, n.ID) {
				t.Errorf("user %d: got %d unread of %d, want %d", i, count, len(all), want)
			}
		}
	})
}

// TestMarkEntriesRead checks that reading a ticket marks the notifications of the entries
// read, also of many, and no others; and that a notification of a read entry is created
// as read.
func TestMarkEntriesRead(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		store := db.open()
		service, categoryID := newTicketService(t, store)
		u, ali := newReachableUser(t, db), agent("Ali")
		sara := u.Principal("")
		ticketID := openTicket(t, service, categoryID, sara)
		for range 120 {
			postMessage(t, service, ali, ticketID, "hello")
		}
		notifier := &notification.Notifier{Store: store, Tickets: store, Users: store, Now: app.Now}
		for _, e := range readLog(t, db, ticketID).Entries[:120] {
			must(t, notifier.NotifyEntry(t.Context(), e))
		}
		must(t, store.AddNotifications(t.Context(), newNotification(u.ID, 0)))
		read := func(before, seq int) {
			t.Helper()
			must(t, service.MarkRead(t.Context(), sara, ticketID, seq))
			marker := ticket.ReadMarker{TicketID: ticketID, Seq: seq, Reader: ticket.Author{ID: u.ID, Role: user.RoleUser}}
			must(t, stream.MarkEntriesRead(store, time.Hour)(t.Context(), event.ReadMarkerMoved{Before: before, Marker: marker}))
		}
		list := func(unread int) (page notification.Page) {
			t.Helper()
			await(t, func() (err error) {
				if page, err = store.ListNotifications(t.Context(), u.ID, notification.Query{Limit: 100}); err == nil && page.Unread != unread {
					err = fmt.Errorf("got %d unread, want %d", page.Unread, unread)
				}
				return err
			})
			return page
		}
		read(0, 3)
		list(118) // of 119 replies two were read
		read(3, 121)
		must(t, notifier.NotifyEntry(t.Context(), readLog(t, db, ticketID).Entries[120]))
		await(t, func() error {
			page := list(1)
			last := slices.IndexFunc(page.Notifications, func(n notification.Notification) bool { return n.Seq == 121 })
			if last < 0 || len(page.Notifications[last].PendingChannels()) > 0 {
				return fmt.Errorf("after all were read: got %+v", page.Notifications)
			}
			return nil
		})
	})
}

// TestPendingTicket_SeveralFields checks that the notifications of a pending ticket whose priority
// and title were changed at once, with one reminder for both entries, can be read and purged.
func TestPendingTicket_SeveralFields(t *testing.T) {
	t.Parallel()
	store := openStore()
	service, categoryID := newTicketService(t, store)
	sara, ali := customer("Sara"), agent("Ali")
	id := openTicket(t, service, categoryID, sara)
	_, err := service.SetStatus(t.Context(), ali, id, newID(), ticket.StatusPending)
	must(t, err)
	priority, title := ticket.PriorityUrgent, "Another title"
	_, err = service.Update(t.Context(), ali, id, ticket.Patch{Priority: &priority, Title: &title})
	must(t, err)
	marker := ticket.ReadMarker{TicketID: id, Seq: 4, Reader: ticket.Author{ID: sara.UserID, Role: user.RoleUser}}
	must(t, stream.MarkEntriesRead(store, time.Hour)(t.Context(), event.ReadMarkerMoved{Marker: marker}))
	must(t, (&ticket.Deleter{Store: store, Audit: recorder}).Delete(t.Context(), adminActor, id))
	must(t, stream.PurgeDeleted(store, service, time.Hour)(t.Context(), event.TicketDeleted{TicketID: id}))
}

// TestEqualIDs checks that an id that is given twice is read and marked once.
func TestEqualIDs(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		store, u := db.open(), newReachableUser(t, db)
		first, second := newNotification(u.ID, 0), newNotification(u.ID, 1)
		must(t, store.AddNotifications(t.Context(), first))
		must(t, store.AddNotifications(t.Context(), second))
		must(t, store.MarkNotificationsRead(t.Context(), u.ID, []string{first.ID, first.ID}))
		await(t, func() error {
			if _, _, unread := listNotifications(t, db, u.ID); unread != 1 {
				return fmt.Errorf("got %d unread, want 1", unread)
			}
			return nil
		})
		must(t, store.DeleteNotificationsByID(t.Context(), u.ID, []string{second.ID, second.ID}))
		await(t, func() error {
			if all, _, unread := listNotifications(t, db, u.ID); len(all) != 1 || unread != 0 {
				return fmt.Errorf("got %d unread of %q, want none of one", unread, all)
			}
			return nil
		})
	})
}
