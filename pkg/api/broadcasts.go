package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

// The bounds of a broadcast's texts in characters: a title is a mail's
// subject, a body still a few text messages.
const (
	maxBroadcastTitle = 100
	maxBroadcastBody  = 1000
)

// channelInApp is the channel that every notification may be seen on.
const channelInApp notification.Channel = "app"

type audienceInput struct {
	UserIDs []string    `json:"userIds,omitempty"`
	Roles   []user.Role `json:"roles,omitempty"`
	All     bool        `json:"all,omitempty"`
}

type broadcastInput struct {
	Title    string                 `json:"title"`
	Body     string                 `json:"body"`
	Audience audienceInput          `json:"audience"`
	Channels []notification.Channel `json:"channels"`
}

// toBroadcast checks what came in and makes the domain's broadcast of it.
func (in broadcastInput) toBroadcast() (broadcast.Broadcast, error) {
	var v wire.Validator
	v.Text("/title", &in.Title, 1, maxBroadcastTitle, false)
	v.Text("/body", &in.Body, 1, maxBroadcastBody, true)
	in.Audience.validate(&v)
	if len(in.Channels) == 0 {
		v.Add("/channels", "required", "Name at least one of app, email, sms.")
	}
	b := broadcast.Broadcast{
		Title: in.Title, Body: in.Body, InApp: slices.Contains(in.Channels, channelInApp),
		Audience: broadcast.Audience{UserIDs: in.Audience.UserIDs, Roles: in.Audience.Roles, All: in.Audience.All},
		Counts:   map[notification.Channel]broadcast.DeliveryCounts{},
	}
	for n, channel := range in.Channels {
		wire.OneOf(&v, fmt.Sprintf("/channels/%d", n), channel, channelInApp, notification.Email, notification.SMS)
		if channel != channelInApp && !slices.Contains(b.Channels, channel) {
			b.Channels = append(b.Channels, channel)
			b.Counts[channel] = broadcast.DeliveryCounts{}
		}
	}
	return b, v.Err()
}

// validate wants one of the three kinds of audience.
func (a audienceInput) validate(v *wire.Validator) {
	kinds := 0
	for _, given := range []bool{len(a.UserIDs) > 0, len(a.Roles) > 0, a.All} {
		if given {
			kinds++
		}
	}
	if kinds != 1 {
		v.Add("/audience", "required", "Name userIds, or roles, or all: true.")
	}
	if len(a.UserIDs) > broadcast.MaxRecipients {
		v.Add("/audience/userIds", "too_many", fmt.Sprintf("At most %d are allowed.", broadcast.MaxRecipients))
	}
	for n := range a.UserIDs { // one may stand here twice
		v.ULID(fmt.Sprintf("/audience/userIds/%d", n), &a.UserIDs[n])
	}
	for n, role := range a.Roles {
		wire.OneOf(v, fmt.Sprintf("/audience/roles/%d", n), role, user.RoleUser, user.RoleSupport, user.RoleAdmin)
	}
}

type broadcastView struct {
	ID         string                 `json:"id"`
	State      broadcast.State        `json:"state"`
	Title      string                 `json:"title"`
	Body       string                 `json:"body"`
	Audience   audienceView           `json:"audience"`
	Channels   []notification.Channel `json:"channels"`
	Counts     broadcastCountsView    `json:"counts"`
	CreatedAt  *string                `json:"createdAt"`
	FinishedAt *string                `json:"finishedAt"`
}

// audienceView says how many people were named, not whom: they may be thousands.
type audienceView struct {
	UserCount int         `json:"users,omitempty"`
	Roles     []user.Role `json:"roles,omitempty"`
	All       bool        `json:"all,omitempty"`
}

type broadcastCountsView struct {
	Total int                `json:"total"` // people addressed so far
	App   appCountView       `json:"app"`
	Email deliveryCountsView `json:"email"`
	SMS   deliveryCountsView `json:"sms"`
}

type appCountView struct {
	Sent int `json:"sent"`
}

