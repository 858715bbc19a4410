package e2e

import (
	"strings"
	"testing"

	"ticketsystem/localstack/testkit/client"
)

// ticketBody returns a valid body of POST /tickets with changes applied.
func ticketBody(t *testing.T, changes object) object {
	t.Helper()
	body := object{
		"clientId": client.NewID(), "title": "A title", "description": "A description", "categoryId": seededCategory(t, 0).ID,
	}
	for name, value := range changes {
		if value == nil {
			delete(body, name)
		} else {
			body[name] = value
		}
	}
	return body
}

// seededCategory returns one of the seeded categories.
func seededCategory(t *testing.T, i int) client.Category {
	t.Helper()
	var page client.List[client.Category]
	wantStatus(t, anonymous(t, "GET", "/categories", nil), 200, &page)
	if len(page.Data) <= i {
		t.Fatalf("GET /categories: got %d, want more than %d", len(page.Data), i)
	}
	return page.Data[i]
}

func TestCreateTicket_InvalidFields(t *testing.T) {
	t.Parallel()
	me := customer(t)
	for name, c := range map[string]struct {
		changes object
		field   string
	}{
		"no clientId":        {object{"clientId": nil}, "clientId"},
		"bad clientId":       {object{"clientId": "one"}, "clientId"},
		"no title":           {object{"title": nil}, "title"},
		"blank title":        {object{"title": "  \t "}, "title"},
		"long title":         {object{"title": strings.Repeat("x", 5000)}, "title"},
		"title type":         {object{"title": 5}, "title"},
		"title NUL only":     {object{"title": "\x00"}, "title"},
		"clientId NUL":       {object{"clientId": client.NewID() + "\x00"}, "clientId"},
		"no description":     {object{"description": nil}, "description"},
		"blank description":  {object{"description": " "}, "description"},
		"no category":        {object{"categoryId": nil}, "categoryId"},
		"unknown category":   {object{"categoryId": client.NewID()}, "categoryId"},
		"bad priority":       {object{"priority": "gigantic"}, "priority"},
		"priority type":      {object{"priority": []int{1}}, "priority"},
		"unknown field":      {object{"status": "closed"}, "status"},
		"other case":         {object{"Title": "twice"}, "title"},
		"attachments type":   {object{"attachmentIds": "one"}, "attachmentIds"},
		"attachment type":    {object{"attachmentIds": []int{1}}, "attachmentIds"},
		"bad followUpOf":     {object{"followUpOf": "one"}, "followUpOf"},
		"unknown followUpOf": {object{"followUpOf": client.NewID()}, "followUpOf"},
		"too many files":     {object{"attachmentIds": tooManyIDs()}, "attachmentIds"},
	} {
		response := me.call("POST", "/tickets", ticketBody(t, c.changes))
		if response.Status != 400 && response.Status != 422 {
			t.Errorf("%s: got %s, want 400 or 422", name, response)
			continue
		}
		if problem := wantProblem(t, response, 400, 422); !pointsAt(problem, c.field) {
			t.Errorf("%s: got errors %+v, want one that points at /%s", name, problem.Errors, c.field)
		}
	}
	wantNoTickets(t, me)
}

func tooManyIDs() []string {
	var ids []string
	for range 11 {
		ids = append(ids, client.NewID())
	}
	return ids
}

func wantNoTickets(t *testing.T, me testUser) {
	t.Helper()
	var page client.List[client.Ticket]
	me.get("/tickets", &page)
	equal(t, "tickets after rejected bodies", len(page.Data), 0)
}

func TestCreateTicket_InvalidBody(t *testing.T) {
	t.Parallel()
	me := customer(t)
	good := func(title string) string {
		return `{"clientId":"` + client.NewID() + `","title":"` + title + `","description":"d","categoryId":"` + seededCategory(t, 0).ID + `"}`
	}
	for name, c := range map[string]struct {
		body     string
		statuses []int
	}{
		"nothing":            {"", []int{400, 422}},
		"no JSON":            {"title=x", []int{400}},
		"half":               {good("x")[:30], []int{400}},
		"an array":           {"[" + good("x") + "]", []int{400, 422}},
		"null":               {"null", []int{400, 422}},
		"a text":             {`"x"`, []int{400, 422}},
		"two documents":      {good("x") + good("y"), []int{400}},
		"trailing data":      {good("x") + "!", []int{400}},
		"duplicate field":    {`{"title":"first",` + good("second")[1:], []int{400, 422}},
		"bad UTF-8":          {good("a\xff\xfeb"), []int{400, 422}},
		"raw NUL":            {good("a\x00b"), []int{400, 422}},
		"NUL in a name":      {`{"titl\u0000e":"x",` + good("x")[1:], []int{400}},
		"half a surrogate":   {good(`a\ud800b`), []int{400, 422}},
		"2 MB":               {good(strings.Repeat("x", 2<<20)), []int{413}},
		"2 MB of whitespace": {good("x") + strings.Repeat(" ", 2<<20), []int{413}},
		"deep nesting":       {`{"title":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}", []int{400, 413, 422}},
	} {
		response := me.call("POST", "/tickets", client.Raw(c.body))
		known := false
		for _, status := range c.statuses {
			known = known || response.Status == status
		}
		if !known {
			t.Errorf("%s: got %s, want one of %v", name, response, c.statuses)
			continue
		}
		wantProblem(t, response, c.statuses...)
	}
	wantNoTickets(t, me)
}

func TestGetTicket_InvalidID(t *testing.T) {
	t.Parallel()
	me := customer(t)
	for _, id := range []string{client.NewID(), "1", "%00", "..%2f..%2fetc", strings.Repeat("A", 500), "T%23x", "%ff"} {
		for _, path := range []string{"/tickets/" + id, "/tickets/" + id + "/messages", "/attachments/" + id, "/categories/" + id} {
			wantProblem(t, me.call("GET", path, nil), 400, 404)
		}
	}
}

// TestTexts_Deceptive checks that names of customers and of files, and addresses, do not hide what
// they are: letters that look like others, and invisible characters.
func TestTexts_Deceptive(t *testing.T) {
	t.Parallel()
	me := customer(t)
	refused := func(field, method, path string, body object) {
		t.Helper()
		if problem := wantProblem(t, me.call(method, path, body), 422); !pointsAt(problem, field) {
			t.Errorf("%v: got errors %+v, want one that points at /%s", body, problem.Errors, field)
		}
	}
	for _, name := range []string{"ꜱᴜᴘᴘᴏʀᴛ", "🅰🅳🅼🅸🅽", "Supp0rt", "Աdmin", "پشتېبان"} {
		refused("name", "PATCH", "/profile", object{"name": name})
	}
	for _, address := range []string{"sara\u202e@example.com", "sara@exam\u200bple.com", "sara\u3164@example.com"} {
		refused("email", "PATCH", "/profile", object{"email": address})
	}
	for _, name := range []string{"\u3164.png", "a\u200b.png", "\U000e0041.png", "\ufe0f.png"} {
		refused("name", "POST", "/attachments", object{"name": name, "type": "image/png", "size": 10})
	}
	wantProblem(t, seededAdmin(t).call("DELETE", "/admin/suppressions/"+strings.Repeat("a", 3000), nil), 404)
}
