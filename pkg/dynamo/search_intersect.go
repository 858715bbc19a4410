package dynamo

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"ticketsystem/pkg/search"
)

// postings is the descending posting list of one term. It is read on demand.
type postings struct {
	pk, prefix string // partition key, and what precedes the posting key in sort keys
	pageSize   int

	rows      []string // read, and not yet passed
	exhausted bool     // no more rows to read
}

// searcher finds the postings that are in all lists of at least one of its joins.
type searcher struct {
	store     *Store
	joins     [][]*postings
	upTo      string // newer postings have been examined
	exhausted bool   // no postings are left
	readsLeft int
}

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
	sr := &searcher{store: s, upTo: upTo, readsLeft: maxSearchReads}
	for _, one := range terms {
		join, err := postingsFor(one)
		if err != nil {
			return nil, err
		}
		for _, p := range join {
			if p.pageSize = singlePageSize; len(join) > 1 {
				p.pageSize = intersectPageSize
			}
		}
		sr.joins = append(sr.joins, join)
	}
	if all := slices.Concat(sr.joins...); len(all) > 1 {
		err = sr.prefetch(ctx, all)
	}
	return sr, err
}

// prefetch reads the first page of each list in parallel.
func (s *searcher) prefetch(ctx context.Context, lists []*postings) error {
	errs := make([]error, len(lists))
	var wait sync.WaitGroup
	for i, p := range lists {
		if !p.exhausted {
			s.readsLeft--
			wait.Go(func() { errs[i] = s.store.loadPostings(ctx, p, s.upTo) })
		}
	}
	wait.Wait()
	return errors.Join(errs...)
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

// intersect returns the next posting that all lists of a join have. If found is
// false, at is where to resume when no reads were left, or "" at the end.
func (s *searcher) intersect(ctx context.Context, join []*postings) (at string, found bool, err error) {
	at = s.upTo
	for {
		first := ""
		for i, p := range join {
			for len(p.rows) > 0 && p.rows[0] > at {
				p.rows = p.rows[1:]
			}
			if len(p.rows) == 0 && !p.exhausted {
				if s.readsLeft <= 0 {
					return at, false, nil
				}
				s.readsLeft--
				if err := s.store.loadPostings(ctx, p, at); err != nil {
					return "", false, err
				}
			}
			if len(p.rows) == 0 {
				return "", false, nil
			}
			if at = p.rows[0]; i == 0 {
				first = at
			}
		}
		if at == first {
			return at, true, nil
		}
	}
}

// cursor returns where the search stopped, or nil at its end.
func (s *searcher) cursor() map[string]string {
	if s.exhausted {
		return nil
	}
	return map[string]string{cursorField: s.upTo}
}

// loadPostings reads the next page of a list, from the key upTo down.
func (s *Store) loadPostings(ctx context.Context, p *postings, upTo string) error {
	out, err := s.queryPage(ctx, queryInput("PK = :pk AND SK BETWEEN :from AND :to",
		values{"pk": p.pk, "from": p.prefix + "0", "to": p.prefix + upTo}, descending, pageOf(p.pageSize)))
	if err != nil {
		return err
	}
	p.exhausted = out.LastEvaluatedKey == nil
	keys, err := decodeAll[key](out.Items)
	for _, k := range keys {
		p.rows = append(p.rows, strings.TrimPrefix(k.SK, p.prefix))
	}
	return err
}

// customerPostingKeys returns the postings of a customer's tickets with a term that
// begins with prefix, newest first.
func (s *Store) customerPostingKeys(ctx context.Context, customerID, prefix string) ([]string, error) {
	rows, err := queryAs[key](ctx, s, queryInput("PK = :pk AND begins_with(SK, :prefix)",
		values{"pk": customerTermsPK(customerID), "prefix": prefix}))
	if err != nil {
		return nil, err
	}
	keys := make([]string, len(rows))
	for i, row := range rows {
		keys[i] = idOf(row.SK)
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	slices.Reverse(keys)
	return keys, nil
}
