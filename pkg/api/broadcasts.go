package api

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

// Limits of a broadcast's texts in runes, and in segments of an SMS. The title becomes an e-mail
// subject. SNS accepts 1,600 characters.
const (
	maxBroadcastTitle    = 100
	maxBroadcastBody     = 1000
	maxBroadcastSegments = 6
)

type audienceInput struct {
	UserIDs []string    `json:"userIds,omitempty"`
	Roles   []user.Role `json:"roles,omitempty"`
	All     bool        `json:"all,omitempty"`
}

type broadcastInput struct {
	Title    string                 `json:"title"`
	Body     string                 `json:"body"`
	Titles   map[string]*string     `json:"titles"`
	Bodies   map[string]*string     `json:"bodies"`
	Audience audienceInput          `json:"audience"`
	Channels []notification.Channel `json:"channels"`
	DryRun   bool                   `json:"dryRun"`
}

// broadcastText validates a text and its forms by language, and returns the text for all other
// languages. Without it every language needs its own.
func broadcastText(v *wire.Validator, name, plural, text string, byLanguage map[string]string, maxRunes int, multiline bool) string {
	if text != "" || len(byLanguage) == 0 {
		v.Text("/"+name, &text, 1, maxRunes, multiline)
	}
	for _, language := range slices.Sorted(maps.Keys(byLanguage)) {
		if !locale.IsSupported(language) {
			v.Add("/"+plural+"/"+wire.EscapePointer(language), "unknown", "Only these languages: "+strings.Join(locale.Supported(), ", ")+".")
			continue
		}
		one := byLanguage[language]
		v.Text("/"+plural+"/"+language, &one, 1, maxRunes, multiline)
		byLanguage[language] = one
	}
	for _, language := range locale.Supported() {
		if _, given := byLanguage[language]; !given && text == "" && len(byLanguage) > 0 {
			v.Add("/"+plural+"/"+language, "required", "Required without "+name+".")
		}
	}
	return cmp.Or(text, byLanguage[locale.English])
}

// toBroadcast validates the input and converts it. It fails with invalid_body.
func (in broadcastInput) toBroadcast() (broadcast.Broadcast, error) {
	var v wire.Validator
	titles, bodies := givenTexts(in.Titles), givenTexts(in.Bodies)
	in.Title = broadcastText(&v, "title", "titles", in.Title, titles, maxBroadcastTitle, false)
	in.Body = broadcastText(&v, "body", "bodies", in.Body, bodies, maxBroadcastBody, true)
	in.Audience.validate(&v)
	if len(in.Channels) == 0 {
		v.Add("/channels", "required", "At least one of app, email, sms, push.")
	}
	b := broadcast.Broadcast{
		Title: in.Title, Body: in.Body, Titles: titles, Bodies: bodies, InApp: slices.Contains(in.Channels, wire.ChannelInApp),
		Audience: broadcast.Audience{UserIDs: in.Audience.UserIDs, Roles: in.Audience.Roles, All: in.Audience.All},
		Counts:   map[notification.Channel]broadcast.DeliveryCounts{},
	}
	for n, channel := range in.Channels {
		wire.OneOf(&v, fmt.Sprintf("/channels/%d", n), channel, wire.ChannelInApp, notification.Email, notification.SMS, notification.Push)
		if channel != wire.ChannelInApp && !slices.Contains(b.Channels, channel) {
			b.Channels = append(b.Channels, channel)
			b.Counts[channel] = broadcast.DeliveryCounts{}
		}
	}
	if v.Err() == nil && slices.Contains(b.Channels, notification.SMS) {
		validateSMS(&v, b)
	}
	return b, v.Err()
}

