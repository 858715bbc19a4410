package e2e

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"ticketsystem/infra"
	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/schema"
)

// TestTicketByNumber finds a ticket by the number that its customer reads out.
func TestTicketByNumber(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	mine := me.openTicket(object{"description": "Read out on the phone"})
	typed := url.PathEscape(strings.ToLower(strings.ReplaceAll(mine.Number, "-", " ")))
	for _, caller := range []testUser{me, agent} {
		for _, number := range []string{mine.Number, typed} {
			eventually(t, "the number", func() error {
				var found client.Ticket
				response := caller.call("GET", "/tickets/by-number/"+number, nil)
				if err := response.Decode(200, &found); err != nil {
					return err
				}
				if found.ID != mine.ID || found.Description == "" || response.Header.Get("ETag") == "" {
					t.Errorf("got %+v, want %s", found, mine.ID)
				}
				return nil
			})
		}
	}
	for _, number := range []string{mine.Number, "ZZZZ-ZZZZ", "by", "%20", "K7M2-9QX"} {
		equal(t, number, wantProblem(t, customer(t).call("GET", "/tickets/by-number/"+number, nil), 404).Code, "ticket_not_found")
	}
}

func TestUpdateTicket_StaleVersion(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.openTicket(nil)
	path := "/tickets/" + ticket.ID
	etag := me.get(path, nil).Header.Get("ETag")
	var changed client.Ticket
	response := me.mustCall(200, "PATCH", path, object{"title": "A better title"}, &changed, client.IfMatch(etag))
	equal(t, "title", changed.Title, "A better title")
	fresh := response.Header.Get("ETag")
	if fresh == "" || fresh == etag {
		t.Errorf("ETag after a change: got %q, want another than %q", fresh, etag)
	}
	wantProblem(t, me.call("PATCH", path, object{"title": "Lost update"}, client.IfMatch(etag)), 412)
	wantProblem(t, me.call("PATCH", path, object{"title": "Lost update"}, client.IfMatch(`"nonsense"`)), 400, 412)
	me.mustCall(200, "PATCH", path, object{"priority": "urgent"}, &changed, client.IfMatch(fresh))
	equal(t, "title after the rejected change", changed.Title, "A better title")

	entries := me.history(ticket.ID)
	want := []string{"opened", "title", "priority"}
	if got := entryKinds(entries); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("history: got %v, want %v", got, want)
	}
	for i, change := range []client.Change{
		{Field: "title", From: ticket.Title, To: "A better title"}, {Field: "priority", From: "medium", To: "urgent"},
	} {
		if entry := entries[i+1]; entry.Change == nil || *entry.Change != change {
			t.Errorf("history, seq %d: got change %+v, want %+v", entry.Seq, entry.Change, change)
		}
	}
	equal(t, "state after the change", newest(t, entries).State.Priority, "urgent")
}

// TestChange_StaleVersion checks that each operation that takes If-Match according to
// infra/openapi.yaml honours it, and that a retry of a change that succeeded is not refused.
func TestChange_StaleVersion(t *testing.T) {
	t.Parallel()
	admin := staff(t, adminPhone)
	ticket := customer(t).openTicket(nil)
	path := "/tickets/" + ticket.ID
	stale := admin.get(path, nil).Header.Get("ETag")
	admin.mustCall(200, "PATCH", path, object{"priority": "urgent"}, nil)
	tried := map[string]bool{}
	for _, change := range []struct {
		method, action string
		fields         any
	}{
		{"PATCH", "", object{"title": "Another title"}}, {"POST", "/assign", object{"assigneeId": "me"}}, {"POST", "/status", object{"status": "pending"}},
		{"POST", "/close", object{}}, {"POST", "/reopen", object{}}, {"POST", "/assign", object{"assigneeId": nil}}, {"DELETE", "", nil},
	} {
		tried[change.method+" /tickets/{id}"+change.action] = true
		to, status, calls := path+change.action, 200, 1
		switch change.method {
		case "POST":
			change.fields.(object)["clientId"], calls = client.NewID(), 2
		case "DELETE":
			want := "[opened priority title assignment status status status assignment]"
			equal(t, "entries", fmt.Sprint(entryKinds(admin.history(ticket.ID))), want)
			status = 204
		}
		refused := admin.call(change.method, to, change.fields, client.IfMatch(stale))
		equal(t, change.method+" "+to, wantProblem(t, refused, 412).Code, "version_stale")
		fresh := client.IfMatch(`"0", ` + admin.get(path, nil).Header.Get("ETag"))
		for range calls {
			admin.mustCall(status, change.method, to, change.fields, nil, fresh)
		}
	}
	for name, parameters := range parametersOfOperations(t) {
		equal(t, name+" takes If-Match", slices.Contains(parameters, "#/components/parameters/IfMatch"), tried[name])
	}
}

