package table

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// Change is what a record of the table's stream tells. One of the pointers is
// set, or an id; none for an item that nobody follows.
type Change struct {
	Created bool // the item was not there before
	// Before are the changes of the same partition that stand before this one in
	// its batch. They have been followed; whoever read the partition for one of
	// them, strongly consistent, has met this one too.
	Before  []Change
	Entry   *ticket.Entry
	Head    *ticket.Head
	Mark    *ticket.Mark
	UserID  string
	Notice  *notification.Notification
	Socket  *Socket
	Was, Is *user.User // a person before and after; nil where there was or is none
	Beat    time.Time  // of a mark that was sent through the stream
	// Broadcast is the id of a broadcast.
	Broadcast string

	// Gone is the id of a ticket that has been deleted: nothing that was derived
	// from it may stay. It is told again when something slipped in behind the
	// deletion; all of that has been followed by then.
	Gone string
	// GoneUser is the id of a person who has been removed.
	GoneUser string
	// Shut is the id of a person with another role, or who is out: tokens and
	// sockets that carry rights of before must end.
	Shut string
	// Ended is a session that is no more.
	Ended *Ended
	// Begun is the person with whose rights a session has begun.
	Begun *user.User
}

// Ended names a session.
type Ended struct{ UserID, Session string }

// ReadChange reads a record of the stream. Removals tell nothing, but for those
// of a person, a session and a socket.
func ReadChange(record events.DynamoDBEventRecord) (Change, error) {
	c := Change{Created: record.EventName == string(events.DynamoDBOperationTypeInsert)}
	was, err := userIn(record.Change.OldImage)
	if err != nil {
		return c, err
	}
	if record.EventName == string(events.DynamoDBOperationTypeRemove) {
		c, err = readRemoval(record)
		c.Was = was
		return c, err
	}
	image, err := fromStream(record.Change.NewImage)
	if err != nil {
		return c, err
	}
	var k key
	if err := decode(image, &k); err != nil {
		return c, err
	}
	switch {
	case strings.HasPrefix(k.PK, "T#"):
		err = c.readTicket(k, image)
	case strings.HasPrefix(k.PK, prefixNotice):
		if k.SK != skUnread {
			var i noticeItem
			err = decode(image, &i)
			notice := i.notification()
			c.Notice = &notice
		}
	case k.SK == skPulse:
		var i pulseItem
		err = decode(image, &i)
		c.Beat = fromMillis(i.Beat)
	case k.PK == broadcastPK && !strings.Contains(k.SK, "#"):
		c.Broadcast = k.SK
	case k.SK == skConnection && c.Created:
		c.Socket, err = readSocket(image, true)
	case k.SK == skUser:
		c.UserID = idOf(k.PK)
		c.Was = was
		c.Is, err = userIn(record.Change.NewImage)
		if otherRights(was, c.Is) {
			c.Shut = c.UserID
		}
	case strings.HasPrefix(k.SK, prefixSession) && c.Created:
		var i sessionItem
		err = decode(image, &i)
		begun := i.User.user()
		c.Begun = &begun
	}
	return c, err
}

// readTicket reads an item of a ticket's partition.
func (c *Change) readTicket(k key, image item) (err error) {
	switch {
	case k.SK == skHead:
		var i headItem
		err = decode(image, &i)
		if i.Gone != 0 {
			c.Gone = idOf(k.PK)
			break
		}
		head := i.head()
		c.Head = &head
	case strings.HasPrefix(k.SK, prefixEntry):
		c.Entry, err = heldEntry(image)
	case strings.HasPrefix(k.SK, prefixMark):
		var i markItem
		err = decode(image, &i)
		c.Mark = &ticket.Mark{
			TicketID: idOf(k.PK), Seq: i.Read, Reader: ticket.Author{ID: idOf(k.SK), Name: i.Name, Role: user.Role(i.Role)},
		}
	}
	return err
}

func readRemoval(record events.DynamoDBEventRecord) (Change, error) {
	old, err := fromStream(record.Change.OldImage)
	if err != nil {
		return Change{}, err
	}
	var k key
	if err := decode(old, &k); err != nil {
		return Change{}, err
	}
	switch {
	case k.SK == skConnection:
		socket, err := readSocket(old, false)
		return Change{Socket: socket}, err
	case k.SK == skUser:
		return Change{GoneUser: idOf(k.PK), Shut: idOf(k.PK)}, nil
	case strings.HasPrefix(k.SK, prefixSession):
		return Change{Ended: &Ended{UserID: idOf(k.PK), Session: idOf(k.SK)}}, nil
	}
	return Change{}, nil
}

// Socket is a connection that was opened, or closed.
type Socket struct {
	ID      string
	Expires time.Time
	Open    bool
}

func readSocket(image item, open bool) (*Socket, error) {
	var i connectionItem
	err := decode(image, &i)
	c := i.connection()
	return &Socket{ID: c.ID, Expires: c.ExpiresAt, Open: open}, err
}

// otherRights says whether a person has other rights than before, or none any
// more.
func otherRights(was, is *user.User) bool {
	return was != nil && is != nil && (is.Disabled && !was.Disabled || was.Role != is.Role)
}

// userIn reads a person; nil when the image is of something else.
func userIn(image map[string]events.DynamoDBAttributeValue) (*user.User, error) {
	if sk, ok := image["SK"]; !ok || sk.DataType() != events.DataTypeString || sk.String() != skUser {
		return nil, nil
	}
	converted, err := fromStream(image)
	if err != nil {
		return nil, err
	}
	var i userItem
	err = decode(converted, &i)
	u := i.user()
	return &u, err
}

// fromStream turns an image of a stream record into an item. Lambda and the
// SDK have types of their own for the same JSON.
func fromStream(image map[string]events.DynamoDBAttributeValue) (item, error) {
	out := make(item, len(image))
	for name, value := range image {
		converted, err := attributeFromStream(value)
		if err != nil {
			return nil, fmt.Errorf("attribute %s: %w", name, err)
		}
		out[name] = converted
	}
	return out, nil
}

func attributeFromStream(v events.DynamoDBAttributeValue) (types.AttributeValue, error) {
	switch v.DataType() { //nolint:exhaustive // the other types are in no item of this table
	case events.DataTypeString:
		return &types.AttributeValueMemberS{Value: v.String()}, nil
	case events.DataTypeNumber:
		return &types.AttributeValueMemberN{Value: v.Number()}, nil
	case events.DataTypeBoolean:
		return &types.AttributeValueMemberBOOL{Value: v.Boolean()}, nil
	case events.DataTypeNull:
		return &types.AttributeValueMemberNULL{Value: true}, nil
	case events.DataTypeStringSet:
		return &types.AttributeValueMemberSS{Value: v.StringSet()}, nil
	case events.DataTypeMap:
		m, err := fromStream(v.Map())
		return &types.AttributeValueMemberM{Value: m}, err
	case events.DataTypeList:
		l := &types.AttributeValueMemberL{}
		for _, one := range v.List() {
			converted, err := attributeFromStream(one)
			if err != nil {
				return nil, err
			}
			l.Value = append(l.Value, converted)
		}
		return l, nil
	}
	return nil, fmt.Errorf("type %d is not one this table uses", v.DataType())
}
