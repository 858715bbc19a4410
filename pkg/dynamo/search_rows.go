package dynamo

import (
	"slices"
	"time"
	"unicode/utf8"

	"ticketsystem/pkg/search"
	"ticketsystem/pkg/ticket"
)

// Limits of the search index, so that no text makes it expensive (ADR 0011).
const (
	maxEntryRows  = 300  // rows that one entry, or one user, adds
	maxTicketRows = 2000 // rows of the entries of one ticket
	maxFieldRows  = 600  // rows of the title, number, tags and customer of one ticket
)

// indexRows are the index rows of one ticket or user, and the terms that they index.
type indexRows struct {
	scope, subjectID, customerID string // customerID of tickets only
	created                      time.Time

	rows             map[key]bool
	public, forStaff map[string]bool // terms that the customer finds; terms that staff finds
	full             bool
}

func ticketRows(tk ticket.Ticket) *indexRows {
	return newIndexRows(ticketTermsScope, tk.ID, tk.Customer.ID, tk.CreatedAt)
}

func newIndexRows(scope, subjectID, customerID string, created time.Time) *indexRows {
	return &indexRows{
		scope: scope, subjectID: subjectID, customerID: customerID, created: created,
		rows: map[key]bool{}, public: map[string]bool{}, forStaff: map[string]bool{},
	}
}

// addRecord adds the rows of the terms that a record lists.
func (r *indexRows) addRecord(i indexedTermsItem) {
	for _, term := range i.Terms {
		r.public[term] = true
	}
	for n, term := range i.staffTerms() {
		r.forStaff[term] = true
		r.addRows(r.wholeKeys(term, r.public[term]))
		if n < i.Prefixed {
			r.addRows(prefixKeys(r.scope, term, r.posting()))
		}
	}
	r.full = r.full || i.Full
}

func (r *indexRows) addRows(keys []key) {
	for _, k := range keys {
		r.rows[k] = true
	}
}

// addEntry adds the terms of an entry and returns its record. It leaves out terms that
// are indexed, and those for which no row is left.
func (r *indexRows) addEntry(cause string, terms, staffOnly []string) indexedTermsItem {
	if r.full {
		return r.record(cause)
	}
	left := maxTicketRows - len(r.rows)
	i, refused := r.add(cause, min(maxEntryRows, left), terms, staffOnly)
	i.Full = refused && left < maxEntryRows
	r.full = i.Full
	return i
}

func (r *indexRows) record(cause string) indexedTermsItem {
	return indexedTermsItem{key: indexedTermsKey(r.subjectID, cause), CustomerID: r.customerID, Created: toMillis(r.created)}
}

// add adds the terms of a cause with at most limit rows. Without a row are the prefixes
// first, then the last terms; refused reports that there are such.
func (r *indexRows) add(cause string, limit int, terms, staffOnly []string) (i indexedTermsItem, refused bool) {
	i = r.record(cause)
	b := rowBudget{left: limit, existing: r.rows, taken: map[key]bool{}}
	i.StaffOnly = b.takeTerms(staffOnly, r.forStaff, func(term string) []key { return r.wholeKeys(term, false) })
	i.Terms = b.takeTerms(terms, r.public, func(term string) []key { return r.wholeKeys(term, true) })
	for _, term := range i.staffTerms() {
		if !b.take(prefixKeys(r.scope, term, r.posting())) {
			break
		}
		i.Prefixed++
	}
	r.addRecord(i)
	return i, b.refused
}

// staffTerms returns all terms of a record, in the order in which they get prefixes.
func (i indexedTermsItem) staffTerms() []string { return slices.Concat(i.StaffOnly, i.Terms) }

func (r *indexRows) posting() string { return postingKey(r.created, r.subjectID) }

// wholeKeys returns the rows by which a whole word is found, also as the last word of
// a query, which is looked up as a prefix.
func (r *indexRows) wholeKeys(term string, public bool) []key {
	keys := wholeTermKeys(r.scope, term, r.posting())
	if public {
		keys = append(keys, customerTermKey(r.customerID, term, r.posting()))
	}
	return keys
}

// rowBudget limits the rows that are added.
type rowBudget struct {
	left            int
	existing, taken map[key]bool
	refused         bool // rows did not fit
}

// take adds rows if all that are missing fit.
func (b *rowBudget) take(keys []key) bool {
	var missing []key
	for _, k := range keys {
		if !b.existing[k] && !b.taken[k] {
			missing = append(missing, k)
		}
	}
	if len(missing) > b.left {
		b.refused = true
		return false
	}
	b.left -= len(missing)
	for _, k := range missing {
		b.taken[k] = true
	}
	return true
}

// takeTerms returns the terms that are new and whose rows fit.
func (b *rowBudget) takeTerms(terms []string, known map[string]bool, keysOf func(string) []key) []string {
	var taken []string
	for _, term := range terms {
		if !known[term] && !slices.Contains(taken, term) && b.take(keysOf(term)) {
			taken = append(taken, term)
		}
	}
	return taken
}

// wholeTermKeys returns the rows of a whole term: the term itself, and its longest
// prefix if that is the whole term.
func wholeTermKeys(scope, term, posting string) []key {
	keys := []key{{termPK(scope, term), posting}}
	if n := utf8.RuneCountInString(term); n >= search.MinPrefixRunes && n <= search.MaxPrefixRunes {
		keys = append(keys, key{prefixPK(scope, term), posting})
	}
	return keys
}

// prefixKeys returns the rows of all prefixes of a term.
func prefixKeys(scope, term, posting string) []key {
	var keys []key
	for _, prefix := range search.Prefixes(term) {
		keys = append(keys, key{prefixPK(scope, prefix), posting})
	}
	return keys
}
