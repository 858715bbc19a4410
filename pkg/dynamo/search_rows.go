package dynamo

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

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
	copies           map[key]customerTerms
	public, forStaff map[string]bool // terms that the customer finds; terms that staff finds
	full             bool
}

func ticketRows(tk ticket.Ticket) *indexRows {
	return newIndexRows(ticketTermsScope, tk.ID, tk.Customer.ID, tk.CreatedAt)
}

func newIndexRows(scope, subjectID, customerID string, created time.Time) *indexRows {
	return &indexRows{
		scope: scope, subjectID: subjectID, customerID: customerID, created: created,
		rows: map[key]bool{}, copies: map[key]customerTerms{}, public: map[string]bool{}, forStaff: map[string]bool{},
	}
}

// addRecord adds the rows of the terms that a record lists.
func (r *indexRows) addRecord(i indexedTermsItem) {
	for _, term := range i.Terms {
		r.public[term] = true
	}
	for _, term := range i.staffTerms() {
		r.forStaff[term] = true
		for _, k := range r.keysOf(term) {
			r.rows[k] = true
		}
	}
	if r.customerID != "" && len(i.Terms) > 0 {
		k := customerTermsKey(r.customerID, r.posting(), i.SK)
		r.copies[k] = customerTerms{k, i.Terms}
	}
	r.full = r.full || i.Full
}

// copyOf returns the put of the customer's copy of a record, if it has one.
func (r *indexRows) copyOf(i indexedTermsItem) (puts []types.WriteRequest) {
	if c, found := r.copies[customerTermsKey(r.customerID, r.posting(), i.SK)]; found {
		puts = append(puts, putRequest(c))
	}
	return puts
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

// add adds the terms of a cause with at most limit rows. refused reports that terms did not
// fit.
func (r *indexRows) add(cause string, limit int, terms, staffOnly []string) (i indexedTermsItem, refused bool) {
	i = r.record(cause)
	b := rowBudget{left: limit, existing: r.rows, taken: map[key]bool{}}
	i.StaffOnly = b.takeTerms(staffOnly, r.forStaff, r.keysOf)
	i.Terms = b.takeTerms(terms, r.public, r.keysOf)
	r.addRecord(i)
	return i, b.refused
}

// staffTerms returns all terms of a record.
func (i indexedTermsItem) staffTerms() []string { return slices.Concat(i.StaffOnly, i.Terms) }

func (r *indexRows) posting() string { return postingKey(r.created, r.subjectID) }

// keysOf returns the rows of a term: its posting, the posting of its first two letters, and
// the word, which all tickets share.
func (r *indexRows) keysOf(term string) []key {
	keys := []key{{termPK(r.scope, term), r.posting()}}
	letters := []rune(term)
	if len(letters) >= search.MinPrefixRunes {
		keys = append(keys, key{prefixPK(r.scope, string(letters[:search.MinPrefixRunes])), r.posting()})
	}
	if len(letters) >= wordsPrefixRunes {
		keys = append(keys, wordKey(r.scope, term))
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
