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

// full is a house with five tickets of Sara's, the first with eight entries.
func full(t *testing.T) *house {
	t.Helper()
	h := newHouse(t)
	h.stock(oneID, "message", "note", "message", "status", "message", "note", "message")
	for i := range 4 {
		h.stock(fmt.Sprintf("01BX5ZZKBKACTAV9WEVGEMM%03d", i))
	}
	return h
}

func next(a answer) string {
	cursor, _ := a.at("page", "next").(string)
	return cursor
}

// lists are the endpoints that page, with the query their cursors belong to.
func lists(h *house) map[string]struct {
	endpoint api.Endpoint
	query    string
	total    int
} {
	return map[string]struct {
		endpoint api.Endpoint
		query    string
		total    int
	}{
		"tickets":    {api.ListTickets(h.desk), "limit=2", 5},
		"messages":   {api.ListMessages(h.desk), "limit=2", 4},
		"history":    {api.ListHistory(h.desk), "limit=2", 6},
		"forward":    {api.ListHistory(h.desk), "limit=2&after=0", 6},
		"categories": {api.ListCategories(h.people), "limit=1", 3},
	}
}

func TestPagesMeetEverythingOnce(t *testing.T) {
	h := full(t)
	for name, c := range lists(h) {
		seen, query := map[string]bool{}, c.query
		for range 10 {
			got := h.send(t, c.endpoint, sara, call(http.MethodGet, "/x", "").query(query))
			data, _ := got.body["data"].([]any)
			if got.status != 200 || len(data) == 0 {
				t.Fatalf("%s: got %d %s", name, got.status, got.text)
			}
			for _, one := range data {
				key := fmt.Sprint(one.(map[string]any)["id"], one.(map[string]any)["seq"])
				if seen[key] {
					t.Errorf("%s: %s stands there twice", name, key)
				}
				seen[key] = true
			}
			if more := got.at("page", "hasMore") == true; more != (next(got) != "") {
				t.Errorf("%s: hasMore %v with the cursor %q", name, more, next(got))
			}
			if next(got) == "" {
				break
			}
			query = c.query + "&cursor=" + url.QueryEscape(next(got))
		}
		if len(seen) != c.total {
			t.Errorf("%s: met %d, want %d", name, len(seen), c.total)
		}
	}
}

// TestCursorsAreOnesOwn: of a person, a list, a time, and whole.
func TestCursorsAreOnesOwn(t *testing.T) {
	h := full(t)
	all := lists(h)
	cursors := map[string]string{}
	for name, c := range all {
		cursors[name] = next(h.send(t, c.endpoint, sara, call(http.MethodGet, "/x", "").query(c.query)))
	}
	ask := func(list string, who user.Principal, query string) answer {
		return h.send(t, all[list].endpoint, who, call(http.MethodGet, "/x", "").query(query))
	}
	for name := range all {
		other := "tickets"
		if name == other {
			other = "history"
		}
		mine := "limit=2&cursor=" + url.QueryEscape(cursors[name])
		if got := ask(name, sara, mine); got.status != 200 {
			t.Errorf("%s, one's own: got %d %s", name, got.status, got.code())
		}
		for what, got := range map[string]answer{
			"another person":  ask(name, ali, mine),
			"a broken seal":   ask(name, sara, "limit=2&cursor="+tamper(cursors[name])),
			"cut short":       ask(name, sara, "limit=2&cursor="+cursors[name][:20]),
			"nonsense":        ask(name, sara, "limit=2&cursor=abc"),
			"empty":           ask(name, sara, "limit=2&cursor="),
			"of another list": ask(name, sara, "limit=2&cursor="+cursors[other]),
		} {
			if got.status != 400 || got.code() != "bad_cursor" || !slices.Equal(got.wrong(), []string{"?cursor invalid"}) {
				t.Errorf("%s, %s: got %d %s %v", name, what, got.status, got.code(), got.wrong())
			}
		}
		h.now = h.now.Add(24*time.Hour + time.Second)
		if got := ask(name, sara, mine); got.code() != "bad_cursor" {
			t.Errorf("%s, a day old: got %d %s", name, got.status, got.code())
		}
		h.now = h.now.Add(-24*time.Hour - time.Second)
	}
	// The messages' cursor is none of the history, nor of another ticket.
	if got := ask("history", sara, "limit=2&cursor="+cursors["messages"]); got.code() != "bad_cursor" {
		t.Errorf("messages in history: got %d", got.status)
	}
	r := call(http.MethodGet, "/x", "").query("limit=2&cursor=" + cursors["history"])
	r.PathParameters["id"] = "01BX5ZZKBKACTAV9WEVGEMM000"
	if got := h.send(t, api.ListHistory(h.desk), sara, r); got.code() != "bad_cursor" {
		t.Errorf("another ticket: got %d", got.status)
	}
}

