package api

import (
	"context"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/user"
)

// ActivityStore reads recent activity.
type ActivityStore interface {
	// Activity returns at most limit entries of all tickets, newest first, and the position of
	// the next page, "" if there is none.
	Activity(ctx context.Context, limit int, before string) (page []stats.Activity, next string, err error)
}

type activityView struct {
	wire.EntryView
	Number string `json:"number"`
	Title  string `json:"title"`
}

// ListActivity returns the endpoint GET /admin/activity.
func ListActivity(store ActivityStore) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
		view := func(a stats.Activity) activityView {
			return activityView{wire.ViewEntry(a.Entry, user.RoleAdmin, r.Locale(), r.now()), id.Number(a.Entry.TicketID), a.Title}
		}
		return listPage(r, "activity", view, func(limit int, before string) ([]stats.Activity, string, bool, error) {
			entries, next, err := store.Activity(ctx, limit, before)
			return entries, next, next != "", err
		})
	})
}
