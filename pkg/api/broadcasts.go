package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/fault"
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

// channelApp is the channel that every notification may be seen on.
const channelApp notification.Channel = "app"

type audienceIn struct {
	UserIDs []string    `json:"userIds,omitempty"`
	Roles   []user.Role `json:"roles,omitempty"`
	All     bool        `json:"all,omitempty"`
}

type broadcastIn struct {
	Title    string                 `json:"title"`
	Body     string                 `json:"body"`
	Audience audienceIn             `json:"audience"`
	Channels []notification.Channel `json:"channels"`
}

// broadcast checks what came in and makes the domain's broadcast of it.
func (in broadcastIn) broadcast() (broadcast.Broadcast, error) {
	var c checks
	c.text("/title", &in.Title, 1, maxBroadcastTitle, false)
	c.text("/body", &in.Body, 1, maxBroadcastBody, true)
	in.Audience.check(&c)
	if len(in.Channels) == 0 {
		c.add("/channels", "required", "Name at least one of app, email, sms.")
	}
	b := broadcast.Broadcast{
		Title: in.Title, Body: in.Body, InApp: slices.Contains(in.Channels, channelApp),
		Audience: broadcast.Audience{UserIDs: in.Audience.UserIDs, Roles: in.Audience.Roles, All: in.Audience.All},
		Tallies:  map[notification.Channel]broadcast.Tally{},
	}
	for n, channel := range in.Channels {
		oneOf(&c, fmt.Sprintf("/channels/%d", n), channel, channelApp, notification.Email, notification.SMS)
		if channel != channelApp && !slices.Contains(b.Channels, channel) {
			b.Channels = append(b.Channels, channel)
			b.Tallies[channel] = broadcast.Tally{}
		}
	}
	return b, c.err()
}

// check wants one of the three kinds of audience.
func (a audienceIn) check(c *checks) {
	kinds := 0
	for _, given := range []bool{len(a.UserIDs) > 0, len(a.Roles) > 0, a.All} {
		if given {
			kinds++
		}
	}
	if kinds != 1 {
		c.add("/audience", "required", "Name userIds, or roles, or all: true.")
	}
	if len(a.UserIDs) > broadcast.MostNamed {
		c.add("/audience/userIds", "too_many", fmt.Sprintf("At most %d are allowed.", broadcast.MostNamed))
	}
	for n := range a.UserIDs { // one may stand here twice
		c.ulid(fmt.Sprintf("/audience/userIds/%d", n), &a.UserIDs[n])
	}
	for n, role := range a.Roles {
		oneOf(c, fmt.Sprintf("/audience/roles/%d", n), role, user.RoleUser, user.RoleSupport, user.RoleAdmin)
	}
}

type broadcastView struct {
	ID         string                 `json:"id"`
	State      broadcast.State        `json:"state"`
	Title      string                 `json:"title"`
	Body       string                 `json:"body"`
	Audience   audienceView           `json:"audience"`
	Channels   []notification.Channel `json:"channels"`
	Counts     countsView             `json:"counts"`
	CreatedAt  *string                `json:"createdAt"`
	FinishedAt *string                `json:"finishedAt"`
}

// audienceView says how many people were named, not whom: they may be thousands.
type audienceView struct {
	Named int         `json:"users,omitempty"`
	Roles []user.Role `json:"roles,omitempty"`
	All   bool        `json:"all,omitempty"`
}

type countsView struct {
	Total int       `json:"total"` // people addressed so far
	App   appCount  `json:"app"`
	Email tallyView `json:"email"`
	SMS   tallyView `json:"sms"`
}

type appCount struct {
	Sent int `json:"sent"`
}

type tallyView struct {
	Queued  int `json:"queued"`
	Sent    int `json:"sent"`
	Failed  int `json:"failed"`
	Skipped int `json:"skipped"`
}

func viewTally(t broadcast.Tally) tallyView {
	return tallyView{Queued: t.Planned - t.Sent - t.Failed, Sent: t.Sent, Failed: t.Failed, Skipped: t.Skipped}
}

func viewBroadcast(b broadcast.Broadcast) broadcastView {
	v := broadcastView{
		ID: b.ID, State: b.Shown(), Title: b.Title, Body: b.Body, Channels: []notification.Channel{},
		Audience: audienceView{Named: b.Audience.Named, Roles: b.Audience.Roles, All: b.Audience.All},
		Counts: countsView{
			Total: b.Total, Email: viewTally(b.Tallies[notification.Email]), SMS: viewTally(b.Tallies[notification.SMS]),
		},
		CreatedAt: timeOf(b.CreatedAt),
	}
	if b.InApp {
		v.Channels = append(v.Channels, channelApp)
		v.Counts.App.Sent = b.Total
	}
	v.Channels = append(v.Channels, b.Channels...)
	if v.State == broadcast.Done || v.State == broadcast.Cancelled {
		v.FinishedAt = timeOf(b.FinishedAt)
	}
	return v
}

// StartBroadcast is POST /notifications.
func StartBroadcast(desk *broadcast.Desk) Endpoint {
	return Endpoint{Admins, func(ctx context.Context, r *Request) (Response, error) {
		var in broadcastIn
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		b, err := in.broadcast()
		if err != nil {
			return Response{}, err
		}
		b, err = desk.Start(ctx, r.actor(), b)
		return Response{Status: http.StatusAccepted, Body: viewBroadcast(b)}.with("location", "/broadcasts/"+b.ID), err
	}}
}

// ListBroadcasts is GET /broadcasts, the newest first.
func ListBroadcasts(store broadcast.Store) Endpoint {
	return Endpoint{Admins, func(ctx context.Context, r *Request) (Response, error) {
		limit, err := r.limit()
		if err != nil {
			return Response{}, err
		}
		before, _, err := openCursor[string](r, "broadcasts")
		if err != nil {
			return Response{}, err
		}
		all, err := store.Broadcasts(ctx, before, limit+1)
		if err != nil {
			return Response{}, err
		}
		out := page[broadcastView]{}
		if len(all) > limit {
			all = all[:limit]
			out.Page = pageInfo{HasMore: true, Next: sealCursor(r, "broadcasts", all[limit-1].ID)}
		}
		out.Data = list(all, viewBroadcast)
		return ok(out), nil
	}}
}

// ShowBroadcast is GET /broadcasts/{id}.
func ShowBroadcast(store broadcast.Store) Endpoint {
	return Endpoint{Admins, func(ctx context.Context, r *Request) (Response, error) {
		b, err := findBroadcast(ctx, store, r.pathID())
		return ok(viewBroadcast(b)), err
	}}
}

// CancelBroadcast is POST /broadcasts/{id}/cancel. It may be repeated.
func CancelBroadcast(desk *broadcast.Desk) Endpoint {
	return Endpoint{Admins, func(ctx context.Context, r *Request) (Response, error) {
		if _, err := findBroadcast(ctx, desk.Store, r.pathID()); err != nil {
			return Response{}, err
		}
		b, err := desk.Cancel(ctx, r.actor(), r.pathID())
		return ok(viewBroadcast(b)), err
	}}
}

func findBroadcast(ctx context.Context, store broadcast.Store, broadcastID string) (broadcast.Broadcast, error) {
	if !id.Valid(broadcastID) {
		return broadcast.Broadcast{}, fault.New(fault.BroadcastNotFound, "")
	}
	return store.Broadcast(ctx, broadcastID)
}
