package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/stats"
)

// The numbers are made anew in a new edition, while everybody goes on counting:
// what a ticket adds lies in the edition that its ~S names, and a report adds
// all editions up. A replay shuts the old edition to new tickets, moves each
// ticket over in one transaction, and then throws away what is left: that is
// what no log tells.

var _ stats.Generations = (*Store)(nil)

// generationItem is the backlog of an edition that is shut, or just begins.
type generationItem struct {
	key
	Closed bool  `dynamodbav:"shut,omitempty"`
	TTL    int64 `dynamodbav:"ttl,omitempty"`
}

// closedGenerationTTL is how long the stone of an edition lies in the way of those who have
// not heard of the next: longer than any function lives. That of the first lies
// for ever, because who starts knows of no other.
const closedGenerationTTL = 30 * 24 * time.Hour

// noteGeneration notes that an edition is there.
func (s *Store) noteGeneration(generation int) {
	for known := s.generation.Load(); int64(generation) > known; known = s.generation.Load() {
		if s.generation.CompareAndSwap(known, int64(generation)) {
			return
		}
	}
}

// refreshGeneration finds the one that is open to new tickets.
func (s *Store) refreshGeneration(ctx context.Context) error {
	open, _, err := s.generations(ctx)
	s.noteGeneration(open)
	return err
}

// generations tells which edition is open to new tickets and which is the latest
// number that was ever given.
func (s *Store) generations(ctx context.Context) (open, latest int, err error) {
	out, err := s.db.Query(ctx, &dynamodb.QueryInput{
		TableName: s.name, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("PK = :pk AND SK BETWEEN :from AND :to"),
		ExpressionAttributeValues: values{"pk": statsPK, "from": skBacklog, "to": skBacklog + afterGenerations}.marshal(),
	})
	if err != nil {
		return 0, 0, translate(err)
	}
	for _, one := range out.Items {
		var i generationItem
		if err := decode(one, &i); err != nil {
			return 0, 0, err
		}
		_, generation := generationOf(i.SK, skBacklog)
		if latest = max(latest, generation); !i.Closed {
			open = max(open, generation)
		}
	}
	return open, latest, nil
}

// BeginStatsGeneration implements stats.Editions.
func (s *Store) BeginStatsGeneration(ctx context.Context) (int, error) {
	for attempt := range maxConflictRetries {
		open, latest, err := s.generations(ctx)
		if err != nil {
			return 0, err
		}
		next := latest + 1
		tx := s.transaction().
			update(updateSpec{key: backlogKey(open), set: "SET shut = :yes", condition: "attribute_not_exists(shut)", values: values{"yes": true}}).
			put(generationItem{key: backlogKey(next)}, ifNotExists, nil)
		failed, err := tx.commit(ctx)
		if err == nil && failed == nil {
			s.noteGeneration(next)
			return next, nil
		}
		if err != nil && !apperr.Is(err, apperr.Conflict) {
			return 0, err
		}
		backOff(ctx, attempt) // somebody else begins one
	}
	return 0, apperr.New(apperr.Conflict, "")
}

// DeleteStatsGenerationsBefore implements stats.Editions: their days first, and then a stone in
// the place of each backlog.
func (s *Store) DeleteStatsGenerationsBefore(ctx context.Context, before int) error {
	days, err := s.keysOfGenerationsBefore(ctx, prefixDay, before)
	if err != nil {
		return err
	}
	if err := s.batchDelete(ctx, days); err != nil {
		return err
	}
	backlogs, err := s.keysOfGenerationsBefore(ctx, skBacklog, before)
	if err != nil {
		return err
	}
	var markers []types.WriteRequest
	for _, k := range backlogs {
		marker := generationItem{key: k, Closed: true}
		if k != backlogKey(0) {
			marker.TTL = s.now().Add(closedGenerationTTL).Unix()
		}
		markers = append(markers, types.WriteRequest{PutRequest: &types.PutRequest{Item: encodeItem(marker)}})
	}
	return s.batchWrite(ctx, markers)
}

// keysOfGenerationsBefore are the keys with that prefix in all editions before one.
func (s *Store) keysOfGenerationsBefore(ctx context.Context, prefix string, before int) ([]key, error) {
	in := &dynamodb.QueryInput{
		TableName: s.name, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("PK = :pk AND begins_with(SK, :prefix)"),
		ExpressionAttributeValues: values{"pk": statsPK, "prefix": prefix}.marshal(),
	}
	var old []key
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return nil, translate(err)
		}
		for _, one := range out.Items {
			var k key
			if err := decode(one, &k); err != nil {
				return nil, err
			}
			if _, generation := generationOf(k.SK, prefix); generation < before {
				old = append(old, k)
			}
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return old, nil
		}
	}
}
