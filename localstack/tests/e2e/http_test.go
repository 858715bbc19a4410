package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode"

	"ticketsystem/localstack/testkit/client"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	var health struct{ State, Version string }
	wantStatus(t, anonymous(t, "GET", "/health", nil), 200, &health)
	equal(t, "state", health.State, "ok")
	if health.Version == "" {
		t.Error("version: got none, want one")
	}
}

func TestUnknownRoute_Problem(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.openTicket(nil)
	for _, call := range []struct {
		method, path string
		statuses     []int
	}{
		{"GET", "/nothing", []int{404}},
		{"POST", "/tickets/" + ticket.ID + "/explode", []int{404}},
		{"GET", "/tickets/" + ticket.ID + "/messages/1", []int{404}},
		{"GET", "/../etc/passwd", []int{400, 404}},
		{"PUT", "/tickets", []int{405}},
		{"PUT", "/tickets/" + ticket.ID, []int{405}},
		{"GET", "/login", []int{405}},
		{"PATCH", "/otp", []int{405}},
		{"POST", "/health", []int{405}},
		{"POST", "/profile", []int{405}},
		{"DELETE", "/tickets/" + ticket.ID + "/messages", []int{405}},
	} {
		wantProblem(t, me.call(call.method, call.path, nil), call.statuses...)
	}
}

// TestQuery_UnknownParameter checks that no route ignores a query parameter.
func TestQuery_UnknownParameter(t *testing.T) {
	t.Parallel()
	me, admin := customer(t), staff(t, adminPhone)
	ticket := me.openTicket(nil)
	for _, c := range []struct {
		as           testUser
		method, path string
		name         string
	}{
		{me, "GET", "/tickets?label=x", "label"},
		{admin, "GET", "/tickets?user=" + me.Profile.ID, "user"},
		{admin, "GET", "/tickets?status=open&status=closed", "status"},
		{admin, "GET", "/users?phone=0912", "phone"},
		{admin, "GET", "/admin/audit?user=" + me.Profile.ID, "user"},
		{admin, "GET", "/admin/stats?day=1", "day"},
		{me, "GET", "/tickets/" + ticket.ID + "?fields=id", "fields"},
		{me, "GET", "/health?x", "x"},
		{me, "GET", "/openapi.json?v=2", "v"},
		{me, "GET", "/docs?v=2", "v"},
		{me, "POST", "/tickets/" + ticket.ID + "/close?force=1", "force"},
	} {
		var body any
		if c.method != http.MethodGet {
			body = object{"clientId": client.NewID()}
		}
		problem := wantProblem(t, c.as.call(c.method, c.path, body), 400)
		if len(problem.Errors) != 1 || problem.Errors[0].Pointer != "?"+c.name {
			t.Errorf("%s %s: got errors %+v, want one for ?%s", c.method, c.path, problem.Errors, c.name)
		}
	}
}

// TestCORS_LocalPage checks that a page of a development server may call the local stack.
func TestCORS_LocalPage(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		t.Skip("the origin is a default of the local stack")
	}
	me := customer(t)
	login := object{"phone": me.Profile.Phone, "password": client.Password, "session": "cookie"}
	for origin, status := range map[string]int{"http://localhost:5173": 200, "http://localhost:9999": 403} {
		response := anonymous(t, "POST", "/login", login, client.Header("Origin", origin))
		allowed := response.Header.Get("Access-Control-Allow-Origin") == origin && response.Header.Get("Access-Control-Allow-Credentials") == "true"
		if response.Status != status || allowed != (status == 200) {
			t.Errorf("%s: got %d, headers %v, want %d", origin, response.Status, response.Header, status)
		}
	}
}

// TestForeignPage checks what a page of another origin can send without a preflight request,
// and that it cannot set the session cookie.
func TestForeignPage(t *testing.T) {
	t.Parallel()
	me := customer(t)
	login := object{"phone": me.Profile.Phone, "password": client.Password, "session": "cookie"}
	for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", ""} {
		wantProblem(t, anonymous(t, "POST", "/login", login, client.Header("Content-Type", media)), 415)
		wantProblem(t, anonymous(t, "POST", "/otp", object{"phone": me.Profile.Phone, "purpose": "login"}, client.Header("Content-Type", media)), 415)
		wantProblem(t, me.call("POST", "/logout", object{}, client.Header("Content-Type", media)), 415)
	}
	for _, origin := range []string{"https://evil.example", "null"} {
		response := anonymous(t, "POST", "/login", login, client.Header("Origin", origin))
		wantProblem(t, response, 403)
		if cookie := response.Header.Get("Set-Cookie"); cookie != "" {
			t.Errorf("origin %s: got the cookie %q", origin, cookie)
		}
	}
}

func TestPrivateRoutes_Unauthenticated(t *testing.T) {
	t.Parallel()
	ticket := "/tickets/" + client.NewID()
	for _, call := range []struct{ method, path string }{
		{"GET", "/profile"}, {"PATCH", "/profile"},
		{"POST", "/tickets"}, {"GET", "/tickets"}, {"GET", ticket}, {"PATCH", ticket},
		{"POST", ticket + "/close"}, {"POST", ticket + "/reopen"}, {"POST", ticket + "/status"},
		{"POST", ticket + "/assign"}, {"POST", ticket + "/read"}, {"POST", ticket + "/messages"},
		{"GET", ticket + "/messages"}, {"GET", ticket + "/history"},
		{"POST", "/attachments"}, {"GET", "/attachments/" + client.NewID()}, {"POST", "/realtime/tickets"},
	} {
		var body any
		if call.method != http.MethodGet {
			body = object{}
		}
		wantProblem(t, anonymous(t, call.method, call.path, body), 401)
	}
}

