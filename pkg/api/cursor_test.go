package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// fixtureWithTickets returns a fixture with five tickets of Sara, the first with eight entries.
func fixtureWithTickets(t *testing.T) *fixture {
	t.Helper()
	fx := newFixture(t)
	fx.addTicket(oneID, "message", "note", "message", "status", "message", "note", "message")
	for i := range 4 {
		fx.addTicket(fmt.Sprintf("01BX5ZZKBKACTAV9WEVGEMM%03d", i))
	}
	return fx
}

func nextCursor(a response) string {
	cursor, _ := a.field("page", "next").(string)
	return cursor
}

// listEndpoints returns list endpoints with the query and the total number of their items.
func listEndpoints(fx *fixture) map[string]struct {
	path     string
	endpoint api.Endpoint
	query    string
	total    int
} {
	return map[string]struct {
		path     string
		endpoint api.Endpoint
		query    string
		total    int
	}{
		"tickets":    {"/tickets", api.ListTickets(fx.tickets, time.UTC), "limit=2", 5},
		"messages":   {"/tickets/x/messages", api.ListMessages(fx.tickets), "limit=2", 4},
		"history":    {"/tickets/x/history", api.ListHistory(fx.tickets), "limit=2", 6},
		"forward":    {"/tickets/x/history", api.ListHistory(fx.tickets), "limit=2&after=0", 6},
		"categories": {"/categories", api.ListCategories(fx.categories), "limit=1", 3},
	}
}

func TestPagination_Complete(t *testing.T) {
	fx := fixtureWithTickets(t)
	for name, c := range listEndpoints(fx) {
		seen, query := map[string]bool{}, c.query
		for range 10 {
			got := fx.send(t, c.endpoint, sara, newRequest(http.MethodGet, c.path, "").query(query))
			data, _ := got.body["data"].([]any)
			if got.status != 200 || len(data) == 0 {
				t.Fatalf("%s: got %d %s", name, got.status, got.text)
			}
			for _, one := range data {
				key := fmt.Sprint(one.(map[string]any)["id"], one.(map[string]any)["seq"])
				if seen[key] {
					t.Errorf("%s: got %s twice", name, key)
				}
				seen[key] = true
			}
			if more := got.field("page", "hasMore") == true; more != (nextCursor(got) != "") {
				t.Errorf("%s: hasMore %v with cursor %q", name, more, nextCursor(got))
			}
			if nextCursor(got) == "" {
				break
			}
			query = c.query + "&cursor=" + url.QueryEscape(nextCursor(got))
		}
		if len(seen) != c.total {
			t.Errorf("%s: got %d items, want %d", name, len(seen), c.total)
		}
	}
}

