package ws

import (
	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

type entryFrame struct {
	Type  string         `json:"type"`
	Entry wire.EntryView `json:"entry"`
	position
}

type entryHintFrame struct {
	Type     string `json:"type"`
	TicketID string `json:"ticketId"`
	Seq      int    `json:"seq"`
	position
}

// position tells a client whether it lacks an entry before the one of the frame, and the
// version of the ticket after it: each visible entry makes its seq the version.
type position struct {
	Prev    int `json:"prev"`
	Version int `json:"version"`
}

func positionOf(e ticket.Entry, role user.Role) position { return position{e.PrevFor(role), e.Seq} }

type ticketFrame struct {
	Type   string          `json:"type"`
	Ticket wire.TicketView `json:"ticket"`
}

type userFrame struct {
	Type     string          `json:"type"`
	TicketID string          `json:"ticketId"`
	User     wire.AuthorView `json:"user"`
	Seq      int             `json:"seq,omitempty"`
}

type countsFrame struct {
	Type   string                `json:"type"`
	Counts wire.TicketCountsView `json:"counts"`
}

type broadcastFrame struct {
	Type      string             `json:"type"`
	Broadcast wire.BroadcastView `json:"broadcast"`
}

type presenceFrame struct {
	Type     string            `json:"type"`
	TicketID string            `json:"ticketId"`
	Users    []wire.AuthorView `json:"users"`
	Total    int               `json:"total,omitempty"` // if it exceeds the users in the frame
}

type attachmentFrame struct {
	Type     string `json:"type"`
	ID       string `json:"id"`
	TicketID string `json:"ticketId"`
	Seq      int    `json:"seq"`
	State    string `json:"state"`
}

type notificationFrame struct {
	Type         string                `json:"type"`
	Notification wire.NotificationView `json:"notification"`
}

type unreadFrame struct {
	Type   string `json:"type"`
	Unread int    `json:"unread"`
}

type goneFrame struct {
	Type     string `json:"type"`
	TicketID string `json:"ticketId"`
}
