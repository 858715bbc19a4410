package dynamo

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/ticket"
)

var _ ticket.Store = (*Store)(nil)

// ReadLogFrom implements ticket.Store with one ascending query that ends with the ticket.
func (s *Store) ReadLogFrom(ctx context.Context, ticketID string, from int) (ticket.Log, error) {
	log := ticket.Log{ReadMarkers: map[string]int{}}
	for row, err := range s.query(ctx, rangeQuery(ticketID, entrySK(from), skTicket)) {
		if err != nil {
			return log, err
		}
		if err := decodeLogItem(&log, row); err != nil {
			return log, err
		}
	}
	return log, nil
}

// expectedMarkers is the number of read markers that ReadLogLatest allows for in
// its first query: of a customer and a few agents. More cost a second query.
const expectedMarkers = 4

// extraMarkers is the number of read markers that later queries allow for.
const extraMarkers = 50

// ReadLogLatest implements ticket.Store with one descending query that begins with
// the ticket.
func (s *Store) ReadLogLatest(ctx context.Context, ticketID string, n int) (ticket.Log, error) {
	log := ticket.Log{ReadMarkers: map[string]int{}}
	in := rangeQuery(ticketID, prefixEntry, skTicket, descending)
	for others := 1 + expectedMarkers; len(log.Entries) < n; others = extraMarkers {
		pageOf(n - len(log.Entries) + others)(in)
		out, err := s.queryPage(ctx, in)
		if err != nil {
			return log, err
		}
		if err := decodeLog(&log, out.Items); err != nil {
			return log, err
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			break
		}
	}
	slices.Reverse(log.Entries)
	slices.Reverse(log.Readers)
	return log, nil
}

// ReadLogPage implements ticket.Store.
func (s *Store) ReadLogPage(ctx context.Context, ticketID string, from, n int) (ticket.Log, bool, error) {
	log := ticket.Log{ReadMarkers: map[string]int{}}
	out, err := s.queryPage(ctx, rangeQuery(ticketID, entrySK(from), skTicket, pageOf(n)))
	if err != nil {
		return log, false, err
	}
	return log, out.LastEvaluatedKey == nil, decodeLog(&log, out.Items)
}

// ReadLogRange implements ticket.Store.
func (s *Store) ReadLogRange(ctx context.Context, ticketID string, from, to, n int, backward bool) (ticket.Log, error) {
	log := ticket.Log{}
	in := rangeQuery(ticketID, entrySK(from), entrySK(to), pageOf(n))
	if backward {
		descending(in)
	}
	out, err := s.queryPage(ctx, in)
	if err != nil {
		return log, err
	}
	err = decodeLog(&log, out.Items)
	if backward {
		slices.Reverse(log.Entries)
	}
	return log, err
}

// rangeQuery returns a strongly consistent query of a range of a ticket's partition.
func rangeQuery(ticketID, from, to string, options ...queryOption) *dynamodb.QueryInput {
	return queryInput("PK = :pk AND SK BETWEEN :from AND :to",
		values{"pk": ticketPK(ticketID), "from": from, "to": to}, append(options, consistent)...)
}

// decodeLog adds items of a ticket's partition to log.
func decodeLog(log *ticket.Log, items []item) error {
	for _, i := range items {
		if err := decodeLogItem(log, i); err != nil {
			return err
		}
	}
	return nil
}

func decodeLogItem(log *ticket.Log, i item) error {
	k, err := decodeAs[key](i)
	if err != nil {
		return err
	}
	switch {
	case k.SK == skTicket:
		var stored ticketItem
		err := decode(i, &stored)
		log.Ticket, log.Deleted = stored.ticket(), stored.DeletedAt != 0
		return err
	case strings.HasPrefix(k.SK, prefixEntry):
		var entry entryItem
		err := decode(i, &entry)
		log.Entries = append(log.Entries, entry.entry())
		return err
	case strings.HasPrefix(k.SK, prefixReadMarker):
		var marker readMarkerItem
		err := decode(i, &marker)
		log.ReadMarkers[idOf(k.SK)] = marker.Read
		log.Readers = append(log.Readers, marker.readMarker())
		return err
	case strings.HasPrefix(k.SK, prefixClockAhead):
		var ahead clockAheadItem
		err := decode(i, &ahead)
		if log.ClockAhead == nil {
			log.ClockAhead = map[string]time.Time{}
		}
		log.ClockAhead[idOf(k.SK)] = fromMillis(ahead.At)
		return err
	}
	return nil
}