// TestCursor_OtherUserRejected checks that a cursor is valid for one user, one list and 24
// hours, and only unmodified.
func TestCursor_OtherUserRejected(t *testing.T) {
	fx := fixtureWithTickets(t)
	all := listEndpoints(fx)
	cursors := map[string]string{}
	for name, c := range all {
		cursors[name] = nextCursor(fx.send(t, c.endpoint, sara, newRequest(http.MethodGet, c.path, "").query(c.query)))
	}
	ask := func(list string, actor user.Principal, query string) response {
		return fx.send(t, all[list].endpoint, actor, newRequest(http.MethodGet, all[list].path, "").query(query))
	}
	for name := range all {
		other := "tickets"
		if name == other {
			other = "history"
		}
		mine := "limit=2&cursor=" + url.QueryEscape(cursors[name])
		if got := ask(name, sara, mine); got.status != 200 {
			t.Errorf("%s, own cursor: got %d %s", name, got.status, got.code())
		}
		for what, got := range map[string]response{
			"another user": ask(name, ali, mine),
			"modified":     ask(name, sara, "limit=2&cursor="+tamper(cursors[name])),
			"truncated":    ask(name, sara, "limit=2&cursor="+cursors[name][:20]),
			"invalid":      ask(name, sara, "limit=2&cursor=abc"),
			"empty":        ask(name, sara, "limit=2&cursor="),
			"another list": ask(name, sara, "limit=2&cursor="+cursors[other]),
		} {
			if got.status != 400 || got.code() != "bad_cursor" || !slices.Equal(got.fieldErrors(), []string{"?cursor invalid"}) {
				t.Errorf("%s, %s: got %d %s %v", name, what, got.status, got.code(), got.fieldErrors())
			}
		}
		fx.now = fx.now.Add(24*time.Hour + time.Second)
		if got := ask(name, sara, mine); got.code() != "bad_cursor" {
			t.Errorf("%s, expired: got %d %s", name, got.status, got.code())
		}
		fx.now = fx.now.Add(-24*time.Hour - time.Second)
	}
	// Messages and history are different lists, as are those of two tickets.
	if got := ask("history", sara, "limit=2&cursor="+cursors["messages"]); got.code() != "bad_cursor" {
		t.Errorf("messages in history: got %d", got.status)
	}
	r := newRequest(http.MethodGet, "/tickets/x/history", "").query("limit=2&cursor=" + cursors["history"])
	r.PathParameters["id"] = "01BX5ZZKBKACTAV9WEVGEMM000"
	if got := fx.send(t, api.ListHistory(fx.tickets), sara, r); got.code() != "bad_cursor" {
		t.Errorf("another ticket: got %d", got.status)
	}
}

// tamper changes one character of the cursor.
func tamper(cursor string) string {
	middle := len(cursor) / 2
	other := "A"
	if cursor[middle] == 'A' {
		other = "B"
	}
	return cursor[:middle] + other + cursor[middle+1:]
}

