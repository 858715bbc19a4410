package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

func TestCreateTicket(t *testing.T) {
	fx := newFixture(t)
	body := `{"clientId":"` + aULID + `","title":"Help","description":"It does not work","categoryId":"` + billingID + `","priority":"high"}`
	want := id.Derive(aULID, saraID)
	for _, status := range []int{201, 200} { // the second request is a retry
		got := fx.send(t, api.CreateTicket(fx.tickets), sara, newRequest(http.MethodPost, "/tickets", body))
		if got.status != status || got.body["id"] != want || got.headers["location"] != "/tickets/"+want || got.headers["etag"] != `"1"` {
			t.Errorf("got %d %s %v, want %d", got.status, got.text, got.headers, status)
		}
		for name, value := range map[string]any{
			"number": id.Number(want), "title": "Help", "status": "new", "priority": "high", "assignee": nil, "lastSeq": 1.0, "unread": 0.0,
			"preview": "It does not work", "createdAt": "2026-03-21T12:00:00.000Z", "lastActivityAt": "2026-03-21T12:00:00.000Z", "closedAt": nil, "version": 1.0,
		} {
			if got.body[name] != value {
				t.Errorf("%s: got %v, want %v", name, got.body[name], value)
			}
		}
		if fmt.Sprint(got.body["category"], got.body["customer"], got.body["tags"]) != fmt.Sprintf("map[id:%s name:Billing] map[id:%s name:Sara pictureUrl:<nil>] []", billingID, saraID) {
			t.Errorf("got %v %v %v", got.body["category"], got.body["customer"], got.body["tags"])
		}
	}
}

func TestGetTicket(t *testing.T) {
	fx := fixtureWithTickets(t)
	for _, c := range []struct {
		actor   user.Principal
		etag    string
		entries int
	}{{sara, `"8"`, 6}, {ali, `"8"`, 8}} {
		got := fx.send(t, api.GetTicket(fx.tickets), c.actor, newRequest(http.MethodGet, "/x", ""))
		entries, _ := got.body["entries"].([]any)
		if got.status != 200 || got.headers["etag"] != c.etag || len(entries) != c.entries || got.body["hasMore"] != false {
			t.Errorf("%s: got %d, etag %s, %d entries", c.actor.Name, got.status, got.headers["etag"], len(entries))
		}
	}
	got := fx.send(t, api.GetTicket(fx.tickets), sara, newRequest(http.MethodGet, "/x", "").with("accept-language", "fa"))
	if got.field("ticket", "category", "name") != "مالی" {
		t.Errorf("in Persian: got %v", got.field("ticket", "category"))
	}
	if got := fx.send(t, api.GetTicket(fx.tickets), reza, newRequest(http.MethodGet, "/x", "")); got.status != 404 || got.code() != "ticket_not_found" {
		t.Errorf("another customer: got %d %s", got.status, got.code())
	}
}

func TestUpdateTicket_IfMatch(t *testing.T) {
	for _, c := range []struct {
		header string
		status int
	}{
		{"", 200}, {"*", 200}, {`"2"`, 200}, {` "2" `, 200}, {" * ", 200}, {`"1", "2"`, 200}, {`"2","7"`, 200}, {`W/"2" , "x",,"2"`, 200},
		{`"1","3"`, 412}, {`W/"2","1"`, 412}, {`"02"`, 412}, {`"+2"`, 412}, {`""2""`, 412}, {"*, x", 412}, {",", 412},
		{`"1"`, 412}, {`"3"`, 412}, {`W/"2"`, 412}, {"2", 412}, {`"x"`, 412}, {`""`, 412}, {`"2`, 412}, {`'2'`, 412},
	} {
		fx := newFixture(t)
		fx.addTicket(oneID, "message")
		r := newRequest(http.MethodPatch, "/x", `{"title":"Other"}`)
		if c.header != "" {
			r.with("if-match", c.header)
		}
		got := fx.send(t, api.UpdateTicket(fx.tickets, fx.publisher), sara, r)
		if got.status != c.status || (c.status == 412) != (got.code() == "version_stale") {
			t.Errorf("%s: got %d %s, want %d", c.header, got.status, got.text, c.status)
		}
		if c.status == 200 && (got.headers["etag"] != `"3"` || got.body["title"] != "Other" || got.body["version"] != 3.0) {
			t.Errorf("%s: got %v %s", c.header, got.headers["etag"], got.text)
		}
	}
}

