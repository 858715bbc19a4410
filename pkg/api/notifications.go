package api

import (
	"context"
	"fmt"

	"ticketsystem/pkg/notification"
)

type noticeView struct {
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

func viewNotice(n notification.Notification, locale string) noticeView {
	title, body := notification.Text(n, locale)
	v := noticeView{
		ID: n.ID, Kind: n.Kind, Title: title, Body: body, TicketID: orNull(n.TicketID), Read: n.Read, CreatedAt: timeOf(n.CreatedAt),
		Deliveries: map[string]*deliveryView{},
	}
	for channel, d := range n.Deliveries {
		v.Deliveries[string(channel)] = &deliveryView{d.State, orNull(d.PublicReason()), d.Attempts, timeOf(d.At)}
	}
	return v
}

type noticePage struct {
	page[noticeView]
	Unread int `json:"unread"`
}

// ListNotifications is GET /notifications: one's own, newest first.
func ListNotifications(store notification.Store) Endpoint {
	return Endpoint{SignedIn, func(ctx context.Context, r *Request) (Response, error) {
		q := notification.Query{}
		var err error
		if q.Limit, err = r.limit(); err != nil {
			return Response{}, err
		}
		switch asked := r.query.Get("unread"); {
		case asked == "true":
			q.Unread = true
		case asked != "false" && r.query.Has("unread"):
			return Response{}, badQuery("unread", "not_allowed", "unread is true or false.")
		}
		name := fmt.Sprint("notifications ", q.Unread)
		if q.Before, _, err = openCursor[string](r, name); err != nil {
			return Response{}, err
		}
		found, err := store.Notifications(ctx, r.Who.UserID, q)
		if err != nil {
			return Response{}, err
		}
		out := noticePage{Unread: found.Unread}
		out.Data = list(found.Notifications, func(n notification.Notification) noticeView { return viewNotice(n, r.Locale()) })
		if found.Next != "" {
			out.Page = pageInfo{Next: sealCursor(r, name, found.Next), HasMore: true}
		}
		return ok(out), nil
	}}
}

// ReadNotifications is POST /notifications/read: some, or all.
func ReadNotifications(store notification.Store) Endpoint {
	return Endpoint{SignedIn, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			IDs []string `json:"ids"`
			All bool     `json:"all"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var c checks
		c.ulids("/ids", in.IDs, maxLimit)
		switch {
		case in.All && len(in.IDs) > 0:
			c.add("/ids", "not_allowed", "Name ids, or say all, not both.")
		case !in.All && len(in.IDs) == 0:
			c.add("/ids", "required", "Name ids, or say all.")
		}
		err := c.err()
		switch {
		case err != nil:
		case in.All:
			err = store.MarkAllRead(ctx, r.Who.UserID)
		default:
			err = store.MarkRead(ctx, r.Who.UserID, in.IDs)
		}
		if err != nil {
			return Response{}, err
		}
		return noContent(), nil
	}}
}
