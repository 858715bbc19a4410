package dynamo

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/id"
	"ticketsystem/pkg/ticket"
)

// nameReferenceItem records that a ticket contains the name of an agent, or that a user
// has a ticket or a file. Unlike an index, a query reads it strongly consistent.
type nameReferenceItem struct{ key }

// AddNameReference implements stream.UserPropagationStore. It reads first, because most entries
// are by an agent who is recorded already.
func (s *Store) AddNameReference(ctx context.Context, userID, ticketID string) (added bool, err error) {
	i := nameReferenceItem{nameReferenceKey(userID, ticketID)}
	if found, err := s.get(ctx, i.key, true, &i); err != nil || found {
		return false, err
	}
	_, err = s.put(ctx, i, "", nil)
	return err == nil, err
}

// AddOwnTicket implements stream.UserPropagationStore.
func (s *Store) AddOwnTicket(ctx context.Context, userID, ticketID string) error {
	return s.batchWrite(ctx, []types.WriteRequest{putRequest(ownTicketKey(userID, ticketID)), putRequest(numberKey(ticketID))})
}

// Bounds of TicketsWithNumber: numbers have 40 bits, so few tickets share one, and the stream
// lags by few tickets.
const (
	maxSameNumber = 10
	maxUnrecorded = 100
)

// TicketsWithNumber implements ticket.Store. A number that the stream has not recorded yet is
// searched among the newest tickets.
func (s *Store) TicketsWithNumber(ctx context.Context, number, customerID string) ([]string, error) {
	out, err := s.queryPage(ctx, queryInput("PK = :pk", values{"pk": nameReferenceKey(number, "").PK}, consistent, descending, pageOf(maxSameNumber)))
	if err != nil {
		return nil, err
	}
	recorded, err := decodeAll[key](out.Items)
	ids := make([]string, len(recorded))
	for i, k := range recorded {
		ids[i] = k.SK
	}
	if err != nil || len(ids) > 0 {
		return ids, err
	}
	byCreation := s.Shards.planList(ticket.Query{CustomerID: customerID, Sort: ticket.SortCreated})
	items, _, err := s.queryShards(ctx, byCreation.shardQuery, nil, maxUnrecorded)
	if err != nil {
		return nil, err
	}
	newest, err := idsOf(items)
	return slices.DeleteFunc(newest, func(ticketID string) bool { return id.Number(ticketID) != number }), err
}

// OwnTicket implements stream.UserPropagationStore.
func (s *Store) OwnTicket(ctx context.Context, userID string, after map[string]string) (ticketID string, next map[string]string, err error) {
	first := ownTicketKey(userID, "")
	ticketID, next, err = s.nextReference(ctx, queryInput("PK = :pk AND begins_with(SK, :prefix)", values{"pk": first.PK, "prefix": first.SK}), after)
	return strings.TrimPrefix(ticketID, prefixOwnTicket), next, err
}

// ReferencedTicket implements stream.UserPropagationStore.
func (s *Store) ReferencedTicket(ctx context.Context, userID string, after map[string]string) (ticketID string, next map[string]string, err error) {
	end := nameReferenceKey(userID, "~")
	return s.nextReference(ctx, queryInput("PK = :pk AND SK < :end", values{"pk": end.PK, "end": end.SK}), after)
}

// nextReference returns the sort key of the next item of a query, "" for none.
func (s *Store) nextReference(ctx context.Context, in *dynamodb.QueryInput, after map[string]string) (sk string, next map[string]string, err error) {
	consistent(in)
	pageOf(1)(in)
	in.ExclusiveStartKey = startKey(after)
	out, err := s.queryPage(ctx, in)
	if err != nil || len(out.Items) == 0 {
		return "", nil, err
	}
	k, err := decodeAs[key](out.Items[0])
	return k.SK, cursorOf(out.LastEvaluatedKey), err
}

// DeleteNameReference implements stream.UserPropagationStore.
func (s *Store) DeleteNameReference(ctx context.Context, userID, ticketID string) error {
	_, err := s.remove(ctx, nameReferenceKey(userID, ticketID), "", nil)
	return err
}

// DeleteOwnTicket implements stream.UserPropagationStore.
func (s *Store) DeleteOwnTicket(ctx context.Context, userID, ticketID string) error {
	_, err := s.remove(ctx, ownTicketKey(userID, ticketID), "", nil)
	return err
}