type deliveryCountsView struct {
	Queued  int `json:"queued"`
	Sent    int `json:"sent"`
	Failed  int `json:"failed"`
	Skipped int `json:"skipped"`
}

func viewDeliveryCounts(t broadcast.DeliveryCounts) deliveryCountsView {
	return deliveryCountsView{Queued: t.Planned - t.Sent - t.Failed, Sent: t.Sent, Failed: t.Failed, Skipped: t.Skipped}
}

func viewBroadcast(b broadcast.Broadcast) broadcastView {
	v := broadcastView{
		ID: b.ID, State: b.PublicState(), Title: b.Title, Body: b.Body, Channels: []notification.Channel{},
		Audience: audienceView{UserCount: b.Audience.UserCount, Roles: b.Audience.Roles, All: b.Audience.All},
		Counts: broadcastCountsView{
			Total: b.Total, Email: viewDeliveryCounts(b.Counts[notification.Email]), SMS: viewDeliveryCounts(b.Counts[notification.SMS]),
		},
		CreatedAt: wire.FormatTime(b.CreatedAt),
	}
	if b.InApp {
		v.Channels = append(v.Channels, channelInApp)
		v.Counts.App.Sent = b.Total
	}
	v.Channels = append(v.Channels, b.Channels...)
	if v.State == broadcast.Done || v.State == broadcast.Cancelled {
		v.FinishedAt = wire.FormatTime(b.FinishedAt)
	}
	return v
}

// CreateBroadcast is POST /notifications.
func CreateBroadcast(broadcasts *broadcast.Service) Endpoint {
	return Endpoint{AdminOnly, func(ctx context.Context, r *Request) (Response, error) {
		var in broadcastInput
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		b, err := in.toBroadcast()
		if err != nil {
			return Response{}, err
		}
		b, err = broadcasts.Create(ctx, r.actor(), b)
		return Response{Status: http.StatusAccepted, Body: viewBroadcast(b)}.with("location", "/broadcasts/"+b.ID), err
	}}
}

// ListBroadcasts is GET /broadcasts, the newest first.
func ListBroadcasts(store broadcast.Store) Endpoint {
	return Endpoint{AdminOnly, func(ctx context.Context, r *Request) (Response, error) {
		limit, err := r.limit()
		if err != nil {
			return Response{}, err
		}
		before, _, err := openCursor[string](r, "broadcasts")
		if err != nil {
			return Response{}, err
		}
		all, err := store.ListBroadcasts(ctx, before, limit+1)
		if err != nil {
			return Response{}, err
		}
		out := page[broadcastView]{}
		if len(all) > limit {
			all = all[:limit]
			out.Page = pageInfo{HasMore: true, Next: sealCursor(r, "broadcasts", all[limit-1].ID)}
		}
		out.Data = wire.MapSlice(all, viewBroadcast)
		return ok(out), nil
	}}
}

// GetBroadcast is GET /broadcasts/{id}.
func GetBroadcast(store broadcast.Store) Endpoint {
	return Endpoint{AdminOnly, func(ctx context.Context, r *Request) (Response, error) {
		b, err := findBroadcast(ctx, store, r.pathID())
		return ok(viewBroadcast(b)), err
	}}
}

// CancelBroadcast is POST /broadcasts/{id}/cancel. It may be repeated.
func CancelBroadcast(broadcasts *broadcast.Service) Endpoint {
	return Endpoint{AdminOnly, func(ctx context.Context, r *Request) (Response, error) {
		if _, err := findBroadcast(ctx, broadcasts.Store, r.pathID()); err != nil {
			return Response{}, err
		}
		b, err := broadcasts.Cancel(ctx, r.actor(), r.pathID())
		return ok(viewBroadcast(b)), err
	}}
}

func findBroadcast(ctx context.Context, store broadcast.Store, broadcastID string) (broadcast.Broadcast, error) {
	if !id.Valid(broadcastID) {
		return broadcast.Broadcast{}, apperr.New(apperr.BroadcastNotFound, "")
	}
	return store.Broadcast(ctx, broadcastID)
}
