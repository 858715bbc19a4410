package wire

import (
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

// ChannelInApp is the notification list of the application.
const ChannelInApp notification.Channel = "app"

// BroadcastView is a broadcast with its progress.
type BroadcastView struct {
	ID          string                 `json:"id"`
	State       broadcast.State        `json:"state"`
	Cancellable bool                   `json:"cancellable"`
	Title       string                 `json:"title"`
	Body        string                 `json:"body"`
	Titles      map[string]string      `json:"titles,omitempty"`
	Bodies      map[string]string      `json:"bodies,omitempty"`
	Audience    audienceView           `json:"audience"`
	Channels    []notification.Channel `json:"channels"`
	Counts      broadcastCountsView    `json:"counts"`
	CreatedAt   *string                `json:"createdAt"`
	FinishedAt  *string                `json:"finishedAt"`
}

// audienceView contains the number of users given by id, not their ids: there may be thousands.
type audienceView struct {
	UserCount int         `json:"users,omitempty"`
	Roles     []user.Role `json:"roles,omitempty"`
	All       bool        `json:"all,omitempty"`
}

type broadcastCountsView struct {
	Total int                `json:"total"` // recipients notified so far
	App   appCountView       `json:"app"`
	Email deliveryCountsView `json:"email"`
	SMS   deliveryCountsView `json:"sms"`
	Push  deliveryCountsView `json:"push"`
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

func viewDeliveryCounts(c broadcast.DeliveryCounts) deliveryCountsView {
	return deliveryCountsView{Queued: c.Planned - c.Sent - c.Failed, Sent: c.Sent, Failed: c.Failed, Skipped: c.Skipped}
}

// ViewBroadcast returns the view of a broadcast.
func ViewBroadcast(b broadcast.Broadcast) BroadcastView {
	v := BroadcastView{
		ID: b.ID, State: b.PublicState(), Cancellable: b.Cancellable(), Title: b.Title, Body: b.Body, Titles: b.Titles, Bodies: b.Bodies, Channels: []notification.Channel{},
		Audience: audienceView{UserCount: b.Audience.UserCount, Roles: b.Audience.Roles, All: b.Audience.All},
		Counts: broadcastCountsView{
			Total: b.Total, Email: viewDeliveryCounts(b.Counts[notification.Email]), SMS: viewDeliveryCounts(b.Counts[notification.SMS]),
			Push: viewDeliveryCounts(b.Counts[notification.Push]),
		},
		CreatedAt: FormatTime(b.CreatedAt),
	}
	if b.InApp {
		v.Channels = append(v.Channels, ChannelInApp)
		v.Counts.App.Sent = b.Total
	}
	v.Channels = append(v.Channels, b.Channels...)
	if v.State == broadcast.Done || v.State == broadcast.Cancelled {
		v.FinishedAt = FormatTime(b.FinishedAt)
	}
	return v
}
