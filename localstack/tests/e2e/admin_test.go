package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"ticketsystem/localstack/testkit/client"
)

// TestDeleteTicket checks that a deleted ticket is not found by any user, immediately
// and permanently.
func TestDeleteTicket(t *testing.T) {
	t.Parallel()
	admin, me, agent := staff(t, adminPhone), customer(t), support(t)
	clientID := client.NewID()
	content, err := client.PNG(7)
	must(t, content, err)
	file, err := me.UploadAttachment(t.Context(), "slip.png", "image/png", content)
	must(t, file, err)
	ticket := me.openTicket(object{"clientId": clientID, "attachmentIds": []string{file}})
	agent.post(ticket.ID, "We look into it.", nil)
	path := "/tickets/" + ticket.ID
	var signed struct{ URL string }
	eventually(t, "the attachment is ready", func() error {
		return me.call("GET", "/attachments/"+file, nil, client.Header("Accept", "application/json")).Decode(200, &signed)
	})
	wantProblem(t, agent.call("DELETE", path, nil), 403)
	wantProblem(t, me.call("DELETE", path, nil), 403)
	admin.mustCall(204, "DELETE", path, nil, nil)

	wantDeleted := func() {
		t.Helper()
		for _, user := range []testUser{me, agent, admin} {
			for _, read := range []string{"", "/messages", "/history"} {
				wantProblem(t, user.call("GET", path+read, nil), 404)
			}
			wantProblem(t, user.call("POST", path+"/messages", object{"clientId": client.NewID(), "body": "Hello?"}), 404)
			wantProblem(t, user.call("POST", path+"/close", object{"clientId": client.NewID()}), 404)
		}
		wantProblem(t, admin.call("DELETE", path, nil), 404)
		again := me.call("POST", "/tickets", object{
			"clientId": clientID, "title": "The parcel has not come", "description": "Not yet.", "categoryId": ticket.Category.ID,
		})
		equal(t, "clientId of the deleted ticket: code", wantProblem(t, again, 409).Code, "ticket_deleted")
	}
	wantDeleted()
	problem := agent.connect().request(object{"action": "subscribe", "topic": "ticket:" + ticket.ID}, "error").Problem
	equal(t, "subscribe: code", problem.Code, "ticket_not_found")
	eventually(t, "the lists do not contain it", func() error {
		for _, user := range []testUser{me, admin} {
			var page client.List[client.Ticket]
			user.get("/tickets?limit=100&sort=-createdAt", &page)
			if slices.Contains(ticketIDs(page.Data), ticket.ID) {
				return mismatch("tickets", "the deleted one among them", "none")
			}
		}
		return nil
	})
	eventually(t, "its attachment is deleted", func() error {
		if response := me.call("GET", "/attachments/"+file, nil); response.Status != 404 {
			return mismatch("GET /attachments/{id}", response.Status, 404)
		}
		bytes, err := suite.api.Fetch(t.Context(), signed.URL)
		if err == nil && bytes.Status != 404 {
			err = mismatch("GET of the old signed URL", bytes.Status, 404)
		}
		return err
	})
	wantDeleted()
}

// TestCategoryAdmin creates, updates and deletes a category. It does not run in
// parallel, because other tests list all categories.
func TestCategoryAdmin(t *testing.T) {
	admin, me, w := newStaff(t, "admin"), customer(t), uniqueWord()
	names := object{"en": "Refunds " + w, "fa": "بازپرداخت " + w}
	var made client.Category
	response := admin.mustCall(201, "POST", "/categories", object{"names": names}, &made, client.Language("en"))
	equal(t, "location", response.Header.Get("Location"), "/categories/"+made.ID)
	path := "/categories/" + made.ID
	admin.get(path, nil)
	equal(t, "name taken: code", wantProblem(t, admin.call("POST", "/categories", object{"name": "refunds " + w}), 409).Code, "name_taken")
	for pointer, body := range map[string]object{"/name": {"name": "Refunds  " + w}, "/names/fa": {"names": object{"en": w, "fa": "بازپرداخت\u200c" + w}}} {
		problem := wantProblem(t, admin.call("POST", "/categories", body), 409)
		equal(t, "name taken: pointer", problem.Errors[0].Pointer, pointer)
	}
	ticket := me.openTicket(object{"categoryId": made.ID})
	equal(t, "category of the ticket", ticket.Category.Name, "Refunds "+w)

	admin.mustCall(200, "PATCH", path, object{"name": "Money back " + w, "active": false}, &made, client.Language("en"))
	equal(t, "changed", toJSON(made), toJSON(client.Category{ID: made.ID, Name: "Money back " + w}))
	admin.mustCall(204, "DELETE", path, nil, nil)
	wantProblem(t, admin.call("GET", path, nil), 404)
	wantProblem(t, admin.call("DELETE", path, nil), 404)
	var page client.List[client.Category]
	admin.get("/categories", &page)
	if strings.Contains(toJSON(page.Data), w) {
		t.Errorf("GET /categories: got %s, want the deleted one missing", toJSON(page.Data))
	}
	equal(t, "category of the ticket", me.detail(ticket.ID).Ticket.Category.Name, "Refunds "+w)
}

// TestAdminRoutes_Forbidden checks that other roles are rejected before the request is
// validated.
func TestAdminRoutes_Forbidden(t *testing.T) {
	t.Parallel()
	callers, id := []testUser{customer(t), support(t)}, client.NewID()
	for _, route := range []string{
		"GET /users", "POST /users", "GET /users/" + id, "PATCH /users/" + id, "DELETE /users/" + id, "GET /admin/audit",
		"POST /categories", "PATCH /categories/" + id, "DELETE /categories/" + id, "DELETE /tickets/" + id,
	} {
		method, path, _ := strings.Cut(route, " ")
		var body any
		if method == http.MethodPost || method == http.MethodPatch {
			body = object{}
		}
		for _, user := range callers {
			wantProblem(t, user.call(method, path, body), 403)
		}
		wantProblem(t, anonymous(t, method, path, body), 401)
	}
}
