package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ticketsystem/localstack/client"
)

func TestCreateTicket(t *testing.T) {
	t.Parallel()
	me := customer(t)
	kind := category(t, 1)
	clientID := client.NewID()
	body := draft(t, object{
		"clientId": clientID, "title": "صورت‌حساب اشتباه", "description": "Line one\nline two 🙂", "categoryId": kind.ID, "priority": "high",
	})
	var ticket client.Ticket
	answer := me.must(201, "POST", "/tickets", body, &ticket)
	if location := answer.Header.Get("Location"); !strings.HasSuffix(location, "/tickets/"+ticket.ID) {
		t.Errorf("Location: got %q, want .../tickets/%s", location, ticket.ID)
	}
	same(t, "title", ticket.Title, "صورت‌حساب اشتباه")
	same(t, "status", ticket.Status, "new")
	same(t, "priority", ticket.Priority, "high")
	same(t, "unread", ticket.Unread, 0)
	same(t, "lastSeq", ticket.LastSeq, 1)
	if ticket.Number == "" || ticket.Version == nil || ticket.Assignee != nil || ticket.ClosedAt != nil || ticket.Tags == nil {
		t.Errorf("ticket: got %+v, want number and version, no assignee, not closed, an empty list of tags", ticket)
	}
	if ticket.Category == nil || *ticket.Category != (client.Named{ID: kind.ID, Name: kind.Name}) {
		t.Errorf("category: got %+v, want %+v", ticket.Category, kind)
	}
	if ticket.Customer == nil || ticket.Customer.ID != me.User.ID || ticket.Customer.Name != me.User.Name {
		t.Errorf("customer: got %+v, want %s", ticket.Customer, me.User.ID)
	}
	if age := time.Since(ticket.CreatedAt).Abs(); age > time.Hour || !ticket.LastActivityAt.Equal(ticket.CreatedAt) {
		t.Errorf("times: got created %s and active %s, want the same moment of today", ticket.CreatedAt, ticket.LastActivityAt)
	}

	var detail client.Detail
	read := me.get("/tickets/"+ticket.ID, &detail)
	same(t, "ETag of GET", read.Header.Get("ETag"), answer.Header.Get("ETag"))
	same(t, "entries", len(detail.Entries), 1)
	entry := last(t, detail.Entries)
	same(t, "entry.kind", entry.Kind, "opened")
	same(t, "entry.seq", entry.Seq, 1)
	same(t, "entry.body", entry.Body, "Line one\nline two 🙂")
	same(t, "entry.clientId", entry.ClientID, clientID)
	same(t, "entry.author", entry.Author, client.Author{ID: me.User.ID, Name: me.User.Name, Role: "user"})
	same(t, "entry.state", entry.State, client.State{Status: "new", Priority: "high", CategoryID: kind.ID})
}

func TestPriorityIsMediumByDefault(t *testing.T) {
	t.Parallel()
	same(t, "priority", customer(t).open(nil).Priority, "medium")
}

func TestCreateTicketIsExactlyOnce(t *testing.T) {
	t.Parallel()
	me, other := customer(t), customer(t)
	body := draft(t, nil)
	var first, second client.Ticket
	me.must(201, "POST", "/tickets", body, &first)
	answer := me.must(200, "POST", "/tickets", body, &second)
	same(t, "repeat: id", second.ID, first.ID)
	if answer.Header.Get("ETag") == "" {
		t.Error("repeat: got no ETag, want one")
	}
	body["title"] = "Something else"
	me.must(200, "POST", "/tickets", body, &second)
	same(t, "repeat with other content: id", second.ID, first.ID)
	same(t, "repeat with other content: title", second.Title, first.Title)

	other.must(201, "POST", "/tickets", body, &second)
	if second.ID == first.ID {
		t.Errorf("the same clientId of another person: got ticket %s, want one of his own", first.ID)
	}
}

func TestCreateTicketAtOnceIsExactlyOnce(t *testing.T) {
	t.Parallel()
	me := customer(t)
	body := draft(t, nil)
	answers := together(t, 10, func(int) (client.Answer, error) {
		return me.Do(t.Context(), "POST", "/tickets", body)
	})
	ids := map[string]bool{}
	for _, answer := range answers {
		if answer.Status != 200 && answer.Status != 201 {
			t.Fatalf("ten equal calls at once: got %s, want 200 or 201", answer)
		}
		var ticket client.Ticket
		expect(t, answer, answer.Status, &ticket)
		ids[ticket.ID] = true
	}
	same(t, "tickets of ten equal calls at once", len(ids), 1)
	same(t, "201s of ten equal calls at once", count(answers)[201], 1)
}

func TestPatchWantsTheNewestVersion(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.open(nil)
	path := "/tickets/" + ticket.ID
	etag := me.get(path, nil).Header.Get("ETag")
	var changed client.Ticket
	answer := me.must(200, "PATCH", path, object{"title": "A better title"}, &changed, client.IfMatch(etag))
	same(t, "title", changed.Title, "A better title")
	fresh := answer.Header.Get("ETag")
	if fresh == "" || fresh == etag {
		t.Errorf("ETag after a change: got %q, want another than %q", fresh, etag)
	}
	refused(t, me.call("PATCH", path, object{"title": "Lost update"}, client.IfMatch(etag)), 412)
	refused(t, me.call("PATCH", path, object{"title": "Lost update"}, client.IfMatch(`"nonsense"`)), 400, 412)
	me.must(200, "PATCH", path, object{"priority": "urgent"}, &changed, client.IfMatch(fresh))
	same(t, "title after the refused change", changed.Title, "A better title")

	entries := me.history(ticket.ID)
	want := []string{"opened", "title", "priority"}
	if got := kinds(entries); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("history: got %v, want %v", got, want)
	}
	for i, change := range []client.Change{
		{Field: "title", From: ticket.Title, To: "A better title"}, {Field: "priority", From: "medium", To: "urgent"},
	} {
		if entry := entries[i+1]; entry.Change == nil || *entry.Change != change {
			t.Errorf("history, seq %d: got change %+v, want %+v", entry.Seq, entry.Change, change)
		}
	}
	same(t, "state after the change", last(t, entries).State.Priority, "urgent")
}

