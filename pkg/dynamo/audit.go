package dynamo

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/user"
)

// auditItem is the audit record of one administrator action. It has no name of the
// administrator, so that a record written after the deletion of its actor names nobody.
type auditItem struct {
	key
	auditIndexKeys
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
		auditKey(r.ID), indexKeysOfAudit(r), toMillis(r.At), r.Actor.ID, r.Actor.Address, r.Action, r.Target, r.Before, r.After,
	}, "", nil)
}

func (i auditItem) record() audit.Record {
	return audit.Record{
		ID: i.SK, At: fromMillis(i.At), Actor: audit.Actor{ID: i.ActorID, Address: i.Address},
		Action: i.Action, Target: i.Target, Before: i.Before, After: i.After,
	}
}

var _ audit.Store = (*Store)(nil)

// AuditRecords implements audit.Store with one query of the records or of the index of a
// filter, one read of the filtered records, and one of the names.
func (s *Store) AuditRecords(ctx context.Context, q audit.Query) (records []audit.Record, next string, err error) {
	if q.Actor+q.Action+q.Target == "" {
		records, next, err = s.allAuditRecords(ctx, q)
	} else {
		records, next, err = s.filteredAuditRecords(ctx, q)
	}
	if err != nil {
		return nil, "", err
	}
	return records, next, s.addActorNames(ctx, records)
}

func (s *Store) allAuditRecords(ctx context.Context, q audit.Query) (records []audit.Record, next string, err error) {
	from, to := q.Bounds()
	items, err := queryUpTo[auditItem](ctx, s, q.Limit+1, auditRange("PK", "SK", auditPK, from, to, consistent, pageOf(q.Limit+1)))
	for n, i := range items {
		if n == q.Limit {
			return records, records[n-1].ID, nil
		}
		records = append(records, i.record())
	}
	return records, "", err
}

// queryUpTo reads and decodes at most n items that in selects.
func queryUpTo[T any](ctx context.Context, s *Store, n int, in *dynamodb.QueryInput) (all []T, err error) {
	for row, err := range s.query(ctx, in) {
		if err != nil {
			return nil, err
		}
		i, err := decodeAs[T](row)
		if err != nil {
			return nil, err
		}
		if all = append(all, i); len(all) == n {
			break
		}
	}
	return all, nil
}

// auditRange queries the records from an id to another, which is excluded, newest first. Range
// keys begin with ids.
func auditRange(hash, sort, partition, from, to string, options ...queryOption) *dynamodb.QueryInput {
	in := queryInput("#hash = :hash AND #sort BETWEEN :from AND :to", values{"hash": partition, "from": from, "to": beforeKey(to)}, append(options, descending)...)
	in.ExpressionAttributeNames = map[string]string{"#hash": hash, "#sort": sort}
	return in
}

// beforeKey returns the last string that sorts before k and can begin a key.
func beforeKey(k string) string {
	last := len(k) - 1
	return k[:last] + string(rune(k[last]-1)) + "~"
}

// filteredAuditRecords reads index rows, which contain what the filters compare, until the page
// is full or maxFilterPages are read.
func (s *Store) filteredAuditRecords(ctx context.Context, q audit.Query) (records []audit.Record, next string, err error) {
	index, hash, sort, value := auditIndexOf(q)
	from, to := q.Bounds()
	in := auditRange(hash, sort, auditIndexPK(value), from, to, onIndex(index), pageOf(max(q.Limit+1, filterPageSize)))
	var found []string
	for range maxFilterPages {
		out, err := s.queryPage(ctx, in)
		if err != nil {
			return nil, "", err
		}
		rows, err := decodeAll[auditIndexKeys](out.Items)
		if err != nil {
			return nil, "", err
		}
		for _, row := range rows {
			r := auditRecordOf(cmp.Or(row.N, row.A))
			if !q.Matches(r) {
				continue
			}
			if len(found) == q.Limit {
				records, err = s.auditRecordsByID(ctx, found)
				return records, found[q.Limit-1], err
			}
			found = append(found, r.ID)
		}
		if next = ""; out.LastEvaluatedKey == nil {
			break
		}
		next, in.ExclusiveStartKey = auditRecordOf(cursorOf(out.LastEvaluatedKey)[sort]).ID, out.LastEvaluatedKey
	}
	records, err = s.auditRecordsByID(ctx, found)
	return records, next, err
}

// auditIndexOf returns the index of the filter that most likely selects the fewest records.
func auditIndexOf(q audit.Query) (index, hash, sort, value string) {
	switch {
	case q.Target != "":
		return indexAllCreated, "qc", "n", q.Target
	case q.Actor != "":
		return indexOwnerCreated, "uc", "n", q.Actor
	}
	return indexOwnerActivity, "u", "a", q.Action
}

// auditRecordsByID reads records in the order of ids.
func (s *Store) auditRecordsByID(ctx context.Context, ids []string) ([]audit.Record, error) {
	items, err := getAll[auditItem](ctx, s, keysOf(ids, auditKey), true)
	slices.SortFunc(items, func(a, b auditItem) int { return strings.Compare(b.SK, a.SK) })
	records := make([]audit.Record, len(items))
	for n, i := range items {
		records[n] = i.record()
	}
	return records, err
}

// IndexAuditRecords implements worker.ReplayStore. It adds the index keys of a page of records.
func (s *Store) IndexAuditRecords(ctx context.Context, after map[string]string, n int) (removedUsers []string, next map[string]string, err error) {
	items, next, err := s.auditPage(ctx, after, n)
	if err != nil {
		return nil, nil, err
	}
	for _, i := range items {
		if i.Action == audit.UserDeleted {
			removedUsers = append(removedUsers, i.Target)
		}
		k := indexKeysOfAudit(i.record())
		if i.auditIndexKeys == k {
			continue
		}
		update := updateSpec{
			key: i.key, set: "SET u = :u, a = :n, qc = :qc, n = :n", condition: "attribute_exists(PK)", values: values{"u": k.U, "n": k.N, "qc": k.QC},
		}
		if k.UC != "" {
			update.set, update.values["uc"] = update.set+", uc = :uc", k.UC
		}
		if _, _, err := s.update(ctx, update); err != nil {
			return nil, nil, err
		}
	}
	return removedUsers, next, nil
}

// auditPage reads n items of the audit log in the order of their keys, and the cursor after them.
func (s *Store) auditPage(ctx context.Context, after map[string]string, n int) (items []auditItem, next map[string]string, err error) {
	in := queryInput("PK = :pk", values{"pk": auditPK}, consistent, pageOf(n))
	in.ExclusiveStartKey = startKey(after)
	out, err := s.queryPage(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	items, err = decodeAll[auditItem](out.Items)
	return items, cursorOf(out.LastEvaluatedKey), err
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
