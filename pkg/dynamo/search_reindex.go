package dynamo

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/search"
	"ticketsystem/pkg/ticket"
)

// ReindexTicket replaces the indexed terms of a ticket's entries with those of the given
// entries, which must be complete and in order up to the last one. Terms of later
// entries and of the fields are kept. The caller repeats the call if entries were appended meanwhile.
//
// It may run while IndexTicket does: it writes the postings before the record of
// indexed terms, so a posting is only deleted while its record still exists.
func (s *Store) ReindexTicket(ctx context.Context, tk ticket.Ticket, entries []search.EntryTerms) error {
	if len(entries) == 0 {
		return nil
	}
	stored, err := s.indexedTerms(ctx, tk.ID)
	if err != nil {
		return err
	}
	last := entries[len(entries)-1].Cause
	wants := ticketRows(tk)
	wanted := make(map[string]indexedTermsItem, len(entries))
	for _, e := range entries {
		if i := wants.addEntry(e.Cause, e.Terms, e.StaffOnly); !i.isEmpty() {
			wanted[e.Cause] = i
		}
	}
	current, later := ticketRows(tk), ticketRows(tk)
	var causes []types.WriteRequest
	for _, i := range stored {
		if i.SK > last {
			later.addRecord(i)
			continue
		}
		current.addRecord(i)
		wantedItem, ok := wanted[i.SK]
		switch {
		case !ok:
			causes = append(causes, deleteRequest(i.key))
		case wantedItem.equal(i):
			delete(wanted, i.SK)
		}
	}
	keep := maps.Clone(later.rows)
	maps.Copy(keep, wants.rows)
	if err := s.removeRows(ctx, current.rows, keep); err != nil {
		return err
	}
	if err := s.putMissing(ctx, wants.rows); err != nil {
		return err
	}
	if err := s.syncCopies(ctx, current.copies, wants.copies); err != nil {
		return err
	}
	for _, i := range wanted {
		causes = append(causes, putRequest(i))
	}
	return s.batchWrite(ctx, causes)
}

// equal reports whether two records of a cause index the same terms.
func (i indexedTermsItem) equal(other indexedTermsItem) bool {
	return slices.Equal(i.Terms, other.Terms) && slices.Equal(i.StaffOnly, other.StaffOnly) && i.Full == other.Full
}

// putMissing writes only items that do not exist. Reading first costs the same
// units, but batches hold 100 keys, saves write capacity and causes no stream records.
func (s *Store) putMissing(ctx context.Context, wants map[key]bool) error {
	keys := slices.Collect(maps.Keys(wants))
	found, err := getAll[key](ctx, s, keys, true)
	if err != nil {
		return err
	}
	existing := make(map[key]bool, len(found))
	for _, k := range found {
		existing[k] = true
	}
	var writes []types.WriteRequest
	for _, k := range keys {
		if !existing[k] {
			writes = append(writes, putRequest(k))
		}
	}
	return s.batchWrite(ctx, writes)
}
