package ws_test

import (
	"testing"

	"ticketsystem/pkg/notification"
)

// TestPublishNotification checks that only connections of the owner get a notification, in
// their language.
func TestPublishNotification(t *testing.T) {
	fx := newFixture(t)
	n := notification.Notification{ID: aULID, UserID: rezaID, Kind: notification.KindReply, TicketID: oneID, Title: "The parcel", Body: "We look", Author: "Ali", CreatedAt: fx.now}
	if err := fx.handler.Publisher.PublishNotification(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if len(fx.frames) != 1 || fx.frames[0].to != "reza1" || fx.frames[0].body["type"] != "notification" {
		t.Fatalf("got %+v, want one frame to reza1", fx.frames)
	}
	if got := fx.frames[0].field("notification", "title"); got != "پاسخ تازه: The parcel" {
		t.Errorf("got title %v", got)
	}
}