// TestListTickets_Query checks the store query or the error for each query string.
func TestListTickets_Query(t *testing.T) {
	open := []ticket.Status{ticket.StatusOpen, ticket.StatusOnHold}
	slices.Sort(open)
	at := func(hour, minute int) time.Time {
		return time.Date(2026, 3, 21, 0, 0, 0, 0, time.UTC).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
	}
	for _, c := range []struct {
		actor       user.Principal
		query       string
		want        ticket.Query
		fieldErrors string
	}{
		{sara, "", ticket.Query{CustomerID: saraID, Sort: ticket.SortActivity, Limit: 20}, ""},
		{ali, "", ticket.Query{Sort: ticket.SortWaiting, Limit: 20}, ""},
		{sara, "limit=1&sort=-createdAt", ticket.Query{CustomerID: saraID, Sort: ticket.SortCreated, Limit: 1}, ""},
		{ali, "limit=100&sort=-lastActivityAt", ticket.Query{Sort: ticket.SortActivity, Limit: 100}, ""},
		{sara, "status=open", ticket.Query{CustomerID: saraID, Statuses: open, Sort: ticket.SortActivity, Limit: 20}, ""},
		{ali, "status=open,new,open", ticket.Query{Statuses: []ticket.Status{ticket.StatusNew, ticket.StatusOpen}, Sort: ticket.SortWaiting, Limit: 20}, ""},
		{ali, "assignee=me&priority=high", ticket.Query{AssigneeID: aliID, Priorities: []ticket.Priority{ticket.PriorityHigh}, Sort: ticket.SortWaiting, Limit: 20}, ""},
		{ali, "assignee=none&category=" + billingID, ticket.Query{AssigneeID: ticket.Unassigned, CategoryIDs: []string{billingID}, Sort: ticket.SortWaiting, Limit: 20}, ""},
		{ali, "assignee=" + minaID, ticket.Query{AssigneeID: minaID, Sort: ticket.SortWaiting, Limit: 20}, ""},
		{ali, "assignee=" + strings.ToLower(minaID), ticket.Query{AssigneeID: minaID, Sort: ticket.SortWaiting, Limit: 20}, ""},
		{ali, "priority=low,high&category=" + strings.ToLower(otherID) + "," + billingID + "," + billingID, ticket.Query{
			CategoryIDs: []string{billingID, otherID}, Priorities: []ticket.Priority{ticket.PriorityHigh, ticket.PriorityLow}, Sort: ticket.SortWaiting, Limit: 20,
		}, ""},
		{ali, "customer=" + saraID, ticket.Query{CustomerIDs: []string{saraID}, Sort: ticket.SortActivity, Limit: 20}, ""},
		{ali, "customer=" + saraID + "," + rezaID + "&sort=waiting", ticket.Query{CustomerIDs: []string{rezaID, saraID}, Sort: ticket.SortWaiting, Limit: 20}, ""},
		{ali, "tag=VIP,re%20fund%09&unread=true", ticket.Query{Tags: []string{"vip", "re fund"}, UnreadFor: aliID, Sort: ticket.SortWaiting, Limit: 20}, ""},
		{ali, "tag=cafe%CC%81,%D9%83", ticket.Query{Tags: []string{"cafe", "\u06a9"}, Sort: ticket.SortWaiting, Limit: 20}, ""},
		{sara, "tag=vip&status=open&unread=false", ticket.Query{CustomerID: saraID, Statuses: []ticket.Status{"none"}, Sort: ticket.SortActivity, Limit: 20}, ""},
		{sara, "unread=true", ticket.Query{CustomerID: saraID, UnreadFor: saraID, Sort: ticket.SortActivity, Limit: 20}, ""},
		{sara, "from=2026-03-21T10:00:00%2B03:30&to=2026-03-21T10:00:00+03:30", ticket.Query{
			CustomerID: saraID, From: at(6, 30), To: at(6, 30).Add(time.Millisecond), Sort: ticket.SortActivity, Limit: 20,
		}, ""},
		{ali, "from=2026-03-21&to=2026-03-21", ticket.Query{From: at(0, 0), To: at(24, 0), Sort: ticket.SortWaiting, Limit: 20}, ""},
		{ali, "from=2026-03-21&to=2026-03-21&timezone=Asia/Tehran", ticket.Query{From: at(-4, 30), To: at(20, 30), Sort: ticket.SortWaiting, Limit: 20}, ""},
		{ali, "from=2026-03-29&to=2026-03-29&timezone=Europe/Berlin", ticket.Query{From: at(8*24-1, 0), To: at(9*24-2, 0), Sort: ticket.SortWaiting, Limit: 20}, ""},
		{sara, "customer=" + saraID, ticket.Query{}, "?customer not_allowed"}, {ali, "customer=x", ticket.Query{}, "?customer invalid"},
		{ali, "customer=", ticket.Query{}, "?customer invalid"}, {ali, "customer=" + strings.Repeat(saraID+",", 20), ticket.Query{}, "?customer too_many"},
		{ali, "tag=", ticket.Query{}, "?tag invalid"}, {ali, "tag=a,,b", ticket.Query{}, "?tag invalid"}, {ali, "tag=" + strings.Repeat("x", 41), ticket.Query{}, "?tag invalid"},
		{sara, "tag=", ticket.Query{}, "?tag invalid"}, {ali, "unread=yes", ticket.Query{}, "?unread not_allowed"}, {ali, "unread=", ticket.Query{}, "?unread not_allowed"},
		{ali, "from=yesterday", ticket.Query{}, "?from invalid"}, {ali, "to=", ticket.Query{}, "?to invalid"}, {ali, "from=0001-01-01", ticket.Query{}, "?from out_of_range"},
		{ali, "from=1970-01-01T00:00:00%2B14:00", ticket.Query{}, "?from out_of_range"}, {ali, "to=1970-01-01T05:00:00%2B14:00", ticket.Query{}, "?to out_of_range"},
		{ali, "from=1970-01-01&to=1970-01-01&timezone=Asia/Tehran", ticket.Query{From: time.UnixMilli(0).UTC(), To: time.Unix(20*3600+1800, 0).UTC(), Sort: ticket.SortWaiting, Limit: 20}, ""},
		{ali, "to=9999-12-31T00:00:00Z", ticket.Query{}, "?to out_of_range"}, {ali, "from=2026-03-22&to=2026-03-21", ticket.Query{}, "?to out_of_range"},
		{ali, "timezone=Tehran", ticket.Query{}, "?timezone invalid"}, {ali, "priority=low,,high", ticket.Query{}, "?priority not_allowed"},
		{ali, "category=" + billingID + ",x", ticket.Query{}, "?category invalid"},
		{ali, "q=the+Invoice", ticket.Query{Terms: []search.Terms{{Tokens: []string{"the"}, Prefix: "invoice"}}, Sort: ticket.SortWaiting, Limit: 20}, ""},
		{sara, "q=x&status=new", ticket.Query{
			Terms: []search.Terms{{Tokens: []string{"x"}}}, CustomerID: saraID, Statuses: []ticket.Status{ticket.StatusNew}, Sort: ticket.SortActivity, Limit: 20,
		}, ""},
		{ali, "q=%00Inv%00oi%e2%80%8ece%0a", ticket.Query{Terms: []search.Terms{{Prefix: "invoice"}}, Sort: ticket.SortWaiting, Limit: 20}, ""},
		{ali, "q=+&limit=5", ticket.Query{Sort: ticket.SortWaiting, Limit: 5}, ""},
		{ali, "q=" + strings.Repeat("a+", 11), ticket.Query{}, "?q too_long"}, {ali, "q=" + strings.Repeat("a", 201), ticket.Query{}, "?q too_long"},
		{ali, "limit=0", ticket.Query{}, "?limit out_of_range"}, {ali, "limit=101", ticket.Query{}, "?limit out_of_range"},
		{ali, "limit=x", ticket.Query{}, "?limit not_a_number"}, {ali, "limit=", ticket.Query{}, "?limit not_a_number"},
		{ali, "limit=-1", ticket.Query{}, "?limit out_of_range"}, {ali, "limit=99999999999999999999", ticket.Query{}, "?limit out_of_range"},
		{ali, "status=done", ticket.Query{}, "?status not_allowed"}, {ali, "status=open,", ticket.Query{}, "?status not_allowed"},
		{ali, "priority=P1", ticket.Query{}, "?priority not_allowed"}, {ali, "category=x", ticket.Query{}, "?category invalid"},
		{ali, "status=", ticket.Query{}, "?status not_allowed"}, {ali, "priority=", ticket.Query{}, "?priority not_allowed"},
		{ali, "category=", ticket.Query{}, "?category invalid"}, {ali, "assignee=", ticket.Query{}, "?assignee invalid"},
		{ali, "sort=", ticket.Query{}, "?sort not_allowed"},
		{ali, "assignee=ali", ticket.Query{}, "?assignee invalid"}, {ali, "sort=title", ticket.Query{}, "?sort not_allowed"},
		{sara, "sort=waiting", ticket.Query{}, "?sort not_allowed"},
	} {
		fx := newFixture(t)
		got := fx.send(t, api.ListTickets(fx.tickets, time.UTC), c.actor, newRequest(http.MethodGet, "/tickets", "").query(c.query))
		if c.fieldErrors != "" {
			if got.status != 400 || !slices.Equal(got.fieldErrors(), []string{c.fieldErrors}) || len(fx.queries) != 0 {
				t.Errorf("%s: got %d %v, want %s", c.query, got.status, got.fieldErrors(), c.fieldErrors)
			}
			continue
		}
		if got.status != 200 || len(fx.queries) != 1 || fmt.Sprint(fx.queries[0]) != fmt.Sprint(c.want) {
			t.Errorf("%s: got %d %+v\nwant %+v", c.query, got.status, fx.queries, c.want)
		}
		if data, isList := got.body["data"].([]any); !isList || len(data) != 0 {
			t.Errorf("%s: want an empty list, got %s", c.query, got.text)
		}
	}
}

