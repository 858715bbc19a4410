package table

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

func record(kind events.DynamoDBOperationType, v any) events.DynamoDBEventRecord {
	return events.DynamoDBEventRecord{
		EventName: string(kind), Change: events.DynamoDBStreamRecord{NewImage: toStream(encodeItem(v))},
	}
}

// changed is a record with the item as it was before.
func changed(kind events.DynamoDBOperationType, was, is any) events.DynamoDBEventRecord {
	r := events.DynamoDBEventRecord{EventName: string(kind), Change: events.DynamoDBStreamRecord{OldImage: toStream(encodeItem(was))}}
	if is != nil {
		r.Change.NewImage = toStream(encodeItem(is))
	}
	return r
}

// TestReadChangeOfRights: what the rights of a person were is told from what
// they are; a change of anything else shuts nobody out.
func TestReadChangeOfRights(t *testing.T) {
	sara := user.User{ID: "sara", Role: user.RoleUser, Name: "Sara"}
	agent, renamed, off := sara, sara, sara
	agent.Role, renamed.Name, off.Disabled = user.RoleSupport, "S.", true
	for name, c := range map[string]struct {
		record events.DynamoDBEventRecord
		want   Change
	}{
		"another name": {changed(events.DynamoDBOperationTypeModify, userToItem(sara), userToItem(renamed)), Change{UserID: "sara"}},
		"another role": {changed(events.DynamoDBOperationTypeModify, userToItem(agent), userToItem(sara)), Change{UserID: "sara", Shut: "sara"}},
		"disabled":     {changed(events.DynamoDBOperationTypeModify, userToItem(sara), userToItem(off)), Change{UserID: "sara", Shut: "sara"}},
		"let in again": {changed(events.DynamoDBOperationTypeModify, userToItem(off), userToItem(sara)), Change{UserID: "sara"}},
		"removed":      {changed(events.DynamoDBOperationTypeRemove, userToItem(sara), nil), Change{GoneUser: "sara", Shut: "sara"}},
		"a lapsed session": {
			changed(events.DynamoDBOperationTypeRemove, sessionToItem(account.Session{Family: "f", User: sara}), nil), Change{Ended: &Ended{"sara", "f"}},
		},
		"a tombstone": {record(events.DynamoDBOperationTypeModify, graveItem{headKey("t"), 5}), Change{Gone: "t"}},
	} {
		got, err := ReadChange(c.record)
		got.Was, got.Is = nil, nil
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, %v\nwant %+v", name, got, err, c.want)
		}
	}
}

func TestReadChange(t *testing.T) {
	at := time.UnixMilli(1_790_000_000_123).UTC()
	entry := ticket.Entry{
		TicketID: "t", Seq: 7, Kind: ticket.KindCategory, Author: ticket.Author{ID: "ali", Name: "علی", Role: user.RoleSupport}, Body: "b",
		Attachments: []ticket.Attachment{{ID: "f", Name: "a.png", Type: "image/png", Size: 9, State: "pending"}},
		Change:      &ticket.Change{Field: "category", From: "a", To: "b", Names: map[string]string{"en": "B"}},
		ClientID:    "c1", CreatedAt: at, State: ticket.State{Status: ticket.StatusOpen, Priority: ticket.PriorityLow, CategoryID: "b", AssigneeID: "ali"},
	}
	head := ticket.Head{
		ID: "t", Title: "T", Customer: ticket.Person{ID: "sara"}, State: entry.State, Category: ticket.Category{ID: "b"},
		Assignee: ticket.Person{ID: "ali"}, Tags: []string{"x"}, LastSeq: 7, PublicSeq: 6,
		Readers: map[string]ticket.Reader{"sara": {Read: 1, Unread: 2}}, CreatedAt: at, LastActivityAt: at, Revision: 4,
	}
	written := head
	written.Revision = 3 // writing counts it on
	mark := ticket.Mark{TicketID: "t", Seq: 5, Reader: ticket.Author{ID: "sara", Name: "Sara", Role: user.RoleUser}}
	person := user.User{ID: "sara", Role: user.RoleUser}
	named := person
	named.Name = "Sara"
	for name, c := range map[string]struct {
		record events.DynamoDBEventRecord
		want   Change
	}{
		"an entry":       {record(events.DynamoDBOperationTypeInsert, entryToItem(entry)), Change{Created: true, Entry: &entry}},
		"a judged file":  {record(events.DynamoDBOperationTypeModify, entryToItem(entry)), Change{Entry: &entry}},
		"a head":         {record(events.DynamoDBOperationTypeModify, headToItem(written, true)), Change{Head: &head}},
		"a read mark":    {record(events.DynamoDBOperationTypeInsert, markItem{markKey("t", "sara"), 5, "Sara", "user"}), Change{Created: true, Mark: &mark}},
		"a new user":     {record(events.DynamoDBOperationTypeInsert, userToItem(person)), Change{Created: true, UserID: "sara", Is: &person}},
		"a user":         {changed(events.DynamoDBOperationTypeModify, userToItem(person), userToItem(named)), Change{UserID: "sara", Was: &person, Is: &named}},
		"a login":        {record(events.DynamoDBOperationTypeInsert, loginToItem(account.Login{Phone: "+98912", User: person})), Change{Created: true}},
		"a session":      {record(events.DynamoDBOperationTypeInsert, sessionToItem(account.Session{Family: "f", User: person})), Change{Created: true, Begun: &person}},
		"a refresh":      {record(events.DynamoDBOperationTypeModify, sessionToItem(account.Session{Family: "f", User: person})), Change{}},
		"a connection":   {record(events.DynamoDBOperationTypeModify, connectionItem{key: connectionKey("c"), Topics: []string{"ticket:t"}}), Change{}},
		"a watcher":      {record(events.DynamoDBOperationTypeInsert, watcherItem{key: watcherKey(realtime.QueueTopic, "P#x")}), Change{Created: true}},
		"an entry gone":  {changed(events.DynamoDBOperationTypeRemove, entryToItem(entry), nil), Change{}},
		"a user removed": {changed(events.DynamoDBOperationTypeRemove, userToItem(person), nil), Change{Was: &person, GoneUser: "sara", Shut: "sara"}},
	} {
		got, err := ReadChange(c.record)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, %v\nwant %+v", name, got, err, c.want)
		}
	}
}

// TestReadChangeOfPoison: a record that cannot be read is an error, not a
// change that says nothing.
func TestReadChangeOfPoison(t *testing.T) {
	good := record(events.DynamoDBOperationTypeInsert, entryToItem(ticket.Entry{TicketID: "t", Seq: 1}))
	for name, poison := range map[string]events.DynamoDBAttributeValue{
		"bytes":           events.NewBinaryAttribute([]byte{1}),
		"bytes in a map":  events.NewMapAttribute(map[string]events.DynamoDBAttributeValue{"x": events.NewBinaryAttribute([]byte{1})}),
		"bytes in a list": events.NewListAttribute([]events.DynamoDBAttributeValue{events.NewBinaryAttribute([]byte{1})}),
		"the wrong type":  events.NewStringAttribute("a state is a map"),
	} {
		image := map[string]events.DynamoDBAttributeValue{"s": poison}
		for k, v := range good.Change.NewImage {
			if k != "s" {
				image[k] = v
			}
		}
		bad := good
		bad.Change.NewImage = image
		if got, err := ReadChange(bad); err == nil {
			t.Errorf("%s: got %+v, want an error", name, got)
		}
	}
}
