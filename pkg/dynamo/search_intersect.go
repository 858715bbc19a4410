package dynamo

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/search"
)

// postings are the places of one word, the newest first, read as they are needed.
type postings struct {
	pk, prefix string // of the rows
	pageSize   int32  // rows a read

	rows      []string // read and not passed yet
	exhausted bool     // nothing comes behind rows
}

// searcher finds the places that all sources of one of its joins have.
type searcher struct {
	store     *Store
	joins     [][]*postings
	upTo      string // what is newer has been looked at
	exhausted bool   // nothing is left
	readsLeft int    // how many are still allowed
}

// intersectPageSize is how many rows of a word are read at once where several must
// agree: a read unit's worth.
const intersectPageSize = 100

// newSearcher starts a search from a cursor, with the first rows of every source.
// alone is how many rows are read at once where there is one source only.
func (s *Store) newSearcher(terms []search.Terms, singlePageSize int32, cursor map[string]string, postingsFor func(search.Terms) ([]*postings, error)) (*searcher, error) {
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
	return sr, nil
}

// next gives the next places, at most n; fewer when the search has ended or its
// reads are used up.
func (s *searcher) next(ctx context.Context, n int) ([]string, error) {
	if err := s.prefetch(ctx); err != nil {
		return nil, err
	}
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

// prefetch reads the first rows of all sources at once: one trip instead of many.
func (s *searcher) prefetch(ctx context.Context) error {
	all := slices.Concat(s.joins...)
	if s.readsLeft < maxSearchReads || len(all) == 1 {
		return nil
	}
	errs := make([]error, len(all))
	var wait sync.WaitGroup
	for i, p := range all {
		if !p.exhausted {
			s.readsLeft--
			wait.Go(func() { errs[i] = s.store.loadPostings(ctx, p, s.upTo) })
		}
	}
	wait.Wait()
	return errors.Join(errs...)
}

// nextPosting finds the next place of any of the joins.
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

// intersect is the next place that all sources of a join have. When there is none,
// at is where the reads were used up, or "" behind the end.
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

// cursor goes on where the search has stopped.
func (s *searcher) cursor() map[string]string {
	if s.exhausted {
		return nil
	}
	return map[string]string{cursorField: s.upTo}
}

// loadPostings reads rows of a source from a place on.
func (s *Store) loadPostings(ctx context.Context, p *postings, upTo string) error {
	out, err := s.db.Query(ctx, &dynamodb.QueryInput{
		TableName: s.name, ScanIndexForward: aws.Bool(false), Limit: &p.pageSize,
		KeyConditionExpression:    aws.String("PK = :pk AND SK BETWEEN :from AND :to"),
		ExpressionAttributeValues: values{"pk": p.pk, "from": p.prefix + "0", "to": p.prefix + upTo}.marshal(),
	})
	if err != nil {
		return translate(err)
	}
	p.exhausted = out.LastEvaluatedKey == nil
	for _, row := range out.Items {
		var k key
		if err := decode(row, &k); err != nil {
			return err
		}
		p.rows = append(p.rows, strings.TrimPrefix(k.SK, p.prefix))
	}
	return nil
}

// customerPostingKeys are a customer's tickets with a word that begins so, the newest
// first.
func (s *Store) customerPostingKeys(ctx context.Context, customerID, prefix string) ([]string, error) {
	in := &dynamodb.QueryInput{
		TableName: s.name, KeyConditionExpression: aws.String("PK = :pk AND begins_with(SK, :beginning)"),
		ExpressionAttributeValues: values{"pk": customerTermsPK(customerID), "beginning": prefix}.marshal(),
	}
	var keys []string
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return nil, translate(err)
		}
		for _, row := range out.Items {
			var k key
			if err := decode(row, &k); err != nil {
				return nil, err
			}
			keys = append(keys, idOf(k.SK))
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			slices.Sort(keys)
			keys = slices.Compact(keys)
			slices.Reverse(keys)
			return keys, nil
		}
	}
}