// TestListTickets_SearchWithoutTerms checks that a search for punctuation is an empty page.
func TestListTickets_SearchWithoutTerms(t *testing.T) {
	fx := fixtureWithTickets(t)
	for _, query := range []string{"q=?!", "q=%00", "q=%e2%80%8e%20%07"} {
		got := fx.send(t, api.ListTickets(fx.tickets, time.UTC), ali, newRequest(http.MethodGet, "/tickets", "").query(query))
		if data, _ := got.body["data"].([]any); got.status != 200 || len(data) != 0 || len(fx.queries) != 0 {
			t.Errorf("%s: got %d %s, want an empty page", query, got.status, got.text)
		}
	}
	for query, want := range map[string]string{"q=?!&limit=many": "?limit not_a_number", "q=?!&limit=101": "?limit out_of_range", "q=?!&cursor=x": "?cursor invalid"} {
		got := fx.send(t, api.ListTickets(fx.tickets, time.UTC), ali, newRequest(http.MethodGet, "/tickets", "").query(query))
		if got.status != 400 || !slices.Equal(got.fieldErrors(), []string{want}) {
			t.Errorf("%s: got %d %v, want %s", query, got.status, got.fieldErrors(), want)
		}
	}
}

// TestListTickets_CustomerOnHold checks that the filter on_hold is empty for customers.
func TestListTickets_CustomerOnHold(t *testing.T) {
	fx := fixtureWithTickets(t)
	got := fx.send(t, api.ListTickets(fx.tickets, time.UTC), sara, newRequest(http.MethodGet, "/tickets", "").query("status=on_hold"))
	if data, _ := got.body["data"].([]any); got.status != 200 || len(data) != 0 {
		t.Errorf("got %d %s", got.status, got.text)
	}
}

