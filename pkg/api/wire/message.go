package wire

import (
	"ticketsystem/pkg/ticket"
)

// Limits of a message.
const (
	MaxText        = 10_000 // runes
	MaxAttachments = 10
)

// MessageInput is the body of POST /tickets/{id}/messages and of the frame "message".
type MessageInput struct {
	ClientID      string   `json:"clientId"`
	Body          string   `json:"body"`
	AttachmentIDs []string `json:"attachmentIds"`
	Internal      bool     `json:"internal"`
	After         *int     `json:"after"`
}

// ToMessage validates the input and converts it. It fails with invalid_body.
func (in MessageInput) ToMessage(ticketID string) (ticket.Message, error) {
	var v Validator
	v.ClientID("/clientId", &in.ClientID)
	minRunes := 1
	if len(in.AttachmentIDs) > 0 {
		minRunes = 0
	}
	v.Text("/body", &in.Body, minRunes, MaxText, true)
	v.ULIDs("/attachmentIds", in.AttachmentIDs, MaxAttachments)
	m := ticket.Message{
		TicketID: ticketID, ClientID: in.ClientID, Body: in.Body, AttachmentIDs: in.AttachmentIDs, Internal: in.Internal,
	}
	if in.After != nil {
		v.After("/after", *in.After)
		m.After = *in.After
	}
	return m, v.Err()
}
