package search

// EntryTerms holds the search terms that one entry adds to its ticket.
type EntryTerms struct {
	// Cause identifies the entry within its ticket. Causes sort like the entries.
	Cause string
	// Terms are found by the customer and by staff, StaffOnly by staff alone.
	Terms, StaffOnly []string
}
