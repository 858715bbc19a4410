package dynamo

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/ticket"
)

var _ ticket.Store = (*Store)(nil)

// ReadLogFrom implements ticket.Store: one ascending read from the entry to the head.
func (s *Store) ReadLogFrom(ctx context.Context, ticketID string, from int) (ticket.Log, error) {
	log := ticket.Log{ReadMarkers: map[string]int{}}
	in := s.rangeQuery(ticketID, entrySK(from), skTicket)
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return log, translate(err)
		}
		if err := decodeLog(&log, out.Items); err != nil {
			return log, err
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return log, nil
		}
	}
}

// expectedMarkers is how many read marks Newest expects between the head and
// the entries: a customer and a few agents. More cost a second round trip.
const expectedMarkers = 4

// extraMarkers is the allowance of that second one.
const extraMarkers = 50

// ReadLogLatest implements ticket.Store: one descending read that begins at the head.
func (s *Store) ReadLogLatest(ctx context.Context, ticketID string, n int) (ticket.Log, error) {
	log := ticket.Log{ReadMarkers: map[string]int{}}
	in := s.rangeQuery(ticketID, prefixEntry, skTicket)
	in.ScanIndexForward = aws.Bool(false)
	for room := 1 + expectedMarkers; len(log.Entries) < n; room = extraMarkers {
		in.Limit = aws.Int32(int32(n - len(log.Entries) + room))
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return log, translate(err)
		}
		if err := decodeLog(&log, out.Items); err != nil {
			return log, err
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			break
		}
	}
	reverse(log.Entries)
	return log, nil
}

// ReadLogPage implements ticket.Store.
func (s *Store) ReadLogPage(ctx context.Context, ticketID string, from, n int) (ticket.Log, bool, error) {
	log := ticket.Log{ReadMarkers: map[string]int{}}
	in := s.rangeQuery(ticketID, entrySK(from), skTicket)
	in.Limit = aws.Int32(int32(n))
	out, err := s.db.Query(ctx, in)
	if err != nil {
		return log, false, translate(err)
	}
	return log, out.LastEvaluatedKey == nil, decodeLog(&log, out.Items)
}

// ReadLogRange implements ticket.Store.
func (s *Store) ReadLogRange(ctx context.Context, ticketID string, from, to, n int, backward bool) (ticket.Log, error) {
	log := ticket.Log{}
	in := s.rangeQuery(ticketID, entrySK(from), entrySK(to))
	in.ScanIndexForward = aws.Bool(!backward)
	in.Limit = aws.Int32(int32(n))
	out, err := s.db.Query(ctx, in)
	if err != nil {
		return log, translate(err)
	}
	if err := decodeLog(&log, out.Items); err != nil {
		return log, err
	}
	if backward {
		reverse(log.Entries)
	}
	return log, nil
}

// rangeQuery reads a range of a ticket's partition, strongly consistent.
func (s *Store) rangeQuery(ticketID, from, to string) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		TableName: s.name, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("PK = :pk AND SK BETWEEN :from AND :to"),
		ExpressionAttributeValues: values{"pk": ticketPK(ticketID), "from": from, "to": to}.marshal(),
	}
}

// decodeLog sorts items of a ticket's partition into the log.
func decodeLog(log *ticket.Log, items []item) error {
	for _, i := range items {
		if err := decodeLogItem(log, i); err != nil {
			return err
		}
	}
	return nil
}

func decodeLogItem(log *ticket.Log, i item) error {
	var k key
	if err := decode(i, &k); err != nil {
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
		return err
	}
	return nil
}

func reverse(entries []ticket.Entry) {
	for i, j := 0, len(entries)-1; i < j; i, j = i+1, j-1 {
		entries[i], entries[j] = entries[j], entries[i]
	}
}

const ifNotExists = "attribute_not_exists(PK)"

// AppendEntry implements ticket.Store: one write of one unit for a usual message.
func (s *Store) AppendEntry(ctx context.Context, e ticket.Entry) (*ticket.Entry, error) {
	i := appendedItem(e)
	existing, err := s.put(ctx, i, ifNotExists, nil)
	if err != nil || existing == nil {
		return nil, err
	}
	return i.byOther(existing)
}

// appendedItem returns the item of an entry with a write id of its own. The SDK
// sends a request again when its response is lost; the id tells such a repeat
// from an equal entry that another call wrote in the same millisecond.
func appendedItem(e ticket.Entry) entryItem {
	i := entryToItem(e)
	i.WriteID = rand.Text()[:6] // 30 bits: the id only tells equal entries of one millisecond apart
	return i
}

// byOther decodes the entry that made the write of i fail. It returns nil if
// the same call wrote it and lost the first response.
func (i entryItem) byOther(existing item) (*ticket.Entry, error) {
	var stored entryItem
	if err := decode(existing, &stored); err != nil || stored.WriteID == i.WriteID {
		return nil, err
	}
	entry := stored.entry()
	return &entry, nil
}

func decodeEntry(existing item) (*ticket.Entry, error) {
	var i entryItem
	if err := decode(existing, &i); err != nil {
		return nil, err
	}
	entry := i.entry()
	return &entry, nil
}

// AppendEntryWithAttachments implements ticket.Store.
func (s *Store) AppendEntryWithAttachments(ctx context.Context, e ticket.Entry, files []attachment.Attachment) (*ticket.Entry, error) {
	i := appendedItem(e)
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
func (s *Store) CreateTicket(ctx context.Context, tk ticket.Ticket, e ticket.Entry, files []attachment.Attachment) (bool, error) {
	tx := s.transaction().
		put(ticketToItem(tk, false), ifNotExists, nil).
		put(entryToItem(e), ifNotExists, nil)
	attachFiles(tx, files)
	failed, err := tx.commit(ctx)
	if err != nil || failed == nil {
		return false, err
	}
	if _, exists := failed[0]; exists {
		return true, nil
	}
	return false, apperr.New(apperr.Conflict, "")
}

// ifRevision holds while the stored head is the one that the new head was folded
// from.
const ifRevision = "rev = :rev"

// CommitEntries implements ticket.Store.
func (s *Store) CommitEntries(ctx context.Context, tk ticket.Ticket, entries []ticket.Entry) error {
	tx := s.transaction().put(ticketToItem(tk, true), ifRevision, values{"rev": tk.Revision})
	for _, e := range entries {
		tx.put(entryToItem(e), ifNotExists, nil)
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
	existing, err := s.put(ctx, ticketToItem(tk, true), condition, vals)
	if err == nil && existing != nil {
		return apperr.New(apperr.Conflict, "")
	}
	return err
}

// AdvanceReadMarker implements ticket.Store.
func (s *Store) AdvanceReadMarker(ctx context.Context, m ticket.ReadMarker) (bool, error) {
	stored, applied, err := s.putReadMarker(ctx, m, "r < :seq AND br = :role")
	if err != nil || stored == nil {
		return applied, err
	}
	var i readMarkerItem
	err = decode(stored, &i)
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
		key: readMarkerKey(m.TicketID, m.Reader.ID), set: "SET r = :seq, bn = :name, br = :role", condition: condition,
		values: values{"seq": m.Seq, "name": m.Reader.Name, "role": string(m.Reader.Role)},
	})
}
