package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/export"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// exportFixture is an exporter over the stores of the tests, with Sara's account. It records
// the queued orders.
type exportFixture struct {
	*memAccounts
	exporter *api.Exporter
	objects  *memstore.Objects
	orders   []string
}

func (f *exportFixture) SendText(_ context.Context, order string) error {
	f.orders = append(f.orders, order)
	return nil
}

func newExportFixture(t *testing.T) *exportFixture {
	t.Helper()
	m, _ := newMemAccounts(t)
	f := &exportFixture{memAccounts: m, objects: &memstore.Objects{}}
	must(m.CreateSession(t.Context(), account.Session{Family: aULID, UserAgent: "Firefox", CurrentHash: "secret-hash", ExpiresAt: f.now.Add(time.Hour), User: user.User{ID: saraID}}, nil))
	now := func() time.Time { return f.now }
	f.exporter = &api.Exporter{
		Store: m.Store, Tickets: m.tickets, Objects: f.objects, Queue: f, Now: now, NewID: id.NewGenerator(now, zeroes{}),
		Limiter: &limit.Limiter{Rule: limit.Rule{Name: "exports", Max: 3, Window: time.Hour}, Store: m.Store, Now: now},
	}
	return f
}

func (f *exportFixture) get(t *testing.T) response {
	t.Helper()
	return f.send(t, api.ExportAccount(f.exporter), sara, newRequest(http.MethodGet, "/me/export", ""))
}

// TestExport checks what an export has, and that it has no internal notes, no secrets and
// nothing of others.
func TestExport(t *testing.T) {
	f := newExportFixture(t)
	f.addTicket(oneID, "message", "note", "message")
	must(f.SeedEntries(ticket.Entry{TicketID: oneID, Seq: 5, Kind: ticket.KindNote, Body: "internal-text", Author: ticket.Author{ID: aliID, Role: user.RoleSupport}},
		ticket.Entry{TicketID: oneID, Seq: 6, HiddenBefore: 1, Kind: ticket.KindMessage, Body: "the last", Author: ticket.Author{ID: saraID}, Attachments: []ticket.Attachment{{ID: otherID, Name: "a.pdf", State: "ready"}}}))
	must(f.AddNotifications(t.Context(), notification.Notification{ID: aULID, UserID: saraID, Kind: notification.KindReply, TicketID: oneID, CreatedAt: f.now},
		notification.Notification{ID: otherID, UserID: saraID, Kind: notification.KindCustomerReply, TicketID: otherID, Body: "for agents", CreatedAt: f.now}))
	if _, _, err := f.AddPushSubscription(t.Context(), saraID, notification.PushSubscription{ID: "a-browser", Platform: "web", Auth: "secret-auth", Session: aULID}); err != nil {
		t.Fatal(err)
	}
	got := f.get(t)
	if got.status != 200 || got.body["complete"] != true {
		t.Fatalf("got %d %s", got.status, got.text)
	}
	for _, hidden := range []string{"internal-text", "for agents", "secret-hash", "secret-auth", `"kind":"note"`} {
		if strings.Contains(got.text, hidden) {
			t.Errorf("the export has %s: %s", hidden, got.text)
		}
	}
	for _, want := range []string{`"id":"` + saraID, "s@example.com", "Firefox", `"id":"a-browser","platform":"web"`, "the last", `"url":"/attachments/` + otherID, `"seq":6,"prev":4`, `"kind":"reply"`} {
		if !strings.Contains(got.text, want) {
			t.Errorf("the export lacks %s: %s", want, got.text)
		}
	}
	if got.headers["cache-control"] != "no-store" {
		t.Errorf("got cache-control %q", got.headers["cache-control"])
	}
	f.get(t)
	f.get(t)
	if got := f.get(t); got.status != 429 {
		t.Errorf("a fourth export: got %d, want 429", got.status)
	}
}