// ifNotExists is the condition that no item has the key.
const ifNotExists = "attribute_not_exists(PK)"

// AppendEntry implements ticket.Store. A message of usual length costs one write unit.
func (s *Store) AppendEntry(ctx context.Context, e ticket.Entry) (*ticket.Entry, error) {
	i := s.Shards.appendedItem(e)
	existing, err := s.put(ctx, i, ifNotExists, nil)
	if err != nil || existing == nil {
		return nil, err
	}
	return i.byOther(existing)
}

// appendedItem returns the item of an entry with a write id of its own. The SDK
// sends a request again when its response is lost; the id distinguishes such a repeat
// from an equal entry that another call wrote in the same millisecond.
func (n Shards) appendedItem(e ticket.Entry) entryItem {
	i := n.entryToItem(e)
	i.WriteID = rand.Text()[:6] // 30 bits: the id only distinguishes equal entries of one millisecond
	return i
}

// byOther returns the entry that made the write of i fail. It returns nil if the
// same call wrote the entry and the first response was lost.
func (i entryItem) byOther(existing item) (*ticket.Entry, error) {
	var stored entryItem
	if err := decode(existing, &stored); err != nil || stored.WriteID == i.WriteID {
		return nil, err
	}
	entry := stored.entry()
	return &entry, nil
}

func decodeEntry(existing item) (*ticket.Entry, error) {
	i, err := decodeAs[entryItem](existing)
	if err != nil {
		return nil, err
	}
	entry := i.entry()
	return &entry, nil
}

// AppendEntryWithAttachments implements ticket.Store.
func (s *Store) AppendEntryWithAttachments(ctx context.Context, e ticket.Entry, files []attachment.Attachment) (*ticket.Entry, error) {
	i := s.Shards.appendedItem(e)
	tx := s.transaction().put(i, ifNotExists, nil)
	attachFiles(tx, files)
	failed, err := tx.commit(ctx)
	if err != nil || failed == nil {
		return nil, err
	}
	if existing, taken := failed[0]; taken {
		return i.byOther(existing)
	}
	return nil, apperr.New(apperr.Conflict, "")
}

// CreateTicket implements ticket.Store.
func (s *Store) CreateTicket(ctx context.Context, tk ticket.Ticket, e ticket.Entry, files []attachment.Attachment, links ...ticket.Entry) (bool, error) {
	tx := s.transaction().
		put(s.Shards.ticketToItem(tk, false), ifNotExists, nil).
		put(s.Shards.entryToItem(e), ifNotExists, nil)
	attachFiles(tx, files)
	for _, link := range links {
		tx.put(s.Shards.entryToItem(link), ifNotExists, nil)
	}
	failed, err := tx.commit(ctx)
	if err != nil || failed == nil {
		return false, err
	}
	if failed.has(0) { // the ticket
		return true, nil
	}
	return false, apperr.New(apperr.Conflict, "")
}

// ifRevision is the condition that the stored ticket is the one that the new ticket
// was derived from.
const ifRevision = "rev = :rev"

// CommitEntries implements ticket.Store.
func (s *Store) CommitEntries(ctx context.Context, tk ticket.Ticket, entries []ticket.Entry) error {
	tx := s.transaction().put(s.Shards.ticketToItem(tk, true), ifRevision, values{"rev": tk.Revision})
	for _, e := range entries {
		tx.put(s.Shards.entryToItem(e), ifNotExists, nil)
	}
	failed, err := tx.commit(ctx)
	if err == nil && failed != nil {
		return apperr.New(apperr.Conflict, "")
	}
	return err
}

