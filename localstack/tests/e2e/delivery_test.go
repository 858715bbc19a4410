package e2e

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
	"ticketsystem/pkg/notification"
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

// TestDeliveries_RetryFailed marks the delivery of a reply as failed, and checks that it is listed
// and that a retry sends it again.
func TestDeliveries_RetryFailed(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		return
	}
	admin, me := newStaff(t, "admin"), customer(t)
	support(t).post(me.openTicket(nil).ID, "We look into it.", nil)
	id := me.awaitNotifications(1)[0].ID
	store := tableStore()
	eventually(t, "the failure", func() error { // a claim fails while the delivery is still written
		n, err := store.AttemptedNotification(t.Context(), id)
		if err != nil {
			return err
		}
		claimed, err := store.ClaimDelivery(t.Context(), n, notification.SMS, nil, time.Now())
		if err != nil || !claimed {
			return cmp.Or(err, errors.New("not claimed"))
		}
		failed := notification.Delivery{State: notification.Failed, Reason: notification.ReasonProvider, Attempts: n.Deliveries[notification.SMS].Attempts + 1, At: time.Now()}
		return store.CompleteDelivery(t.Context(), n, notification.SMS, failed)
	})
	eventually(t, "the failure is listed", func() error {
		var page client.List[channelDelivery]
		admin.get("/admin/deliveries?limit=100", &page)
		if !slices.ContainsFunc(page.Data, func(d channelDelivery) bool { return d.NotificationID == id && d.Channel == "sms" }) {
			return fmt.Errorf("got %+v, want %s", page.Data, id)
		}
		return nil
	})
	var queued channelDelivery
	admin.mustCall(202, "POST", "/admin/deliveries/"+id+"/sms/retry", nil, &queued)
	equal(t, "state", queued.State, "queued")
	eventually(t, "the SMS is sent again", func() error {
		list, _ := me.notifications("")
		if got := deliveryOutcome(list[0], "sms"); got != "sent" || len(me.sentTexts()) != 2 {
			return fmt.Errorf("got %s and %d SMS", got, len(me.sentTexts()))
		}
		return nil
	})
}
