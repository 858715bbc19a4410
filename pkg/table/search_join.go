package table

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

// source are the places of one word, the newest first, read as they are needed.
type source struct {
	pk, prefix string // of the rows
	step       int32  // rows a read

	rows  []string // read and not passed yet
	ended bool     // nothing comes behind rows
}

// finder finds the places that all sources of one of its joins have.
type finder struct {
	table *Table
	joins [][]*source
	upTo  string // what is newer has been looked at
	ended bool   // nothing is left
	reads int    // how many are still allowed
}

// joinStep is how many rows of a word are read at once where several must
// agree: a read unit's worth.
const joinStep = 100

// finder starts a search from a cursor, with the first rows of every source.
// alone is how many rows are read at once where there is one source only.
func (t *Table) finder(terms []search.Terms, alone int32, cursor map[string]string, sources func(search.Terms) ([]*source, error)) (*finder, error) {
	upTo, err := placeIn(cursor)
	if err != nil {
		return nil, err
	}
	f := &finder{table: t, upTo: upTo, reads: searchReads}
	for _, one := range terms {
		join, err := sources(one)
		if err != nil {
			return nil, err
		}
		for _, s := range join {
			if s.step = alone; len(join) > 1 {
				s.step = joinStep
			}
		}
		f.joins = append(f.joins, join)
	}
	return f, nil
}

// next gives the next places, at most n; fewer when the search has ended or its
// reads are used up.
func (f *finder) next(ctx context.Context, n int) ([]string, error) {
	if err := f.begin(ctx); err != nil {
		return nil, err
	}
	var places []string
	for len(places) < n {
		at, found, err := f.step(ctx)
		if err != nil || !found {
			return places, err
		}
		places, f.upTo = append(places, at), before(at)
	}
	return places, nil
}

// begin reads the first rows of all sources at once: one trip instead of many.
func (f *finder) begin(ctx context.Context) error {
	all := slices.Concat(f.joins...)
	if f.reads < searchReads || len(all) == 1 {
		return nil
	}
	errs := make([]error, len(all))
	var wait sync.WaitGroup
	for i, s := range all {
		if !s.ended {
			f.reads--
			wait.Go(func() { errs[i] = f.table.load(ctx, s, f.upTo) })
		}
	}
	wait.Wait()
	return errors.Join(errs...)
}

// step finds the next place of any of the joins.
func (f *finder) step(ctx context.Context) (at string, found bool, err error) {
	var best, tired string
	for _, join := range f.joins {
		at, has, err := f.meet(ctx, join)
		switch {
		case err != nil:
			return "", false, err
		case has:
			best = max(best, at)
		default:
			tired = max(tired, at)
		}
	}
	if best != "" && best >= tired {
		return best, true, nil
	}
	if f.upTo = tired; tired == "" {
		f.ended = true
	}
	return "", false, nil
}

// meet is the next place that all sources of a join have. When there is none,
// at is where the reads were used up, or "" behind the end.
func (f *finder) meet(ctx context.Context, join []*source) (at string, found bool, err error) {
	at = f.upTo
	for {
		first := ""
		for i, s := range join {
			for len(s.rows) > 0 && s.rows[0] > at {
				s.rows = s.rows[1:]
			}
			if len(s.rows) == 0 && !s.ended {
				if f.reads <= 0 {
					return at, false, nil
				}
				f.reads--
				if err := f.table.load(ctx, s, at); err != nil {
					return "", false, err
				}
			}
			if len(s.rows) == 0 {
				return "", false, nil
			}
			if at = s.rows[0]; i == 0 {
				first = at
			}
		}
		if at == first {
			return at, true, nil
		}
	}
}

// cursor goes on where the search has stopped.
func (f *finder) cursor() map[string]string {
	if f.ended {
		return nil
	}
	return map[string]string{cursorPlace: f.upTo}
}

// load reads rows of a source from a place on.
func (t *Table) load(ctx context.Context, s *source, upTo string) error {
	out, err := t.db.Query(ctx, &dynamodb.QueryInput{
		TableName: t.name, ScanIndexForward: aws.Bool(false), Limit: &s.step,
		KeyConditionExpression:    aws.String("PK = :pk AND SK BETWEEN :from AND :to"),
		ExpressionAttributeValues: values{"pk": s.pk, "from": s.prefix + "0", "to": s.prefix + upTo}.wire(),
	})
	if err != nil {
		return translate(err)
	}
	s.ended = out.LastEvaluatedKey == nil
	for _, row := range out.Items {
		var k key
		if err := decode(row, &k); err != nil {
			return err
		}
		s.rows = append(s.rows, strings.TrimPrefix(k.SK, s.prefix))
	}
	return nil
}

// ownPlaces are a customer's tickets with a word that begins so, the newest
// first.
func (t *Table) ownPlaces(ctx context.Context, customerID, beginning string) ([]string, error) {
	in := &dynamodb.QueryInput{
		TableName: t.name, KeyConditionExpression: aws.String("PK = :pk AND begins_with(SK, :beginning)"),
		ExpressionAttributeValues: values{"pk": ownWordsPK(customerID), "beginning": beginning}.wire(),
	}
	var places []string
	for {
		out, err := t.db.Query(ctx, in)
		if err != nil {
			return nil, translate(err)
		}
		for _, row := range out.Items {
			var k key
			if err := decode(row, &k); err != nil {
				return nil, err
			}
			places = append(places, idOf(k.SK))
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			slices.Sort(places)
			places = slices.Compact(places)
			slices.Reverse(places)
			return places, nil
		}
	}
}
