package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ticketsystem/pkg/api"
)

// TestClientID checks that a UUID in any letter case is one client id, which the response repeats as
// sent, and that a request with an Idempotency-Key may leave it out: it is stored once also if the
// stored response is lost.
func TestClientID(t *testing.T) {
	const uuid = "7C9E6679-7425-40DE-944B-E07FC1F90AE7"
	fx := newFixture(t)
	fx.server.Idempotency = nil // stored responses are lost
	fx.addTicket(oneID)
	category := `"title":"T","description":"D","categoryId":"` + billingID + `"`
	for _, c := range []struct{ path, fields string }{{"/tickets", category}, {"/tickets/" + oneID + "/messages", `"body":"x"`}} {
		endpoint := api.CreateTicket(fx.tickets)
		if c.path != "/tickets" {
			endpoint = api.PostMessage(fx.tickets, fx.publisher)
		}
		post := func(clientID, key string) response {
			r := newRequest(http.MethodPost, c.path, "{"+clientID+c.fields+"}").with("idempotency-key", key)
			r.PathParameters = map[string]string{"id": strings.ToLower(oneID)}
			return fx.send(t, endpoint, sara, r)
		}
		seen := map[any]bool{}
		for i, one := range []struct {
			clientID, key string
			status        int
		}{
			{`"clientId":"` + uuid + `",`, "", 201}, {`"clientId":"` + strings.ToLower(uuid) + `",`, "k0", 200},
			{"", "k1", 201}, {"", "k1", 200}, {`"clientId":"",`, "k1", 200}, {"", "k2", 201},
		} {
			got := post(one.clientID, one.key)
			if got.status != one.status {
				t.Fatalf("%s %d: got %d %s, want %d", c.path, i, got.status, got.text, one.status)
			}
			seen[fmt.Sprint(got.body["id"], got.body["seq"])] = true
			if clientID, _ := got.body["clientId"].(string); c.path != "/tickets" && (len(clientID) != 36 || one.clientID != "" && !strings.Contains(one.clientID, `"`+clientID+`"`) && one.clientID != `"clientId":"",`) {
				t.Errorf("%s %d: got clientId %q", c.path, i, clientID)
			}
		}
		if len(seen) != 3 {
			t.Errorf("%s: got %v, want 3", c.path, seen)
		}
		if got := post("", ""); !slices.Equal(got.fieldErrors(), []string{"/clientId required"}) {
			t.Errorf("%s: got %v", c.path, got.fieldErrors())
		}
	}
}

// TestClientID_KeyOfOtherOperation checks that one Idempotency-Key does not make two operations
// one.
func TestClientID_KeyOfOtherOperation(t *testing.T) {
	fx := newFixture(t)
	fx.addTicket(oneID)
	for _, c := range []struct {
		path     string
		endpoint api.Endpoint
		status   any
	}{{"/close", api.CloseTicket(fx.tickets, fx.publisher), "closed"}, {"/reopen", api.ReopenTicket(fx.tickets, fx.publisher), "open"}} {
		r := newRequest(http.MethodPost, "/tickets/"+oneID+c.path, "{}").with("idempotency-key", "k")
		r.PathParameters = map[string]string{"id": oneID}
		if got := fx.send(t, c.endpoint, sara, r); got.status != 200 || got.body["status"] != c.status {
			t.Errorf("%s: got %d %s", c.path, got.status, got.text)
		}
	}
}
