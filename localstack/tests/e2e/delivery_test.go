package e2e

import (
	"fmt"
	"testing"

	"ticketsystem/localstack/testkit/client"
)

type channelDelivery struct {
	NotificationID, UserID, Channel, State, Reason string
	Attempts                                       int
}

// TestDeliveries_Retry checks the list of failed deliveries, and that a delivery that was sent,
// or does not exist, is not retried.
func TestDeliveries_Retry(t *testing.T) {
	t.Parallel()
	admin, me := newStaff(t, "admin"), customer(t)
	body := object{"title": "News", "body": "Text", "audience": object{"userIds": []string{me.Profile.ID}}, "channels": []string{"app", "sms"}}
	admin.mustCall(202, "POST", "/broadcasts", body, nil)
	var id string
	eventually(t, "the SMS is sent", func() error {
		list, _ := me.notifications("")
		if len(list) != 1 || list[0].Deliveries["sms"].State != "sent" {
			return fmt.Errorf("got %+v", list)
		}
		id = list[0].ID
		return nil
	})
	var page client.List[channelDelivery]
	admin.get("/admin/deliveries?state=failed&limit=100", &page)
	for _, d := range page.Data {
		if d.State != "failed" || d.NotificationID == id {
			t.Errorf("got %+v, want failed deliveries", d)
		}
	}
	retry := func(id, channel string) string { return "/admin/deliveries/" + id + "/" + channel + "/retry" }
	if p := wantProblem(t, admin.call("POST", retry(id, "sms"), nil), 409); p.Code != "delivery_not_failed" {
		t.Errorf("got %s, want delivery_not_failed", p.Code)
	}
	for _, path := range []string{retry(client.NewID(), "sms"), retry(id, "email"), retry(id, "fax"), retry("x", "sms")} {
		if p := wantProblem(t, admin.call("POST", path, nil), 404); p.Code != "delivery_not_found" {
			t.Errorf("%s: got %s, want delivery_not_found", path, p.Code)
		}
	}
	if p := wantProblem(t, admin.call("GET", "/admin/deliveries?state=sent", nil), 400); len(p.Errors) != 1 || p.Errors[0].Pointer != "?state" {
		t.Errorf("got %+v, want ?state", p.Errors)
	}
}
