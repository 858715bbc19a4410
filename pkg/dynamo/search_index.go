package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// indexedTermsItem records the terms that one entry, or another cause, added to a
// ticket's index. It avoids rewriting known terms, and lists all terms to remove
// when the ticket is deleted.
type indexedTermsItem struct {
	key
	CustomerID string   `dynamodbav:"by"`
	Created    int64    `dynamodbav:"at"`
	Terms      []string `dynamodbav:"words,omitempty"`  // for the customer and agents
	StaffOnly  []string `dynamodbav:"secret,omitempty"` // for agents only
}

// IndexTicket adds search terms to a ticket; agents alone find it by staffOnly.
// cause identifies where the terms come from. Repeating a cause changes nothing, and
// neither does a deleted ticket.
func (s *Store) IndexTicket(ctx context.Context, ticketID, cause string, terms, staffOnly []string) error {
	indexed, err := s.indexedTerms(ctx, ticketID)
	if err != nil {
		return err
	}
	var known, knownStaffOnly []string
	for _, i := range indexed {
		if i.SK == cause {
			return nil
		}
		known, knownStaffOnly = append(known, i.Terms...), append(append(knownStaffOnly, i.Terms...), i.StaffOnly...)
	}
	terms = difference(terms, known)
	staffOnly = difference(difference(staffOnly, knownStaffOnly), terms)
	if len(terms)+len(staffOnly) == 0 {
		return nil
	}
	var stored ticketItem
	if _, err := s.get(ctx, ticketKey(ticketID), true, &stored); err != nil {
		return err
	}
	tk := stored.ticket()
	if tk.ID == "" {
		return nil
	}
	current, wants := map[key]bool{}, map[key]bool{}
	addTicketTermKeys(current, tk, known, knownStaffOnly)
	addTicketTermKeys(wants, tk, terms, append(staffOnly, terms...))
	var writes []types.WriteRequest
	for k := range wants {
		if !current[k] {
			writes = append(writes, putRequest(k))
		}
	}
	if err := s.batchWrite(ctx, writes); err != nil {
		return err
	}
	// Written last, so that it only lists terms that are in the index.
	_, err = s.put(ctx, indexedTermsItem{indexedTermsKey(ticketID, cause), tk.Customer.ID, toMillis(tk.CreatedAt), terms, staffOnly}, "", nil)
	return err
}

// DeindexTicket removes all search terms of a deleted ticket. It is safe to repeat.
func (s *Store) DeindexTicket(ctx context.Context, ticketID string) error {
	indexed, err := s.indexedTerms(ctx, ticketID)
	if err != nil || len(indexed) == 0 {
		return err
	}
	keys := map[key]bool{}
	var causes []types.WriteRequest
	for _, i := range indexed {
		tk := ticket.Ticket{ID: ticketID, Customer: ticket.UserRef{ID: i.CustomerID}, CreatedAt: fromMillis(i.Created)}
		addTicketTermKeys(keys, tk, i.Terms, append(i.StaffOnly, i.Terms...))
		causes = append(causes, deleteRequest(i.key))
	}
	if err := s.batchWrite(ctx, deleteRequests(keys, nil)); err != nil {
		return err
	}
	return s.batchWrite(ctx, causes) // deleted last, so that a repeat finds the remaining terms
}

// IndexUser replaces the search terms of a user. It is safe to repeat.
func (s *Store) IndexUser(ctx context.Context, u user.User, oldTerms, newTerms []string) error {
	before, after := map[key]bool{}, map[key]bool{}
	at := postingKey(u.CreatedAt, u.ID)
	addTermKeys(before, userTermsScope, at, oldTerms)
	addTermKeys(after, userTermsScope, at, newTerms)
	writes := deleteRequests(before, after)
	for k := range after {
		if !before[k] {
			writes = append(writes, putRequest(k))
		}
	}
	return s.batchWrite(ctx, writes)
}

func addTicketTermKeys(to map[key]bool, tk ticket.Ticket, terms, staffTerms []string) {
	at := postingKey(tk.CreatedAt, tk.ID)
	addTermKeys(to, ticketTermsScope, at, staffTerms)
	addCustomerTermKeys(to, tk.Customer.ID, at, terms)
}

// deleteRequests returns deletes of the keys that are not in keep.
func deleteRequests(keys, keep map[key]bool) []types.WriteRequest {
	var writes []types.WriteRequest
	for k := range keys {
		if !keep[k] {
			writes = append(writes, deleteRequest(k))
		}
	}
	return writes
}

// indexedTerms reads the terms of a ticket by cause.
func (s *Store) indexedTerms(ctx context.Context, ticketID string) ([]indexedTermsItem, error) {
	return queryAs[indexedTermsItem](ctx, s, queryInput("PK = :pk", values{"pk": indexedTermsKey(ticketID, "").PK}, consistent))
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
