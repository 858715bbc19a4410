package wire

import (
	"ticketsystem/pkg/ticket"
)

// Limits of a message: runes of its text, and number of attachments.
const (
	MaxText        = 10_000
	MaxAttachments = 10
)

// MessageInput is a message as both doors take it.
type MessageInput struct {
	ClientID      string   `json:"clientId"`
	Body          string   `json:"body"`
	AttachmentIDs []string `json:"attachmentIds"`
	Internal      bool     `json:"internal"`
	After         *int     `json:"after"`
}

// ToMessage checks what came in and makes the domain's message of it.
func (in MessageInput) ToMessage(ticketID string) (ticket.Message, error) {
	var v Validator
	v.ULID("/clientId", &in.ClientID)
	minRunes := 1
	if len(in.AttachmentIDs) > 0 {
		minRunes = 0
	}
	v.Text("/body", &in.Body, minRunes, MaxText, true)
	v.ULIDs("/attachmentIds", in.AttachmentIDs, MaxAttachments)
	after := 0
	if in.After != nil {
		after = *in.After
	}
	if after < 0 || after > ticket.MaxSeq {
		v.Add("/after", "out_of_range", "This is the last seq you have seen, 0 if none.")
	}
	return ticket.Message{
		TicketID: ticketID, ClientID: in.ClientID, Body: in.Body, AttachmentIDs: in.AttachmentIDs, Internal: in.Internal, After: after,
	}, v.Err()
}
