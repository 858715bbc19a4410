package dynamo

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/user"
)

// ListUsersBy implements account.UserDirectoryStore. It reads index rows, whose range keys have
// disabledMark, and then the users. A user who moves in the index between two of its pages, like by
// a new last time seen, may be in both.
func (s *Store) ListUsersBy(ctx context.Context, q account.UserQuery, cursor map[string]string) ([]user.User, map[string]string, error) {
	in := usersQuery(q)
	pageSize := q.Limit + 1
	if q.Disabled != nil {
		pageSize = max(pageSize, filterPageSize)
	}
	pageOf(pageSize)(in)
	in.ExclusiveStartKey = startKey(cursor)
	var found []string
	for range maxFilterPages {
		out, err := s.queryPage(ctx, in)
		if err != nil {
			return nil, nil, translateListError(err, cursor)
		}
		rows, err := decodeAll[userItem](out.Items)
		if err != nil {
			return nil, nil, err
		}
		for n, row := range rows {
			if q.Disabled != nil && *q.Disabled != row.isMarkedDisabled() {
				continue
			}
			if id := idOf(row.PK); !slices.Contains(found, id) {
				found = append(found, id)
			}
			if len(found) == q.Limit && (n < len(rows)-1 || out.LastEvaluatedKey != nil) {
				users, err := s.matchingUsers(ctx, q, found)
				return users, cursorOf(out.Items[n]), err
			}
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil || len(found) == q.Limit {
			break
		}
	}
	users, err := s.matchingUsers(ctx, q, found)
	return users, cursorOf(in.ExclusiveStartKey), err
}

// matchingUsers reads users and omits those who do not match the query any more: the index may be
// behind a change of role or state.
func (s *Store) matchingUsers(ctx context.Context, q account.UserQuery, ids []string) ([]user.User, error) {
	users, err := s.UsersByID(ctx, ids)
	return slices.DeleteFunc(users, func(u user.User) bool { return !q.Matches(u) }), err
}

// isMarkedDisabled reports whether an index row, which has one range key, is of a disabled user.
func (k userIndexKeys) isMarkedDisabled() bool { return strings.HasSuffix(k.N+k.A+k.W, disabledMark) }

// usersQuery returns the query of the index with the order of q.
func usersQuery(q account.UserQuery) *dynamodb.QueryInput {
	index, hash, roleIndex, roleHash := indexAllCreated, "qc", indexOwnerCreated, "uc"
	switch q.Sort {
	case account.UsersByName:
		index, hash, roleIndex, roleHash = indexQueueWaiting, "q", indexStatusWaiting, "ls"
	case account.UsersByLastSeen:
		index, hash, roleIndex, roleHash = indexQueueActivity, "q", indexOwnerActivity, "u"
	case account.UsersByCreation:
	}
	value := allUsersKey
	if q.Role != "" {
		index, hash, value = roleIndex, roleHash, roleUsersKey(q.Role)
	}
	in := queryInput("#hash = :hash", values{"hash": value}, onIndex(index))
	in.ScanIndexForward, in.ExpressionAttributeNames = aws.Bool(q.Ascending), map[string]string{"#hash": hash}
	return in
}

// ListUsers implements broadcast.UserStore: newest first. Role "" is any role.
func (s *Store) ListUsers(ctx context.Context, role user.Role, limit int, cursor map[string]string) ([]user.User, map[string]string, error) {
	return s.ListUsersBy(ctx, account.UserQuery{Role: role, Limit: limit}, cursor)
}

// maxCountPages bounds the index pages of 1 MB that count users, about 10,000 in each.
const maxCountPages = 100

// CountUsers implements broadcast.RecipientStore.
func (s *Store) CountUsers(ctx context.Context, role user.Role) (n int, complete bool, err error) {
	in := usersQuery(account.UserQuery{Role: role})
	for range maxCountPages {
		out, err := s.queryPage(ctx, in)
		if err != nil {
			return 0, false, err
		}
		rows, err := decodeAll[userItem](out.Items)
		if err != nil {
			return 0, false, err
		}
		for _, row := range rows {
			if !row.isMarkedDisabled() {
				n++
			}
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return n, true, nil
		}
	}
	return n, false, nil
}

// UsersByID implements account.UserDirectoryStore.
func (s *Store) UsersByID(ctx context.Context, ids []string) ([]user.User, error) {
	items, err := getAll[userItem](ctx, s, keysOf(ids, userKey), true)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]user.User, len(items))
	for _, i := range items {
		byID[i.ID] = i.user()
	}
	return inOrder(ids, byID), nil
}

// IndexUser implements worker.ReplayStore. A user who changes meanwhile has the keys.
func (s *Store) IndexUser(ctx context.Context, userID string) error {
	var i userItem
	found, err := s.get(ctx, userKey(userID), true, &i)
	u := i.user()
	k := indexKeysOfUser(u)
	if err != nil || !found || i.userIndexKeys == k {
		return err
	}
	condition, vals := ifUserUnchanged(u)
	maps.Copy(vals, values{"role": k.U, "all": k.Q, "a": k.A, "w": k.W, "n": k.N, "name": u.Name, "seen": i.LastSeenAt})
	_, _, err = s.update(ctx, updateSpec{
		key: i.key, set: "SET #u = :role, ls = :role, uc = :role, q = :all, qc = :all, #a = :a, w = :w, n = :n", values: vals,
		condition: condition + " AND (attribute_not_exists(#name) OR #name = :name) AND (attribute_not_exists(seen) OR seen = :seen)",
	})
	return err
}
