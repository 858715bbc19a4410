package dynamo

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
	// Earlier are the changes of the same partition that stand before this one in
	// its batch. They have been followed; whoever read the partition for one of
	// them, strongly consistent, has met this one too.
	Earlier          []Change
	Entry            *ticket.Entry
	Ticket           *ticket.Ticket
	ReadMarker       *ticket.ReadMarker
	UserChangedID    string
	Notification     *notification.Notification
	Socket           *SocketChange
	OldUser, NewUser *user.User // a person before and after; nil where there was or is none
	Heartbeat        time.Time  // of a mark that was sent through the stream
	// BroadcastID is the id of a broadcast.
	BroadcastID string

	// DeletedTicketID is the id of a ticket that has been deleted: nothing that was derived
	// from it may stay. It is told again when something slipped in behind the
	// deletion; all of that has been followed by then.
	DeletedTicketID string
	// DeletedUserID is the id of a person who has been removed.
	DeletedUserID string
	// RightsChangedUserID is the id of a person with another role, or who is out: tokens and
	// sockets that carry rights of before must end.
	RightsChangedUserID string
	// EndedSession is a session that is no more.
	EndedSession *EndedSession
	// SessionUser is the person with whose rights a session has begun.
	SessionUser *user.User
}

// EndedSession names a session.
type EndedSession struct{ UserID, SessionID string }

// DecodeRecord reads a record of the stream. Removals tell nothing, but for those
// of a person, a session and a socket.
func DecodeRecord(record events.DynamoDBEventRecord) (Change, error) {
	c := Change{Created: record.EventName == string(events.DynamoDBOperationTypeInsert)}
	old, err := decodeUser(record.Change.OldImage)
	if err != nil {
		return c, err
	}
	if record.EventName == string(events.DynamoDBOperationTypeRemove) {
		c, err = decodeRemoval(record)
		c.OldUser = old
		return c, err
	}
	image, err := convertImage(record.Change.NewImage)
	if err != nil {
		return c, err
	}
	var k key
	if err := decode(image, &k); err != nil {
		return c, err
	}
	switch {
	case strings.HasPrefix(k.PK, "T#"):
		err = c.decodeTicketItem(k, image)
	case strings.HasPrefix(k.PK, prefixNotification):
		if k.SK != skUnread {
			var i notificationItem
			err = decode(image, &i)
			n := i.notification()
			c.Notification = &n
		}
	case k.SK == skHeartbeat:
		var i heartbeatItem
		err = decode(image, &i)
		c.Heartbeat = fromMillis(i.SentAt)
	case k.PK == broadcastPK && !strings.Contains(k.SK, "#"):
		c.BroadcastID = k.SK
	case k.SK == skConnection && c.Created:
		c.Socket, err = decodeSocket(image, true)
	case k.SK == skUser:
		c.UserChangedID = idOf(k.PK)
		c.OldUser = old
		c.NewUser, err = decodeUser(record.Change.NewImage)
		if rightsChanged(old, c.NewUser) {
			c.RightsChangedUserID = c.UserChangedID
		}
	case strings.HasPrefix(k.SK, prefixSession) && c.Created:
		var i sessionItem
		err = decode(image, &i)
		owner := i.User.user()
		c.SessionUser = &owner
	}
	return c, err
}

// decodeTicketItem reads an item of a ticket's partition.
func (c *Change) decodeTicketItem(k key, image item) (err error) {
	switch {
	case k.SK == skTicket:
		var i ticketItem
		err = decode(image, &i)
		if i.DeletedAt != 0 {
			c.DeletedTicketID = idOf(k.PK)
			break
		}
		tk := i.ticket()
		c.Ticket = &tk
	case strings.HasPrefix(k.SK, prefixEntry):
		c.Entry, err = decodeEntry(image)
	case strings.HasPrefix(k.SK, prefixReadMarker):
		var i readMarkerItem
		err = decode(image, &i)
		c.ReadMarker = &ticket.ReadMarker{
			TicketID: idOf(k.PK), Seq: i.Read, Reader: ticket.Author{ID: idOf(k.SK), Name: i.Name, Role: user.Role(i.Role)},
		}
	}
	return err
}

func decodeRemoval(record events.DynamoDBEventRecord) (Change, error) {
	old, err := convertImage(record.Change.OldImage)
	if err != nil {
		return Change{}, err
	}
	var k key
	if err := decode(old, &k); err != nil {
		return Change{}, err
	}
	switch {
	case k.SK == skConnection:
		socket, err := decodeSocket(old, false)
		return Change{Socket: socket}, err
	case k.SK == skUser:
		return Change{DeletedUserID: idOf(k.PK), RightsChangedUserID: idOf(k.PK)}, nil
	case strings.HasPrefix(k.SK, prefixSession):
		return Change{EndedSession: &EndedSession{UserID: idOf(k.PK), SessionID: idOf(k.SK)}}, nil
	}
	return Change{}, nil
}

// SocketChange is a connection that was opened, or closed.
type SocketChange struct {
	ID      string
	Expires time.Time
	Open    bool
}

func decodeSocket(image item, open bool) (*SocketChange, error) {
	var i connectionItem
	err := decode(image, &i)
	c := i.connection()
	return &SocketChange{ID: c.ID, Expires: c.ExpiresAt, Open: open}, err
}

// rightsChanged says whether a person has other rights than before, or none any
// more.
func rightsChanged(old, updated *user.User) bool {
	return old != nil && updated != nil && (updated.Disabled && !old.Disabled || old.Role != updated.Role)
}

// decodeUser reads a person; nil when the image is of something else.
func decodeUser(image map[string]events.DynamoDBAttributeValue) (*user.User, error) {
	if sk, ok := image["SK"]; !ok || sk.DataType() != events.DataTypeString || sk.String() != skUser {
		return nil, nil
	}
	converted, err := convertImage(image)
	if err != nil {
		return nil, err
	}
	var i userItem
	err = decode(converted, &i)
	u := i.user()
	return &u, err
}

// convertImage turns an image of a stream record into an item. Lambda and the
// SDK have types of their own for the same JSON.
func convertImage(image map[string]events.DynamoDBAttributeValue) (item, error) {
	out := make(item, len(image))
	for name, value := range image {
		converted, err := convertAttribute(value)
		if err != nil {
			return nil, fmt.Errorf("attribute %s: %w", name, err)
		}
		out[name] = converted
	}
	return out, nil
}

func convertAttribute(v events.DynamoDBAttributeValue) (types.AttributeValue, error) {
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
		m, err := convertImage(v.Map())
		return &types.AttributeValueMemberM{Value: m}, err
	case events.DataTypeList:
		l := &types.AttributeValueMemberL{}
		for _, one := range v.List() {
			converted, err := convertAttribute(one)
			if err != nil {
				return nil, err
			}
			l.Value = append(l.Value, converted)
		}
		return l, nil
	}
	return nil, fmt.Errorf("type %d is not one this table uses", v.DataType())
}
