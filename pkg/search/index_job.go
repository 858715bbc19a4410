package search

// IndexJob is one change of the search index, as it waits in the index queue. It is
// about a ticket or about a user, and has no personal data besides the text of an entry:
// names, titles and tags are read when the job runs.
type IndexJob struct {
	TicketID string `json:"ticketId,omitempty"`
	// Entry has the terms to add to the ticket. nil refreshes the fields of the ticket, and so does
	// Refresh after the terms were added.
	Entry   *EntryTerms `json:"entry,omitempty"`
	Refresh bool        `json:"refresh,omitempty"`
	UserID  string      `json:"userId,omitempty"`
}
