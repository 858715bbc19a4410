package dynamo

import (
	"context"
	"sync"

	"ticketsystem/pkg/parallel"
	"ticketsystem/pkg/search"
)

// postings is the union of descending lists of postings, which are read on demand.
type postings struct {
	lists []*postingList

	prefix  string          // of a word that a ticket or user must have besides
	checked map[string]bool // postings, and whether they have it
}

// postingList is a descending list of postings.
type postingList struct {
	load     func(ctx context.Context, upTo string, pageSize int) (postingPage, error)
	pageSize int

	rows      []string // read, and not yet passed
	readTo    string   // where the next page begins
	exhausted bool     // no more rows to read
}

// postingPage is a page of a list. Without rows the next page begins at readTo, which is ""
// after the last page.
type postingPage struct {
	rows   []string
	readTo string
	last   bool // the list may not be read on
}

// searcher finds the postings that are in all lists of at least one of its joins.
type searcher struct {
	store     *Store
	joins     [][]*postings
	upTo      string // newer postings have been examined
	exhausted bool   // no postings are left

	readsLeft, listsLeft, checksLeft, checkBytesLeft, subjectsLeft int
}

// Limits of one page of a search, so that its cost does not grow with the number of tickets.
// At a limit the page ends with a cursor. Together they are about 1,000 read units.
const (
	maxSearchReads  = 30  // rounds of reads
	maxListReads    = 200 // reads of lists
	maxPrefixChecks = 120 // reads of the words of a ticket or user
	maxSubjects     = 300 // tickets that are compared with filters

	maxPrefixBytes = 1 << 20 // words that are read for the checks; those read at once may exceed it
)

// intersectPageSize is the page size of a posting list that is intersected with
// others: what one read unit holds.
const intersectPageSize = 100

// newSearcher starts a search at a cursor. It reads the first page of every posting
// list in parallel, or none if there is only one list. singlePageSize is the page
// size of a list that is not intersected with others.
func (s *Store) newSearcher(ctx context.Context, terms []search.Terms, singlePageSize int, cursor map[string]string, postingsFor func(search.Terms) ([]*postings, error)) (*searcher, error) {
	upTo, err := parseSearchCursor(cursor)
	if err != nil {
		return nil, err
	}
	sr := &searcher{store: s, upTo: upTo, readsLeft: maxSearchReads, listsLeft: maxListReads, checksLeft: maxPrefixChecks, checkBytesLeft: maxPrefixBytes, subjectsLeft: maxSubjects}
	var all []*postingList
	for _, one := range terms {
		join, err := postingsFor(one)
		if err != nil {
			return nil, err
		}
		for _, p := range join {
			all = append(all, p.lists...)
			for _, l := range p.lists {
				if l.pageSize = singlePageSize; len(join) > 1 {
					l.pageSize = intersectPageSize
				}
			}
		}
		sr.joins = append(sr.joins, join)
	}
	if len(all) > 1 {
		err = sr.load(ctx, all, upTo)
	}
	return sr, err
}

// load reads the next page of each list, from the posting at down.
func (s *searcher) load(ctx context.Context, lists []*postingList, at string) error {
	s.readsLeft--
	s.listsLeft -= len(lists)
	return parallel.ForEach(lists, searchQueries, func(l *postingList) error {
		page, err := l.load(ctx, l.from(at), l.pageSize)
		l.rows, l.readTo, l.exhausted = page.rows, page.readTo, page.readTo == ""
		if page.last { // of a list that is the only one
			s.readsLeft = 0
		}
		return err
	})
}

// from returns where to read on: at, or where the last page ended.
func (l *postingList) from(at string) string {
	if l.readTo == "" {
		return at
	}
	return min(at, l.readTo)
}

// next returns the next n posting keys. They are fewer at the end of the search and
// when no reads are left.
func (s *searcher) next(ctx context.Context, n int) ([]string, error) {
	var matches []string
	for len(matches) < n {
		at, found, err := s.nextPosting(ctx)
		if err != nil || !found {
			return matches, err
		}
		matches, s.upTo = append(matches, at), keyBefore(at)
	}
	return matches, nil
}

// nextPosting returns the newest posting that any join has next. found is false at
// the end of the search and when no reads are left.
func (s *searcher) nextPosting(ctx context.Context) (at string, found bool, err error) {
	var best, resumeAt string
	for _, join := range s.joins {
		at, ok, err := s.intersect(ctx, join)
		switch {
		case err != nil:
			return "", false, err
		case ok:
			best = max(best, at)
		default:
			resumeAt = max(resumeAt, at)
		}
	}
	if best != "" && best >= resumeAt {
		return best, true, nil
	}
	if s.upTo = resumeAt; resumeAt == "" {
		s.exhausted = true
	}
	return "", false, nil
}

