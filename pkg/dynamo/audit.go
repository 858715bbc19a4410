package dynamo

import (
	"context"
	"maps"
	"slices"

	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/user"
)

// auditItem is the audit record of one administrator action. It has no name of the
// administrator, so that a record written after the deletion of its actor names nobody.
type auditItem struct {
	key
	At      int64          `dynamodbav:"at"`
	ActorID string         `dynamodbav:"by"`
	Address string         `dynamodbav:"address,omitempty"`
	Action  string         `dynamodbav:"action"`
	Target  string         `dynamodbav:"target"`
	Before  map[string]any `dynamodbav:"was,omitempty"`
	After   map[string]any `dynamodbav:"now,omitempty"`
}

// putAudit adds an audit record to the transaction of the change it describes.
func (tx *transaction) putAudit(r audit.Record) *transaction {
	return tx.put(auditItem{
		auditKey(r.ID), toMillis(r.At), r.Actor.ID, r.Actor.Address, r.Action, r.Target, r.Before, r.After,
	}, "", nil)
}

func (i auditItem) record() audit.Record {
	return audit.Record{
		ID: i.SK, At: fromMillis(i.At), Actor: audit.Actor{ID: i.ActorID, Address: i.Address},
		Action: i.Action, Target: i.Target, Before: i.Before, After: i.After,
	}
}

var _ audit.Store = (*Store)(nil)

// AuditRecords implements audit.Store with one query of the records and one of the names.
func (s *Store) AuditRecords(ctx context.Context, before string, limit int) ([]audit.Record, error) {
	in := queryInput("PK = :pk", values{"pk": auditPK}, consistent, descending, pageOf(limit))
	if before != "" {
		in.ExclusiveStartKey = auditKey(before).marshal()
	}
	var all []audit.Record
	for row, err := range s.query(ctx, in) {
		if err != nil {
			return nil, err
		}
		i, err := decodeAs[auditItem](row)
		if err != nil {
			return nil, err
		}
		if all = append(all, i.record()); len(all) == limit {
			break
		}
	}
	return all, s.addActorNames(ctx, all)
}

// addActorNames sets the current names of the actors.
func (s *Store) addActorNames(ctx context.Context, records []audit.Record) error {
	ids := map[string]bool{}
	for _, r := range records {
		ids[r.Actor.ID] = true
	}
	delete(ids, "")
	users, err := s.UsersByID(ctx, slices.Collect(maps.Keys(ids)))
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, u := range users {
		names[u.ID] = u.Name
	}
	for n := range records {
		actor := &records[n].Actor
		name, known := names[actor.ID]
		if !known && actor.ID != "" {
			name = user.DeletedName
		}
		actor.Name = name
	}
	return nil
}
