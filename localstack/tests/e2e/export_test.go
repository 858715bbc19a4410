package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"ticketsystem/localstack/testkit/client"
)

// TestExport checks that a user gets all own data without internal notes, and long data as a
// file that the address of the response downloads.
func TestExport(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	agent.post(ticket.ID, "internal-note", object{"internal": true})
	agent.post(ticket.ID, "a public reply", nil)
	type exported struct {
		Complete bool
		Profile  client.UserProfile
		Sessions []object
		Tickets  []struct {
			Ticket  client.Ticket
			Entries []client.Entry
		}
		State, URL string
	}
	check := func(text []byte, entries int) {
		t.Helper()
		var data exported
		if err := json.Unmarshal(text, &data); err != nil {
			t.Fatal(err)
		}
		if !data.Complete || data.Profile.ID != me.Profile.ID || len(data.Sessions) == 0 || len(data.Tickets) != 1 || len(data.Tickets[0].Entries) != entries || strings.Contains(string(text), "internal-note") {
			t.Errorf("got %.2000s, want one ticket with %d entries", text, entries)
		}
	}
	response := me.call("GET", "/me/export", nil)
	wantStatus(t, response, 200, nil)
	check(response.Body, 2)
	wantProblem(t, me.call("GET", "/me/export?format=csv", nil), 400)

	const long = 28 // messages of 40 KB
	for range long {
		me.post(ticket.ID, strings.Repeat("😀", 10_000), nil)
	}
	wantStatus(t, me.call("GET", "/me/export", nil), 202, nil)
	var ready exported
	eventually(t, "the file is ready", func() error {
		response := me.call("GET", "/me/export", nil)
		if response.Status != 200 {
			return mismatch("status", response.Status, 200)
		}
		return response.Decode(200, &ready)
	})
	equal(t, "state", ready.State, "ready")
	file, err := http.Get(ready.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Body.Close()
	text, err := io.ReadAll(file.Body)
	if err != nil || file.StatusCode != 200 {
		t.Fatalf("file: got %d, %v", file.StatusCode, err)
	}
	check(text, 2+long)
}
