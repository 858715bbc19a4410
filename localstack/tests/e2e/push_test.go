package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/localstack/testkit/client"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/webpush/webpushtest"
)

// pushed returns the bodies that the push services of the local stack got for a device,
// newest first.
func pushed(t *testing.T, device string) []string {
	t.Helper()
	response, err := suite.api.Fetch(t.Context(), suite.local.OutboxURL+"?"+url.Values{"channel": {"push"}, "to": {device}}.Encode())
	var sent struct{ Data []struct{ Body string } }
	wantStatus(t, must(t, response, err), 200, &sent)
	var bodies []string
	for _, m := range sent.Data {
		bodies = append(bodies, m.Body)
	}
	return bodies
}

// awaitPush waits for the n-th push message to a browser and decrypts it.
func awaitPush(t *testing.T, browser webpushtest.Browser, device string, n int) (m notification.PushMessage) {
	t.Helper()
	eventually(t, "push message", func() error {
		if got := len(pushed(t, device)); got < n {
			return mismatch("messages", got, n)
		}
		return nil
	})
	raw, err := base64.StdEncoding.DecodeString(pushed(t, device)[0])
	if err != nil {
		t.Fatal(err)
	}
	plain, err := browser.Decrypt(raw)
	if err != nil || json.Unmarshal(plain, &m) != nil {
		t.Fatalf("got %q, %v", plain, err)
	}
	return m
}

func browserSubscription(browser webpushtest.Browser, device string) object {
	return object{
		"endpoint": suite.local.HTTPURL + "/_local/push/" + device, "expirationTime": nil, "keys": object{"p256dh": browser.P256dh(), "auth": browser.Auth()},
	}
}

// TestPush_BrowserAndPhone checks that a reply reaches the browser and the phone of its
// customer once, without its text unless the customer permits it, and that subscriptions
// are removed that their push service has ended. It needs the local stack.
func TestPush_BrowserAndPhone(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		return
	}
	var key struct{ PublicKey string }
	wantStatus(t, anonymous(t, "GET", "/push/key", nil), 200, &key)
	if point, err := base64.RawURLEncoding.DecodeString(key.PublicKey); err != nil || len(point) != 65 {
		t.Errorf("got key %q, %v", key.PublicKey, err)
	}
	me, agent, browser := customer(t), support(t), webpushtest.NewBrowser()
	device, phone := client.NewID(), "phone-"+client.NewID()
	gone, uninstalled := browserSubscription(browser, "gone-"+device), object{"platform": "ios", "token": "uninstalled-" + phone}
	all := []object{browserSubscription(browser, device), {"platform": "android", "token": phone}, gone, uninstalled}
	for _, body := range all {
		me.mustCall(201, "POST", "/push/subscriptions", body, nil)
	}
	me.mustCall(200, "POST", "/push/subscriptions", all[0], nil)

	ticket := me.openTicket(object{"title": "A secret parcel"})
	agent.post(ticket.ID, "The secret reply", nil)
	first := awaitPush(t, browser, device, 1)
	if strings.Contains(fmt.Sprint(first), "ecret") || first.TicketID != ticket.ID || !strings.HasPrefix(first.Body, "Support has answered") {
		t.Errorf("got %+v, want no text of the ticket", first)
	}
	eventually(t, "delivery", func() error {
		if got := deliveryOutcome(me.awaitNotifications(1)[0], "push"); got != "sent" {
			return mismatch("push", got, "sent")
		}
		return nil
	})
	if got := pushed(t, phone); len(got) != 1 || strings.Contains(got[0], "ecret") || !strings.Contains(got[0], "fcmV1Message") {
		t.Errorf("got %q on the phone", got)
	}
	for _, body := range []object{gone, uninstalled} { // they were removed, so they are new
		me.mustCall(201, "POST", "/push/subscriptions", body, nil)
	}

	me.mustCall(200, "PATCH", "/profile", object{"notifications": object{"pushText": true}}, nil)
	me.mustCall(204, "DELETE", "/push/subscriptions", object{"platform": "android", "token": phone}, nil)
	agent.post(ticket.ID, "Another secret reply", nil)
	if second := awaitPush(t, browser, device, 2); second.Title != "New reply: A secret parcel" || !strings.Contains(second.Body, "Another secret reply") {
		t.Errorf("got %+v, want the text", second)
	}
	me.mustCall(204, "DELETE", "/push/subscriptions", object{"endpoint": all[0]["endpoint"]}, nil)
	me.mustCall(204, "DELETE", "/push/subscriptions", all[0], nil)
	if got := len(pushed(t, phone)); got != 1 {
		t.Errorf("got %d messages after the phone was unsubscribed", got)
	}
}

