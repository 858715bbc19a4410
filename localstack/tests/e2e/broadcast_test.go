package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"ticketsystem/localstack/testkit/client"
)

// TestBroadcast checks that each recipient is notified once per channel, also if named
// twice, that preferences apply, and that the counts are right.
func TestBroadcast(t *testing.T) {
	t.Parallel()
	admin := seededAdmin(t)
	users := []testUser{customer(t), customer(t), customer(t)}
	users[2].mustCall(200, "PATCH", "/profile", object{"notifications": object{"sms": false}}, nil)
	conn := users[0].connect()
	ids := []string{users[0].Profile.ID, users[1].Profile.ID, users[2].Profile.ID, users[1].Profile.ID, client.NewID()}
	body := object{"title": "Holiday", "body": "We are closed on Friday.", "audience": object{"userIds": ids}, "channels": []string{"app", "sms", "email", "push"}}
	var b client.Broadcast
	key := client.Header("Idempotency-Key", client.NewID())
	admin.mustCall(202, "POST", "/notifications", body, &b, key)
	var again client.Broadcast
	admin.mustCall(202, "POST", "/notifications", body, &again, key)
	equal(t, "the same broadcast", again.ID, b.ID)

	eventually(t, "the end of the broadcast", func() error {
		admin.get("/broadcasts/"+b.ID, &b)
		if b.State != "done" {
			return mismatch("state", b.State, "done")
		}
		return nil
	})
	equal(t, "counts", fmt.Sprintf("%+v", b.Counts), "{Total:3 App:{Sent:3} Email:{Sent:0 Failed:0 Skipped:3} SMS:{Sent:2 Failed:0 Skipped:1} Push:{Sent:0 Failed:0 Skipped:3}}")
	if b.FinishedAt == nil {
		t.Error("finishedAt: got null")
	}
	for n, one := range users {
		var list []client.Notification
		var unread int
		eventually(t, "the notification is listed", func() error {
			if list, unread = one.notifications("limit=100"); unread == 0 || len(list) == 0 {
				return mismatch("unread", unread, 1)
			}
			return nil
		})
		if len(list) != 1 || unread != 1 || list[0].Kind != "broadcast" || list[0].Title != "Holiday" || list[0].Body != "We are closed on Friday." {
			t.Errorf("user %d: got %d unread of %+v", n, unread, list)
		}
		equal(t, fmt.Sprintf("SMS of user %d", n), len(one.sentTexts()), map[bool]int{true: 1, false: 0}[n < 2])
	}
	conn.await("the notification", func(f client.Frame) bool { return f.Type == "notification" && f.Notification.Title == "Holiday" })
	var page struct{ Data []client.Broadcast }
	admin.get("/broadcasts?limit=100", &page)
	found := false
	for _, one := range page.Data {
		found = found || one.ID == b.ID
	}
	equal(t, "it is listed", found, true)
	wantProblem(t, admin.call("POST", "/broadcasts/"+b.ID+"/cancel", nil), http.StatusConflict)
}

// TestBroadcast_Frame checks that the author of a broadcast, and no other administrator, is told
// its progress up to the end.
func TestBroadcast_Frame(t *testing.T) {
	t.Parallel()
	admin, other, reader := newStaff(t, "admin"), newStaff(t, "admin"), customer(t)
	socket, others := admin.connect(), other.connect()
	body := object{"title": "News", "body": "Open on Friday", "audience": object{"userIds": []string{reader.Profile.ID}}, "channels": []string{"app", "sms"}}
	var b client.Broadcast
	admin.mustCall(202, "POST", "/broadcasts", body, &b)
	done := socket.await("broadcast", func(f client.Frame) bool {
		return f.Broadcast != nil && f.Broadcast.ID == b.ID && f.Broadcast.State == "done"
	})
	if got := done.Broadcast.Counts; got.Total != 1 || got.App.Sent != 1 || got.SMS.Sent != 1 || done.Broadcast.FinishedAt == nil {
		t.Errorf("got %+v", done.Broadcast)
	}
	others.request(object{"action": "ping"}, "pong")
	for _, f := range others.Frames() {
		if f.Type == "broadcast" {
			t.Errorf("another administrator got %s", f.Raw)
		}
	}
}

// TestBroadcast_WithoutApp checks that a broadcast without the app channel creates no
// visible notification.
func TestBroadcast_WithoutApp(t *testing.T) {
	t.Parallel()
	me := customer(t)
	body := object{"title": "Code red", "body": "By text only.", "audience": object{"userIds": []string{me.Profile.ID}}, "channels": []string{"sms"}}
	seededAdmin(t).mustCall(202, "POST", "/notifications", body, nil)
	eventually(t, "the SMS", func() error {
		if n := len(me.sentTexts()); n != 1 {
			return mismatch("texts", n, 1)
		}
		return nil
	})
	if list, unread := me.notifications(""); len(list) != 0 || unread != 0 {
		t.Errorf("got %d unread of %+v", unread, list)
	}
}

