package dynamo

import (
	"context"
	"slices"

	"ticketsystem/pkg/apperr"
)

// IndexOpening implements stream.SearchIndex.
func (s *Store) IndexOpening(ctx context.Context, ticketID, cause string, terms []string) error {
	if err := s.IndexTicket(ctx, ticketID, cause, terms, nil); err != nil {
		return err
	}
	return s.RefreshTicket(ctx, ticketID)
}

// RefreshTicket implements stream.SearchIndex.
func (s *Store) RefreshTicket(ctx context.Context, ticketID string) error {
	var stored ticketItem
	if _, err := s.get(ctx, ticketKey(ticketID), true, &stored); err != nil {
		return err
	}
	tk := stored.ticket()
	switch {
	case stored.DeletedAt != 0:
		return s.DeindexTicket(ctx, ticketID)
	case tk.ID == "": // not stored yet: a replay may be adding its terms
		return nil
	}
	customer, err := s.User(ctx, tk.Customer.ID)
	if err != nil && !apperr.Is(err, apperr.UserNotFound) {
		return err
	}
	records, err := s.indexedTerms(ctx, ticketID)
	if err != nil {
		return err
	}
	before, ofEntries, wanted := indexedTermsItem{}, ticketRows(tk), ticketRows(tk)
	for _, i := range records {
		if i.SK == causeFields {
			before = i
		} else {
			ofEntries.addRecord(i)
		}
	}
	terms, staffOnly := tk.SearchTerms(customer)
	after, _ := wanted.add(causeFields, maxFieldRows, terms, staffOnly)
	outdated := ticketRows(tk)
	outdated.addRecord(before)
	return s.replaceTerms(ctx, before, after, outdated, wanted, ofEntries.rows)
}

// RefreshUser implements stream.SearchIndex.
func (s *Store) RefreshUser(ctx context.Context, userID string) error {
	u, err := s.User(ctx, userID)
	if err != nil && !apperr.Is(err, apperr.UserNotFound) {
		return err
	}
	var before indexedTermsItem
	if _, err := s.get(ctx, indexedTermsKey(userID, causeFields), true, &before); err != nil {
		return err
	}
	outdated := newIndexRows(userTermsScope, userID, "", fromMillis(before.Created))
	outdated.addRecord(before)
	wanted := newIndexRows(userTermsScope, userID, "", u.CreatedAt)
	after, _ := wanted.add(causeFields, maxEntryRows, nil, u.SearchTerms())
	return s.replaceTerms(ctx, before, after, outdated, wanted, nil)
}

// replaceTerms replaces the rows of a record, except those in keep. At any time the
// record lists at least the terms that have rows, so a repeat after a failure removes
// all outdated ones.
func (s *Store) replaceTerms(ctx context.Context, before, after indexedTermsItem, outdated, wanted *indexRows, keep map[key]bool) error {
	all := after
	all.Terms = append(slices.Clone(after.Terms), difference(before.Terms, after.Terms)...)
	all.StaffOnly = append(slices.Clone(after.StaffOnly), difference(before.StaffOnly, after.StaffOnly)...)
	if !all.isEmpty() && !all.equal(before) {
		if _, err := s.put(ctx, all, "", nil); err != nil {
			return err
		}
	}
	if err := s.syncCopies(ctx, outdated.copies, wanted.copies); err != nil {
		return err
	}
	if err := s.putRows(ctx, wanted.rows, keep, before.isEmpty()); err != nil {
		return err
	}
	for k := range wanted.rows {
		delete(outdated.rows, k)
	}
	if err := s.removeRows(ctx, outdated.rows, keep); err != nil {
		return err
	}
	switch {
	case all.equal(after):
		return nil
	case after.isEmpty():
		_, err := s.remove(ctx, before.key, "", nil)
		return err
	}
	_, err := s.put(ctx, after, "", nil)
	return err
}

// putRows writes rows, except those that exist. The first rows of a record are not read
// before.
func (s *Store) putRows(ctx context.Context, rows, existing map[key]bool, first bool) error {
	if first {
		return s.addRows(ctx, rows, existing)
	}
	return s.putMissing(ctx, rows)
}
