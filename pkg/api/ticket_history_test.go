package api_test

import (
	"net/http"
	"strings"
	"testing"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// TestListHistory_Role checks the JSON of an entry as a customer sees it.
func TestListHistory_Role(t *testing.T) {
	fx := newFixture(t)
	fx.addTicket(oneID)
	must(fx.SeedEntries(ticket.Entry{
		TicketID: oneID, Seq: 2, Kind: ticket.KindAssignment, Author: ticket.Author{ID: aliID, Name: "Ali", Role: user.RoleSupport},
		Change: &ticket.Change{Field: "assignee", From: rezaID, FromName: user.DeletedName, To: aliID, Name: "Ali"}, Attachments: []ticket.Attachment{{ID: fileID, Name: "a.png", Type: "image/png", Size: 9, State: "ready"}},
		CreatedAt: fx.now, State: ticket.State{Status: ticket.StatusOnHold, Priority: ticket.PriorityLow, CategoryID: billingID, AssigneeID: aliID},
	}))
	got := fx.send(t, api.ListHistory(fx.tickets), sara, newRequest(http.MethodGet, "/tickets/x/history", "").query("after=1"))
	for _, want := range []string{
		`"kind":"assignment"`, `"author":{"id":"` + aliID + `","name":"Ali","role":"support"}`, `"body":""`, `"clientId":null`,
		`"attachments":[{"id":"` + fileID + `","name":"a.png","type":"image/png","size":9,"state":"ready","width":null,"height":null}]`,
		`"change":{"field":"assignee","from":"` + rezaID + `","to":"` + aliID + `","fromName":"Removed user","toName":"Ali"}`,
		`"state":{"status":"open","priority":"low","categoryId":"` + billingID + `","assigneeId":"` + aliID + `"}`, `"createdAt":"2026-03-21T12:00:00.000Z"`,
	} {
		if !strings.Contains(got.text, want) {
			t.Errorf("missing %s in %s", want, got.text)
		}
	}
}

// TestListHistory_ChangeNames checks the names of a changed category and of a released
// assignee in the language of the response.
func TestListHistory_ChangeNames(t *testing.T) {
	fx := newFixture(t)
	fx.addTicket(oneID)
	entry := ticket.Entry{TicketID: oneID, Seq: 2, Kind: ticket.KindCategory, Author: ticket.Author{ID: aliID, Role: user.RoleSupport}, CreatedAt: fx.now}
	entry.Change = &ticket.Change{
		Field: "category", From: billingID, FromNames: map[string]string{"en": "Billing", "fa": "مالی"}, To: otherID, Names: map[string]string{"en": "Other"},
	}
	released := entry
	released.Seq, released.Kind, released.Change = 3, ticket.KindAssignment, &ticket.Change{Field: "assignee", From: aliID, FromName: "Ali"}
	must(fx.SeedEntries(entry, released))
	for language, want := range map[string]string{"en": `"fromName":"Billing","toName":"Other"`, "fa": `"fromName":"مالی","toName":"Other"`} {
		got := fx.send(t, api.ListHistory(fx.tickets), sara, newRequest(http.MethodGet, "/tickets/x/history", "").with("accept-language", language))
		for _, want := range []string{want, `"fromName":"Ali","toName":null`} {
			if !strings.Contains(got.text, want) {
				t.Errorf("%s: missing %s in %s", language, want, got.text)
			}
		}
	}
}
