package dynamo

import (
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// toStream converts an item to an image of a stream record.
func toStream(i item) map[string]events.DynamoDBAttributeValue {
	out := map[string]events.DynamoDBAttributeValue{}
	for name, v := range i {
		out[name] = attributeToStream(v)
	}
	return out
}

func attributeToStream(v types.AttributeValue) events.DynamoDBAttributeValue {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return events.NewStringAttribute(v.Value)
	case *types.AttributeValueMemberN:
		return events.NewNumberAttribute(v.Value)
	case *types.AttributeValueMemberBOOL:
		return events.NewBooleanAttribute(v.Value)
	case *types.AttributeValueMemberSS:
		return events.NewStringSetAttribute(v.Value)
	case *types.AttributeValueMemberM:
		return events.NewMapAttribute(toStream(v.Value))
	case *types.AttributeValueMemberL:
		var list []events.DynamoDBAttributeValue
		for _, one := range v.Value {
			list = append(list, attributeToStream(one))
		}
		return events.NewListAttribute(list)
	}
	return events.NewNullAttribute()
}

func streamRecord(kind events.DynamoDBOperationType, v any) events.DynamoDBEventRecord {
	return events.DynamoDBEventRecord{
		EventName: string(kind), Change: events.DynamoDBStreamRecord{NewImage: toStream(encodeItem(v))},
	}
}

// changedRecord returns a record with an old image, and a new one unless updated is nil.
func changedRecord(kind events.DynamoDBOperationType, old, updated any) events.DynamoDBEventRecord {
	r := events.DynamoDBEventRecord{EventName: string(kind), Change: events.DynamoDBStreamRecord{OldImage: toStream(encodeItem(old))}}
	if updated != nil {
		r.Change.NewImage = toStream(encodeItem(updated))
	}
	return r
}

// TestDecodeRecord_RightsChanged checks which changes of a user end their access.
func TestDecodeRecord_RightsChanged(t *testing.T) {
	sara := user.User{ID: "sara", Role: user.RoleUser, Name: "Sara"}
	agent, renamed, disabled := sara, sara, sara
	agent.Role, renamed.Name, disabled.Disabled = user.RoleSupport, "S.", true
	for name, c := range map[string]struct {
		old, updated user.User
		want         bool
	}{
		"other name": {sara, renamed, false},
		"other role": {agent, sara, true},
		"disabled":   {sara, disabled, true},
		"enabled":    {disabled, sara, true},
	} {
		got, err := DecodeRecord(changedRecord(events.DynamoDBOperationTypeModify, userToItem(c.old), userToItem(c.updated)))
		changed, ok := got.(event.UserChanged)
		if err != nil || !ok || changed.RightsChanged() != c.want {
			t.Errorf("%s: got %+v, %v, want rights changed %v", name, got, err, c.want)
		}
	}
	got, err := DecodeRecord(streamRecord(events.DynamoDBOperationTypeModify, userToItem(sara)))
	if changed, ok := got.(event.UserChanged); err != nil || !ok || changed.RightsChanged() {
		t.Errorf("no old image: got %+v, %v, want no changed rights", got, err)
	}
}

