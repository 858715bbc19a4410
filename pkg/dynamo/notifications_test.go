package dynamo

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
)

// TestDecodeRecord_Notification checks that a new notification is decoded completely.
func TestDecodeRecord_Notification(t *testing.T) {
	at := time.UnixMilli(1_790_000_000_123).UTC()
	want := notification.Notification{
		ID: "01ARZ3NDEKTSV4RRFFQ69G5FAV", UserID: "sara", Kind: notification.KindStatus, TicketID: "t", Seq: 3, Title: "T", Body: "b", Author: "علی",
		Status: "resolved", BroadcastID: "b", CounterShard: 2, CreatedAt: at, Deliveries: map[notification.Channel]notification.Delivery{
			notification.SMS: {State: notification.Failed, Reason: "r", Attempts: 2, At: at},
		},
	}
	got, err := DecodeRecord(streamRecord(events.DynamoDBOperationTypeInsert, notificationToItem(want, 0)))
	if created, ok := got.(event.NotificationCreated); err != nil || !ok || fmt.Sprintf("%+v", created.Notification) != fmt.Sprintf("%+v", want) {
		t.Errorf("got %v, %+v, want %+v", err, got, want)
	}
}