// TestChange_IfMatch checks that every change of a ticket is conditional on its version.
func TestChange_IfMatch(t *testing.T) {
	fx := newFixture(t)
	fx.addTicket(oneID, "message")
	deleter := &ticket.Deleter{Store: fx.memStore, Audit: audit.Recorder{Now: time.Now, NewID: func() string { return "one" }}}
	for name, c := range map[string]struct {
		endpoint api.Endpoint
		fields   string
	}{
		"delete": {api.DeleteTicket(deleter), ""},
		"close":  {api.CloseTicket(fx.tickets, fx.publisher), ""},
		"reopen": {api.ReopenTicket(fx.tickets, fx.publisher), ""},
		"status": {api.SetStatus(fx.tickets, fx.publisher), `,"status":"pending"`},
		"claim":  {api.AssignTicket(fx.tickets, fx.publisher), `,"assigneeId":"me"`},
	} {
		r := newRequest(http.MethodPost, "/x", `{"clientId":"`+aULID+`"`+c.fields+`}`).with("if-match", `"1"`)
		if got := fx.send(t, c.endpoint, mina, r); got.status != 412 || got.code() != "version_stale" {
			t.Errorf("%s: got %d %s, want 412", name, got.status, got.text)
		}
	}
}

func TestUpdateTicket(t *testing.T) {
	for _, c := range []struct {
		name, body  string
		actor       user.Principal
		status      int
		fieldErrors []string
	}{
		{"no fields", `{}`, sara, 200, nil},
		{"null fields", `{"title":null,"tags":null}`, sara, 200, nil},
		{"an empty title", `{"title":" "}`, sara, 422, []string{"/title required"}},
		{"several invalid fields", `{"title":"","priority":"x","categoryId":"y"}`, ali, 422, []string{"/title required", "/categoryId invalid", "/priority not_allowed"}},
		{"an unknown category", `{"categoryId":"` + otherID + `"}`, ali, 422, []string{"/categoryId unknown"}},
		{"tags", `{"tags":[" VIP ","vip","late"]}`, ali, 200, nil},
		{"a comma in a tag", `{"tags":["a","b,c"," "]}`, ali, 422, []string{"/tags/1 character", "/tags/2 required"}},
		{"too many tags", `{"tags":[` + strings.Repeat(`"a",`, 20) + `"b"]}`, ali, 422, []string{"/tags too_many"}},
		{"tags of a customer", `{"tags":["a"]}`, sara, 403, nil},
		{"tags of another customer", `{"tags":["a"]}`, reza, 404, nil},
	} {
		fx := newFixture(t)
		fx.addTicket(oneID)
		got := fx.send(t, api.UpdateTicket(fx.tickets, fx.publisher), c.actor, newRequest(http.MethodPatch, "/x", c.body))
		if got.status != c.status || !slices.Equal(got.fieldErrors(), c.fieldErrors) {
			t.Errorf("%s: got %d %v, want %d %v", c.name, got.status, got.fieldErrors(), c.status, c.fieldErrors)
		}
		if c.name == "tags" && fmt.Sprint(got.body["tags"]) != "[vip late]" {
			t.Errorf("tags: got %v", got.body["tags"])
		}
	}
}

