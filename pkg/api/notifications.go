package api

import (
	"context"
	"fmt"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/notification"
)

type notificationPage struct {
	page[wire.NotificationView]
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
		out.Data = wire.MapSlice(found.Notifications, func(n notification.Notification) wire.NotificationView { return wire.ViewNotification(n, r.Locale()) })
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
		var v wire.Validator
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
