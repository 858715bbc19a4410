package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

func testNotification(fx *fixture) notification.Notification {
	return notification.Notification{
		ID: aULID, UserID: saraID, Kind: notification.KindReply, TicketID: oneID, Title: "The parcel", Body: "We look", Author: "Ali", CreatedAt: fx.now,
		Deliveries: map[notification.Channel]notification.Delivery{
			notification.Email: {State: notification.Failed, Reason: "ses: 10.0.0.7 refused", Attempts: 2, At: fx.now},
			notification.SMS:   {State: notification.Skipped, Reason: notification.ReasonRead, At: fx.now},
		},
	}
}

// TestListNotifications_FormerAgent checks that a user reads no notifications for agents.
func TestListNotifications_FormerAgent(t *testing.T) {
	fx := newFixture(t)
	n := testNotification(fx)
	n.Kind, n.Title = notification.KindAssignment, "Ticket of somebody else"
	must(fx.AddNotifications(t.Context(), n))
	agent := sara
	agent.Role = user.RoleSupport
	for _, c := range []struct {
		actor user.Principal
		shown bool
	}{{agent, true}, {sara, false}} {
		got := fx.send(t, api.ListNotifications(fx.memStore), c.actor, newRequest(http.MethodGet, "/notifications", ""))
		if unread := got.field("unread"); got.status != 200 || strings.Contains(got.text, n.Title) != c.shown || (unread == 1.0) != c.shown {
			t.Errorf("%s: got %d %s, want shown %v", c.actor.Role, got.status, got.text, c.shown)
		}
	}
}

func TestListNotifications(t *testing.T) {
	fx := newFixture(t)
	must(fx.AddNotifications(t.Context(), testNotification(fx)))
	for n := range 6 {
		older := testNotification(fx)
		older.ID = fmt.Sprint("01BX5ZZKBKACTAV9WEVGEMMVR", n)
		must(fx.AddNotifications(t.Context(), older))
	}
	first := fx.send(t, api.ListNotifications(fx.memStore), sara, newRequest(http.MethodGet, "/notifications", "").query("unread=true&limit=1"))
	const want = `{"data":[{"id":"` + aULID + `","kind":"reply","title":"New reply: The parcel","body":"Ali: We look","ticketId":"` + oneID +
		`","read":false,"createdAt":"2026-03-21T12:00:00.000Z","deliveries":{` +
		`"email":{"state":"failed","reason":"provider","attempts":2,"at":"2026-03-21T12:00:00.000Z"},` +
		`"sms":{"state":"skipped","reason":"read","attempts":0,"at":"2026-03-21T12:00:00.000Z"}}}],`
	if first.status != 200 || len(first.text) < len(want) || first.text[:len(want)] != want || first.field("unread") != 7.0 || first.field("page", "hasMore") != true {
		t.Errorf("got %d %s\nwant %s", first.status, first.text, want)
	}
	next, _ := first.field("page", "next").(string)
	for query, status := range map[string]int{
		"unread=true&limit=1&cursor=" + next: 200, "cursor=" + next: 400, "unread=false": 200, "unread=maybe": 400, "unread=": 400, "limit=0": 400, "cursor=x": 400,
	} {
		if got := fx.send(t, api.ListNotifications(fx.memStore), sara, newRequest(http.MethodGet, "/notifications", "").query(query)); got.status != status {
			t.Errorf("%s: got %d, want %d", query, got.status, status)
		}
	}
	if got := fx.send(t, api.ListNotifications(fx.memStore), reza, newRequest(http.MethodGet, "/notifications", "").query("unread=true&cursor="+next)); got.status != 400 {
		t.Errorf("cursor of another user: got %d", got.status)
	}
	if got := fx.send(t, api.ListNotifications(fx.memStore), user.Principal{}, newRequest(http.MethodGet, "/notifications", "")); got.status != 401 {
		t.Errorf("anonymous: got %d", got.status)
	}
	second := fx.send(t, api.ListNotifications(fx.memStore), sara, newRequest(http.MethodGet, "/notifications", "").query("unread=true&limit=1&cursor="+next))
	if data, _ := second.body["data"].([]any); len(data) != 1 || strings.Contains(second.text, aULID) {
		t.Errorf("second page: got %s", second.text)
	}
	if got := fx.send(t, api.ListNotifications(fx.memStore), sara, newRequest(http.MethodGet, "/notifications", "").with("accept-language", "fa")); got.status != 200 ||
		!strings.Contains(got.text, "پاسخ تازه: The parcel") {
		t.Errorf("in Persian: got %s", got.text)
	}
}

func TestMarkNotificationsRead(t *testing.T) {
	for body, want := range map[string]string{
		`{"ids":["` + aULID + `"]}`: "", `{"all":true}`: "",
		`{}`: "/ids required", `{"all":false,"ids":[]}`: "/ids required", `{"all":true,"ids":["` + aULID + `"]}`: "/ids not_allowed",
		`{"ids":["x"]}`: "/ids/0 invalid", `{"ids":["` + aULID + `","` + aULID + `"]}`: "/ids/1 duplicate", `{"some":1}`: "/some unknown",
	} {
		fx := newFixture(t)
		must(fx.AddNotifications(t.Context(), testNotification(fx)))
		got := fx.send(t, api.MarkNotificationsRead(fx.memStore), sara, newRequest(http.MethodPost, "/notifications/read", body))
		page, err := fx.ListNotifications(t.Context(), saraID, notification.Query{Limit: 1})
		must(err)
		if outcome := strings.Join(got.fieldErrors(), ", "); outcome != want || (got.status == 204) != (want == "") || (page.Unread == 0) != (want == "") {
			t.Errorf("%s: got %d %q and %d unread, want %q", body, got.status, outcome, page.Unread, want)
		}
	}
}
