package api

import (
	"context"
	"fmt"

	"ticketsystem/pkg/notification"
)

type NotificationView struct {
	ID         string                   `json:"id"`
	Kind       notification.Kind        `json:"kind"`
	Title      string                   `json:"title"`
	Body       string                   `json:"body"`
	TicketID   *string                  `json:"ticketId"`
	Read       bool                     `json:"read"`
	CreatedAt  *string                  `json:"createdAt"`
	Deliveries map[string]*deliveryView `json:"deliveries"`
}

type deliveryView struct {
	State    notification.State `json:"state"`
	Reason   *string            `json:"reason"`
	Attempts int                `json:"attempts"`
	At       *string            `json:"at"`
}

func ViewNotification(n notification.Notification, locale string) NotificationView {
	title, body := notification.Text(n, locale)
	v := NotificationView{
		ID: n.ID, Kind: n.Kind, Title: title, Body: body, TicketID: NilIfEmpty(n.TicketID), Read: n.Read, CreatedAt: FormatTime(n.CreatedAt),
		Deliveries: map[string]*deliveryView{},
	}
	for channel, d := range n.Deliveries {
		v.Deliveries[string(channel)] = &deliveryView{d.State, NilIfEmpty(d.PublicReason()), d.Attempts, FormatTime(d.At)}
	}
	return v
}

type notificationPage struct {
	page[NotificationView]
	Unread int `json:"unread"`
}

// ListNotifications is GET /notifications: one's own, newest first.
func ListNotifications(store notification.Store) Endpoint {
	return Endpoint{Authenticated, func(ctx context.Context, r *Request) (Response, error) {
		q := notification.Query{}
		var err error
		if q.Limit, err = r.limit(); err != nil {
			return Response{}, err
		}
		switch value := r.query.Get("unread"); {
		case value == "true":
			q.Unread = true
		case value != "false" && r.query.Has("unread"):
			return Response{}, errQuery("unread", "not_allowed", "unread is true or false.")
		}
		name := fmt.Sprint("notifications ", q.Unread)
		if q.Before, _, err = openCursor[string](r, name); err != nil {
			return Response{}, err
		}
		found, err := store.ListNotifications(ctx, r.Principal.UserID, q)
		if err != nil {
			return Response{}, err
		}
		out := notificationPage{Unread: found.Unread}
		out.Data = MapSlice(found.Notifications, func(n notification.Notification) NotificationView { return ViewNotification(n, r.Locale()) })
		if found.Next != "" {
			out.Page = pageInfo{Next: sealCursor(r, name, found.Next), HasMore: true}
		}
		return ok(out), nil
	}}
}

// MarkNotificationsRead is POST /notifications/read: some, or all.
func MarkNotificationsRead(store notification.Store) Endpoint {
	return Endpoint{Authenticated, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			IDs []string `json:"ids"`
			All bool     `json:"all"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v Validator
		v.ULIDs("/ids", in.IDs, maxLimit)
		switch {
		case in.All && len(in.IDs) > 0:
			v.Add("/ids", "not_allowed", "Name ids, or say all, not both.")
		case !in.All && len(in.IDs) == 0:
			v.Add("/ids", "required", "Name ids, or say all.")
		}
		err := v.Err()
		switch {
		case err != nil:
		case in.All:
			err = store.MarkAllNotificationsRead(ctx, r.Principal.UserID)
		default:
			err = store.MarkNotificationsRead(ctx, r.Principal.UserID, in.IDs)
		}
		if err != nil {
			return Response{}, err
		}
		return noContent(), nil
	}}
}
