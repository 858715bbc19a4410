package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"ticketsystem/localstack/client"
)

type broadcast struct {
	ID       string   `json:"id"`
	State    string   `json:"state"`
	Channels []string `json:"channels"`
	Counts   struct {
		Total int `json:"total"`
		App   struct {
			Sent int `json:"sent"`
		} `json:"app"`
		Email, SMS struct{ Sent, Failed, Skipped int }
	} `json:"counts"`
	FinishedAt *string `json:"finishedAt"`
}

// TestBroadcast: people who were named, one of them twice, are told once on
// each channel, their choices count, and the broadcast says how it went.
func TestBroadcast(t *testing.T) {
	t.Parallel()
	boss := admin(t)
	people := []actor{customer(t), customer(t), customer(t)}
	people[2].must(200, "PATCH", "/profile", object{"notifications": object{"sms": false}}, nil)
	line := people[0].connect()
	ids := []string{people[0].User.ID, people[1].User.ID, people[2].User.ID, people[1].User.ID, client.NewID()}
	body := object{"title": "Holiday", "body": "We are closed on Friday.", "audience": object{"userIds": ids}, "channels": []string{"app", "sms", "email"}}
	var b broadcast
	key := client.Header("Idempotency-Key", client.NewID())
	boss.must(202, "POST", "/notifications", body, &b, key)
	var again broadcast
	boss.must(202, "POST", "/notifications", body, &again, key)
	same(t, "the same broadcast", again.ID, b.ID)

	eventually(t, "the end of the broadcast", func() error {
		boss.get("/broadcasts/"+b.ID, &b)
		if b.State != "done" {
			return wrong("state", b.State, "done")
		}
		return nil
	})
	same(t, "counts", fmt.Sprintf("%+v", b.Counts), "{Total:3 App:{Sent:3} Email:{Sent:0 Failed:0 Skipped:3} SMS:{Sent:2 Failed:0 Skipped:1}}")
	if b.FinishedAt == nil {
		t.Error("finishedAt: got null")
	}
	for n, one := range people {
		list, unread := one.notices("limit=100")
		if len(list) != 1 || unread != 1 || list[0].Kind != "broadcast" || list[0].Title != "Holiday" || list[0].Body != "We are closed on Friday." {
			t.Errorf("person %d: got %d unread of %+v", n, unread, list)
		}
		same(t, fmt.Sprintf("texts of person %d", n), len(one.told()), map[bool]int{true: 1, false: 0}[n < 2])
	}
	line.await("the notification", func(f client.Frame) bool { return f.Type == "notification" && f.Notification.Title == "Holiday" })
	var page struct{ Data []broadcast }
	boss.get("/broadcasts?limit=100", &page)
	found := false
	for _, one := range page.Data {
		found = found || one.ID == b.ID
	}
	same(t, "it is in the list", found, true)
	refused(t, boss.call("POST", "/broadcasts/"+b.ID+"/cancel", nil), http.StatusConflict)
}

// TestSilentBroadcast: without the app as a channel nothing is shown there.
func TestSilentBroadcast(t *testing.T) {
	t.Parallel()
	me := customer(t)
	body := object{"title": "Code red", "body": "By text only.", "audience": object{"userIds": []string{me.User.ID}}, "channels": []string{"sms"}}
	admin(t).must(202, "POST", "/notifications", body, nil)
	eventually(t, "the text", func() error {
		if n := len(me.told()); n != 1 {
			return wrong("texts", n, 1)
		}
		return nil
	})
	if list, unread := me.notices(""); len(list) != 0 || unread != 0 {
		t.Errorf("got %d unread of %+v", unread, list)
	}
}

func TestBroadcastsAreForAdministrators(t *testing.T) {
	t.Parallel()
	body := object{"title": "x", "body": "y", "audience": object{"all": true}, "channels": []string{"app"}}
	for _, who := range []actor{customer(t), support(t)} {
		refused(t, who.call("POST", "/notifications", body), http.StatusForbidden)
		refused(t, who.call("GET", "/broadcasts", nil), http.StatusForbidden)
		refused(t, who.call("GET", "/broadcasts/"+client.NewID(), nil), http.StatusForbidden)
		refused(t, who.call("POST", "/broadcasts/"+client.NewID()+"/cancel", nil), http.StatusForbidden)
	}
	boss := admin(t)
	refused(t, boss.call("GET", "/broadcasts/"+client.NewID(), nil), http.StatusNotFound)
	refused(t, boss.call("POST", "/broadcasts/none/cancel", nil), http.StatusNotFound)
	for name, change := range map[string]object{
		"no audience": {"audience": object{}}, "two audiences": {"audience": object{"all": true, "roles": []string{"user"}}},
		"a strange role": {"audience": object{"roles": []string{"boss"}}}, "a strange id": {"audience": object{"userIds": []string{"me"}}},
		"no channel": {"channels": []string{}}, "a strange channel": {"channels": []string{"fax"}},
		"no title": {"title": ""}, "no body": {"body": " "}, "something else": {"priority": "high"},
	} {
		changed := object{}
		for field, value := range body {
			changed[field] = value
		}
		for field, value := range change {
			changed[field] = value
		}
		if p := refused(t, boss.call("POST", "/notifications", changed), http.StatusUnprocessableEntity); p.Code != "invalid_body" {
			t.Errorf("%s: got %s", name, p.Code)
		}
	}
}
