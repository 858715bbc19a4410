package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/audit"
)

// auditItem is one deed of an administrator.
type auditItem struct {
	key
	At        int64          `dynamodbav:"at"`
	ActorID   string         `dynamodbav:"by"`
	ActorName string         `dynamodbav:"byName,omitempty"`
	Address   string         `dynamodbav:"address,omitempty"`
	Action    string         `dynamodbav:"action"`
	Target    string         `dynamodbav:"target"`
	Before    map[string]any `dynamodbav:"was,omitempty"`
	After     map[string]any `dynamodbav:"now,omitempty"`
}

// putAudit writes a record with the change that it tells of.
func (tx *transaction) putAudit(r audit.Record) *transaction {
	return tx.put(auditItem{
		auditKey(r.ID), toMillis(r.At), r.Actor.ID, r.Actor.Name, r.Actor.Address, r.Action, r.Target, r.Before, r.After,
	}, "", nil)
}

func (i auditItem) record() audit.Record {
	return audit.Record{
		ID: i.SK, At: fromMillis(i.At), Actor: audit.Actor{ID: i.ActorID, Name: i.ActorName, Address: i.Address},
		Action: i.Action, Target: i.Target, Before: i.Before, After: i.After,
	}
}

var _ audit.Store = (*Store)(nil)

// AuditRecords implements audit.Store: one read of a page.
func (s *Store) AuditRecords(ctx context.Context, before string, limit int) ([]audit.Record, error) {
	in := &dynamodb.QueryInput{
		TableName: s.name, ConsistentRead: aws.Bool(true), ScanIndexForward: aws.Bool(false), Limit: aws.Int32(int32(limit)),
		KeyConditionExpression:    aws.String("PK = :pk"),
		ExpressionAttributeValues: values{"pk": auditPK}.marshal(),
	}
	if before != "" {
		in.ExclusiveStartKey = auditKey(before).marshal()
	}
	var all []audit.Record
	for len(all) < limit {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return nil, translate(err)
		}
		for _, one := range out.Items {
			var i auditItem
			if err := decode(one, &i); err != nil {
				return nil, err
			}
			all = append(all, i.record())
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			break
		}
		in.Limit = aws.Int32(int32(limit - len(all)))
	}
	return all, nil
}