func TestDecodeRecord(t *testing.T) {
	at := time.UnixMilli(1_790_000_000_123).UTC()
	entry := ticket.Entry{
		TicketID: "t", Seq: 7, Kind: ticket.KindCategory, Author: ticket.Author{ID: "ali", Name: "علی", Role: user.RoleSupport}, Body: "b",
		Attachments: []ticket.Attachment{{ID: "f", Name: "a.png", Type: "image/png", Size: 9, State: "pending"}},
		Change:      &ticket.Change{Field: "category", From: "a", To: "b", Names: map[string]string{"en": "B"}},
		ClientID:    "c1", CreatedAt: at, State: ticket.State{Status: ticket.StatusOpen, Priority: ticket.PriorityLow, CategoryID: "b", AssigneeID: "ali"},
	}
	tk := ticket.Ticket{
		ID: "t", Title: "T", Customer: ticket.UserRef{ID: "sara"}, State: entry.State, Category: ticket.Category{ID: "b"},
		Assignee: ticket.UserRef{ID: "ali"}, Tags: []string{"x"}, LastSeq: 7, PublicSeq: 6,
		Readers: map[string]ticket.Reader{"sara": {Read: 1, Unread: 2}}, CreatedAt: at, LastActivityAt: at, Revision: 4,
	}
	checked := entry
	checked.Attachments = []ticket.Attachment{{ID: "f", Name: "a.png", Type: "image/png", Size: 9, State: "ready"}}
	stored := tk
	stored.Revision = 3 // a write increments it
	marker := ticket.ReadMarker{TicketID: "t", Seq: 5, Connection: "c1", Reader: ticket.Author{ID: "sara", Name: "Sara", Role: user.RoleUser}}
	sara := user.User{ID: "sara", Role: user.RoleUser}
	renamed := sara
	renamed.Name = "Sara"
	seen := sara
	seen.LastSeenAt = at
	refreshed := sessionToItem(account.Session{Family: "f", User: sara, LastUsedAt: at.Add(time.Hour)})
	session, socket := sessionToItem(account.Session{Family: "f", User: sara, LastUsedAt: at}), connectionItem{key: connectionKey("c"), Topics: []string{"ticket:t"}}
	expires := socket.connection().ExpiresAt
	agentSocket := connectionItem{key: connectionKey("c"), principalFields: principalToFields(user.Principal{UserID: "ali", Role: user.RoleSupport})}
	const insert, modify, remove = events.DynamoDBOperationTypeInsert, events.DynamoDBOperationTypeModify, events.DynamoDBOperationTypeRemove
	for name, c := range map[string]struct {
		record events.DynamoDBEventRecord
		want   event.Event
	}{
		"entry appended": {streamRecord(insert, Shards{}.entryToItem(entry)), event.EntryAppended{Entry: entry}},
		"entry modified": {changedRecord(modify, Shards{}.entryToItem(entry), Shards{}.entryToItem(entry)), nil},
		"attachment checked": {
			changedRecord(modify, Shards{}.entryToItem(entry), Shards{}.entryToItem(checked)),
			event.AttachmentsChanged{Entry: checked, Attachments: checked.Attachments},
		},
		"attachment deleted": {changedRecord(remove, attachmentToItem(attachment.Attachment{ID: "f", Owner: "u"}), nil), event.AttachmentDeleted{ID: "f", OwnerID: "u"}},
		"attachment created": {streamRecord(insert, attachmentToItem(attachment.Attachment{ID: "f", Owner: "u"})), event.AttachmentCreated{ID: "f", OwnerID: "u"}},
		"entry purged":       {changedRecord(remove, Shards{}.entryToItem(entry), nil), nil},
		"ticket changed":     {streamRecord(modify, Shards{}.ticketToItem(stored, true)), event.TicketChanged{Ticket: tk}},
		"ticket changed, as before": {
			changedRecord(modify, Shards{}.ticketToItem(stored, true), Shards{}.ticketToItem(stored, true)), event.TicketChanged{Ticket: tk, Before: tk},
		},
		"ticket deleted": {streamRecord(modify, tombstoneItem{ticketKey("t"), 5}), event.TicketDeleted{TicketID: "t"}},
		"ticket deleted, as before": {
			changedRecord(modify, Shards{}.ticketToItem(stored, true), tombstoneItem{ticketKey("t"), 5}), event.TicketDeleted{TicketID: "t", Ticket: tk},
		},
		"tombstone repeated": {
			changedRecord(modify, tombstoneItem{ticketKey("t"), 5}, tombstoneItem{ticketKey("t"), 5}), event.TicketDeleted{TicketID: "t"},
		},
		"notifications read":    {changedRecord(modify, unreadItem{key: unreadKey("sara"), Unread: 3}, unreadItem{key: unreadKey("sara"), Unread: 1}), event.NotificationsRead{UserID: "sara", Unread: 1}},
		"notifications counted": {changedRecord(modify, unreadItem{key: unreadKey("sara"), Unread: 3}, unreadItem{key: unreadKey("sara"), Unread: 4}), nil},
		"first notification":    {streamRecord(insert, unreadItem{key: unreadKey("sara"), Unread: 1}), nil},
		"read marker":           {streamRecord(insert, readMarkerItem{readMarkerKey("t", "sara"), 5, "Sara", "user", "c1"}), event.ReadMarkerMoved{Marker: marker}},
		"read marker moved": {
			changedRecord(modify, readMarkerItem{readMarkerKey("t", "sara"), 3, "Sara", "user", "s0"}, readMarkerItem{readMarkerKey("t", "sara"), 5, "Sara", "user", "c1"}),
			event.ReadMarkerMoved{Marker: marker, Before: 3},
		},
		"user created":        {streamRecord(insert, userToItem(sara)), event.UserCreated{User: sara}},
		"user changed":        {changedRecord(modify, userToItem(sara), userToItem(renamed)), event.UserChanged{Old: sara, New: renamed}},
		"user deleted":        {changedRecord(remove, userToItem(sara), nil), event.UserDeleted{User: sara}},
		"login":               {streamRecord(insert, loginToItem(account.Login{Phone: "+98912", User: sara})), nil},
		"session started":     {streamRecord(insert, session), event.SessionStarted{User: sara, SessionID: "f", At: at}},
		"session refreshed":   {changedRecord(modify, session, refreshed), event.SessionUsed{UserID: "sara", At: at.Add(time.Hour)}},
		"session copied":      {changedRecord(modify, session, session), nil},
		"user seen":           {changedRecord(modify, userToItem(sara), userToItem(seen)), nil},
		"session ended":       {changedRecord(remove, session, nil), event.SessionEnded{UserID: "sara", SessionID: "f"}},
		"socket opened":       {streamRecord(insert, socket), event.SocketOpened{ConnectionID: "c", ExpiresAt: expires}},
		"agent's socket":      {streamRecord(insert, agentSocket), event.SocketOpened{ConnectionID: "c", UserID: "ali", AgentID: "ali", ExpiresAt: expires}},
		"agent's closed":      {changedRecord(remove, agentSocket, nil), event.SocketClosed{ConnectionID: "c", AgentID: "ali", ExpiresAt: expires}},
		"socket subscribed":   {streamRecord(modify, socket), nil},
		"socket closed":       {changedRecord(remove, socket, nil), event.SocketClosed{ConnectionID: "c", ExpiresAt: expires}},
		"subscription":        {streamRecord(insert, subscriptionItem{key: subscriptionKey(realtime.QueueTopic, "P#x")}), nil},
		"heartbeat":           {streamRecord(modify, heartbeatItem{key: heartbeatKey(), SentAt: at.UnixMilli()}), event.HeartbeatSent{SentAt: at}},
		"unread counter":      {streamRecord(insert, unreadItem{key: unreadKey("sara"), Unread: 1}), nil},
		"notification update": {streamRecord(modify, notificationToItem(notification.Notification{ID: "1", UserID: "sara"}, 0)), nil},
	} {
		got, err := DecodeRecord(c.record)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, %v\nwant %+v", name, got, err, c.want)
		}
	}
}

