package api

import (
	"context"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/user"
)

// ActivityStore reads the newest entries over all tickets.
type ActivityStore interface {
	Activity(ctx context.Context, limit int, before string) (page []stats.Activity, next string, err error)
}

type activityView struct {
	wire.EntryView
	Number string `json:"number"`
	Title  string `json:"title"`
}

// ListActivity is GET /admin/activity: the newest entries over all tickets.
func ListActivity(store ActivityStore) Endpoint {
	return Endpoint{AdminOnly, func(ctx context.Context, r *Request) (Response, error) {
		limit, err := r.limit()
		if err != nil {
			return Response{}, err
		}
		before, _, err := openCursor[string](r, "activity")
		if err != nil {
			return Response{}, err
		}
		entries, next, err := store.Activity(ctx, limit, before)
		if err != nil {
			return Response{}, err
		}
		out := page[activityView]{Data: wire.MapSlice(entries, func(a stats.Activity) activityView {
			return activityView{wire.ViewEntry(a.Entry, user.RoleAdmin), id.Number(a.Entry.TicketID), a.Title}
		})}
		if next != "" {
			out.Page = pageInfo{Next: sealCursor(r, "activity", next), HasMore: true}
		}
		return ok(out), nil
	}}
}
