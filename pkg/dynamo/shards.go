package dynamo

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/parallel"
)

// Shards are the numbers of partition keys that spread what all tickets write to.
type Shards struct {
	Queue    ShardCount // tickets in the lists of staff, timers
	Activity ShardCount // pointers to new entries
	Stats    ShardCount // statistics, open sockets
}

// ShardCount is how many shards are written and read; 0 is 1. Read is higher while some function
// instances may already write to more shards.
type ShardCount struct{ Write, Read int }

// maxShards bounds the operations of a transaction that writes to each shard.
const maxShards = 64

// ParseShardCount parses the number of shards, or those written and those read: 8/32.
func ParseShardCount(text string) (c ShardCount, err error) {
	write, read, two := strings.Cut(text, "/")
	if c.Write, err = strconv.Atoi(write); err == nil && two {
		c.Read, err = strconv.Atoi(read)
	}
	if err != nil || c.Write < 1 || c.Writes() > maxShards || c.Reads() > maxShards || two && c.Read < c.Write {
		return ShardCount{}, fmt.Errorf("must be a number from 1 to %d, or two as 8/32 of which the second is not smaller, is %q", maxShards, text)
	}
	return c, nil
}

// Writes returns how many shards are written.
func (c ShardCount) Writes() int { return max(c.Write, 1) }

// Reads returns how many shards are read.
func (c ShardCount) Reads() int { return max(c.Read, c.Writes()) }

// shardQuery selects the same sort keys in each of several partitions.
type shardQuery struct {
	index      string // "" for the table
	hash, sort string // attributes of the key
	shards     []string
	from, to   string // bounds of the sort key, included; "" for none
	descending bool
}

// queryShards returns the first n items after the cursor, by sort key and then by shard, and the
// cursor of the next page. It reads a share of the page from each shard, and more from those of
// which all was used.
func (s *Store) queryShards(ctx context.Context, q shardQuery, cursor map[string]string, n int) (items []item, next map[string]string, err error) {
	shards, err := q.readers(cursor, n)
	if err != nil {
		return nil, nil, err
	}
	fill := func(r *shardReader) error { return r.fill(ctx, s) }
	if err := parallel.ForEach(shards, len(shards), fill); err != nil {
		return nil, nil, translateListError(err, cursor)
	}
	for len(items) < n {
		var first *shardReader
		for _, r := range shards {
			if err := r.fill(ctx, s); err != nil {
				return nil, nil, translateListError(err, cursor)
			}
			if len(r.items) > 0 && (first == nil || q.before(r.items[0], first.items[0])) {
				first = r
			}
		}
		if first == nil {
			return items, nil, nil
		}
		items, first.items = append(items, first.items[0]), first.items[1:]
	}
	if slices.ContainsFunc(shards, func(r *shardReader) bool { return len(r.items) > 0 || r.more }) {
		next = q.cursorAt(items[n-1])
	}
	return items, next, nil
}

func (q shardQuery) before(a, b item) bool {
	if q.descending {
		a, b = b, a
	}
	return stringOf(a, q.sort) < stringOf(b, q.sort)
}

// cursorAt returns the keys of an item.
func (q shardQuery) cursorAt(i item) map[string]string {
	cursor := map[string]string{}
	for _, name := range []string{"PK", "SK", q.hash, q.sort} {
		cursor[name] = stringOf(i, name)
	}
	return cursor
}

func stringOf(i item, name string) string {
	if s, ok := i[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// shardReader reads one shard.
type shardReader struct {
	in      *dynamodb.QueryInput
	sort    string
	skipped string // sort key of items that precede the cursor
	items   []item // read and not used
	more    bool   // there may be unread items
}

// fill reads a page if none is left.
func (r *shardReader) fill(ctx context.Context, s *Store) error {
	for len(r.items) == 0 && r.more {
		out, err := s.queryPage(ctx, r.in)
		if err != nil {
			return err
		}
		r.items = out.Items
		for r.skipped != "" && len(r.items) > 0 && stringOf(r.items[0], r.sort) == r.skipped {
			r.items = r.items[1:]
		}
		r.in.ExclusiveStartKey, r.more = out.LastEvaluatedKey, out.LastEvaluatedKey != nil
	}
	return nil
}

// readers returns a reader of each shard that begins after the cursor, whose item is in one of
// them. In the others its sort key bounds the query.
func (q shardQuery) readers(cursor map[string]string, n int) ([]*shardReader, error) {
	at := slices.Index(q.shards, cursor[q.hash])
	if cursor != nil && (at < 0 || cursor[q.sort] == "") {
		return nil, apperr.New(apperr.BadCursor, "")
	}
	readers := make([]*shardReader, len(q.shards))
	for i, shard := range q.shards {
		one, r := q, &shardReader{sort: q.sort, more: true}
		switch {
		case cursor == nil || i == at:
		case q.descending:
			one.to = cursor[q.sort]
		default:
			one.from = cursor[q.sort]
		}
		if cursor != nil && i < at {
			r.skipped = cursor[q.sort]
		}
		r.in = one.input(shard, pageShare(n, len(q.shards)))
		if i == at {
			r.in.ExclusiveStartKey = startKey(cursor)
		}
		readers[i] = r
	}
	return readers, nil
}

// pageShare is how many of n items are read from each shard: twice the average and a few, so that
// one read is enough for nearly all.
func pageShare(n, shards int) int {
	const few = 4
	return min(n, 2*n/shards+few)
}

func (q shardQuery) input(shard string, pageSize int) *dynamodb.QueryInput {
	condition, vals := "#hash = :hash", values{"hash": shard}
	names := map[string]string{"#hash": q.hash}
	if q.from != "" || q.to != "" {
		condition += " AND #sort BETWEEN :from AND :to"
		names["#sort"], vals["from"], vals["to"] = q.sort, "0", "~"
		if q.from != "" {
			vals["from"] = q.from
		}
		if q.to != "" {
			vals["to"] = q.to
		}
	}
	in := queryInput(condition, vals, pageOf(pageSize))
	if q.index != "" {
		onIndex(q.index)(in)
	}
	if q.descending {
		descending(in)
	}
	in.ExpressionAttributeNames = names
	return in
}
