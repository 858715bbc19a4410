package mobilepush_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"testing"

	"ticketsystem/pkg/awstest"
	"ticketsystem/pkg/mobilepush"
	"ticketsystem/pkg/notification"
)

const application, endpoint = "arn:aws:sns:eu-central-1:123456789012:app/GCM/app", "arn:aws:sns:eu-central-1:123456789012:endpoint/GCM/app/1"

// newPlatforms returns Platforms whose calls fail with a code of SNS, and the calls.
func newPlatforms(t *testing.T, code, message string) (*mobilepush.Platforms, *[]url.Values) {
	t.Helper()
	var calls []url.Values
	server := awstest.New(t, func(r awstest.Request) awstest.Response {
		form, err := url.ParseQuery(r.Body)
		if err != nil {
			t.Error(err)
		}
		calls = append(calls, form)
		action := form.Get("Action")
		if code != "" {
			return awstest.Response{Status: 400, Body: "<ErrorResponse><Error><Code>" + code + "</Code><Message>" + message + "</Message></Error></ErrorResponse>"}
		}
		return awstest.Response{Status: 200, Body: "<" + action + "Response><" + action + "Result><EndpointArn>" + endpoint + "</EndpointArn></" + action + "Result></" + action + "Response>"}
	})
	return mobilepush.New(server.Config, map[string]string{notification.PlatformAndroid: application}), &calls
}

func TestRegister(t *testing.T) {
	platforms, calls := newPlatforms(t, "", "")
	got, err := platforms.Register(t.Context(), notification.PlatformAndroid, "token")
	if err != nil || got != endpoint || len(*calls) != 2 || (*calls)[0].Get("PlatformApplicationArn") != application || (*calls)[1].Get("Action") != "SetEndpointAttributes" {
		t.Errorf("got %q, %v, calls %v", got, err, *calls)
	}
	if err := platforms.Deregister(t.Context(), got); err != nil || (*calls)[2].Get("EndpointArn") != endpoint {
		t.Errorf("got %v, calls %v", err, *calls)
	}
	if _, err := platforms.Register(t.Context(), notification.PlatformIOS, "token"); !errors.Is(err, notification.ErrPushPlatform) {
		t.Errorf("without an application: got %v", err)
	}
	platforms, _ = newPlatforms(t, "InvalidParameter", "Invalid parameter: Token")
	if _, err := platforms.Register(t.Context(), notification.PlatformAndroid, "token"); !errors.Is(err, notification.ErrPushToken) {
		t.Errorf("invalid token: got %v", err)
	}
}

func TestPush(t *testing.T) {
	to := notification.PushSubscription{Platform: notification.PlatformAndroid, Endpoint: endpoint}
	m := notification.PushMessage{NotificationID: "N", TicketID: "T", Title: "Title", Body: "Body"}
	platforms, calls := newPlatforms(t, "", "")
	if err := platforms.Push(t.Context(), to, m); err != nil {
		t.Fatal(err)
	}
	var formats map[string]string
	var fcm struct {
		FCM struct {
			Message struct{ Notification, Data map[string]string }
		} `json:"fcmV1Message"`
	}
	var apns struct {
		APS            struct{ Alert map[string]string }
		NotificationID string
	}
	form := (*calls)[0]
	for _, err := range []error{
		json.Unmarshal([]byte(form.Get("Message")), &formats), json.Unmarshal([]byte(formats["GCM"]), &fcm), json.Unmarshal([]byte(formats["APNS"]), &apns),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	if form.Get("TargetArn") != endpoint || form.Get("MessageStructure") != "json" || fcm.FCM.Message.Notification["body"] != "Body" ||
		fcm.FCM.Message.Data["ticketId"] != "T" || apns.APS.Alert["title"] != "Title" || apns.NotificationID != "N" {
		t.Errorf("got %v", form)
	}
	for code, want := range map[string]error{
		"EndpointDisabled": notification.ErrPushGone, "NotFound": notification.ErrPushGone, "PlatformApplicationDisabled": notification.ErrPushRefused,
	} {
		platforms, _ := newPlatforms(t, code, "no")
		if err := platforms.Push(t.Context(), to, m); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", code, err, want)
		}
	}
	platforms, _ = newPlatforms(t, "InvalidParameter", "Invalid parameter: TargetArn Reason: No endpoint found")
	if err := platforms.Push(t.Context(), to, m); !errors.Is(err, notification.ErrPushGone) {
		t.Errorf("deleted endpoint: got %v", err)
	}
	platforms, _ = newPlatforms(t, "Throttled", "slow down")
	if err := platforms.Push(t.Context(), to, m); err == nil || errors.Is(err, notification.ErrPushGone) || errors.Is(err, notification.ErrPushRefused) {
		t.Errorf("throttled: got %v, want a repeat", err)
	}
}
