package dynamo

import (
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// toStream writes an item as Lambda hands over a stream record's image.
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

// changedRecord is a record with the item as it was before.
func changedRecord(kind events.DynamoDBOperationType, old, updated any) events.DynamoDBEventRecord {
	r := events.DynamoDBEventRecord{EventName: string(kind), Change: events.DynamoDBStreamRecord{OldImage: toStream(encodeItem(old))}}
	if updated != nil {
		r.Change.NewImage = toStream(encodeItem(updated))
	}
	return r
}

// TestDecodeRecord_RightsChanged: what the rights of a person were is told from what
// they are; a change of anything else shuts nobody out.
func TestDecodeRecord_RightsChanged(t *testing.T) {
	sara := user.User{ID: "sara", Role: user.RoleUser, Name: "Sara"}
	agent, renamed, off := sara, sara, sara
	agent.Role, renamed.Name, off.Disabled = user.RoleSupport, "S.", true
	for name, c := range map[string]struct {
		record events.DynamoDBEventRecord
		want   Change
	}{
		"another name": {changedRecord(events.DynamoDBOperationTypeModify, userToItem(sara), userToItem(renamed)), Change{UserChangedID: "sara"}},
		"another role": {changedRecord(events.DynamoDBOperationTypeModify, userToItem(agent), userToItem(sara)), Change{UserChangedID: "sara", RightsChangedUserID: "sara"}},
		"disabled":     {changedRecord(events.DynamoDBOperationTypeModify, userToItem(sara), userToItem(off)), Change{UserChangedID: "sara", RightsChangedUserID: "sara"}},
		"let in again": {changedRecord(events.DynamoDBOperationTypeModify, userToItem(off), userToItem(sara)), Change{UserChangedID: "sara"}},
		"removed":      {changedRecord(events.DynamoDBOperationTypeRemove, userToItem(sara), nil), Change{DeletedUserID: "sara", RightsChangedUserID: "sara"}},
		"a lapsed session": {
			changedRecord(events.DynamoDBOperationTypeRemove, sessionToItem(account.Session{Family: "f", User: sara}), nil), Change{EndedSession: &EndedSession{"sara", "f"}},
		},
		"a tombstone": {streamRecord(events.DynamoDBOperationTypeModify, tombstoneItem{ticketKey("t"), 5}), Change{DeletedTicketID: "t"}},
	} {
		got, err := DecodeRecord(c.record)
		got.OldUser, got.NewUser = nil, nil
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, %v\nwant %+v", name, got, err, c.want)
		}
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
	stored := tk
	stored.Revision = 3 // writing counts it on
	marker := ticket.ReadMarker{TicketID: "t", Seq: 5, Reader: ticket.Author{ID: "sara", Name: "Sara", Role: user.RoleUser}}
	sara := user.User{ID: "sara", Role: user.RoleUser}
	renamed := sara
	renamed.Name = "Sara"
	for name, c := range map[string]struct {
		record events.DynamoDBEventRecord
		want   Change
	}{
		"an entry":       {streamRecord(events.DynamoDBOperationTypeInsert, entryToItem(entry)), Change{Created: true, Entry: &entry}},
		"a judged file":  {streamRecord(events.DynamoDBOperationTypeModify, entryToItem(entry)), Change{Entry: &entry}},
		"a head":         {streamRecord(events.DynamoDBOperationTypeModify, ticketToItem(stored, true)), Change{Ticket: &tk}},
		"a read mark":    {streamRecord(events.DynamoDBOperationTypeInsert, readMarkerItem{readMarkerKey("t", "sara"), 5, "Sara", "user"}), Change{Created: true, ReadMarker: &marker}},
		"a new user":     {streamRecord(events.DynamoDBOperationTypeInsert, userToItem(sara)), Change{Created: true, UserChangedID: "sara", NewUser: &sara}},
		"a user":         {changedRecord(events.DynamoDBOperationTypeModify, userToItem(sara), userToItem(renamed)), Change{UserChangedID: "sara", OldUser: &sara, NewUser: &renamed}},
		"a login":        {streamRecord(events.DynamoDBOperationTypeInsert, loginToItem(account.Login{Phone: "+98912", User: sara})), Change{Created: true}},
		"a session":      {streamRecord(events.DynamoDBOperationTypeInsert, sessionToItem(account.Session{Family: "f", User: sara})), Change{Created: true, SessionUser: &sara}},
		"a refresh":      {streamRecord(events.DynamoDBOperationTypeModify, sessionToItem(account.Session{Family: "f", User: sara})), Change{}},
		"a connection":   {streamRecord(events.DynamoDBOperationTypeModify, connectionItem{key: connectionKey("c"), Topics: []string{"ticket:t"}}), Change{}},
		"a watcher":      {streamRecord(events.DynamoDBOperationTypeInsert, subscriptionItem{key: subscriptionKey(realtime.QueueTopic, "P#x")}), Change{Created: true}},
		"an entry gone":  {changedRecord(events.DynamoDBOperationTypeRemove, entryToItem(entry), nil), Change{}},
		"a user removed": {changedRecord(events.DynamoDBOperationTypeRemove, userToItem(sara), nil), Change{OldUser: &sara, DeletedUserID: "sara", RightsChangedUserID: "sara"}},
	} {
		got, err := DecodeRecord(c.record)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, %v\nwant %+v", name, got, err, c.want)
		}
	}
}

// TestDecodeRecord_InvalidImage: a record that cannot be read is an error, not a
// change that says nothing.
func TestDecodeRecord_InvalidImage(t *testing.T) {
	good := streamRecord(events.DynamoDBOperationTypeInsert, entryToItem(ticket.Entry{TicketID: "t", Seq: 1}))
	for name, invalid := range map[string]events.DynamoDBAttributeValue{
		"bytes":           events.NewBinaryAttribute([]byte{1}),
		"bytes in a map":  events.NewMapAttribute(map[string]events.DynamoDBAttributeValue{"x": events.NewBinaryAttribute([]byte{1})}),
		"bytes in a list": events.NewListAttribute([]events.DynamoDBAttributeValue{events.NewBinaryAttribute([]byte{1})}),
		"the wrong type":  events.NewStringAttribute("a state is a map"),
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
