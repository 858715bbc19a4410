package search

// EntryTerms holds the search terms that one entry adds to its ticket.
type EntryTerms struct {
	// Cause identifies the entry within its ticket. Causes sort like the entries.
	Cause string `json:"cause"`
	// Terms are found by the customer and by staff, StaffOnly by staff alone.
	Terms     []string `json:"terms,omitempty"`
	StaffOnly []string `json:"staffOnly,omitempty"`
}
