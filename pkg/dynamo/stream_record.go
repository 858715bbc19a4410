package dynamo

import (
	"fmt"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// DecodeRecord decodes a record of the table's stream. It returns nil if no
// handler acts on the item. Removals are reported for users, sessions, sockets and
// attachments only.
func DecodeRecord(record events.DynamoDBEventRecord) (event.Event, error) {
	if record.EventName == string(events.DynamoDBOperationTypeRemove) {
		return decodeRemoval(record.Change.OldImage)
	}
	image, err := convertImage(record.Change.NewImage)
	if err != nil {
		return nil, err
	}
	var k key
	if err := decode(image, &k); err != nil {
		return nil, err
	}
	created := record.EventName == string(events.DynamoDBOperationTypeInsert)
	switch {
	case strings.HasPrefix(k.PK, prefixTicket):
		return decodeTicketItem(k, record.Change.OldImage, image, created)
	case k.SK == skUser:
		return decodeUserChange(record.Change.OldImage, image, created)
	case k.SK == skUserPropagation:
		i, err := decodeAs[userPropagationItem](image)
		return i.event(), err
	case k.SK == skHeartbeat:
		i, err := decodeAs[heartbeatItem](image)
		return event.HeartbeatSent{SentAt: fromMillis(i.SentAt)}, err
	case k.isTicketCounts():
		return event.TicketCountsChanged{}, nil
	case k.isPublishRound():
		return decodePublishRound(record.Change.OldImage, image)
	case k.PK == broadcastPK && (!created || isBroadcastShard(k)):
		return event.BroadcastChanged{BroadcastID: k.broadcastID()}, nil
	case strings.HasPrefix(k.PK, prefixNotification) && k.SK == skUnread:
		return decodeUnread(record.Change.OldImage, image)
	case strings.HasPrefix(k.SK, prefixSession):
		return decodeSession(record.Change.OldImage, image, created)
	case !created: // of all others, only a new item matters
		return nil, nil
	case strings.HasPrefix(k.PK, prefixNotification):
		i, err := decodeAs[notificationItem](image)
		return event.NotificationCreated{Notification: i.notification()}, err
	case k.PK == broadcastPK:
		return event.BroadcastCreated{BroadcastID: k.SK}, nil
	case k.SK == skConnection:
		i, err := decodeAs[connectionItem](image)
		c := i.connection()
		return event.SocketOpened{ConnectionID: c.ID, UserID: c.Principal.UserID, AgentID: agentOf(c), ExpiresAt: c.ExpiresAt}, err
	case k.SK == skAttachment:
		i, err := decodeAs[attachmentItem](image)
		return event.AttachmentCreated{ID: idOf(k.PK), OwnerID: i.Owner}, err
	}
	return nil, nil
}

// agentOf returns the user of a connection if that is staff. A connection keeps the role it was
// opened with.
func agentOf(c realtime.Connection) string {
	if !c.Principal.Role.IsStaff() {
		return ""
	}
	return c.Principal.UserID
}

func decodeTicketItem(k key, oldImage map[string]events.DynamoDBAttributeValue, image item, created bool) (event.Event, error) {
	switch {
	case k.SK == skTicket:
		i, err := decodeAs[ticketItem](image)
		if err != nil {
			return nil, err
		}
		var before ticket.Ticket
		if len(oldImage) > 0 {
			old, err := decodeOldImage[ticketItem](oldImage)
			if err != nil {
				return nil, err
			}
			before = old.ticket()
		}
		if i.DeletedAt == 0 {
			return event.TicketChanged{Ticket: i.ticket(), Before: before}, nil
		}
		return event.TicketDeleted{TicketID: idOf(k.PK), Ticket: before}, nil
	case strings.HasPrefix(k.SK, prefixEntry):
		e, err := decodeEntry(image)
		if err != nil {
			return nil, err
		}
		if !created {
			return decodeEntryChange(oldImage, *e)
		}
		return event.EntryAppended{Entry: *e}, nil
	case strings.HasPrefix(k.SK, prefixUnchanged):
		i, err := decodeAs[unchangedItem](image)
		return event.ChangeUnchanged{Change: ticket.Unchanged{TicketID: idOf(k.PK), UserID: i.UserID, Role: user.Role(i.Role), At: fromMillis(i.At)}}, err
	case strings.HasPrefix(k.SK, prefixReadMarker):
		return decodeReadMarker(oldImage, image)
	}
	return nil, nil
}

func decodeReadMarker(oldImage map[string]events.DynamoDBAttributeValue, image item) (event.Event, error) {
	before, err := decodeOldImage[readMarkerItem](oldImage)
	if err != nil {
		return nil, err
	}
	i, err := decodeAs[readMarkerItem](image)
	return event.ReadMarkerMoved{Before: before.Read, Marker: i.readMarker()}, err
}

// decodeOldImage decodes an item as it was before; the zero value if there was none.
func decodeOldImage[T any](image map[string]events.DynamoDBAttributeValue) (T, error) {
	old, err := convertImage(image)
	if err != nil {
		var zero T
		return zero, err
	}
	return decodeAs[T](old)
}

// decodeUnread reports a count of unread notifications that went down.
func decodeUnread(oldImage map[string]events.DynamoDBAttributeValue, image item) (event.Event, error) {
	old, err := decodeOldImage[unreadItem](oldImage)
	if err != nil {
		return nil, err
	}
	i, err := decodeAs[unreadItem](image)
	if err != nil || i.Unread >= old.Unread {
		return nil, err
	}
	return event.NotificationsRead{UserID: idOf(i.PK), Unread: i.Unread}, nil
}

func decodeUserChange(oldImage map[string]events.DynamoDBAttributeValue, image item, created bool) (event.Event, error) {
	updated, err := decodeUser(image)
	if err != nil || created {
		return event.UserCreated{User: updated}, err
	}
	old, err := convertImage(oldImage)
	if err != nil || len(old) == 0 {
		return event.UserChanged{New: updated}, err
	}
	before, err := decodeUser(old)
	seen := before
	if seen.LastSeenAt = updated.LastSeenAt; seen == updated {
		return nil, err // nothing changed but the last time seen or the index keys
	}
	return event.UserChanged{Old: before, New: updated}, err
}

// decodeSession returns nil if the session was neither started nor refreshed.
func decodeSession(oldImage map[string]events.DynamoDBAttributeValue, image item, created bool) (event.Event, error) {
	i, err := decodeAs[sessionItem](image)
	if err != nil || created {
		return event.SessionStarted{User: i.User.user(), SessionID: idOf(i.SK), At: fromMillis(i.LastUsedAt)}, err
	}
	before, err := decodeOldImage[sessionItem](oldImage)
	if err != nil || i.LastUsedAt <= before.LastUsedAt {
		return nil, err
	}
	return event.SessionUsed{UserID: idOf(i.PK), At: fromMillis(i.LastUsedAt)}, nil
}

// decodeEntryChange reports the attachments of an entry whose state has changed, or nil.
func decodeEntryChange(oldImage map[string]events.DynamoDBAttributeValue, e ticket.Entry) (event.Event, error) {
	old, err := convertImage(oldImage)
	if err != nil {
		return nil, err
	}
	before, err := decodeEntry(old)
	if err != nil {
		return nil, err
	}
	changed := event.AttachmentsChanged{Entry: e}
	for i, a := range e.Attachments {
		if i < len(before.Attachments) && before.Attachments[i].State != a.State {
			changed.Attachments = append(changed.Attachments, a)
		}
	}
	if len(changed.Attachments) == 0 {
		return nil, nil
	}
	return changed, nil
}

func decodeRemoval(oldImage map[string]events.DynamoDBAttributeValue) (event.Event, error) {
	image, err := convertImage(oldImage)
	if err != nil {
		return nil, err
	}
	var k key
	if err := decode(image, &k); err != nil {
		return nil, err
	}
	switch {
	case k.SK == skConnection:
		i, err := decodeAs[connectionItem](image)
		c := i.connection()
		return event.SocketClosed{ConnectionID: c.ID, AgentID: agentOf(c), ExpiresAt: c.ExpiresAt}, err
	case k.SK == skAttachment:
		i, err := decodeAs[attachmentItem](image)
		return event.AttachmentDeleted{ID: idOf(k.PK), OwnerID: i.Owner}, err
	case k.SK == skUser:
		u, err := decodeUser(image)
		return event.UserDeleted{User: u}, err
	case strings.HasPrefix(k.SK, prefixSession):
		return event.SessionEnded{UserID: idOf(k.PK), SessionID: idOf(k.SK)}, nil
	}
	return nil, nil
}

// decodeUser decodes a user item. The id comes from the key.
func decodeUser(image item) (user.User, error) {
	i, err := decodeAs[userItem](image)
	u := i.user()
	u.ID = idOf(i.PK)
	return u, err
}

// convertImage converts an image of a stream record to an item. Lambda and the
// SDK use different types for the same JSON.
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