// validateSMS limits the segments of the SMS in each language, and reports the first that exceeds them.
func validateSMS(v *wire.Validator, b broadcast.Broadcast) {
	for _, language := range locale.Supported() {
		pointer, body := "/body", b.Body
		if own := b.Bodies[language]; own != "" {
			pointer, body = "/bodies/"+language, own
		}
		n := notification.Notification{Kind: notification.KindBroadcast, Title: cmp.Or(b.Titles[language], b.Title), Body: body}
		if segments := notification.Segments(notification.ShortText(n, language, locale.Brand{})); segments > maxBroadcastSegments {
			v.Add(pointer, "sms_too_long", fmt.Sprintf("Too long for an SMS: %d segments with the title, at most %d.", segments, maxBroadcastSegments))
			return
		}
	}
}

// validate requires exactly one kind of audience.
func (a audienceInput) validate(v *wire.Validator) {
	kinds := 0
	for _, given := range []bool{len(a.UserIDs) > 0, len(a.Roles) > 0, a.All} {
		if given {
			kinds++
		}
	}
	const message = "Exactly one of userIds, roles, all."
	switch {
	case kinds == 0:
		v.Add("/audience", "required", message)
	case kinds > 1:
		v.Add("/audience", "not_together", message)
	}
	if len(a.UserIDs) > broadcast.MaxRecipients {
		v.Add("/audience/userIds", "too_many", fmt.Sprintf("At most %d entries.", broadcast.MaxRecipients))
	}
	for n := range a.UserIDs { // duplicates are allowed
		v.ULID(fmt.Sprintf("/audience/userIds/%d", n), &a.UserIDs[n])
	}
	for n, role := range a.Roles {
		wire.OneOf(v, fmt.Sprintf("/audience/roles/%d", n), role, user.RoleUser, user.RoleSupport, user.RoleAdmin)
	}
}

// recipientsView is the answer to a dry run.
type recipientsView struct {
	Total    int  `json:"total"`
	Complete bool `json:"complete"`
}

// CreateBroadcast returns the endpoint POST /broadcasts, which POST /notifications also names.
func CreateBroadcast(broadcasts *broadcast.Service) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
		var in broadcastInput
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		b, err := in.toBroadcast()
		if err != nil {
			return Response{}, err
		}
		if in.DryRun {
			total, complete, err := broadcasts.Count(ctx, b.Audience)
			return ok(recipientsView{total, complete}), err
		}
		b, err = broadcasts.Create(ctx, r.actor(), b)
		return Response{Status: http.StatusAccepted, Body: wire.ViewBroadcast(b)}.with("location", "/broadcasts/"+b.ID), err
	})
}

// ListBroadcasts returns the endpoint GET /broadcasts, newest first.
func ListBroadcasts(store broadcast.Store) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
		position := func(b broadcast.Broadcast) string { return b.ID }
		return listPage(r, "broadcasts", wire.ViewBroadcast, func(limit int, before string) ([]broadcast.Broadcast, string, bool, error) {
			all, err := store.ListBroadcasts(ctx, before, limit+1)
			all, next, more := trimPage(all, limit, position)
			return all, next, more, err
		})
	})
}

// GetBroadcast returns the endpoint GET /broadcasts/{id}.
func GetBroadcast(store broadcast.Store) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
		b, err := findBroadcast(ctx, store, r.pathID())
		return ok(wire.ViewBroadcast(b)), err
	})
}

// CancelBroadcast returns the endpoint POST /broadcasts/{id}/cancel. It is idempotent.
func CancelBroadcast(broadcasts *broadcast.Service) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
		if _, err := findBroadcast(ctx, broadcasts.Store, r.pathID()); err != nil {
			return Response{}, err
		}
		b, err := broadcasts.Cancel(ctx, r.actor(), r.pathID())
		return ok(wire.ViewBroadcast(b)), err
	})
}

// findBroadcast returns a broadcast. It fails with broadcast_not_found, also for an invalid id.
func findBroadcast(ctx context.Context, store broadcast.Store, broadcastID string) (broadcast.Broadcast, error) {
	if !id.Valid(broadcastID) {
		return broadcast.Broadcast{}, apperr.New(apperr.BroadcastNotFound, "")
	}
	return store.Broadcast(ctx, broadcastID)
}