// intersect returns the next posting that a join has. If found is false, at is where to
// resume when no reads were left, or "" at the end.
func (s *searcher) intersect(ctx context.Context, join []*postings) (at string, found bool, err error) {
	at = s.upTo
	for {
		first := ""
		for i, p := range join {
			if at, found, err = s.seek(ctx, p, at); !found {
				return at, false, err
			}
			if i == 0 {
				first = at
			}
		}
		if at != first {
			continue
		}
		passed, checked, err := s.check(ctx, join, at)
		if err != nil || passed || !checked {
			return at, passed, err
		}
		at = keyBefore(at)
	}
}

// seek returns the first posting of p from at down. If found is false, next is where to
// resume when no reads were left, or "" at the end.
func (s *searcher) seek(ctx context.Context, p *postings, at string) (next string, found bool, err error) {
	for {
		var unread []*postingList
		next, resumeAt := "", ""
		for _, l := range p.lists {
			for len(l.rows) > 0 && l.rows[0] > at {
				l.rows = l.rows[1:]
			}
			switch {
			case len(l.rows) > 0:
				next = max(next, l.rows[0])
			case !l.exhausted:
				unread, resumeAt = append(unread, l), max(resumeAt, l.from(at))
			}
		}
		switch {
		case len(unread) == 0:
			return next, next != "", nil
		case s.readsLeft <= 0 || s.listsLeft <= 0:
			return max(next, resumeAt), false, nil
		}
		if err := s.load(ctx, unread, at); err != nil {
			return "", false, err
		}
	}
}

// checksAtOnce is the number of candidates whose words are read at the same time.
const checksAtOnce = 16

// check reports whether the words of a posting have the prefixes that its lists do not say.
// checked is false when no reads were left.
func (s *searcher) check(ctx context.Context, join []*postings, at string) (passed, checked bool, err error) {
	for _, p := range join {
		if _, known := p.checked[at]; p.prefix != "" && !known {
			candidates := []string{at}
			if rows := p.lists[0].rows; len(join) == 1 {
				candidates = rows[:min(len(rows), checksAtOnce)]
			}
			if s.checksLeft -= len(candidates); s.checksLeft < 0 || s.checkBytesLeft <= 0 {
				return false, false, nil
			}
			if err := s.checkPrefix(ctx, p, candidates); err != nil {
				return false, false, err
			}
		}
		if p.prefix != "" && !p.checked[at] {
			return false, true, nil
		}
	}
	return true, true, nil
}

func (s *searcher) checkPrefix(ctx context.Context, p *postings, candidates []string) error {
	var mu sync.Mutex
	return parallel.ForEach(candidates, checksAtOnce, func(at string) error {
		has, size, err := s.store.hasPrefix(ctx, idOf(at), p.prefix)
		mu.Lock()
		defer mu.Unlock()
		p.checked[at] = has
		s.checkBytesLeft -= size
		return err
	})
}

// cursor returns where the search stopped, or nil at its end.
func (s *searcher) cursor() map[string]string {
	if s.exhausted {
		return nil
	}
	return map[string]string{cursorField: s.upTo}
}

// postingsOf returns the list of a partition.
func (s *Store) postingsOf(pk string) *postingList {
	return &postingList{load: func(ctx context.Context, upTo string, pageSize int) (page postingPage, err error) {
		out, err := s.queryPage(ctx, queryInput("PK = :pk AND SK <= :to", values{"pk": pk, "to": upTo}, descending, pageOf(pageSize)))
		if err != nil {
			return postingPage{}, err
		}
		keys, err := decodeAll[key](out.Items)
		for _, k := range keys {
			page.rows = append(page.rows, k.SK)
		}
		if out.LastEvaluatedKey != nil {
			page.readTo = keyBefore(page.rows[len(page.rows)-1])
		}
		return page, err
	}}
}

// Entries whose terms are read at once. A page ends with a ticket, after the minimum.
const (
	maxCustomerPage = 200
	minCustomerPage = 150

	maxCustomerBytes = 2 << 20 // of the terms that one search of own tickets reads
)

// postingsOfCustomer returns the list of a customer's tickets that match.
func (s *Store) postingsOfCustomer(customerID string, matches func(terms []string) bool) *postingList {
	size := 0
	return &postingList{load: func(ctx context.Context, upTo string, _ int) (page postingPage, err error) {
		in := queryInput("PK = :pk AND SK <= :to", values{"pk": customerTermsPK(customerID), "to": upTo + maxPostingKey}, descending, pageOf(maxCustomerPage))
		var posting string
		var terms []string
		finish := func() {
			if posting != "" && matches(terms) {
				page.rows = append(page.rows, posting)
			}
		}
		n := 0
		for i, err := range s.query(ctx, in) {
			if err != nil {
				return postingPage{}, err
			}
			c, err := decodeAs[customerTerms](i)
			if err != nil {
				return postingPage{}, err
			}
			if of := parseCustomerTermsKey(c.SK); of != posting {
				if finish(); n >= minCustomerPage || size >= maxCustomerBytes {
					page.readTo, page.last = keyBefore(posting), size >= maxCustomerBytes
					return page, nil
				}
				posting, terms = of, nil
			}
			terms = append(terms, c.Terms...)
			n++
			for _, term := range c.Terms {
				size += len(term)
			}
		}
		finish()
		return page, nil
	}}
}
