package table

import (
	"context"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/ticket"
)

// searchReads bounds the reads of one page of a search. A search that needs
// more gives up for this page: the caller gets what was found and a cursor to
// go on from. So a page costs the same, however many tickets there are.
const searchReads = 30

// findTickets is List for a search: the tickets with all the words, the newest
// first, that pass the other filters.
func (t *Table) findTickets(ctx context.Context, q ticket.Query, cursor map[string]string) ([]ticket.Head, map[string]string, error) {
	step := int32(q.Limit + 1)
	if q.Statuses != nil || q.CategoryID+q.AssigneeID+string(q.Priority) != "" {
		step = max(step, filterStep)
	}
	f, err := t.finder(q.Terms, step, cursor, func(terms search.Terms) ([]*source, error) {
		if q.CustomerID == "" {
			return t.wordSources(wordsOfTickets, terms), nil
		}
		return t.ownSources(ctx, q.CustomerID, terms)
	})
	if err != nil {
		return nil, nil, err
	}
	var page []ticket.Head
	for {
		places, err := f.next(ctx, q.Limit+1-len(page))
		if err != nil {
			return nil, nil, err
		}
		heads, err := t.headsByID(ctx, idsAt(places))
		if err != nil {
			return nil, nil, err
		}
		f.reads--
		for _, h := range heads {
			if !q.Matches(h) {
				continue
			}
			if len(page) == q.Limit {
				last := page[len(page)-1]
				return page, cursorAfter(place(last.CreatedAt, last.ID)), nil
			}
			page = append(page, h)
		}
		if f.ended || f.reads <= 0 {
			return page, f.cursor(), nil
		}
	}
}

// SearchUsers finds the ids of people by name, phone and e-mail, the newest
// account first. cursor is nil for the first page; next is nil behind the last.
func (t *Table) SearchUsers(ctx context.Context, terms []search.Terms, limit int, cursor map[string]string) (ids []string, next map[string]string, err error) {
	f, err := t.finder(terms, int32(limit+1), cursor, func(terms search.Terms) ([]*source, error) {
		return t.wordSources(wordsOfPeople, terms), nil
	})
	if err != nil {
		return nil, nil, err
	}
	places, err := f.next(ctx, limit+1)
	if err != nil {
		return nil, nil, err
	}
	if len(places) > limit {
		return idsAt(places[:limit]), cursorAfter(places[limit-1]), nil
	}
	return idsAt(places), f.cursor(), nil
}

// wordSources are the rows of each of the terms.
func (t *Table) wordSources(scope string, terms search.Terms) []*source {
	var all []*source
	for _, word := range terms.Words {
		all = append(all, &source{pk: wordPK(scope, word)})
	}
	if terms.Beginning != "" {
		all = append(all, &source{pk: beginningPK(scope, terms.Beginning)})
	}
	return all
}

// ownSources are the rows of a customer's own tickets. His words are sorted by
// themselves, so those that share a beginning are read whole and then sorted by
// place: their number is that of his own tickets.
func (t *Table) ownSources(ctx context.Context, customerID string, terms search.Terms) ([]*source, error) {
	var all []*source
	for _, word := range terms.Words {
		all = append(all, &source{pk: ownWordsPK(customerID), prefix: ownWordPrefix(word)})
	}
	if terms.Beginning != "" {
		rows, err := t.ownPlaces(ctx, customerID, terms.Beginning)
		if err != nil {
			return nil, err
		}
		all = append(all, &source{rows: rows, ended: true})
	}
	return all, nil
}

// cursorAfter goes on behind a place; the order descends.
func cursorAfter(place string) map[string]string {
	return map[string]string{cursorPlace: before(place)}
}

// cursorPlace names the place in a cursor.
const cursorPlace = "at"

// newest is behind every place.
const newest = "~"

// placeIn reads a cursor.
func placeIn(cursor map[string]string) (string, error) {
	if cursor == nil {
		return newest, nil
	}
	at := cursor[cursorPlace]
	if at == "" || len(cursor) != 1 {
		return "", fault.New(fault.BadCursor, "")
	}
	return at, nil
}

// before is what no place but the given one stands between: places up to here
// are the older ones.
func before(place string) string {
	last := len(place) - 1
	return place[:last] + string(place[last]-1) + newest
}

func idsAt(places []string) []string {
	ids := make([]string, len(places))
	for i, p := range places {
		ids[i] = idOf(p)
	}
	return ids
}