func kinds(entries []client.Entry) []string {
	var all []string
	for _, entry := range entries {
		all = append(all, entry.Kind)
	}
	return all
}

// amend changes a ticket at its newest version.
func (a actor) amend(ticketID string, body object) client.Answer {
	a.t.Helper()
	etag := a.get("/tickets/"+ticketID, nil).Header.Get("ETag")
	return a.call("PATCH", "/tickets/"+ticketID, body, client.IfMatch(etag))
}

func TestOwnerAndStaffMayPatch(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.open(nil)
	other := category(t, 2)
	refused(t, me.amend(ticket.ID, object{"categoryId": other.ID}), 403)
	refused(t, me.amend(ticket.ID, object{"tags": []string{"vip"}}), 403)

	var changed client.Ticket
	expect(t, agent.amend(ticket.ID, object{"categoryId": other.ID}), 200, &changed)
	if changed.Category == nil || changed.Category.ID != other.ID {
		t.Errorf("category: got %+v, want %s", changed.Category, other.ID)
	}
	expect(t, agent.amend(ticket.ID, object{"tags": []string{"vip", "parcel"}}), 200, &changed)
	same(t, "tags", fmt.Sprint(changed.Tags), fmt.Sprint([]string{"vip", "parcel"}))
	expect(t, agent.amend(ticket.ID, object{"title": "By support"}), 200, &changed)
	same(t, "title", changed.Title, "By support")

	for name, body := range map[string]object{
		"blank title": {"title": ""}, "priority": {"priority": "x"}, "category": {"categoryId": client.NewID()},
		"tags type": {"tags": "vip"}, "status": {"status": "closed"}, "unknown": {"color": "red"},
	} {
		answer := agent.amend(ticket.ID, body)
		if answer.Status != 400 && answer.Status != 422 {
			t.Errorf("PATCH with bad %s: got %s, want 400 or 422", name, answer)
		}
	}
	me.change(ticket.ID, "close", nil)
	refused(t, me.amend(ticket.ID, object{"title": "Too late"}), 409)
}

func TestWhatIsNotYoursDoesNotExist(t *testing.T) {
	t.Parallel()
	owner, me := customer(t), customer(t)
	ticket := owner.open(nil)
	owner.post(ticket.ID, "private", nil)
	message := object{"clientId": client.NewID(), "body": "hello"}
	verb := object{"clientId": client.NewID()}
	for _, id := range []string{ticket.ID, client.NewID()} {
		path := "/tickets/" + id
		for _, call := range []struct {
			method, path string
			body         any
		}{
			{"GET", path, nil}, {"GET", path + "/messages", nil}, {"GET", path + "/history", nil},
			{"PATCH", path, object{"title": "mine now"}},
			{"POST", path + "/messages", message}, {"POST", path + "/read", object{"seq": 1}},
			{"POST", path + "/close", verb}, {"POST", path + "/reopen", verb},
		} {
			answer := me.call(call.method, call.path, call.body, client.IfMatch(`"1"`))
			problem := refused(t, answer, 404)
			same(t, answer.Call+" instance", problem.Instance, call.path)
		}
	}
	var page client.List[client.Ticket]
	me.get("/tickets", &page)
	same(t, "a stranger's tickets", len(page.Data), 0)
	same(t, "entries after a stranger's tries", len(owner.history(ticket.ID)), 2)
}

func TestStaffVerbsAreNotForCustomers(t *testing.T) {
	t.Parallel()
	owner, stranger := customer(t), customer(t)
	ticket := owner.open(nil)
	for verb, body := range map[string]object{
		"status": {"clientId": client.NewID(), "status": "resolved"},
		"assign": {"clientId": client.NewID(), "assigneeId": "me"},
	} {
		refused(t, owner.call("POST", "/tickets/"+ticket.ID+"/"+verb, body), 403)
		// The role is judged at the door, so a stranger may learn no more than that.
		refused(t, stranger.call("POST", "/tickets/"+ticket.ID+"/"+verb, body), 403, 404)
	}
	same(t, "status after refused verbs", owner.detail(ticket.ID).Ticket.Status, "new")
}

func TestDetailShowsTheNewestTwenty(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.open(nil)
	for i := range 24 {
		me.post(ticket.ID, fmt.Sprintf("message %d", i+2), nil)
	}
	detail := me.detail(ticket.ID)
	same(t, "hasMore", detail.HasMore, true)
	same(t, "seqs", fmt.Sprint(seqs(detail.Entries)), fmt.Sprint(between(6, 25)))
	same(t, "lastSeq", detail.Ticket.LastSeq, 25)
	short := me.open(nil)
	same(t, "hasMore of a short ticket", me.detail(short.ID).HasMore, false)
}

// between lists the numbers from first to last.
func between(first, last int) []int {
	var numbers []int
	for n := first; n <= last; n++ {
		numbers = append(numbers, n)
	}
	return numbers
}