// tamper changes one character in the middle.
func tamper(cursor string) string {
	middle := len(cursor) / 2
	other := "A"
	if cursor[middle] == 'A' {
		other = "B"
	}
	return cursor[:middle] + other + cursor[middle+1:]
}

// TestTicketQueries: what a list is asked for, by whom, and what is refused.
func TestTicketQueries(t *testing.T) {
	open := []ticket.Status{ticket.StatusOpen, ticket.StatusOnHold}
	slices.Sort(open)
	for _, c := range []struct {
		who   user.Principal
		query string
		want  ticket.Query
		wrong string
	}{
		{sara, "", ticket.Query{CustomerID: saraID, Sort: ticket.SortActivity, Limit: 20}, ""},
		{ali, "", ticket.Query{Sort: ticket.SortWaiting, Limit: 20}, ""},
		{sara, "limit=1&sort=-createdAt", ticket.Query{CustomerID: saraID, Sort: ticket.SortCreated, Limit: 1}, ""},
		{ali, "limit=100&sort=-lastActivityAt", ticket.Query{Sort: ticket.SortActivity, Limit: 100}, ""},
		{sara, "status=open", ticket.Query{CustomerID: saraID, Statuses: open, Sort: ticket.SortActivity, Limit: 20}, ""},
		{ali, "status=open,new,open", ticket.Query{Statuses: []ticket.Status{ticket.StatusNew, ticket.StatusOpen}, Sort: ticket.SortWaiting, Limit: 20}, ""},
		{ali, "assignee=me&priority=high", ticket.Query{AssigneeID: aliID, Priority: ticket.PriorityHigh, Sort: ticket.SortWaiting, Limit: 20}, ""},
		{ali, "assignee=none&category=" + shelfID, ticket.Query{AssigneeID: ticket.Nobody, CategoryID: shelfID, Sort: ticket.SortWaiting, Limit: 20}, ""},
		{ali, "assignee=" + minaID, ticket.Query{AssigneeID: minaID, Sort: ticket.SortWaiting, Limit: 20}, ""},
		{ali, "q=the+Invoice", ticket.Query{Terms: []search.Terms{{Words: []string{"the"}, Beginning: "invoice"}}, Sort: ticket.SortWaiting, Limit: 20}, ""},
		{sara, "q=x&status=new", ticket.Query{
			Terms: []search.Terms{{Words: []string{"x"}}}, CustomerID: saraID, Statuses: []ticket.Status{ticket.StatusNew}, Sort: ticket.SortActivity, Limit: 20,
		}, ""},
		{ali, "q=+&limit=5", ticket.Query{Sort: ticket.SortWaiting, Limit: 5}, ""},
		{ali, "q=" + strings.Repeat("a+", 11), ticket.Query{}, "?q too_long"}, {ali, "q=" + strings.Repeat("a", 201), ticket.Query{}, "?q too_long"},
		{ali, "limit=0", ticket.Query{}, "?limit out_of_range"}, {ali, "limit=101", ticket.Query{}, "?limit out_of_range"},
		{ali, "limit=x", ticket.Query{}, "?limit not_a_number"}, {ali, "limit=", ticket.Query{}, "?limit not_a_number"},
		{ali, "limit=-1", ticket.Query{}, "?limit not_a_number"}, {ali, "limit=99999999999999999999", ticket.Query{}, "?limit not_a_number"},
		{ali, "status=done", ticket.Query{}, "?status not_allowed"}, {ali, "status=open,", ticket.Query{}, "?status not_allowed"},
		{ali, "priority=P1", ticket.Query{}, "?priority not_allowed"}, {ali, "category=x", ticket.Query{}, "?category invalid"},
		{ali, "status=", ticket.Query{}, "?status not_allowed"}, {ali, "priority=", ticket.Query{}, "?priority not_allowed"},
		{ali, "category=", ticket.Query{}, "?category invalid"}, {ali, "assignee=", ticket.Query{}, "?assignee invalid"},
		{ali, "sort=", ticket.Query{}, "?sort not_allowed"},
		{ali, "assignee=ali", ticket.Query{}, "?assignee invalid"}, {ali, "sort=title", ticket.Query{}, "?sort not_allowed"},
		{sara, "sort=waiting", ticket.Query{}, "?sort not_allowed"},
	} {
		h := newHouse(t)
		got := h.send(t, api.ListTickets(h.desk), c.who, call(http.MethodGet, "/tickets", "").query(c.query))
		if c.wrong != "" {
			if got.status != 400 || !slices.Equal(got.wrong(), []string{c.wrong}) || len(h.listed) != 0 {
				t.Errorf("%s: got %d %v, want %s", c.query, got.status, got.wrong(), c.wrong)
			}
			continue
		}
		if got.status != 200 || len(h.listed) != 1 || fmt.Sprint(h.listed[0]) != fmt.Sprint(c.want) {
			t.Errorf("%s: got %d %+v\nwant %+v", c.query, got.status, h.listed, c.want)
		}
		if data, isList := got.body["data"].([]any); !isList || len(data) != 0 {
			t.Errorf("%s: an empty list is %s", c.query, got.text)
		}
	}
}

