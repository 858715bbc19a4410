package table

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/ticket"
)

// Said is what one cause adds to the words of a ticket: everybody's, and those
// of staff alone.
type Said struct {
	Cause         string
	Words, Secret []string
}

// RelearnTicket makes the words of a ticket what the causes say, which stand in
// their order and are all up to the last of them. What later causes have added
// stays.
//
// It may run while others learn: rows go first, then what stands about them, so
// that whoever counts on a row that goes has been there before. Who calls it
// looks afterwards whether there is more, and calls again.
func (t *Table) RelearnTicket(ctx context.Context, h ticket.Head, said []Said) error {
	if len(said) == 0 {
		return nil
	}
	stored, err := t.learnt(ctx, h.ID)
	if err != nil {
		return err
	}
	last := said[len(said)-1].Cause
	wanted := make(map[string]learntItem, len(said))
	var words, secret []string
	for _, s := range said {
		i := learntItem{key: learntKey(h.ID, s.Cause), Customer: h.Customer.ID, Created: toMillis(h.CreatedAt), Words: without(s.Words, words)}
		i.Secret = without(without(without(s.Secret, secret), words), i.Words)
		words, secret = append(words, i.Words...), append(secret, i.Secret...)
		if len(i.Words)+len(i.Secret) > 0 {
			wanted[s.Cause] = i
		}
	}
	has, keep, wants := map[key]bool{}, map[key]bool{}, map[key]bool{}
	ticketKeys(wants, h, words, append(secret, words...))
	var causes []types.WriteRequest
	for _, i := range stored {
		if i.SK > last {
			ticketKeys(keep, h, i.Words, append(i.Secret, i.Words...))
			continue
		}
		ticketKeys(has, h, i.Words, append(i.Secret, i.Words...))
		now, still := wanted[i.SK]
		switch {
		case !still:
			causes = append(causes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: i.wire()}})
		case slices.Equal(now.Words, i.Words) && slices.Equal(now.Secret, i.Secret):
			delete(wanted, i.SK)
		}
	}
	for k := range wants {
		keep[k] = true
	}
	if err := t.writeAll(ctx, removals(has, keep)); err != nil {
		return err
	}
	if err := t.putMissing(ctx, wants); err != nil {
		return err
	}
	for _, i := range wanted {
		causes = append(causes, types.WriteRequest{PutRequest: &types.PutRequest{Item: encodeItem(i)}})
	}
	return t.writeAll(ctx, causes)
}

// putMissing writes the rows that are not there. To look costs as many units as
// to write; but there is room for a hundred in a request, the table's writes are
// left to those who need them, and the stream has nothing to tell.
func (t *Table) putMissing(ctx context.Context, wants map[key]bool) error {
	keys := make([]key, 0, len(wants))
	for k := range wants {
		keys = append(keys, k)
	}
	rows, err := t.getAll(ctx, keys, true)
	if err != nil {
		return err
	}
	there := make(map[key]bool, len(rows))
	for _, row := range rows {
		var k key
		if err := decode(row, &k); err != nil {
			return err
		}
		there[k] = true
	}
	var writes []types.WriteRequest
	for _, k := range keys {
		if !there[k] {
			writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: k.wire()}})
		}
	}
	return t.writeAll(ctx, writes)
}