// parametersOfOperations returns the references of an operation to parameters, by
// "GET /tickets/{id}".
func parametersOfOperations(t *testing.T) map[string][]string {
	t.Helper()
	api, err := parseDocument(infra.OpenAPI)
	must(t, api, err)
	out := map[string][]string{}
	for path, item := range schema.Map(api.Root, "paths") {
		for method, operation := range schema.Map(item) {
			parameters, _ := schema.Map(operation)["parameters"].([]any)
			for _, parameter := range parameters {
				name := strings.ToUpper(method) + " " + path
				reference, _ := schema.Map(parameter)["$ref"].(string)
				out[name] = append(out[name], reference)
			}
		}
	}
	return out
}

// TestChange_RepeatedWithoutEffect repeats changes that had nothing to do after another one has
// changed the ticket: each keeps its first result.
func TestChange_RepeatedWithoutEffect(t *testing.T) {
	t.Parallel()
	agent := support(t)
	ticket := customer(t).openTicket(nil)
	path := "/tickets/" + ticket.ID
	agent.change(ticket.ID, "assign", object{"assigneeId": "me"})
	for _, step := range []struct {
		action    string
		fields    object
		change    object // of the status, between the two requests
		unchanged string
	}{
		{"assign", object{"assigneeId": "me"}, object{"status": "pending"}, "pending"},
		{"status", object{"status": "pending"}, object{"status": "resolved"}, "resolved"},
		{"status", object{"status": "resolved"}, object{"status": "closed"}, "closed"},
		{"close", object{}, object{"status": "open"}, "open"},
		{"reopen", object{}, object{"status": "closed"}, "closed"},
	} {
		step.fields["clientId"] = client.NewID()
		agent.mustCall(200, "POST", path+"/"+step.action, step.fields, nil)
		agent.change(ticket.ID, "status", step.change)
		var got client.Ticket
		agent.mustCall(200, "POST", path+"/"+step.action, step.fields, &got)
		equal(t, step.action, got.Status, step.unchanged)
	}
	want := "[opened assignment status status status status status]"
	if got := fmt.Sprint(entryKinds(agent.history(ticket.ID))); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestUpdateTicket_ChangeNames(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	from, to := seededCategory(t, 0), seededCategory(t, 1)
	ticket := me.openTicket(object{"categoryId": from.ID})
	mine := me.connect()
	agent.mustCall(200, "PATCH", "/tickets/"+ticket.ID, object{"categoryId": to.ID}, nil)
	agent.change(ticket.ID, "assign", object{"assigneeId": "me"})
	agent.change(ticket.ID, "assign", object{"assigneeId": nil})
	for _, language := range []string{"en", "fa"} {
		var fromNow, toNow client.Category
		me.mustCall(200, "GET", "/categories/"+from.ID, nil, &fromNow, client.Language(language))
		me.mustCall(200, "GET", "/categories/"+to.ID, nil, &toNow, client.Language(language))
		var page client.EntryPage
		me.mustCall(200, "GET", "/tickets/"+ticket.ID+"/history?after=1", nil, &page, client.Language(language))
		for i, change := range []client.Change{
			{Field: "category", From: from.ID, To: to.ID, FromName: fromNow.Name, ToName: toNow.Name},
			{Field: "assignee", To: agent.Profile.ID, ToName: agent.Profile.Name}, {Field: "assignee", From: agent.Profile.ID, FromName: agent.Profile.Name},
		} {
			if got := page.Data[i].Change; got == nil || *got != change {
				t.Errorf("%s: got %+v, want %+v", language, got, change)
			}
		}
	}
	mine.await("an entry frame with names", func(f client.Frame) bool {
		return f.Entry != nil && f.Entry.Change != nil && f.Entry.Change.FromName != "" && f.Entry.Change.ToName != ""
	})
}

func TestTicketDetail(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	body := ticketBody(t, object{"description": "Line one\nline two"})
	var ticket client.Ticket
	for _, status := range []int{201, 200} {
		me.mustCall(status, "POST", "/tickets", body, &ticket)
		equal(t, "description", ticket.Description, "Line one\nline two")
	}
	if ticket.WaitingSince == nil || !ticket.WaitingSince.Equal(ticket.CreatedAt) || ticket.FirstReplyAt != nil || ticket.ResolvedAt != nil || ticket.ReopenUntil != nil {
		t.Errorf("a new ticket: got %+v, want it to wait since its creation", ticket)
	}
	reply := agent.post(ticket.ID, "We look", nil)
	agent.post(ticket.ID, "A note", object{"internal": true})
	agent.mustCall(204, "POST", "/tickets/"+ticket.ID+"/read", object{"seq": 3}, nil)
	for range 21 {
		me.post(ticket.ID, "more", nil)
	}
	agent.change(ticket.ID, "status", object{"status": "resolved"})
	me.change(ticket.ID, "close", nil)
	for _, u := range []testUser{me, agent} {
		got := u.detail(ticket.ID)
		equal(t, "opening", got.Opening.Body, "Line one\nline two")
		equal(t, "opening: kind", got.Opening.Kind, "opened")
		equal(t, "description", got.Ticket.Description, "Line one\nline two")
		want := client.Reader{Author: client.Author{ID: agent.Profile.ID, Name: agent.Profile.Name, Role: "support"}, Seq: 3}
		if u == me {
			want.Seq = 1 // none of the newest entries; 3 is a note
		}
		if len(got.Readers) != 1 || got.Readers[0] != want {
			t.Errorf("readers: got %+v, want %+v", got.Readers, want)
		}
		tk := got.Ticket
		if tk.WaitingSince != nil || tk.FirstReplyAt == nil || !tk.FirstReplyAt.Equal(reply.CreatedAt) || tk.ResolvedAt == nil || tk.ClosedAt == nil ||
			tk.ReopenUntil == nil || !tk.ReopenUntil.Equal(tk.ClosedAt.AddDate(0, 0, 7)) {
			t.Errorf("a closed ticket: got %+v, want the times of the reply, the resolution and the close, and seven days to reopen", tk)
		}
	}
	me.change(ticket.ID, "reopen", nil)
	if tk := agent.detail(ticket.ID).Ticket; tk.WaitingSince == nil || !tk.WaitingSince.After(reply.CreatedAt) {
		t.Errorf("a reopened ticket: waits since %v, want since the reopening", tk.WaitingSince)
	}
	agent.post(ticket.ID, "done", nil)
	agent.change(ticket.ID, "close", nil)
	if tk := agent.change(ticket.ID, "reopen", nil); tk.WaitingSince == nil || !tk.WaitingSince.Equal(tk.LastActivityAt) {
		t.Errorf("reopened by staff: waits since %v, want since %v", tk.WaitingSince, tk.LastActivityAt)
	}
}

func entryKinds(entries []client.Entry) []string {
	var all []string
	for _, entry := range entries {
		all = append(all, entry.Kind)
	}
	return all
}

// patch updates a ticket at its newest version.
func (u testUser) patch(ticketID string, body object) client.Response {
	u.t.Helper()
	etag := u.get("/tickets/"+ticketID, nil).Header.Get("ETag")
	return u.call("PATCH", "/tickets/"+ticketID, body, client.IfMatch(etag))
}

func TestUpdateTicket_Authorization(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	other := seededCategory(t, 2)
	wantProblem(t, me.patch(ticket.ID, object{"categoryId": other.ID}), 403)
	wantProblem(t, me.patch(ticket.ID, object{"tags": []string{"vip"}}), 403)

	var changed client.Ticket
	wantStatus(t, agent.patch(ticket.ID, object{"categoryId": other.ID}), 200, &changed)
	if changed.Category == nil || changed.Category.ID != other.ID {
		t.Errorf("category: got %+v, want %s", changed.Category, other.ID)
	}
	wantStatus(t, agent.patch(ticket.ID, object{"tags": []string{"vip", "parcel"}}), 200, &changed)
	equal(t, "tags", fmt.Sprint(changed.Tags), fmt.Sprint([]string{"vip", "parcel"}))
	wantStatus(t, agent.patch(ticket.ID, object{"title": "By support"}), 200, &changed)
	equal(t, "title", changed.Title, "By support")

	for name, body := range map[string]object{
		"blank title": {"title": ""}, "priority": {"priority": "x"}, "category": {"categoryId": client.NewID()},
		"tags type": {"tags": "vip"}, "status": {"status": "closed"}, "unknown": {"color": "red"},
	} {
		response := agent.patch(ticket.ID, body)
		if response.Status != 400 && response.Status != 422 {
			t.Errorf("PATCH with bad %s: got %s, want 400 or 422", name, response)
		}
	}
	me.change(ticket.ID, "close", nil)
	wantProblem(t, me.patch(ticket.ID, object{"title": "Too late"}), 409)
}

func TestForeignTicket_NotFound(t *testing.T) {
	t.Parallel()
	owner, me := customer(t), customer(t)
	ticket := owner.openTicket(nil)
	owner.post(ticket.ID, "private", nil)
	message := object{"clientId": client.NewID(), "body": "hello"}
	action := object{"clientId": client.NewID()}
	for _, id := range []string{ticket.ID, client.NewID()} {
		path := "/tickets/" + id
		for _, call := range []struct {
			method, path string
			body         any
		}{
			{"GET", path, nil}, {"GET", path + "/messages", nil}, {"GET", path + "/history", nil},
			{"PATCH", path, object{"title": "mine now"}},
			{"POST", path + "/messages", message}, {"POST", path + "/read", object{"seq": 1}},
			{"POST", path + "/close", action}, {"POST", path + "/reopen", action},
		} {
			response := me.call(call.method, call.path, call.body, client.IfMatch(`"1"`))
			problem := wantProblem(t, response, 404)
			equal(t, response.Call+" instance", problem.Instance, call.path)
		}
	}
	var page client.List[client.Ticket]
	me.get("/tickets", &page)
	equal(t, "another user's tickets", len(page.Data), 0)
	equal(t, "entries after rejected requests", len(owner.history(ticket.ID)), 2)
}

func TestStaffActions_CustomerForbidden(t *testing.T) {
	t.Parallel()
	owner, otherUser := customer(t), customer(t)
	ticket := owner.openTicket(nil)
	for action, body := range map[string]object{
		"status": {"clientId": client.NewID(), "status": "resolved"},
		"assign": {"clientId": client.NewID(), "assigneeId": "me"},
	} {
		wantProblem(t, owner.call("POST", "/tickets/"+ticket.ID+"/"+action, body), 403)
		// The role is checked first, so another user gets 403 without learning whether
		// the ticket exists.
		wantProblem(t, otherUser.call("POST", "/tickets/"+ticket.ID+"/"+action, body), 403, 404)
	}
	equal(t, "status after rejected changes", owner.detail(ticket.ID).Ticket.Status, "new")
}

func TestDetail_Newest20(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.openTicket(nil)
	for i := range 24 {
		me.post(ticket.ID, fmt.Sprintf("message %d", i+2), nil)
	}
	detail := me.detail(ticket.ID)
	equal(t, "hasMore", detail.HasMore, true)
	equal(t, "seqs", fmt.Sprint(seqs(detail.Entries)), fmt.Sprint(seqRange(6, 25)))
	equal(t, "lastSeq", detail.Ticket.LastSeq, 25)
	short := me.openTicket(nil)
	equal(t, "hasMore of a short ticket", me.detail(short.ID).HasMore, false)
}

// seqRange returns the numbers from first to last.
func seqRange(first, last int) []int {
	var all []int
	for n := first; n <= last; n++ {
		all = append(all, n)
	}
	return all
}
