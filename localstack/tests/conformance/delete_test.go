package conformance

import (
	"context"
	"fmt"
	"testing"
	"time"

	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// TestPurgeTicket checks that one write deletes a ticket for all readers, and that the
// purge handler removes its log and attachments. An entry appended concurrently is
// removed too; nothing restores the ticket.
func TestPurgeTicket(t *testing.T) {
	t.Parallel()
	store := openStore()
	service, categoryID := newTicketService(t, store)
	sara, ali := customer("Sara"), agent("Ali")
	file := newAttachment(t, onDynamo, sara)
	params := ticket.CreateParams{ClientID: newID(), Title: "T", Description: "D", CategoryID: categoryID, AttachmentIDs: []string{file.ID}}
	tk, _, err := service.Create(t.Context(), sara, params)
	must(t, err)
	for range 60 {
		postMessage(t, service, ali, tk.ID, "again")
	}
	must(t, service.MarkRead(t.Context(), sara, tk.ID, 3))
	list := []notification.Notification{newNotification(sara.UserID, 5), newNotification(sara.UserID, 0)} // the last one is of another ticket
	for _, seq := range []int{2, 40} {
		n, _ := notification.ForEntry(tk, readLog(t, onDynamo, tk.ID).Entries[seq-1])
		list = append(list, n)
	}
	reminded := (&notification.Notifier{Store: store, Users: fakeUsers{}, Now: app.Now}).NotifyReminder
	_, err = service.SetStatus(t.Context(), ali, tk.ID, newID(), ticket.StatusPending)
	must(t, err)
	last := readLog(t, onDynamo, tk.ID).Entries[61]
	for _, n := range list {
		must(t, store.AddNotifications(t.Context(), n))
	}
	must(t, reminded(t.Context(), tk, last.CreatedAt.Add(time.Hour)))
	must(t, store.MarkNotificationsRead(t.Context(), sara.UserID, []string{list[2].ID}))
	deleter, purge := &ticket.Deleter{Store: store, Audit: recorder}, stream.PurgeDeleted(store, service, time.Hour)
	must(t, deleter.Delete(t.Context(), adminActor, tk.ID))
	wantCode(t, "delete twice", deleter.Delete(t.Context(), adminActor, tk.ID), apperr.TicketNotFound)
	wantDeleted := func() {
		t.Helper()
		_, err := service.Post(t.Context(), ali, ticket.Message{TicketID: tk.ID, ClientID: newID(), Body: "late"})
		wantCode(t, "post", err, apperr.TicketNotFound)
		_, _, err = service.Create(t.Context(), sara, params)
		wantCode(t, "repeated create", err, apperr.TicketDeleted)
	}
	wantDeleted()
	for range 2 { // the stream may repeat a record
		must(t, purge(t.Context(), event.TicketDeleted{TicketID: tk.ID}))
		if n := countItems(t, "T#"+tk.ID); n != 1 {
			t.Fatalf("got %d items, want only the tombstone", n)
		}
	}
	wantDeleted()
	await(t, func() error {
		if all, _, count := listNotifications(t, onDynamo, sara.UserID); len(all) != 2 || count != 2 {
			return fmt.Errorf("got %d notifications, %d unread, want those of other tickets", len(all), count)
		}
		return nil
	})
	_, err = store.Attachment(t.Context(), file.ID)
	wantCode(t, "its attachment", err, apperr.AttachmentNotFound)

	// An entry that was appended concurrently with the delete.
	if _, err := store.AppendEntry(t.Context(), newEntry(tk.ID, 63, ali)); err != nil {
		t.Fatal(err)
	}
	wantDeleted()
	must(t, service.Project(t.Context(), tk.ID, 63)) // rewrites the tombstone, which triggers the purge handler again
	must(t, purge(t.Context(), event.TicketDeleted{TicketID: tk.ID}))
	if n := countItems(t, "T#"+tk.ID); n != 1 {
		t.Errorf("got %d items, want only the tombstone", n)
	}
}

// TestPurgeDeleted_LongLog checks that a long log is purged in steps of bounded cost, the
// notifications of each step too, and that each step but the last makes the stream continue.
func TestPurgeDeleted_LongLog(t *testing.T) {
	store, meter := newMeteredStore()
	service, categoryID := newTicketService(t, store)
	sara, ali := customer("Sara"), agent("Ali")
	id := openTicket(t, service, categoryID, sara)
	postMessage(t, service, ali, id, "hello")
	copyEntry(t, id, 2, 1200)
	tk := readLog(t, onDynamo, id).Ticket
	for _, seq := range []int{2, 700, 1200} {
		n, _ := notification.ForEntry(tk, readLog(t, onDynamo, id).Entries[seq-1])
		must(t, store.AddNotifications(t.Context(), n))
	}
	must(t, (&ticket.Deleter{Store: store, Audit: recorder}).Delete(t.Context(), adminActor, id))
	for step, want := range []struct {
		items         int32
		notifications int
	}{{702, 2}, {203, 1}, {1, 0}, {1, 0}} {
		meter.reset()
		must(t, stream.PurgeDeleted(store, service, time.Hour)(t.Context(), event.TicketDeleted{TicketID: id}))
		if spent, calls := meter.reset(); spent.roundTrips > 60 {
			t.Errorf("step %d: got %v (%v), want at most 60 requests", step, spent, calls)
		}
		equal(t, fmt.Sprint("items after step ", step), countItems(t, "T#"+id), want.items)
		await(t, func() error {
			if all, _, _ := listNotifications(t, onDynamo, sara.UserID); len(all) != want.notifications {
				return fmt.Errorf("after step %d: got %d notifications, want %d", step, len(all), want.notifications)
			}
			return nil
		})
	}
}

// TestPurgeDeleted_Unlinks checks that the tickets that continue a deleted one, and the one that it
// continues, lose the link once, whatever is repeated, and that a rebuild has the same result. A
// follow-up that was created concurrently with the delete loses it too.
func TestPurgeDeleted_Unlinks(t *testing.T) {
	t.Parallel()
	store := openStore()
	service, categoryID := newTicketService(t, store)
	sara := customer("Sara")
	follow := func(of string) string {
		t.Helper()
		tk, _, err := service.Create(t.Context(), sara, ticket.CreateParams{ClientID: newID(), Title: "T", CategoryID: categoryID, FollowUpOf: of})
		must(t, err)
		_, err = service.Close(t.Context(), sara, tk.ID, newID())
		must(t, err)
		return tk.ID
	}
	first := follow("")
	other, deleted := follow(first), follow(first)
	next, late := follow(deleted), follow("")
	must(t, (&ticket.Deleter{Store: store, Audit: recorder}).Delete(t.Context(), adminActor, deleted))
	link := newEntry(deleted, 4, sara)
	link.Kind, link.Change = ticket.KindFollowUp, &ticket.Change{Field: "followUp", To: late}
	linked := newEntry(late, 4, sara)
	linked.Change = &ticket.Change{Field: "followUpOf", To: deleted}
	for _, e := range []ticket.Entry{link, linked} {
		e.Seq = len(readLog(t, onDynamo, e.TicketID).Entries) + 1
		existing, err := store.AppendEntry(t.Context(), e)
		if must(t, err); existing != nil {
			t.Fatalf("entry %d is taken", e.Seq)
		}
	}
	for range 2 {
		must(t, stream.PurgeDeleted(store, service, time.Hour)(t.Context(), event.TicketDeleted{TicketID: deleted}))
		for id, want := range map[string]string{first: "[" + other + "]", other: first + "[]", next: "[]", late: "[]"} {
			log := readLog(t, onDynamo, id)
			tk := ticket.Fold(ticket.Ticket{}, log.Entries)
			equal(t, "links", tk.FollowUpOf+fmt.Sprint(tk.FollowUps), want)
			unlinked := 0
			for _, e := range log.Entries {
				if e.Kind == ticket.KindUnlinked {
					unlinked++
				}
			}
			equal(t, "entries that unlink", unlinked, map[bool]int{true: 1}[id != other])
			_, repaired, err := service.Rebuild(t.Context(), id, func(context.Context, string) (string, error) { return sara.Name, nil })
			if err != nil || repaired && id != late {
				t.Errorf("rebuild: got repaired %v, %v", repaired, err)
			}
		}
	}
}

// TestDelete_StaleVersion checks that a ticket to which an entry was added after it was read is
// not deleted.
func TestDelete_StaleVersion(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		id, _ := createLog(t, db, 2, customer("Sara"))
		deleter := &ticket.Deleter{Store: db.open(), Audit: recorder}
		record := recorder.NewRecord(adminActor, "test", id, nil, nil)
		wantCode(t, "an entry follows", db.open().DeleteTicket(t.Context(), id, 1, record), apperr.VersionStale)
		wantCode(t, "version 1", deleter.IfVersion([]int{1}).Delete(t.Context(), adminActor, id), apperr.VersionStale)
		must(t, deleter.IfVersion([]int{2}).Delete(t.Context(), adminActor, id))
		wantCode(t, "again", deleter.IfVersion([]int{2}).Delete(t.Context(), adminActor, id), apperr.TicketNotFound)
		wantCode(t, "no ticket", db.open().DeleteTicket(t.Context(), newID(), 1, record), apperr.TicketNotFound)
	})
}

