package dynamo

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/parallel"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// nameUpdateItem is the progress of the update of a user's name in tickets. Each
// write of this item makes the stream continue. It holds no personal data.
type nameUpdateItem struct {
	key
	Run   string            `dynamodbav:"rn"`           // random; a later change of the user starts a new run
	Step  int               `dynamodbav:"st"`           // number of writes in this run
	Phase int               `dynamodbav:"ph"`           // one of the phases of pkg/event
	After map[string]string `dynamodbav:"af,omitempty"` // start key of the next page
	Seq   int               `dynamodbav:"sq,omitempty"` // next entry of the current log
}

func (i nameUpdateItem) event() event.NamesOutdated {
	return event.NamesOutdated{UserID: idOf(i.PK), Run: i.Run, Step: i.Step, Phase: i.Phase, After: i.After, Seq: i.Seq}
}

// StartNameUpdate implements stream.NameStore. It restarts a running update.
func (s *Store) StartNameUpdate(ctx context.Context, userID string) error {
	_, err := s.put(ctx, nameUpdateItem{key: nameUpdateKey(userID), Run: rand.Text()[:8]}, "", nil)
	return err
}

// SaveNameUpdate implements stream.NameStore.
func (s *Store) SaveNameUpdate(ctx context.Context, from, to event.NamesOutdated) error {
	condition, vals := "rn = :run AND st = :step", values{"run": from.Run, "step": from.Step}
	if to.Phase == event.NamesDone {
		_, err := s.remove(ctx, nameUpdateKey(from.UserID), condition, vals)
		return err
	}
	_, err := s.put(ctx, nameUpdateItem{
		key: nameUpdateKey(from.UserID), Run: from.Run, Step: from.Step + 1, Phase: to.Phase, After: to.After, Seq: to.Seq,
	}, condition, vals)
	return err
}

// nameReferenceItem records that a ticket contains the name of an agent, or that a user
// has a ticket or a file. Unlike an index, a query reads it strongly consistent.
type nameReferenceItem struct{ key }

// AddNameReference implements stream.NameStore. It reads first, because most entries
// are by an agent who is recorded already.
func (s *Store) AddNameReference(ctx context.Context, userID, ticketID string) (added bool, err error) {
	i := nameReferenceItem{nameReferenceKey(userID, ticketID)}
	if found, err := s.get(ctx, i.key, true, &i); err != nil || found {
		return false, err
	}
	_, err = s.put(ctx, i, "", nil)
	return err == nil, err
}

// AddOwnTicket implements stream.NameStore.
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

// OwnTicket implements stream.NameStore.
func (s *Store) OwnTicket(ctx context.Context, userID string, after map[string]string) (ticketID string, next map[string]string, err error) {
	first := ownTicketKey(userID, "")
	ticketID, next, err = s.nextReference(ctx, queryInput("PK = :pk AND begins_with(SK, :prefix)", values{"pk": first.PK, "prefix": first.SK}), after)
	return strings.TrimPrefix(ticketID, prefixOwnTicket), next, err
}

// ReferencedTicket implements stream.NameStore.
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

// DeleteNameReference implements stream.NameStore.
func (s *Store) DeleteNameReference(ctx context.Context, userID, ticketID string) error {
	_, err := s.remove(ctx, nameReferenceKey(userID, ticketID), "", nil)
	return err
}

// DeleteOwnTicket implements stream.NameStore.
func (s *Store) DeleteOwnTicket(ctx context.Context, userID, ticketID string) error {
	_, err := s.remove(ctx, ownTicketKey(userID, ticketID), "", nil)
	return err
}