// TestDecodeRecord_InvalidImage checks that an image with unexpected attribute types
// is an error.
func TestDecodeRecord_InvalidImage(t *testing.T) {
	good := streamRecord(events.DynamoDBOperationTypeInsert, Shards{}.entryToItem(ticket.Entry{TicketID: "t", Seq: 1}))
	for name, invalid := range map[string]events.DynamoDBAttributeValue{
		"bytes":           events.NewBinaryAttribute([]byte{1}),
		"bytes in a map":  events.NewMapAttribute(map[string]events.DynamoDBAttributeValue{"x": events.NewBinaryAttribute([]byte{1})}),
		"bytes in a list": events.NewListAttribute([]events.DynamoDBAttributeValue{events.NewBinaryAttribute([]byte{1})}),
		"other type":      events.NewStringAttribute("a state is a map"),
	} {
		image := map[string]events.DynamoDBAttributeValue{"s": invalid}
		for k, v := range good.Change.NewImage {
			if k != "s" {
				image[k] = v
			}
		}
		bad := good
		bad.Change.NewImage = image
		if got, err := DecodeRecord(bad); err == nil {
			t.Errorf("%s: got %+v, want an error", name, got)
		}
	}
}

// TestDecodeRecord_Broadcast checks what starts a broadcast, and what its author is told.
func TestDecodeRecord_Broadcast(t *testing.T) {
	insert, modify := events.DynamoDBOperationTypeInsert, events.DynamoDBOperationTypeModify
	stored, shard := broadcastItem{key: broadcastKey("b")}, broadcastItem{key: broadcastShardKey("b", 7)}
	round := func(broadcastID string, n, done int) publishRoundItem {
		return publishRoundItem{key: publishRoundKey(broadcastID), Round: n, Done: done}
	}
	for name, c := range map[string]struct {
		record events.DynamoDBEventRecord
		want   event.Event
	}{
		"created":                    {streamRecord(insert, stored), event.BroadcastCreated{BroadcastID: "b"}},
		"a page":                     {changedRecord(modify, stored, stored), event.BroadcastChanged{BroadcastID: "b"}},
		"first delivery":             {streamRecord(insert, shard), event.BroadcastChanged{BroadcastID: "b"}},
		"delivery":                   {changedRecord(modify, shard, shard), event.BroadcastChanged{BroadcastID: "b"}},
		"first round":                {streamRecord(insert, round("b", 1, 0)), event.BroadcastPublishRequested{BroadcastID: "b", Round: 1}},
		"round":                      {changedRecord(modify, round("b", 1, 1), round("b", 2, 1)), event.BroadcastPublishRequested{BroadcastID: "b", Round: 2}},
		"round after a publication":  {streamRecord(insert, publishRoundItem{key: publishRoundKey("b"), Round: 2, Published: 1000}), event.BroadcastPublishRequested{BroadcastID: "b", Round: 2, Published: fromMillis(1000)}},
		"counts after a publication": {streamRecord(insert, publishRoundItem{key: publishRoundKey(""), Round: 2, Published: 1000}), event.CountsPublishRequested{Round: 2, Published: fromMillis(1000)}},
		"claim":                      {changedRecord(modify, round("b", 2, 1), round("b", 2, 2)), nil},
		"round of counts":            {streamRecord(insert, round("", 1, 0)), event.CountsPublishRequested{Round: 1}},
		"like a round only":          {streamRecord(insert, nameReferenceItem{suppressionKey("x#~Q")}), nil},
	} {
		if got, err := DecodeRecord(c.record); err != nil || got != c.want {
			t.Errorf("%s: got %#v, %v, want %#v", name, got, err, c.want)
		}
	}
}
