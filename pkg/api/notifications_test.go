package api_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/user"
)

// drawer keeps notifications and writes down what is asked of it.
type drawer struct {
	page  notification.Page
	asked []string
}

func (d *drawer) Notify(context.Context, ...notification.Notification) error { return nil }

func (d *drawer) Notifications(_ context.Context, userID string, q notification.Query) (notification.Page, error) {
	d.asked = append(d.asked, fmt.Sprintf("list %s %+v", userID, q))
	return d.page, nil
}

func (d *drawer) MarkRead(_ context.Context, userID string, ids []string) error {
	d.asked = append(d.asked, fmt.Sprint("read ", userID, ids))
	return nil
}

func (d *drawer) MarkAllRead(_ context.Context, userID string) error {
	d.asked = append(d.asked, "read all "+userID)
	return nil
}

func aNotice(h *house) notification.Notification {
	return notification.Notification{
		ID: aULID, UserID: saraID, Kind: notification.KindReply, TicketID: oneID, Title: "The parcel", Body: "We look", Author: "Ali", CreatedAt: h.now,
		Deliveries: map[notification.Channel]notification.Delivery{
			notification.Email: {State: notification.Failed, Reason: "ses: 10.0.0.7 refused", Attempts: 2, At: h.now},
			notification.SMS:   {State: notification.Skipped, Reason: notification.ReasonRead, At: h.now},
		},
	}
}

func TestListNotifications(t *testing.T) {
	h := newHouse(t)
	d := &drawer{page: notification.Page{Notifications: []notification.Notification{aNotice(h)}, Next: aULID, Unread: 7}}
	first := h.send(t, api.ListNotifications(d), sara, call(http.MethodGet, "/notifications", "").query("unread=true&limit=1"))
	const want = `{"data":[{"id":"` + aULID + `","kind":"reply","title":"New reply: The parcel","body":"Ali: We look","ticketId":"` + oneID +
		`","read":false,"createdAt":"2026-03-21T12:00:00.000Z","deliveries":{` +
		`"email":{"state":"failed","reason":"provider","attempts":2,"at":"2026-03-21T12:00:00.000Z"},` +
		`"sms":{"state":"skipped","reason":"read","attempts":0,"at":"2026-03-21T12:00:00.000Z"}}}],`
	if first.status != 200 || len(first.text) < len(want) || first.text[:len(want)] != want || first.at("unread") != 7.0 || first.at("page", "hasMore") != true {
		t.Errorf("got %d %s\nwant %s", first.status, first.text, want)
	}
	next, _ := first.at("page", "next").(string)
	for query, status := range map[string]int{
		"unread=true&limit=1&cursor=" + next: 200, "cursor=" + next: 400, "unread=false": 200, "unread=maybe": 400, "unread=": 400, "limit=0": 400, "cursor=x": 400,
	} {
		if got := h.send(t, api.ListNotifications(d), sara, call(http.MethodGet, "/notifications", "").query(query)); got.status != status {
			t.Errorf("%s: got %d, want %d", query, got.status, status)
		}
	}
	if got := h.send(t, api.ListNotifications(d), reza, call(http.MethodGet, "/notifications", "").query("unread=true&cursor="+next)); got.status != 400 {
		t.Errorf("another's cursor: got %d", got.status)
	}
	if got := h.send(t, api.ListNotifications(d), user.Principal{}, call(http.MethodGet, "/notifications", "")); got.status != 401 {
		t.Errorf("nobody: got %d", got.status)
	}
	if !slices.Contains(d.asked, "list "+saraID+" {Unread:true Before:"+aULID+" Limit:1}") {
		t.Errorf("got %q", d.asked)
	}
	if got := h.send(t, api.ListNotifications(d), sara, call(http.MethodGet, "/notifications", "").with("accept-language", "fa")); got.status != 200 ||
		!strings.Contains(got.text, "پاسخ تازه: The parcel") {
		t.Errorf("in Persian: got %s", got.text)
	}
}

func TestReadNotifications(t *testing.T) {
	for body, want := range map[string]string{
		`{"ids":["` + aULID + `"]}`: "read " + saraID + "[" + aULID + "]", `{"all":true}`: "read all " + saraID,
		`{}`: "/ids required", `{"all":false,"ids":[]}`: "/ids required", `{"all":true,"ids":["` + aULID + `"]}`: "/ids not_allowed",
		`{"ids":["x"]}`: "/ids/0 invalid", `{"ids":["` + aULID + `","` + aULID + `"]}`: "/ids/1 duplicate", `{"some":1}`: "/some unknown",
	} {
		h, d := newHouse(t), &drawer{}
		got := h.send(t, api.ReadNotifications(d), sara, call(http.MethodPost, "/notifications/read", body))
		if outcome := append(got.wrong(), d.asked...); len(outcome) != 1 || outcome[0] != want || (got.status == 204) != (len(d.asked) == 1) {
			t.Errorf("%s: got %d %q, want %q", body, got.status, outcome, want)
		}
	}
}

// TestNotificationFrames: each of the owner's sockets gets it in its language.
func TestNotificationFrames(t *testing.T) {
	h := newHouse(t)
	h.connections["c1"] = realtime.Connection{ID: "c1", Who: sara, Topics: []string{realtime.UserTopic(saraID)}, ExpiresAt: h.now.Add(1)}
	h.connections["c2"] = realtime.Connection{ID: "c2", Who: reza, Topics: []string{realtime.UserTopic(rezaID)}, ExpiresAt: h.now.Add(1)}
	if err := h.news.Notification(t.Context(), aNotice(h)); err != nil {
		t.Fatal(err)
	}
	if len(h.frames) != 1 || h.frames[0].to != "c1" || h.frames[0].body["type"] != "notification" {
		t.Fatalf("got %+v, want one frame to c1", h.frames)
	}
	shown, _ := h.frames[0].body["notification"].(map[string]any)
	if shown["title"] != "New reply: The parcel" {
		t.Errorf("got %v", shown)
	}
}