// TestSearchWithoutWords: signs alone occur nowhere.
func TestSearchWithoutWords(t *testing.T) {
	h := full(t)
	got := h.send(t, api.ListTickets(h.desk), ali, call(http.MethodGet, "/tickets", "").query("q=?!"))
	if data, _ := got.body["data"].([]any); got.status != 200 || len(data) != 0 || len(h.listed) != 0 {
		t.Errorf("got %d %s, want an empty page", got.status, got.text)
	}
}

// TestCustomersHaveNoOnHold: the filter finds none of theirs.
func TestCustomersHaveNoOnHold(t *testing.T) {
	h := full(t)
	got := h.send(t, api.ListTickets(h.desk), sara, call(http.MethodGet, "/tickets", "").query("status=on_hold"))
	if data, _ := got.body["data"].([]any); got.status != 200 || len(data) != 0 {
		t.Errorf("got %d %s", got.status, got.text)
	}
}

func TestEntryQueries(t *testing.T) {
	h := full(t)
	for _, c := range []struct {
		query string
		seqs  string // of the page, as a customer sees it
		more  bool
		wrong string
	}{
		{"", "[1 2 4 5 6 8]", false, ""},
		{"limit=3", "[5 6 8]", true, ""},
		{"before=5&limit=2", "[2 4]", true, ""},
		{"before=2", "[1]", false, ""}, {"before=1", "[]", false, ""}, {"before=99", "[1 2 4 5 6 8]", false, ""},
		{"after=0&limit=2", "[1 2]", true, ""}, {"after=2", "[4 5 6 8]", false, ""}, {"after=8", "[]", false, ""}, {"after=9999999999", "[]", false, ""},
		{"after=1&before=5", "", false, "?before not_together"}, {"before=0", "", false, "?before out_of_range"},
		{"after=-1", "", false, "?after not_a_number"}, {"after=x", "", false, "?after not_a_number"},
		{"after=9223372036854775807", "", false, "?after not_a_number"}, {"before=9223372036854775807", "", false, "?before not_a_number"},
	} {
		got := h.send(t, api.ListHistory(h.desk), sara, call(http.MethodGet, "/x", "").query(c.query))
		if c.wrong != "" {
			if got.status != 400 || !slices.Equal(got.wrong(), []string{c.wrong}) {
				t.Errorf("%s: got %d %v, want %s", c.query, got.status, got.wrong(), c.wrong)
			}
			continue
		}
		var seqs []any
		data, _ := got.body["data"].([]any)
		for _, e := range data {
			seqs = append(seqs, e.(map[string]any)["seq"])
		}
		if fmt.Sprint(seqs) != c.seqs || got.at("page", "hasMore") != c.more || got.body["lastSeq"] != 8.0 {
			t.Errorf("%s: got %v, %s, want %s, more %v", c.query, seqs, got.text, c.seqs, c.more)
		}
	}
	if strings.Contains(h.log.String(), "ERROR") {
		t.Errorf("logged %s", h.log)
	}
}
