package dynamo

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/search"
	"ticketsystem/pkg/ticket"
)

// ReindexTicket makes the words of a ticket what the causes say, which stand in
// their order and are all up to the last of them. What later causes have added
// stays.
//
// It may run while others learn: rows go first, then what stands about them, so
// that whoever counts on a row that goes has been there before. Who calls it
// looks afterwards whether there is more, and calls again.
func (s *Store) ReindexTicket(ctx context.Context, tk ticket.Ticket, entries []search.EntryTerms) error {
	if len(entries) == 0 {
		return nil
	}
	stored, err := s.indexedTerms(ctx, tk.ID)
	if err != nil {
		return err
	}
	last := entries[len(entries)-1].Cause
	wanted := make(map[string]indexedTermsItem, len(entries))
	var terms, staffOnly []string
	for _, e := range entries {
		i := indexedTermsItem{key: indexedTermsKey(tk.ID, e.Cause), CustomerID: tk.Customer.ID, Created: toMillis(tk.CreatedAt), Terms: difference(e.Terms, terms)}
		i.StaffOnly = difference(difference(difference(e.StaffOnly, staffOnly), terms), i.Terms)
		terms, staffOnly = append(terms, i.Terms...), append(staffOnly, i.StaffOnly...)
		if len(i.Terms)+len(i.StaffOnly) > 0 {
			wanted[e.Cause] = i
		}
	}
	current, keep, wants := map[key]bool{}, map[key]bool{}, map[key]bool{}
	addTicketTermKeys(wants, tk, terms, append(staffOnly, terms...))
	var causes []types.WriteRequest
	for _, i := range stored {
		if i.SK > last {
			addTicketTermKeys(keep, tk, i.Terms, append(i.StaffOnly, i.Terms...))
			continue
		}
		addTicketTermKeys(current, tk, i.Terms, append(i.StaffOnly, i.Terms...))
		wantedItem, ok := wanted[i.SK]
		switch {
		case !ok:
			causes = append(causes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: i.marshal()}})
		case slices.Equal(wantedItem.Terms, i.Terms) && slices.Equal(wantedItem.StaffOnly, i.StaffOnly):
			delete(wanted, i.SK)
		}
	}
	for k := range wants {
		keep[k] = true
	}
	if err := s.batchWrite(ctx, deleteRequests(current, keep)); err != nil {
		return err
	}
	if err := s.putMissing(ctx, wants); err != nil {
		return err
	}
	for _, i := range wanted {
		causes = append(causes, types.WriteRequest{PutRequest: &types.PutRequest{Item: encodeItem(i)}})
	}
	return s.batchWrite(ctx, causes)
}

// putMissing writes the rows that are not there. To look costs as many units as
// to write; but there is room for a hundred in a request, the table's writes are
// left to those who need them, and the stream has nothing to tell.
func (s *Store) putMissing(ctx context.Context, wants map[key]bool) error {
	keys := make([]key, 0, len(wants))
	for k := range wants {
		keys = append(keys, k)
	}
	rows, err := s.batchGet(ctx, keys, true)
	if err != nil {
		return err
	}
	existing := make(map[key]bool, len(rows))
	for _, row := range rows {
		var k key
		if err := decode(row, &k); err != nil {
			return err
		}
		existing[k] = true
	}
	var writes []types.WriteRequest
	for _, k := range keys {
		if !existing[k] {
			writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: k.marshal()}})
		}
	}
	return s.batchWrite(ctx, writes)
}