func TestAssignTicket(t *testing.T) {
	for _, c := range []struct {
		name, assignee string
		status         int
		assigneeID     any
		fieldErrors    []string
	}{
		{"claim", `"me"`, 200, aliID, nil},
		{"another agent", `"` + minaID + `"`, 200, minaID, nil},
		{"another agent in lower case", `"` + strings.ToLower(minaID) + `"`, 200, minaID, nil},
		{"release", `null`, 200, nil, nil},
		{"unknown user", `"` + otherID + `"`, 422, nil, []string{"/assigneeId unknown"}},
		{"invalid id", `"mina"`, 422, nil, []string{"/assigneeId invalid"}},
		{"a number", `5`, 422, nil, []string{"/assigneeId type"}},
	} {
		fx := newFixture(t)
		fx.addTicket(oneID)
		got := fx.send(t, api.AssignTicket(fx.tickets, fx.publisher), ali, newRequest(http.MethodPost, "/x", `{"clientId":"`+aULID+`","assigneeId":`+c.assignee+`}`))
		if got.status != c.status || !slices.Equal(got.fieldErrors(), c.fieldErrors) || c.status == 200 && got.field("assignee", "id") != c.assigneeID {
			t.Errorf("%s: got %d %v %v", c.name, got.status, got.fieldErrors(), got.body["assignee"])
		}
	}
	fx := newFixture(t)
	fx.addTicket(oneID)
	if got := fx.send(t, api.AssignTicket(fx.tickets, fx.publisher), ali, newRequest(http.MethodPost, "/x", `{"clientId":"`+aULID+`"}`)); !slices.Equal(got.fieldErrors(), []string{"/assigneeId required"}) {
		t.Errorf("no assigneeId: got %d %v", got.status, got.fieldErrors())
	}
	if got := fx.send(t, api.AssignTicket(fx.tickets, fx.publisher), sara, newRequest(http.MethodPost, "/x", `{"clientId":"`+aULID+`","assigneeId":null}`)); got.status != 403 {
		t.Errorf("a customer: got %d", got.status)
	}
	fx.send(t, api.AssignTicket(fx.tickets, fx.publisher), mina, newRequest(http.MethodPost, "/x", `{"clientId":"`+aULID+`","assigneeId":"me"}`))
	if got := fx.send(t, api.AssignTicket(fx.tickets, fx.publisher), ali, newRequest(http.MethodPost, "/x", `{"clientId":"`+otherID+`","assigneeId":"me"}`)); got.status != 409 || got.code() != "already_assigned" {
		t.Errorf("assigned to another agent: got %d %s", got.status, got.code())
	}
}

func TestStatusChanges(t *testing.T) {
	for _, c := range []struct {
		name     string
		endpoint func(*fixture) api.Endpoint
		actor    user.Principal
		body     string
		status   int
		want     any
	}{
		{"close", func(fx *fixture) api.Endpoint { return api.CloseTicket(fx.tickets, fx.publisher) }, sara, `{"clientId":"` + aULID + `"}`, 200, "closed"},
		{"close without a clientId", func(fx *fixture) api.Endpoint { return api.CloseTicket(fx.tickets, fx.publisher) }, sara, `{}`, 422, nil},
		{"reopen", func(fx *fixture) api.Endpoint { return api.ReopenTicket(fx.tickets, fx.publisher) }, sara, `{"clientId":"` + aULID + `"}`, 200, "open"},
		{"hold", func(fx *fixture) api.Endpoint { return api.SetStatus(fx.tickets, fx.publisher) }, ali, `{"clientId":"` + aULID + `","status":"on_hold"}`, 200, "on_hold"},
		{"to new", func(fx *fixture) api.Endpoint { return api.SetStatus(fx.tickets, fx.publisher) }, ali, `{"clientId":"` + aULID + `","status":"new"}`, 409, nil},
		{"to an unknown status", func(fx *fixture) api.Endpoint { return api.SetStatus(fx.tickets, fx.publisher) }, ali, `{"clientId":"` + aULID + `","status":"done"}`, 422, nil},
		{"by a customer", func(fx *fixture) api.Endpoint { return api.SetStatus(fx.tickets, fx.publisher) }, sara, `{"clientId":"` + aULID + `","status":"open"}`, 403, nil},
	} {
		fx := newFixture(t)
		fx.addTicket(oneID)
		got := fx.send(t, c.endpoint(fx), c.actor, newRequest(http.MethodPost, "/x", c.body))
		if got.status != c.status || got.status == 200 && got.body["status"] != c.want {
			t.Errorf("%s: got %d %s", c.name, got.status, got.text)
		}
	}
	fx := newFixture(t)
	fx.addTicket(oneID)
	fx.send(t, api.SetStatus(fx.tickets, fx.publisher), ali, newRequest(http.MethodPost, "/x", `{"clientId":"`+aULID+`","status":"on_hold"}`))
	for actor, want := range map[*user.Principal]string{&sara: "open", &ali: "on_hold"} {
		got := fx.send(t, api.GetTicket(fx.tickets), *actor, newRequest(http.MethodGet, "/x", ""))
		if got.field("ticket", "status") != want || strings.Contains(got.text, `"to":"on_hold"`) != (want == "on_hold") || want == "open" && strings.Contains(got.text, `"kind":"status"`) {
			t.Errorf("%s: got %s", actor.Name, got.text)
		}
	}
}

