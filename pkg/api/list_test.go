package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// maxResponse is the limit of Lambda, in bytes.
const maxResponse = 6_291_556

// TestListMessages_LargePages reads all pages of 100 long messages, in both directions.
func TestListMessages_LargePages(t *testing.T) {
	for _, text := range []string{"<", `"`, `\`, "\u2028", "👋", "ب", "\n"} {
		fx := newFixture(t)
		fx.addTicket(oneID)
		body := strings.Repeat(text, 10_000)
		for seq := 2; seq <= 101; seq++ {
			if _, err := fx.AppendEntry(t.Context(), ticket.Entry{
				TicketID: oneID, Seq: seq, Kind: ticket.KindMessage, Author: ticket.Author{ID: aliID, Role: user.RoleSupport}, Body: body,
			}); err != nil {
				t.Fatal(err)
			}
		}
		for _, query := range []string{"limit=100", "limit=100&after=0"} {
			met := map[float64]bool{}
			for pages, next := 0, ""; ; pages++ {
				r := newRequest(http.MethodGet, "/tickets/x/messages", "").query(query + "&cursor=" + url.QueryEscape(next))
				if next == "" {
					r.query(query)
				}
				got := fx.send(t, api.ListMessages(fx.tickets), ali, r)
				if size := lambdaSize(t, got.text); got.status != 200 || size > maxResponse || pages > 4 {
					t.Fatalf("%q %s: got %d with %d bytes on page %d", text, query, got.status, size, pages)
				}
				data, _ := got.body["data"].([]any)
				for _, e := range data {
					entry, _ := e.(map[string]any)
					seq, _ := entry["seq"].(float64)
					met[seq] = true
				}
				if next, _ = got.field("page", "next").(string); got.field("page", "hasMore") != true {
					break
				}
			}
			if len(met) != 100 {
				t.Errorf("%q %s: got %d messages, want 100", text, query, len(met))
			}
		}
	}
}

// lambdaSize returns the size of a body within the response of a function.
func lambdaSize(t *testing.T, body string) int {
	t.Helper()
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(map[string]string{"body": body}); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

// longActivity is an ActivityStore of long entries; a position is a number.
type longActivity struct{ body string }

func (a longActivity) Activity(_ context.Context, limit int, before string) (page []stats.Activity, next string, err error) {
	first := 0
	if before != "" {
		_, err = fmt.Sscan(before, &first)
	}
	for n := first; n < min(first+limit, 150); n++ {
		page = append(page, stats.Activity{Title: "T", Entry: ticket.Entry{TicketID: oneID, Seq: n + 1, Kind: ticket.KindMessage, Body: a.body}})
	}
	if next = fmt.Sprint(first + limit); first+limit >= 150 {
		next = ""
	}
	return page, next, err
}

func TestListActivity_LargePages(t *testing.T) {
	fx := newFixture(t)
	found, next := 0, ""
	for pages := 0; ; pages++ {
		r := newRequest(http.MethodGet, "/admin/activity", "").query("limit=100")
		if next != "" {
			r.query("limit=100&cursor=" + url.QueryEscape(next))
		}
		got := fx.send(t, api.ListActivity(longActivity{strings.Repeat("\u2028", 10_000)}), mina, r)
		if size := lambdaSize(t, got.text); got.status != 200 || size > maxResponse || pages > 4 {
			t.Fatalf("got %d with %d bytes on page %d", got.status, size, pages)
		}
		data, _ := got.body["data"].([]any)
		found += len(data)
		if next, _ = got.field("page", "next").(string); next == "" {
			break
		}
	}
	if found != 150 {
		t.Errorf("got %d entries, want 150", found)
	}
}

func TestResponse_NoHTMLEscapes(t *testing.T) {
	fx := newFixture(t)
	fx.addTicket(oneID)
	body := `{"clientId":"` + aULID + `","body":"<b>&</b>"}`
	got := fx.send(t, api.PostMessage(fx.tickets, fx.publisher), sara, newRequest(http.MethodPost, "/x", body).with("idempotency-key", "k"))
	if !strings.Contains(got.text, "<b>&</b>") {
		t.Errorf("got %s", got.text)
	}
}
