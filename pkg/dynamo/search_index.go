package dynamo

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// indexedTermsItem records the terms that one entry, or another cause, added to the
// index of a ticket or user. It avoids rewriting known terms, and lists all terms to
// remove when they change or the ticket or user is deleted.
type indexedTermsItem struct {
	key
	CustomerID string   `dynamodbav:"by"`
	Created    int64    `dynamodbav:"at"`
	Terms      []string `dynamodbav:"words,omitempty"`  // for the customer and agents
	StaffOnly  []string `dynamodbav:"secret,omitempty"` // for agents only
	Full       bool     `dynamodbav:"full,omitempty"`   // the ticket has all the rows that it may have
}

// IndexTicket adds search terms to a ticket; agents alone find it by staffOnly. It
// adds at most 300 rows, and none to a ticket that has 2,000. cause identifies where
// the terms come from. Repeating a cause changes nothing, and neither does a deleted
// ticket.
func (s *Store) IndexTicket(ctx context.Context, ticketID, cause string, terms, staffOnly []string) error {
	indexed, done, err := s.indexedTermsBefore(ctx, ticketID, cause)
	if err != nil || done || len(indexed) > 0 && !hasNewTerm(indexed, terms, staffOnly) {
		return err
	}
	var stored ticketItem
	if _, err := s.get(ctx, ticketKey(ticketID), true, &stored); err != nil {
		return err
	}
	tk := stored.ticket()
	if tk.ID == "" {
		return nil
	}
	rows := ticketRows(tk)
	for _, i := range indexed {
		rows.addRecord(i)
	}
	existing := maps.Clone(rows.rows)
	record := rows.addEntry(cause, terms, staffOnly)
	if record.isEmpty() {
		return nil
	}
	if err := s.addRows(ctx, rows.rows, existing, rows.copyOf(record)...); err != nil {
		return err
	}
	// Written last, so that it only lists terms that are in the index.
	_, err = s.put(ctx, record, "", nil)
	return err
}

// hasNewTerm reports whether a term is not in the records yet.
func hasNewTerm(indexed []indexedTermsItem, terms, staffOnly []string) bool {
	var public, forStaff []string
	for _, i := range indexed {
		public, forStaff = append(public, i.Terms...), append(append(forStaff, i.Terms...), i.StaffOnly...)
	}
	return len(difference(terms, public))+len(difference(staffOnly, forStaff)) > 0
}

// isEmpty reports whether the record says nothing.
func (i indexedTermsItem) isEmpty() bool { return len(i.Terms)+len(i.StaffOnly) == 0 && !i.Full }

// DeindexTicket removes all search terms of a ticket. It is safe to repeat.
func (s *Store) DeindexTicket(ctx context.Context, ticketID string) error {
	indexed, err := s.indexedTerms(ctx, ticketID)
	if err != nil || len(indexed) == 0 {
		return err
	}
	rows := newIndexRows(ticketTermsScope, ticketID, indexed[0].CustomerID, fromMillis(indexed[0].Created))
	var causes []types.WriteRequest
	for _, i := range indexed {
		rows.addRecord(i)
		causes = append(causes, deleteRequest(i.key))
	}
	if err := s.syncCopies(ctx, rows.copies, nil); err != nil {
		return err
	}
	if err := s.removeRows(ctx, rows.rows, nil); err != nil {
		return err
	}
	return s.batchWrite(ctx, causes) // deleted last, so that a repeat finds the remaining terms
}

// customerTerms is what a customer finds by the record of a cause, with the terms of all own
// tickets in one partition.
type customerTerms struct {
	key
	Terms []string `dynamodbav:"words"`
}

// syncCopies replaces the copies for a customer.
func (s *Store) syncCopies(ctx context.Context, outdated, wanted map[key]customerTerms) error {
	items, err := s.batchGet(ctx, slices.Collect(maps.Keys(wanted)), true)
	if err != nil {
		return err
	}
	found, err := decodeAll[customerTerms](items)
	if err != nil {
		return err
	}
	missing := maps.Clone(wanted)
	for _, c := range found {
		if slices.Equal(c.Terms, wanted[c.key].Terms) {
			delete(missing, c.key)
		}
	}
	var writes []types.WriteRequest
	for _, c := range missing {
		writes = append(writes, putRequest(c))
	}
	for k := range outdated {
		if _, kept := wanted[k]; !kept {
			writes = append(writes, deleteRequest(k))
		}
	}
	return s.batchWrite(ctx, writes)
}

// indexedTerms reads the records of a ticket's or user's terms by cause. Their number is
// bounded by the rows of a ticket.
func (s *Store) indexedTerms(ctx context.Context, subjectID string) ([]indexedTermsItem, error) {
	return queryAs[indexedTermsItem](ctx, s, queryInput("PK = :pk", values{"pk": indexedTermsKey(subjectID, "").PK}, consistent))
}

// indexedTermsPage is the number of records that are read first. Most tickets have
// fewer, and the record that says that a ticket is full is among the newest.
const indexedTermsPage = 25

// indexedTermsBefore reads the records of the entries of a ticket, newest first. done
// reports that a further entry adds nothing: the ticket is full, or has the cause.
func (s *Store) indexedTermsBefore(ctx context.Context, ticketID, cause string) (indexed []indexedTermsItem, done bool, err error) {
	fields := indexedTermsKey(ticketID, causeFields)
	in := queryInput("PK = :pk AND SK < :fields", values{"pk": fields.PK, "fields": fields.SK}, consistent, descending, pageOf(indexedTermsPage))
	for i, err := range s.query(ctx, in) {
		if err != nil {
			return nil, false, err
		}
		record, err := decodeAs[indexedTermsItem](i)
		if err != nil || record.SK == cause || record.Full {
			return nil, true, err
		}
		indexed, in.Limit = append(indexed, record), nil // read the others at once
	}
	return indexed, false, nil
}

// difference returns the terms that are not in known.
func difference(terms, known []string) []string {
	has := make(map[string]bool, len(known))
	for _, term := range known {
		has[term] = true
	}
	var left []string
	for _, term := range terms {
		if !has[term] {
			left = append(left, term)
		}
	}
	return left
}
