package dynamo

import (
	"context"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/ticket"
)

// searchTickets returns the tickets that have all the terms and match the other
// filters of q, newest first.
func (s *Store) searchTickets(ctx context.Context, q ticket.Query, cursor map[string]string) ([]ticket.Ticket, map[string]string, error) {
	pageSize := q.Limit + 1
	if q.HasFilters() {
		pageSize = max(pageSize, filterPageSize)
	}
	postingsFor, terms := func(t search.Terms) ([]*postings, error) { return s.termPostings(ctx, ticketTermsScope, t) }, q.Terms
	if q.CustomerID != "" { // one list for all alternatives
		terms = make([]search.Terms, 1)
		postingsFor = func(search.Terms) ([]*postings, error) {
			matches := func(tokens []string) bool { return search.MatchAny(q.Terms, tokens) }
			return []*postings{{lists: []*postingList{s.postingsOfCustomer(q.CustomerID, matches)}}}, nil
		}
	}
	sr, err := s.newSearcher(ctx, terms, pageSize, cursor, postingsFor)
	if err != nil {
		return nil, nil, err
	}
	var page []ticket.Ticket
	for {
		matches, err := sr.next(ctx, min(q.Limit+1-len(page), sr.subjectsLeft))
		if err != nil {
			return nil, nil, err
		}
		tickets, err := s.ticketsByID(ctx, idsOfPostings(matches))
		if err != nil {
			return nil, nil, err
		}
		sr.readsLeft--
		sr.subjectsLeft -= len(matches)
		for _, tk := range tickets {
			if !q.Matches(tk) {
				continue
			}
			if len(page) == q.Limit {
				last := page[len(page)-1]
				return page, searchCursorAfter(postingKey(last.CreatedAt, last.ID)), nil
			}
			page = append(page, tk)
		}
		if sr.exhausted || sr.readsLeft <= 0 || sr.subjectsLeft <= 0 {
			return page, sr.cursor(), nil
		}
	}
}

// SearchUsers returns the ids of the users whose name, phone or e-mail matches terms,
// newest account first. cursor is nil for the first page; next is nil after the last.
func (s *Store) SearchUsers(ctx context.Context, terms []search.Terms, limit int, cursor map[string]string) (ids []string, next map[string]string, err error) {
	sr, err := s.newSearcher(ctx, terms, limit+1, cursor, func(terms search.Terms) ([]*postings, error) {
		return s.termPostings(ctx, userTermsScope, terms)
	})
	if err != nil {
		return nil, nil, err
	}
	matches, err := sr.next(ctx, limit+1)
	if err != nil {
		return nil, nil, err
	}
	if len(matches) > limit {
		return idsOfPostings(matches[:limit]), searchCursorAfter(matches[limit-1]), nil
	}
	return idsOfPostings(matches), sr.cursor(), nil
}

// termPostings returns the postings of each term.
func (s *Store) termPostings(ctx context.Context, scope string, terms search.Terms) ([]*postings, error) {
	var all []*postings
	for _, term := range terms.Tokens {
		all = append(all, &postings{lists: []*postingList{s.postingsOf(termPK(scope, term))}})
	}
	if terms.Prefix == "" {
		return all, nil
	}
	p, err := s.prefixPostings(ctx, scope, terms.Prefix)
	return append(all, p), err
}

// prefixPostings returns the postings of all words with a prefix: those of its first two
// letters, or the union of the postings of each word. If the words are too many for a union,
// they are those of the first two letters, whose words are compared.
func (s *Store) prefixPostings(ctx context.Context, scope, prefix string) (*postings, error) {
	letters := []rune(prefix)
	p := &postings{checked: map[string]bool{}}
	if len(letters) >= wordsPrefixRunes {
		words, complete, err := s.wordsWithPrefix(ctx, scope, prefix)
		if err != nil {
			return nil, err
		}
		if complete {
			for _, word := range words {
				p.lists = append(p.lists, s.postingsOf(termPK(scope, word)))
			}
			return p, nil
		}
		p.prefix = prefix
	}
	p.lists = []*postingList{s.postingsOf(prefixPK(scope, string(letters[:search.MinPrefixRunes])))}
	return p, nil
}

// searchCursorAfter returns the cursor that continues after a posting, in descending order.
func searchCursorAfter(posting string) map[string]string {
	return map[string]string{cursorField: keyBefore(posting)}
}

// cursorField is the field of a cursor that holds a posting key.
const cursorField = "at"

// maxPostingKey sorts after every posting key.
const maxPostingKey = "~"

// parseSearchCursor returns the posting key of a cursor, or apperr.BadCursor.
func parseSearchCursor(cursor map[string]string) (string, error) {
	if cursor == nil {
		return maxPostingKey, nil
	}
	at := cursor[cursorField]
	if at == "" || len(cursor) != 1 {
		return "", apperr.New(apperr.BadCursor, "")
	}
	return at, nil
}

// keyBefore returns a key that sorts before posting and after all older postings.
func keyBefore(posting string) string {
	last := len(posting) - 1
	return posting[:last] + string(posting[last]-1) + maxPostingKey
}

func idsOfPostings(matches []string) []string {
	ids := make([]string, len(matches))
	for i, p := range matches {
		ids[i] = idOf(p)
	}
	return ids
}