// TestExport_UserDeleted checks that nothing is left of an export whose user is deleted, with the
// record of the file, before the file is stored, or before an interrupted attempt is repeated.
func TestExport_UserDeleted(t *testing.T) {
	for name, interrupted := range map[string]bool{"before the file is stored": false, "after an interrupted attempt": true} {
		f := newExportFixture(t)
		f.addTicket(oneID)
		for i := range 60 {
			must(f.SeedEntries(ticket.Entry{TicketID: oneID, Seq: i + 2, Kind: ticket.KindMessage, Body: strings.Repeat("ش", 10_000), Author: ticket.Author{ID: saraID}}))
		}
		if got := f.get(t); got.status != 202 || len(f.orders) != 1 {
			t.Fatalf("got %d, orders %q, want a running export", got.status, f.orders)
		}
		_, fileID, _ := strings.Cut(f.orders[0], " ")
		erase := func() {
			f.deleteSara()
			e := ticket.Entry{Attachments: []ticket.Attachment{{ID: fileID}}}
			must(f.PurgeTicket(t.Context(), "t", ticket.Log{Entries: []ticket.Entry{e}}))
		}
		if interrupted {
			f.objects.Set("files/"+fileID, "personal data")
			erase()
		} else {
			f.objects.Before = func(operation, _ string) error {
				if operation == "Put" {
					erase()
				}
				return nil
			}
		}
		must(f.exporter.Run(t.Context(), f.orders[0]))
		if left := f.objects.Content(); len(left) > 0 {
			t.Errorf("deleted %s: %d files are left", name, len(left))
		}
	}
}

// TestExport_File checks that a long export becomes a file of the user, once, also if the order
// is repeated, and that none is made for a deleted user.
func TestExport_File(t *testing.T) {
	f := newExportFixture(t)
	f.addTicket(oneID)
	for i := range 60 {
		must(f.SeedEntries(ticket.Entry{TicketID: oneID, Seq: i + 2, Kind: ticket.KindMessage, Body: strings.Repeat("ش", 10_000), Author: ticket.Author{ID: saraID}}))
	}
	for range 5 { // polling is not limited
		if got := f.get(t); got.status != 202 || got.body["state"] != "running" || got.body["url"] != nil {
			t.Fatalf("got %d %.300s, want a running export", got.status, got.text)
		}
	}
	if len(f.orders) != 1 {
		t.Fatalf("got orders %q, want one", f.orders)
	}
	for range 2 {
		must(f.exporter.Run(t.Context(), f.orders[0]))
	}
	got := f.get(t)
	if address, _ := got.body["url"].(string); got.status != 200 || got.body["state"] != "ready" || address == "" {
		t.Fatalf("got %d %.300s, want the file", got.status, got.text)
	}
	_, fileID, _ := strings.Cut(f.orders[0], " ")
	file, err := f.Attachment(t.Context(), fileID)
	if err != nil || file.Owner != saraID || file.State != attachment.Ready || file.TicketID != "" {
		t.Errorf("got %+v, %v, want a ready file of Sara", file, err)
	}
	var data struct {
		Complete bool
		Tickets  []struct{ Entries []any }
	}
	must(json.Unmarshal([]byte(f.objects.Content()[file.Key()]), &data))
	if !data.Complete || len(data.Tickets) != 1 || len(data.Tickets[0].Entries) != 61 {
		t.Errorf("got complete %v, %d tickets", data.Complete, len(data.Tickets))
	}
	f.now = f.now.Add(export.FileTTL)
	if got := f.get(t); got.status != 202 || len(f.orders) != 2 {
		t.Errorf("after a day: got %d, orders %q, want a new export", got.status, f.orders)
	}
	must(f.exporter.Run(t.Context(), f.orders[0])) // an order that was replaced
	f.deleteSara()
	must(f.exporter.Run(t.Context(), f.orders[1]))
	if files := f.objects.Content(); len(files) != 1 {
		t.Errorf("got %d files, want the first only", len(files))
	}
}
