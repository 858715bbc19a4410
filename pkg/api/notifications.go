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

// ListNotifications returns the endpoint GET /notifications: the caller's, newest first.
func ListNotifications(store notification.Store) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		unread := r.query.Get("unread") == "true"
		if value := r.query.Get("unread"); r.query.Has("unread") && value != "true" && value != "false" {
			return Response{}, errQuery("unread", "not_allowed", "unread must be true or false.")
		}
		count := 0
		scope := fmt.Sprint("notifications ", unread)
		view := func(n notification.Notification) wire.NotificationView { return wire.ViewNotification(n, r.Locale()) }
		body := func(p page[wire.NotificationView]) any { return notificationPage{p, count} }
		return listPageIn(r, scope, view, body, func(limit int, before string) ([]notification.Notification, string, bool, error) {
			found, err := store.ListNotifications(ctx, r.Principal.UserID, notification.Query{
				Unread: unread, Customer: !r.Principal.Role.IsStaff(), Before: before, Limit: limit, CorrectCount: true,
			})
			count = found.Unread
			return found.Notifications, found.Next, found.Next != "", err
		})
	})
}

// MarkNotificationsRead returns the endpoint POST /notifications/read, for some ids or all.
func MarkNotificationsRead(store notification.Store) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
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
			v.Add("/ids", "not_allowed", "Send either ids or all, not both.")
		case !in.All && len(in.IDs) == 0:
			v.Add("/ids", "required", "Send either ids or all.")
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
	})
}
