package dynamo

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/notification"
)

// TestDecodeRecord_Notification: a notification comes whole, the counter beside it
// tells nothing.
func TestDecodeRecord_Notification(t *testing.T) {
	at := time.UnixMilli(1_790_000_000_123).UTC()
	want := notification.Notification{
		ID: "01ARZ3NDEKTSV4RRFFQ69G5FAV", UserID: "sara", Kind: notification.KindStatus, TicketID: "t", Seq: 3, Title: "T", Body: "b", Author: "علی",
		Status: "resolved", BroadcastID: "b", CounterShard: 2, CreatedAt: at, Deliveries: map[notification.Channel]notification.Delivery{
			notification.SMS: {State: notification.Failed, Reason: "r", Attempts: 2, At: at},
		},
	}
	c, err := DecodeRecord(streamRecord(events.DynamoDBOperationTypeInsert, notificationToItem(want, 0)))
	if err != nil || !c.Created || c.Notification == nil || fmt.Sprintf("%+v", *c.Notification) != fmt.Sprintf("%+v", want) {
		t.Errorf("got %v, %+v, want %+v", err, c.Notification, want)
	}
	if c, err = DecodeRecord(streamRecord(events.DynamoDBOperationTypeInsert, unreadItem{key: unreadKey("sara"), Unread: 1})); err != nil || c.Notification != nil {
		t.Errorf("the counter: got %v, %+v", err, c.Notification)
	}
}