// TestPush_Broadcast checks that a broadcast reaches the browsers of those who permit push
// messages. It needs the local stack.
func TestPush_Broadcast(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		return
	}
	admin, reader, off, without := seededAdmin(t), customer(t), customer(t), customer(t)
	browser, device, silent := webpushtest.NewBrowser(), client.NewID(), client.NewID()
	reader.mustCall(201, "POST", "/push/subscriptions", browserSubscription(browser, device), nil)
	off.mustCall(201, "POST", "/push/subscriptions", browserSubscription(browser, silent), nil)
	off.mustCall(200, "PATCH", "/profile", object{"notifications": object{"push": false}}, nil)
	var b client.Broadcast
	ids := []string{reader.Profile.ID, off.Profile.ID, without.Profile.ID}
	admin.mustCall(202, "POST", "/broadcasts", object{"title": "Holiday", "body": "Closed on Friday", "audience": object{"userIds": ids}, "channels": []string{"push"}}, &b)
	if m := awaitPush(t, browser, device, 1); m.Title != "Holiday" || m.Body != "Closed on Friday" || m.TicketID != "" {
		t.Errorf("got %+v", m)
	}
	eventually(t, "the end of the broadcast", func() error {
		admin.get("/broadcasts/"+b.ID, &b)
		if b.State != "done" || b.Counts.Push.Sent != 1 || b.Counts.Push.Skipped != 2 {
			return mismatch("broadcast", b, "one push message, two skipped")
		}
		return nil
	})
	if len(pushed(t, device)) != 1 || len(pushed(t, silent)) != 0 {
		t.Errorf("got %d and %d messages", len(pushed(t, device)), len(pushed(t, silent)))
	}
}

// TestPush_LastSubscriptionGone checks that a user whose only subscription has ended is
// not planned again. It needs the local stack.
func TestPush_LastSubscriptionGone(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		return
	}
	me, agent := customer(t), support(t)
	me.mustCall(201, "POST", "/push/subscriptions", browserSubscription(webpushtest.NewBrowser(), "gone-"+client.NewID()), nil)
	ticket := me.openTicket(nil)
	agent.post(ticket.ID, "One", nil)
	eventually(t, "delivery", func() error {
		if got := deliveryOutcome(me.awaitNotifications(1)[0], "push"); got != "skipped no_address" {
			return mismatch("push", got, "skipped no_address")
		}
		return nil
	})
	agent.post(ticket.ID, "Two", nil)
	if n := me.awaitNotifications(2)[0]; deliveryOutcome(n, "push") != "" && len(n.Deliveries) > 2 {
		t.Errorf("got deliveries %+v, want none by push", n.Deliveries)
	}
}

// TestPush_RemovedWithUser checks that the subscriptions of a removed user are erased, and
// that the oldest of more than the maximum is. It needs the local stack.
func TestPush_RemovedWithUser(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		return
	}
	me := customer(t)
	for n := range notification.MaxPushSubscriptions + 1 {
		me.mustCall(201, "POST", "/push/subscriptions", object{"platform": "android", "token": fmt.Sprint(me.Profile.ID, "-", n)}, nil)
	}
	if got := pushItems(t, me); got != 1 {
		t.Errorf("got %d items, want 1", got)
	}
	me.mustCall(201, "POST", "/push/subscriptions", object{"platform": "android", "token": me.Profile.ID + "-0"}, nil) // it was the oldest
	staff(t, adminPhone).mustCall(204, "DELETE", "/users/"+me.Profile.ID, nil, nil)
	eventually(t, "erasure", func() error {
		if got := pushItems(t, me); got != 0 {
			return mismatch("items", got, 0)
		}
		return nil
	})
	wantProblem(t, me.call("POST", "/push/subscriptions", object{"platform": "android", "token": "another-token"}), 401)
}

// pushItems returns how many items hold push subscriptions of a user.
func pushItems(t *testing.T, u testUser) int {
	t.Helper()
	env := app.NewEnv(func(name string) (string, bool) {
		value, given := map[string]string{
			"AWS_ENDPOINT_URL": suite.local.DynamoDBURL, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
		}[name]
		return value, given
	})
	out, err := dynamodb.NewFromConfig(env.AWS("DYNAMODB")).GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: &suite.local.TableName,
		Key:       map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: "U#" + u.Profile.ID}, "SK": &types.AttributeValueMemberS{Value: "~D"}},
	})
	if must(t, out, err).Item == nil {
		return 0
	}
	return 1
}
