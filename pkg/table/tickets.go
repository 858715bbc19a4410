package table

import (
	"bytes"
	"context"
	"crypto/rand"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/ticket"
)

var _ ticket.Store = (*Table)(nil)

// Tail implements ticket.Store: one ascending read from the entry to the head.
func (t *Table) Tail(ctx context.Context, ticketID string, from int) (ticket.Log, error) {
	log := ticket.Log{Marks: map[string]int{}}
	in := t.between(ticketID, entrySK(from), skHead)
	for {
		out, err := t.db.Query(ctx, in)
		if err != nil {
			return log, translate(err)
		}
		if err := addToLog(&log, out.Items); err != nil {
			return log, err
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return log, nil
		}
	}
}

// marksAllowance is how many read marks Newest expects between the head and
// the entries: a customer and a few agents. More cost a second round trip.
const marksAllowance = 4

// moreMarks is the allowance of that second one.
const moreMarks = 50

// Newest implements ticket.Store: one descending read that begins at the head.
func (t *Table) Newest(ctx context.Context, ticketID string, n int) (ticket.Log, error) {
	log := ticket.Log{Marks: map[string]int{}}
	in := t.between(ticketID, prefixEntry, skHead)
	in.ScanIndexForward = aws.Bool(false)
	for room := 1 + marksAllowance; len(log.Entries) < n; room = moreMarks {
		in.Limit = aws.Int32(int32(n - len(log.Entries) + room))
		out, err := t.db.Query(ctx, in)
		if err != nil {
			return log, translate(err)
		}
		if err := addToLog(&log, out.Items); err != nil {
			return log, err
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			break
		}
	}
	reverse(log.Entries)
	return log, nil
}

// Ahead implements ticket.Store.
func (t *Table) Ahead(ctx context.Context, ticketID string, from, n int) (ticket.Log, bool, error) {
	log := ticket.Log{Marks: map[string]int{}}
	in := t.between(ticketID, entrySK(from), skHead)
	in.Limit = aws.Int32(int32(n))
	out, err := t.db.Query(ctx, in)
	if err != nil {
		return log, false, translate(err)
	}
	return log, out.LastEvaluatedKey == nil, addToLog(&log, out.Items)
}

// Stretch implements ticket.Store.
func (t *Table) Stretch(ctx context.Context, ticketID string, from, to, n int, backward bool) (ticket.Log, error) {
	log := ticket.Log{}
	in := t.between(ticketID, entrySK(from), entrySK(to))
	in.ScanIndexForward = aws.Bool(!backward)
	in.Limit = aws.Int32(int32(n))
	out, err := t.db.Query(ctx, in)
	if err != nil {
		return log, translate(err)
	}
	if err := addToLog(&log, out.Items); err != nil {
		return log, err
	}
	if backward {
		reverse(log.Entries)
	}
	return log, nil
}

// between reads a range of a ticket's partition, strongly consistent.
func (t *Table) between(ticketID, from, to string) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		TableName: t.name, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("PK = :pk AND SK BETWEEN :from AND :to"),
		ExpressionAttributeValues: values{"pk": ticketPK(ticketID), "from": from, "to": to}.wire(),
	}
}

// addToLog sorts items of a ticket's partition into the log.
func addToLog(log *ticket.Log, items []item) error {
	for _, i := range items {
		if err := addItem(log, i); err != nil {
			return err
		}
	}
	return nil
}

func addItem(log *ticket.Log, i item) error {
	var k key
	if err := decode(i, &k); err != nil {
		return err
	}
	switch {
	case k.SK == skHead:
		var head headItem
		err := decode(i, &head)
		log.Head, log.Gone = head.head(), head.Gone != 0
		return err
	case strings.HasPrefix(k.SK, prefixEntry):
		var entry entryItem
		err := decode(i, &entry)
		log.Entries = append(log.Entries, entry.entry())
		return err
	case strings.HasPrefix(k.SK, prefixMark):
		var mark markItem
		err := decode(i, &mark)
		log.Marks[idOf(k.SK)] = mark.Read
		return err
	}
	return nil
}

func reverse(entries []ticket.Entry) {
	for i, j := 0, len(entries)-1; i < j; i, j = i+1, j-1 {
		entries[i], entries[j] = entries[j], entries[i]
	}
}

const slotFree = "attribute_not_exists(PK)"