// fakeUsers has every user.
type fakeUsers struct{}

func (fakeUsers) User(_ context.Context, id string) (user.User, error) { return user.User{ID: id}, nil }

// TestDelete_ConcurrentPost deletes a ticket while others write to it. The delete wins. The
// records that a change had nothing to do are not purged: they expire within a day.
func TestDelete_ConcurrentPost(t *testing.T) {
	t.Parallel()
	store := openStore()
	service, categoryID := newTicketService(t, store)
	sara, ali := customer("Sara"), agent("Ali")
	id := openTicket(t, service, categoryID, sara)
	_, err := service.Assign(t.Context(), ali, id, newID(), "") // it is not assigned
	must(t, err)
	equal(t, "records that expire", countItems(t, "T#"+id)-countItems(t, "T#"+id, withoutTTL), 1)
	byCode := concurrently(13, func(i int) error {
		var err error
		switch i % 4 {
		case 0:
			if i > 0 {
				return service.Project(t.Context(), id, 1)
			}
			return (&ticket.Deleter{Store: store, Audit: recorder}).Delete(t.Context(), adminActor, id)
		case 1:
			_, err = service.Post(t.Context(), sara, ticket.Message{TicketID: id, ClientID: newID(), Body: "hello"})
		case 2:
			_, err = service.Close(t.Context(), ali, id, newID())
		default:
			err = service.MarkRead(t.Context(), sara, id, 1)
		}
		return err
	})
	for code := range byCode {
		switch code {
		case "", apperr.TicketNotFound, apperr.TicketClosed, apperr.Conflict:
		default:
			t.Errorf("got %v", byCode)
		}
	}
	if log := readLog(t, onDynamo, id); !log.Deleted {
		t.Errorf("the ticket exists again: %+v", log.Ticket)
	}
	must(t, stream.PurgeDeleted(store, service, time.Hour)(t.Context(), event.TicketDeleted{TicketID: id}))
	if n := countItems(t, "T#"+id, withoutTTL); n != 1 {
		t.Errorf("got %d items, want only the tombstone", n)
	}
}