// TestBroadcast_Languages checks that each recipient gets the texts in the language of the
// profile, and that a dry run counts the recipients and sends nothing.
func TestBroadcast_Languages(t *testing.T) {
	t.Parallel()
	admin, users := seededAdmin(t), []testUser{customer(t), customer(t)}
	for n, language := range []string{"en", "fa"} {
		users[n].mustCall(200, "PATCH", "/profile", object{"locale": language}, nil)
	}
	disabled := createUser(t, "user")
	admin.updateUser(disabled.ID, object{"disabled": true})
	ids := []string{users[0].Profile.ID, users[1].Profile.ID, users[0].Profile.ID, disabled.ID, client.NewID()}
	body := object{
		"titles": object{"en": "Holiday", "fa": "تعطیلی"}, "body": "Friday", "bodies": object{"fa": "جمعه"}, "audience": object{"userIds": ids}, "channels": []string{"app"}, "dryRun": true,
	}
	var count struct {
		Total    int
		Complete bool
	}
	admin.mustCall(200, "POST", "/broadcasts", body, &count)
	equal(t, "recipients", fmt.Sprint(count), "{2 true}")
	for _, audience := range []object{{"all": true}, {"roles": []string{"admin", "user", "admin"}}} {
		body["audience"] = audience
		if admin.mustCall(200, "POST", "/broadcasts", body, &count); count.Total < 3 || !count.Complete {
			t.Errorf("%v: got %+v", audience, count)
		}
	}
	body["audience"], body["dryRun"] = object{"userIds": ids}, false
	admin.mustCall(202, "POST", "/broadcasts", body, nil)
	for n, want := range []string{"Holiday: Friday", "تعطیلی: جمعه"} {
		eventually(t, "the notification in the language of the profile", func() error {
			list, _ := users[n].notifications("")
			if len(list) != 1 || list[0].Title+": "+list[0].Body != want {
				return mismatch("notifications", list, want)
			}
			return nil
		})
	}
	for field, texts := range map[string]object{
		"/titles/xx": {"en": "a", "fa": "b", "xx": "c"}, "/titles/fa": {"en": "a"}, "/titles/en": {"en": " ", "fa": "b"}, "/title": {},
	} {
		body["titles"] = texts
		if p := wantProblem(t, admin.call("POST", "/broadcasts", body), 422); len(p.Errors) != 1 || p.Errors[0].Pointer != field {
			t.Errorf("%v: got %+v, want %s", texts, p.Errors, field)
		}
	}
}

func TestBroadcast_AdminOnly(t *testing.T) {
	t.Parallel()
	body := object{"title": "x", "body": "y", "audience": object{"all": true}, "channels": []string{"app"}}
	for _, user := range []testUser{customer(t), support(t)} {
		wantProblem(t, user.call("POST", "/notifications", body), http.StatusForbidden)
		wantProblem(t, user.call("GET", "/broadcasts", nil), http.StatusForbidden)
		wantProblem(t, user.call("GET", "/broadcasts/"+client.NewID(), nil), http.StatusForbidden)
		wantProblem(t, user.call("POST", "/broadcasts/"+client.NewID()+"/cancel", nil), http.StatusForbidden)
	}
	admin := seededAdmin(t)
	wantProblem(t, admin.call("GET", "/broadcasts/"+client.NewID(), nil), http.StatusNotFound)
	wantProblem(t, admin.call("POST", "/broadcasts/none/cancel", nil), http.StatusNotFound)
	for name, change := range map[string]object{
		"no audience": {"audience": object{}}, "two audiences": {"audience": object{"all": true, "roles": []string{"user"}}},
		"unknown role": {"audience": object{"roles": []string{"boss"}}}, "invalid id": {"audience": object{"userIds": []string{"me"}}},
		"no channel": {"channels": []string{}}, "unknown channel": {"channels": []string{"fax"}},
		"no title": {"title": ""}, "no body": {"body": " "}, "unknown field": {"priority": "high"},
	} {
		changed := object{}
		for field, value := range body {
			changed[field] = value
		}
		for field, value := range change {
			changed[field] = value
		}
		if p := wantProblem(t, admin.call("POST", "/notifications", changed), http.StatusUnprocessableEntity); p.Code != "invalid_body" {
			t.Errorf("%s: got %s", name, p.Code)
		}
	}
}