// SaveProjection implements ticket.Store.
func (s *Store) SaveProjection(ctx context.Context, tk ticket.Ticket) error {
	condition, vals := ifRevision, values{"rev": tk.Revision}
	if tk.Revision == 0 {
		condition, vals = ifNotExists, nil
	}
	existing, err := s.put(ctx, s.Shards.ticketToItem(tk, true), condition, vals)
	if err == nil && existing != nil {
		return apperr.New(apperr.Conflict, "")
	}
	return err
}

// unchangedTTL is how long a change that had nothing to do is recognized when it is repeated.
const unchangedTTL = 24 * time.Hour

// unchangedItem records that a change had nothing to do.
type unchangedItem struct {
	key
	UserID string `dynamodbav:"b"`
	Role   string `dynamodbav:"br"`
	At     int64  `dynamodbav:"at"`
	TTL    int64  `dynamodbav:"ttl"`
}

// clockAheadItem is the latest time in the client ids of a user that were ahead of the clock.
type clockAheadItem struct {
	key
	At  int64 `dynamodbav:"at"`
	TTL int64 `dynamodbav:"ttl"`
}

// RecordUnchanged implements ticket.Store.
func (s *Store) RecordUnchanged(ctx context.Context, u ticket.Unchanged, clientID string) error {
	expires := s.now().Add(unchangedTTL).Unix()
	if at := toMillis(u.ClockAhead); at > 0 {
		i := clockAheadItem{key: clockAheadKey(u.TicketID, u.UserID), At: at, TTL: expires}
		if _, err := s.put(ctx, i, "attribute_not_exists(PK) OR #at < :at", values{"at": at}); err != nil {
			return err
		}
	}
	_, err := s.put(ctx, unchangedItem{
		key: unchangedKey(u.TicketID, u.UserID, clientID), UserID: u.UserID, Role: string(u.Role), At: toMillis(u.At), TTL: expires,
	}, "", nil)
	return err
}

// WasUnchanged implements ticket.Store.
func (s *Store) WasUnchanged(ctx context.Context, ticketID, userID, clientID string) (bool, error) {
	var i unchangedItem
	return s.get(ctx, unchangedKey(ticketID, userID, clientID), true, &i)
}

// AdvanceReadMarker implements ticket.Store.
func (s *Store) AdvanceReadMarker(ctx context.Context, m ticket.ReadMarker) (bool, error) {
	stored, applied, err := s.putReadMarker(ctx, m, "r < :seq AND br = :role")
	if err != nil || stored == nil {
		return applied, err
	}
	i, err := decodeAs[readMarkerItem](stored)
	return i.Role == string(m.Reader.Role), err
}

// CreateReadMarker implements ticket.Store.
func (s *Store) CreateReadMarker(ctx context.Context, m ticket.ReadMarker) error {
	_, _, err := s.putReadMarker(ctx, m, "attribute_not_exists(r) OR r < :seq")
	return err
}

// ClampReadMarker implements ticket.Store.
func (s *Store) ClampReadMarker(ctx context.Context, m ticket.ReadMarker, seen int) error {
	_, _, err := s.update(ctx, updateSpec{
		key: readMarkerKey(m.TicketID, m.Reader.ID), set: "SET r = :seq", condition: "r = :seen",
		values: values{"seq": m.Seq, "seen": seen},
	})
	return err
}

func (s *Store) putReadMarker(ctx context.Context, m ticket.ReadMarker, condition string) (item, bool, error) {
	return s.update(ctx, updateSpec{
		key: readMarkerKey(m.TicketID, m.Reader.ID), set: "SET r = :seq, bn = :name, br = :role, cn = :connection", condition: condition,
		values: values{"seq": m.Seq, "name": m.Reader.Name, "role": string(m.Reader.Role), "connection": m.Connection},
	})
}
