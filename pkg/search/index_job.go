package search

import "time"

// IndexJob is one change of the search index, as it waits in the index queue. It is
// about a ticket or about a user.
type IndexJob struct {
	TicketID string `json:"ticketId,omitempty"`
	// Entry has the terms to add to the ticket. nil removes the ticket.
	Entry *EntryTerms `json:"entry,omitempty"`

	UserID    string    `json:"userId,omitempty"`
	CreatedAt time.Time `json:"createdAt,omitzero"`
	OldTerms  []string  `json:"oldTerms,omitempty"`
	NewTerms  []string  `json:"newTerms,omitempty"`
}