// Append implements ticket.Store: one write of one unit for a usual message.
func (t *Table) Append(ctx context.Context, e ticket.Entry) (*ticket.Entry, error) {
	i := appendedItem(e)
	existing, err := t.put(ctx, i, slotFree, nil)
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
	i.WriteID = make([]byte, 4) // short: only equal entries of one millisecond are told apart by it
	_, _ = rand.Read(i.WriteID) // never fails
	return i
}

// byOther decodes the entry that made the write of i fail. It returns nil if
// the same call wrote it and lost the first response.
func (i entryItem) byOther(existing item) (*ticket.Entry, error) {
	var stored entryItem
	if err := decode(existing, &stored); err != nil || bytes.Equal(stored.WriteID, i.WriteID) {
		return nil, err
	}
	entry := stored.entry()
	return &entry, nil
}

func heldEntry(held item) (*ticket.Entry, error) {
	var i entryItem
	if err := decode(held, &i); err != nil {
		return nil, err
	}
	entry := i.entry()
	return &entry, nil
}

// AppendWith implements ticket.Store.
func (t *Table) AppendWith(ctx context.Context, e ticket.Entry, files []attachment.Attachment) (*ticket.Entry, error) {
	i := appendedItem(e)
	tx := t.transaction().put(i, slotFree, nil)
	bindFiles(tx, files)
	failed, err := tx.commit(ctx)
	if err != nil || failed == nil {
		return nil, err
	}
	if existing, taken := failed[0]; taken {
		return i.byOther(existing)
	}
	return nil, fault.New(fault.Conflict, "")
}

// Create implements ticket.Store.
func (t *Table) Create(ctx context.Context, h ticket.Head, e ticket.Entry, files []attachment.Attachment) (bool, error) {
	tx := t.transaction().
		put(headToItem(h, false), slotFree, nil).
		put(entryToItem(e), slotFree, nil)
	bindFiles(tx, files)
	failed, err := tx.commit(ctx)
	if err != nil || failed == nil {
		return false, err
	}
	if _, exists := failed[0]; exists {
		return true, nil
	}
	return false, fault.New(fault.Conflict, "")
}

// unmoved holds while the stored head is the one that the new head was folded
// from.
const unmoved = "rev = :rev"

// Commit implements ticket.Store.
func (t *Table) Commit(ctx context.Context, h ticket.Head, entries []ticket.Entry) error {
	tx := t.transaction().put(headToItem(h, true), unmoved, values{"rev": h.Revision})
	for _, e := range entries {
		tx.put(entryToItem(e), slotFree, nil)
	}
	failed, err := tx.commit(ctx)
	if err == nil && failed != nil {
		return fault.New(fault.Conflict, "")
	}
	return err
}

// Project implements ticket.Store.
func (t *Table) Project(ctx context.Context, h ticket.Head) error {
	condition, vals := unmoved, values{"rev": h.Revision}
	if h.Revision == 0 {
		condition, vals = slotFree, nil
	}
	held, err := t.put(ctx, headToItem(h, true), condition, vals)
	if err == nil && held != nil {
		return fault.New(fault.Conflict, "")
	}
	return err
}

// SetRead implements ticket.Store.
func (t *Table) SetRead(ctx context.Context, m ticket.Mark) (bool, error) {
	was, applied, err := t.setMark(ctx, m, "r < :seq AND br = :role")
	if err != nil || was == nil {
		return applied, err
	}
	var i markItem
	err = decode(was, &i)
	return i.Role == string(m.Reader.Role), err
}

// AddRead implements ticket.Store.
func (t *Table) AddRead(ctx context.Context, m ticket.Mark) error {
	_, _, err := t.setMark(ctx, m, "attribute_not_exists(r) OR r < :seq")
	return err
}

// CorrectRead implements ticket.Store.
func (t *Table) CorrectRead(ctx context.Context, m ticket.Mark, seen int) error {
	_, _, err := t.update(ctx, change{
		key: markKey(m.TicketID, m.Reader.ID), set: "SET r = :seq", condition: "r = :seen",
		values: values{"seq": m.Seq, "seen": seen},
	})
	return err
}

func (t *Table) setMark(ctx context.Context, m ticket.Mark, condition string) (item, bool, error) {
	return t.update(ctx, change{
		key: markKey(m.TicketID, m.Reader.ID), set: "SET r = :seq, bn = :name, br = :role", condition: condition,
		values: values{"seq": m.Seq, "name": m.Reader.Name, "role": string(m.Reader.Role)},
	})
}