func TestListHistory_Query(t *testing.T) {
	fx := fixtureWithTickets(t)
	for _, c := range []struct {
		query       string
		seqs        string // visible to the customer
		more        bool
		fieldErrors string
	}{
		{"", "[1 2 4 5 6 8]", false, ""},
		{"limit=3", "[5 6 8]", true, ""},
		{"before=5&limit=2", "[2 4]", true, ""},
		{"before=2", "[1]", false, ""}, {"before=1", "[]", false, ""}, {"before=99", "[1 2 4 5 6 8]", false, ""},
		{"after=0&limit=2", "[1 2]", true, ""}, {"after=2", "[4 5 6 8]", false, ""}, {"after=8", "[]", false, ""}, {"after=9999999999", "[]", false, ""},
		{"after=1&before=5", "", false, "?before not_together"}, {"before=0", "", false, "?before out_of_range"},
		{"after=-1", "", false, "?after out_of_range"}, {"after=x", "", false, "?after not_a_number"},
		{"after=9223372036854775807", "", false, "?after out_of_range"}, {"before=9223372036854775807", "", false, "?before out_of_range"},
	} {
		got := fx.send(t, api.ListHistory(fx.tickets), sara, newRequest(http.MethodGet, "/tickets/x/history", "").query(c.query))
		if c.fieldErrors != "" {
			if got.status != 400 || !slices.Equal(got.fieldErrors(), []string{c.fieldErrors}) {
				t.Errorf("%s: got %d %v, want %s", c.query, got.status, got.fieldErrors(), c.fieldErrors)
			}
			continue
		}
		var seqs []any
		data, _ := got.body["data"].([]any)
		for _, e := range data {
			seqs = append(seqs, e.(map[string]any)["seq"])
		}
		if fmt.Sprint(seqs) != c.seqs || got.field("page", "hasMore") != c.more || got.body["lastSeq"] != 8.0 {
			t.Errorf("%s: got %v, %s, want %s, more %v", c.query, seqs, got.text, c.seqs, c.more)
		}
	}
	if strings.Contains(fx.log.String(), "ERROR") {
		t.Errorf("logged %s", fx.log)
	}
}