func TestPostMessage(t *testing.T) {
	fx := newFixture(t)
	fx.addTicket(oneID)
	post := func(actor user.Principal, body string) response {
		return fx.send(t, api.PostMessage(fx.tickets, fx.publisher), actor, newRequest(http.MethodPost, "/x", body))
	}
	for _, status := range []int{201, 200} {
		got := post(sara, `{"clientId":"`+aULID+`","body":" hello ","after":1}`)
		if got.status != status || got.body["seq"] != 2.0 || got.body["body"] != "hello" || got.body["clientId"] != aULID || got.field("author", "id") != saraID {
			t.Errorf("got %d %s, want %d", got.status, got.text, status)
		}
	}
	if len(fx.publisher.entries) != 1 {
		t.Errorf("published %d entries, want the first one only", len(fx.publisher.entries))
	}
	for _, c := range []struct {
		name, body  string
		actor       user.Principal
		status      int
		fieldErrors []string
	}{
		{"empty body", `{"clientId":"` + otherID + `","body":""}`, sara, 422, []string{"/body required"}},
		{"body too long", `{"clientId":"` + otherID + `","body":"` + strings.Repeat("x", 10_001) + `"}`, sara, 422, []string{"/body too_long"}},
		{"a negative after", `{"clientId":"` + otherID + `","body":"x","after":-1}`, sara, 422, []string{"/after out_of_range"}},
		{"a huge after", `{"clientId":"` + otherID + `","body":"x","after":99999999999}`, sara, 422, []string{"/after out_of_range"}},
		{"a customer's note", `{"clientId":"` + otherID + `","body":"x","internal":true}`, sara, 403, nil},
		{"ticket of another customer", `{"clientId":"` + otherID + `","body":"x"}`, reza, 404, nil},
		{"a note", `{"clientId":"` + otherID + `","body":"x","internal":true}`, ali, 201, nil},
	} {
		if got := post(c.actor, c.body); got.status != c.status || !slices.Equal(got.fieldErrors(), c.fieldErrors) {
			t.Errorf("%s: got %d %v, want %d %v", c.name, got.status, got.fieldErrors(), c.status, c.fieldErrors)
		}
	}
	fx.down = true
	if got := post(sara, `{"clientId":"`+otherID+`","body":"x"}`); got.status != 500 || strings.Contains(got.text, "secret") {
		t.Errorf("store down: got %d %s", got.status, got.text)
	}
}

func TestMarkRead(t *testing.T) {
	for _, c := range []struct {
		body   string
		actor  user.Principal
		status int
	}{
		{`{"seq":1}`, sara, 204}, {`{"seq":0}`, sara, 204}, {`{}`, sara, 422}, {`{"seq":null}`, sara, 422}, {`{"seq":-1}`, sara, 422},
		{`{"seq":"1"}`, sara, 422}, {`{"seq":1.5}`, sara, 422}, {`{"seq":99999999999}`, sara, 422}, {`{"seq":1}`, reza, 404},
	} {
		fx := newFixture(t)
		fx.addTicket(oneID)
		got := fx.send(t, api.MarkRead(fx.tickets), c.actor, newRequest(http.MethodPost, "/x", c.body))
		if got.status != c.status || (c.status == 204) != (got.text == "") {
			t.Errorf("%s by %s: got %d %s, want %d", c.body, c.actor.Name, got.status, got.text, c.status)
		}
	}
}

// TestListCategories checks names in both languages and the fields for administrators.
func TestListCategories(t *testing.T) {
	fx := newFixture(t)
	for _, c := range []struct {
		actor        user.Principal
		locale, want string
	}{
		{user.Principal{}, "en", "[Billing Technical Other]"}, {sara, "fa", "[مالی Technical Other]"}, {reza, "", "[مالی Technical Other]"},
	} {
		got := fx.send(t, api.ListCategories(fx.categories), c.actor, newRequest(http.MethodGet, "/categories", "").with("accept-language", c.locale))
		var names []any
		for _, one := range got.body["data"].([]any) {
			names = append(names, one.(map[string]any)["name"])
		}
		if fmt.Sprint(names) != c.want || strings.Contains(got.text, `"names"`) {
			t.Errorf("%s: got %s", c.locale, got.text)
		}
	}
	for categoryID, want := range map[string]int{billingID: 200, "C": 200, otherID: 404} {
		r := newRequest(http.MethodGet, "/x", "")
		r.PathParameters["id"] = categoryID
		got := fx.send(t, api.GetCategory(fx.categories), mina, r)
		if got.status != want || want == 200 && got.field("names", "en") == nil {
			t.Errorf("%s: got %d %s, want %d", categoryID, got.status, got.text, want)
		}
	}
}
