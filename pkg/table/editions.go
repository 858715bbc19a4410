package table

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/stats"
)

// The numbers are made anew in a new edition, while everybody goes on counting:
// what a ticket adds lies in the edition that its ~S names, and a report adds
// all editions up. A replay shuts the old edition to new tickets, moves each
// ticket over in one transaction, and then throws away what is left: that is
// what no log tells.

var _ stats.Editions = (*Table)(nil)

// editionItem is the backlog of an edition that is shut, or just begins.
type editionItem struct {
	key
	Shut bool  `dynamodbav:"shut,omitempty"`
	TTL  int64 `dynamodbav:"ttl,omitempty"`
}

// shutFor is how long the stone of an edition lies in the way of those who have
// not heard of the next: longer than any function lives. That of the first lies
// for ever, because who starts knows of no other.
const shutFor = 30 * 24 * time.Hour

// seen notes that an edition is there.
func (t *Table) seen(edition int) {
	for known := t.edition.Load(); int64(edition) > known; known = t.edition.Load() {
		if t.edition.CompareAndSwap(known, int64(edition)) {
			return
		}
	}
}

// learnEdition finds the one that is open to new tickets.
func (t *Table) learnEdition(ctx context.Context) error {
	open, _, err := t.editions(ctx)
	t.seen(open)
	return err
}

// editions tells which edition is open to new tickets and which is the latest
// number that was ever given.
func (t *Table) editions(ctx context.Context) (open, latest int, err error) {
	out, err := t.db.Query(ctx, &dynamodb.QueryInput{
		TableName: t.name, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("PK = :pk AND SK BETWEEN :from AND :to"),
		ExpressionAttributeValues: values{"pk": statsPK, "from": skBacklog, "to": skBacklog + afterEditions}.wire(),
	})
	if err != nil {
		return 0, 0, translate(err)
	}
	for _, one := range out.Items {
		var i editionItem
		if err := decode(one, &i); err != nil {
			return 0, 0, err
		}
		_, edition := editionOf(i.SK, skBacklog)
		if latest = max(latest, edition); !i.Shut {
			open = max(open, edition)
		}
	}
	return open, latest, nil
}

// BeginEdition implements stats.Editions.
func (t *Table) BeginEdition(ctx context.Context) (int, error) {
	for try := range conflictTries {
		open, latest, err := t.editions(ctx)
		if err != nil {
			return 0, err
		}
		next := latest + 1
		tx := t.transaction().
			update(change{key: backlogKey(open), set: "SET shut = :yes", condition: "attribute_not_exists(shut)", values: values{"yes": true}}).
			put(editionItem{key: backlogKey(next)}, slotFree, nil)
		failed, err := tx.commit(ctx)
		if err == nil && failed == nil {
			t.seen(next)
			return next, nil
		}
		if err != nil && !fault.Is(err, fault.Conflict) {
			return 0, err
		}
		pause(ctx, try) // somebody else begins one
	}
	return 0, fault.New(fault.Conflict, "")
}

// EndEditions implements stats.Editions: their days first, and then a stone in
// the place of each backlog.
func (t *Table) EndEditions(ctx context.Context, before int) error {
	days, err := t.keysBefore(ctx, prefixDay, before)
	if err != nil {
		return err
	}
	if err := t.removeAll(ctx, days); err != nil {
		return err
	}
	backlogs, err := t.keysBefore(ctx, skBacklog, before)
	if err != nil {
		return err
	}
	var stones []types.WriteRequest
	for _, k := range backlogs {
		stone := editionItem{key: k, Shut: true}
		if k != backlogKey(0) {
			stone.TTL = t.now().Add(shutFor).Unix()
		}
		stones = append(stones, types.WriteRequest{PutRequest: &types.PutRequest{Item: encodeItem(stone)}})
	}
	return t.writeAll(ctx, stones)
}

// keysBefore are the keys with that prefix in all editions before one.
func (t *Table) keysBefore(ctx context.Context, prefix string, before int) ([]key, error) {
	in := &dynamodb.QueryInput{
		TableName: t.name, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("PK = :pk AND begins_with(SK, :prefix)"),
		ExpressionAttributeValues: values{"pk": statsPK, "prefix": prefix}.wire(),
	}
	var old []key
	for {
		out, err := t.db.Query(ctx, in)
		if err != nil {
			return nil, translate(err)
		}
		for _, one := range out.Items {
			var k key
			if err := decode(one, &k); err != nil {
				return nil, err
			}
			if _, edition := editionOf(k.SK, prefix); edition < before {
				old = append(old, k)
			}
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return old, nil
		}
	}
}
