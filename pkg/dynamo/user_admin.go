package dynamo

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/user"
)

// isActiveAdmin reports whether u is an administrator who can sign in.
func isActiveAdmin(u user.User) bool { return u.Role == user.RoleAdmin && !u.Disabled }

// addAdmin adds a user to the set of administrators. A set, unlike a counter,
// stays right when a write is repeated.
func (tx *transaction) addAdmin(userID string) {
	tx.update(updateSpec{key: adminsKey(), set: "ADD ids :id", values: values{"id": &types.AttributeValueMemberSS{Value: []string{userID}}}})
}

// removeAdmin removes a user from the set of administrators. Its condition fails
// for the last one, also when several are removed at once.
func (tx *transaction) removeAdmin(userID string) {
	tx.update(updateSpec{
		key: adminsKey(), set: "DELETE ids :id", condition: "size(ids) > :one", values: values{"id": &types.AttributeValueMemberSS{Value: []string{userID}}, "one": 1},
	})
}

var _ account.UserAdminStore = (*Store)(nil)

// CreateUser implements account.UserDirectoryStore.
func (s *Store) CreateUser(ctx context.Context, l account.Login, r audit.Record) error {
	tx := s.transaction().put(loginToItem(l), ifNotExists, nil).put(userToItem(l.User), ifNotExists, nil).putAudit(r)
	if isActiveAdmin(l.User) {
		tx.addAdmin(l.User.ID)
	}
	failed, err := tx.commit(ctx)
	if err == nil && failed != nil {
		return apperr.New(apperr.PhoneTaken, "")
	}
	return err
}

// AdminUpdateUser implements account.UserAdminStore.
func (s *Store) AdminUpdateUser(ctx context.Context, old, updated user.User, hash *string, r audit.Record, codes ...account.OneTimeCode) error {
	tx := s.transaction().update(userUpdate(old, updated))
	userWrite := tx.last()
	loginWrite, err := s.replaceLogin(ctx, tx, old, updated, hash)
	if err != nil {
		return err
	}
	firstCode := tx.putAudit(r).last() + 1
	for _, code := range codes {
		consumeCode(tx, code)
	}
	adminWrite := tx.last() + 1 // if there is one
	switch {
	case isActiveAdmin(old) && !isActiveAdmin(updated):
		tx.removeAdmin(old.ID)
	case !isActiveAdmin(old) && isActiveAdmin(updated):
		tx.addAdmin(old.ID)
	}
	failed, err := tx.commit(ctx)
	if err != nil || failed == nil {
		return err
	}
	switch {
	case failed.has(userWrite):
		return apperr.New(apperr.Conflict, "")
	case failed.has(loginWrite) && updated.Phone != old.Phone:
		return apperr.New(apperr.PhoneTaken, "")
	case failed.hasAny(firstCode, adminWrite):
		return errCodeUsed()
	case failed.has(adminWrite):
		return apperr.New(apperr.LastAdmin, "")
	}
	return apperr.New(apperr.Conflict, "")
}

// replaceLogin adds the update of the user's login and returns the index of its
// first write, which fails if a new phone number is taken. hash is nil to keep the
// password. The login is in the same transaction as the user, so that a sign-in
// after it gets the new rights.
func (s *Store) replaceLogin(ctx context.Context, tx *transaction, old, updated user.User, hash *string) (loginWrite int, err error) {
	ifOwner, ownerVals := "#user.id = :id", values{"id": old.ID}
	if updated.Phone == old.Phone {
		set, vals := "SET #user = :user", values{"id": old.ID, "user": userToFields(updated)}
		if hash != nil {
			set += ", #hash = :hash"
			vals["hash"] = *hash
		}
		return tx.update(updateSpec{key: loginKey(old.Phone), set: set, condition: ifOwner, values: vals}).last(), nil
	}
	var existing loginItem
	if _, err := s.get(ctx, loginKey(old.Phone), true, &existing); err != nil {
		return 0, err
	}
	ifHash := "#hash = :hash"
	if existing.Hash == "" {
		ifHash = "attribute_not_exists(#hash)"
	} else {
		ownerVals["hash"] = existing.Hash
	}
	if hash == nil {
		hash = &existing.Hash
	}
	loginWrite = tx.put(loginToItem(account.Login{Phone: updated.Phone, Hash: *hash, User: updated}), ifNotExists, nil).last()
	tx.remove(loginKey(old.Phone), ifOwner+" AND "+ifHash, ownerVals)
	return loginWrite, nil
}