// SetNameInTicket implements stream.NameStore. It increments the revision of the
// ticket, so that a concurrent projection cannot restore the old name.
func (s *Store) SetNameInTicket(ctx context.Context, ticketID, userID, name string) error {
	for _, c := range []struct {
		key            key
		path, owner    string
		set, condition string
	}{
		{key: ticketKey(ticketID), path: "#row.un", owner: "#row.u = :id", set: " ADD rev :one"},
		{key: ticketKey(ticketID), path: "#row.hn", owner: "#row.h = :id", set: " ADD rev :one"},
		{key: readMarkerKey(ticketID, userID), path: "bn", owner: "attribute_exists(PK)"},
	} {
		vals := values{"name": name}
		if c.set != "" {
			vals["id"], vals["one"] = userID, 1
		}
		_, _, err := s.update(ctx, updateSpec{
			key: c.key, set: "SET " + c.path + " = :name" + c.set, values: vals,
			condition: c.owner + " AND (attribute_not_exists(" + c.path + ") OR " + c.path + " <> :name)",
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eraseConcurrency limits the concurrent writes of one step.
const eraseConcurrency = 8

// EraseNameInLog implements stream.NameStore.
func (s *Store) EraseNameInLog(ctx context.Context, ticketID, userID string, from, n int) (next int, err error) {
	out, err := s.queryPage(ctx, rangeQuery(ticketID, entrySK(from), prefixEntry+"~", pageOf(n)))
	if err != nil {
		return 0, err
	}
	items, err := decodeAll[entryItem](out.Items)
	if err != nil || len(items) == 0 {
		return 0, err
	}
	var stored ticketItem
	if _, err := s.get(ctx, ticketKey(ticketID), true, &stored); err != nil {
		return 0, err
	}
	err = parallel.ForEach(items, eraseConcurrency, func(i entryItem) error {
		return s.eraseNameInEntry(ctx, stored.ticket().Customer.ID, i, userID)
	})
	if out.LastEvaluatedKey == nil {
		return 0, err
	}
	return seqOf(items[len(items)-1].SK) + 1, err
}

func (s *Store) eraseNameInEntry(ctx context.Context, customerID string, i entryItem, userID string) error {
	set := ""
	if i.AuthorID == userID && i.AuthorName != user.DeletedName {
		set = ", bn = :removed"
	}
	if c := i.Change; c != nil && c.To == userID && c.Name != "" && c.Name != user.DeletedName {
		set += ", ch.n = :removed"
	}
	if c := i.Change; c != nil && c.From == userID && c.FromName != "" && c.FromName != user.DeletedName {
		set += ", ch.an = :removed"
	}
	if o := i.Opening; o != nil && o.CustomerID == userID && o.CustomerName != user.DeletedName {
		set += ", op.un = :removed"
	}
	if set != "" {
		_, _, err := s.update(ctx, updateSpec{key: i.key, set: "SET" + set[1:], condition: "attribute_exists(PK)", values: values{"removed": user.DeletedName}})
		if err != nil {
			return err
		}
	}
	e := i.entry()
	if i.AuthorID != userID || s.now().Sub(e.CreatedAt) > notification.TTL {
		return nil
	}
	n, needed := notification.ForEntry(ticket.Ticket{Customer: ticket.UserRef{ID: customerID}}, e)
	if !needed {
		return nil
	}
	_, _, err := s.update(ctx, updateSpec{
		key: notificationKey(n.UserID, n.ID), set: "SET #by = :removed", condition: "attribute_exists(PK)", values: values{"removed": user.DeletedName},
	})
	return err
}

// DeleteLoginAttemptsAndSuppression implements stream.NameStore.
func (s *Store) DeleteLoginAttemptsAndSuppression(ctx context.Context, u user.User) error {
	first := userSuppressionKey(u.ID, "")
	keys, err := queryAs[key](ctx, s, queryInput("PK = :pk AND begins_with(SK, :prefix)", values{"pk": first.PK, "prefix": first.SK}, consistent))
	if err != nil {
		return err
	}
	for _, k := range keys { // also of former addresses
		keys = append(keys, suppressionKey(strings.TrimPrefix(k.SK, prefixSuppression)))
	}
	if current := suppressionKey(notification.NormalizeAddress(u.Email)); u.Email != "" && !slices.Contains(keys, current) {
		keys = append(keys, current)
	}
	return s.batchDelete(ctx, append(keys, loginAttemptsKey(u.Phone)))
}

// DeleteNotifications implements stream.NameStore. Pending deliveries of a broadcast count as
// skipped before, so that the broadcast ends.
func (s *Store) DeleteNotifications(ctx context.Context, userID string, n int) (more bool, err error) {
	out, err := s.queryPage(ctx, queryInput("PK = :pk", values{"pk": notificationsPK(userID)}, consistent, pageOf(n)))
	if err != nil || len(out.Items) == 0 {
		return false, err
	}
	items, err := decodeAll[notificationItem](out.Items)
	if err != nil {
		return false, err
	}
	more = out.LastEvaluatedKey != nil
	var keys []key
	for _, i := range items {
		skipped, err := s.skipBroadcastDeliveries(ctx, i)
		if err != nil {
			return false, err
		}
		if skipped {
			keys = append(keys, i.key)
		} else {
			more = true
		}
	}
	return more, s.batchDelete(ctx, keys)
}

// skipBroadcastDeliveries skips the pending deliveries of a notification of a broadcast, and counts
// them. It returns false if one has changed meanwhile. It is safe to repeat.
func (s *Store) skipBroadcastDeliveries(ctx context.Context, i notificationItem) (skipped bool, err error) {
	if i.Broadcast == "" {
		return true, nil
	}
	n := i.notification()
	for channel, d := range n.Deliveries {
		if d.State != notification.Queued && d.State != notification.Sending {
			continue
		}
		done := notification.Delivery{State: notification.Skipped, Reason: notification.ReasonUserDeleted, Attempts: d.Attempts, At: s.now()}
		counts, _ := broadcastCountsUpdate(n, channel, done)
		attr := string(channel)
		failed, err := s.transaction().update(updateSpec{
			key: i.key, set: "SET " + attr + " = :done", condition: attr + ".s = :was AND " + attr + ".t = :at",
			values: values{"was": string(d.State), "at": toMillis(d.At), "done": deliveryItem{State: string(done.State), Reason: done.Reason, Attempts: done.Attempts, At: toMillis(done.At)}},
		}).update(counts).commitWithRetry(ctx)
		if err != nil || failed != nil {
			return false, err
		}
	}
	return true, nil
}

// RemoveUserFromAudit implements stream.NameStore.
func (s *Store) RemoveUserFromAudit(ctx context.Context, userID string, after map[string]string, n int) (next map[string]string, err error) {
	items, next, err := s.auditPage(ctx, after, n)
	if err != nil {
		return nil, err
	}
	for _, i := range items {
		paths := i.pathsAbout(userID)
		if len(paths) == 0 {
			continue
		}
		_, _, err := s.update(ctx, updateSpec{key: i.key, set: "REMOVE " + strings.Join(paths, ", "), condition: "attribute_exists(PK)", blind: true})
		if err != nil {
			return nil, err
		}
	}
	return next, nil
}

// pathsAbout returns the attributes with personal data of a user. They are removed one by one:
// a write of the whole record would restore what the concurrent removal of another user erased.
func (i auditItem) pathsAbout(userID string) (paths []string) {
	if i.ActorID == userID && i.Address != "" {
		paths = append(paths, "#address")
	}
	if i.Target != userID {
		return paths
	}
	for _, name := range []string{"phone", "name", "email"} {
		if _, found := i.Before[name]; found {
			paths = append(paths, "#was.#"+name)
		}
		if _, found := i.After[name]; found {
			paths = append(paths, "#now.#"+name)
		}
	}
	return paths
}