func TestProblem_Language(t *testing.T) {
	t.Parallel()
	me := customer(t)
	for _, call := range []struct {
		method, path string
		body         any
	}{
		{"GET", "/tickets/" + client.NewID(), nil},
		{"GET", "/nothing", nil},
		{"GET", "/tickets?limit=0", nil},
		{"POST", "/tickets", object{}},
		{"POST", "/tickets/" + client.NewID() + "/status", object{}},
	} {
		statuses := []int{400, 403, 404, 422}
		english := wantProblem(t, me.call(call.method, call.path, call.body, client.Language("en")), statuses...)
		persian := wantProblem(t, me.call(call.method, call.path, call.body, client.Language("fa-IR, en;q=0.5")), statuses...)
		equal(t, call.path+" code in Persian", persian.Code, english.Code)
		if isPersian(english.Title) || !isPersian(persian.Title) {
			t.Errorf("%s: got titles %q and %q, want English and Persian", call.path, english.Title, persian.Title)
		}
		if persian.Detail != "" && !isPersian(persian.Detail) {
			t.Errorf("%s: got detail %q, want Persian", call.path, persian.Detail)
		}
		for _, field := range persian.Errors {
			if !isPersian(field.Message) {
				t.Errorf("%s: got message %q, want Persian", call.path, field.Message)
			}
		}
	}
}

func isPersian(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Arabic, r) })
}

func TestRequestID_Unique(t *testing.T) {
	t.Parallel()
	first := wantProblem(t, anonymous(t, "GET", "/nothing", nil), 404)
	second := wantProblem(t, anonymous(t, "GET", "/nothing", nil), 404)
	if first.RequestID == second.RequestID {
		t.Errorf("requestId: got %q twice, want two", first.RequestID)
	}
	equal(t, "instance", first.Instance, "/nothing")
}

func TestCORS_ForeignOrigin(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"https://evil.example", "null"} {
		response := anonymous(t, "OPTIONS", "/tickets", nil,
			client.Header("Origin", origin), client.Header("Access-Control-Request-Method", "POST"))
		if allowed := response.Header.Get("Access-Control-Allow-Origin"); allowed == "*" || allowed == origin {
			t.Errorf("preflight from %s: got Access-Control-Allow-Origin %q, want none", origin, allowed)
		}
	}
}

func TestCategories(t *testing.T) {
	t.Parallel()
	read := func(language string) map[string]string {
		var page client.List[client.Category]
		wantStatus(t, anonymous(t, "GET", "/categories", nil, client.Language(language)), 200, &page)
		names := map[string]string{}
		for _, category := range page.Data {
			names[category.ID] = category.Name
		}
		return names
	}
	english, persian := read("en"), read("fa")
	found := map[string]bool{}
	seeded := []string{"Billing", "Technical", "Account", "Other"}
	for id, name := range english {
		response := anonymous(t, "GET", "/categories/"+id, nil, client.Language("en"))
		if _, there := persian[id]; !slices.Contains(seeded, name) && (!there || response.Status == http.StatusNotFound) {
			continue // another test's, deleted meanwhile
		}
		found[name] = true
		if !isPersian(persian[id]) {
			t.Errorf("category %s in Persian: got %q, want a Persian name", name, persian[id])
		}
		var one client.Category
		wantStatus(t, response, 200, &one)
		equal(t, "GET /categories/{id}: name", one.Name, name)
		equal(t, "GET /categories/{id}: active", one.Active, true)
	}
	for _, name := range seeded {
		if !found[name] {
			t.Errorf("GET /categories: got %v, want %s included", english, name)
		}
	}
	wantProblem(t, anonymous(t, "GET", "/categories/"+client.NewID(), nil), 404)

}

func TestCategories_AllLanguages(t *testing.T) {
	t.Parallel()
	type named struct{ Names *struct{ En, Fa string } }
	var page client.List[named]
	for _, caller := range []testUser{customer(t), support(t)} {
		caller.get("/categories", &page)
		for _, category := range page.Data {
			if category.Names != nil {
				t.Errorf("names for %s: got %+v, want none", caller.Profile.Role, *category.Names)
			}
		}
	}
	staff(t, adminPhone).get("/categories", &page)
	for _, category := range page.Data {
		if category.Names == nil || category.Names.En == "" || !isPersian(category.Names.Fa) {
			t.Errorf("names for an admin: got %+v, want both", category.Names)
		}
	}
}

func TestCategories_Pagination(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for path := "/categories?limit=1"; path != ""; {
		var page client.List[client.Category]
		wantStatus(t, anonymous(t, "GET", path, nil), 200, &page)
		if len(page.Data) > 1 {
			t.Fatalf("GET %s: got %d categories, want at most 1", path, len(page.Data))
		}
		for _, category := range page.Data {
			if seen[category.ID] {
				t.Fatalf("GET %s: got %s twice", path, category.Name)
			}
			seen[category.ID] = true
		}
		path = ""
		if page.Page.HasMore {
			path = "/categories?limit=1&cursor=" + page.Page.Next
		}
	}
	if len(seen) < 4 {
		t.Errorf("GET /categories page by page: got %d, want at least 4", len(seen))
	}
}