// ifUserUnchanged returns the condition that role, phone, disabled state and password version
// of a user are as read.
func ifUserUnchanged(old user.User) (condition string, vals values) {
	condition, vals = "#role = :wasRole AND phone = :wasPhone", values{"wasRole": string(old.Role), "wasPhone": old.Phone}
	if old.Disabled {
		condition += " AND attribute_exists(disabled)"
	} else {
		condition += " AND attribute_not_exists(disabled)"
	}
	if old.PasswordVersion == 0 {
		return condition + " AND attribute_not_exists(pv)", vals
	}
	vals["wasPassword"] = old.PasswordVersion
	return condition + " AND pv = :wasPassword", vals
}

// userUpdate returns an update of the fields that differ, so that concurrent changes
// of other fields are kept.
func userUpdate(old, updated user.User) updateSpec {
	condition, vals := ifUserUnchanged(old)
	set := "SET #role = :role, uc = :uc, #u = :uc, ls = :uc"
	vals["role"], vals["uc"] = string(updated.Role), roleUsersKey(updated.Role)
	k := indexKeysOfUser(updated)
	if updated.Name != old.Name || updated.Disabled != old.Disabled {
		set += ", w = :w"
		vals["w"] = k.W
	}
	if updated.Disabled != old.Disabled {
		set += ", n = :n, #a = :a"
		vals["n"], vals["a"] = k.N, k.A
	}
	if updated.Phone != old.Phone {
		set += ", phone = :phone, phoneVersion = :phoneVersion, phoneSession = :phoneSession"
		vals["phone"], vals["phoneVersion"], vals["phoneSession"] = updated.Phone, updated.PhoneVersion, updated.PhoneSession
	}
	if updated.PasswordVersion != old.PasswordVersion {
		set += ", pv = :password"
		vals["password"] = updated.PasswordVersion
	}
	if updated.Name != old.Name {
		set += ", #name = :name"
		vals["name"] = updated.Name
	}
	if updated.Email != old.Email {
		set += ", email = :email, emailVerified = :verified"
		vals["email"], vals["verified"] = updated.Email, updated.EmailVerified
	}
	switch {
	case updated.Disabled && !old.Disabled:
		set += ", disabled = :yes"
		vals["yes"] = true
	case old.Disabled && !updated.Disabled:
		set += " REMOVE disabled"
	}
	return updateSpec{key: userKey(old.ID), set: set, condition: condition, values: vals}
}

// DeleteUser implements account.UserAdminStore.
func (s *Store) DeleteUser(ctx context.Context, old user.User, r audit.Record) error {
	condition, vals := ifUserUnchanged(old)
	tx := s.transaction().
		remove(userKey(old.ID), condition, vals).
		remove(loginKey(old.Phone), "#user.id = :id", values{"id": old.ID}).
		putAudit(r)
	adminWrite := tx.last() + 1 // if there is one
	if isActiveAdmin(old) {
		tx.removeAdmin(old.ID)
	}
	failed, err := tx.commit(ctx)
	if err != nil || failed == nil {
		return err
	}
	if failed.has(adminWrite) && len(failed) == 1 {
		return apperr.New(apperr.LastAdmin, "")
	}
	return apperr.New(apperr.Conflict, "")
}

// ListUsersBy implements account.UserDirectoryStore. It reads index rows, whose range keys have
// disabledMark, and then the users.
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
			found = append(found, idOf(row.PK))
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

// RecordSeen implements stream.SeenStore.
func (s *Store) RecordSeen(ctx context.Context, userID string, at time.Time) error {
	_, _, err := s.update(ctx, updateSpec{
		key: userKey(userID), set: "SET seen = :at, #a = :a", values: values{"at": toMillis(at), "a": lastSeenKey(at), "before": toMillis(at.Add(-user.SeenInterval))},
		condition: "attribute_exists(PK) AND attribute_not_exists(disabled) AND (attribute_not_exists(seen) OR seen <= :before)",
	})
	return err
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

// UsersByID implements account.UserDirectoryStore.
func (s *Store) UsersByID(ctx context.Context, ids []string) ([]user.User, error) {
	keys := make([]key, len(ids))
	for n, id := range ids {
		keys[n] = userKey(id)
	}
	found, err := s.batchGet(ctx, keys, true)
	if err != nil {
		return nil, err
	}
	items, err := decodeAll[userItem](found)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]user.User, len(items))
	for _, i := range items {
		byID[i.ID] = i.user()
	}
	users := make([]user.User, 0, len(ids))
	for _, id := range ids {
		if u, ok := byID[id]; ok {
			users = append(users, u)
		}
	}
	return users, nil
}

// DeleteSessions implements account.SessionStore.
func (s *Store) DeleteSessions(ctx context.Context, userID string) error {
	keys, err := s.sessionKeys(ctx, userID)
	if err != nil {
		return err
	}
	return s.batchDelete(ctx, keys)
}
