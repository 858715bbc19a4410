package dynamo

import (
	"context"

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
func (s *Store) AdminUpdateUser(ctx context.Context, old, updated user.User, hash *string, r audit.Record) error {
	tx := s.transaction().update(userUpdate(old, updated))
	userWrite := tx.last()
	loginWrite, err := s.replaceLogin(ctx, tx, old, updated, hash)
	if err != nil {
		return err
	}
	tx.putAudit(r)
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

// ifUserUnchanged returns the condition that role, phone and disabled state of a
// user are as read.
func ifUserUnchanged(old user.User) (condition string, vals values) {
	condition = "#role = :wasRole AND phone = :wasPhone AND attribute_not_exists(disabled)"
	if old.Disabled {
		condition = "#role = :wasRole AND phone = :wasPhone AND attribute_exists(disabled)"
	}
	return condition, values{"wasRole": string(old.Role), "wasPhone": old.Phone}
}

// userUpdate returns an update of the fields that differ, so that concurrent changes
// of other fields are kept.
func userUpdate(old, updated user.User) updateSpec {
	condition, vals := ifUserUnchanged(old)
	set := "SET #role = :role, uc = :uc"
	vals["role"], vals["uc"] = string(updated.Role), roleUsersKey(updated.Role)
	if updated.Phone != old.Phone {
		set += ", phone = :phone, phoneVersion = :phoneVersion"
		vals["phone"], vals["phoneVersion"] = updated.Phone, updated.PhoneVersion
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

// ListUsers implements account.UserDirectoryStore. It reads the ids from an index, and
// then the users.
func (s *Store) ListUsers(ctx context.Context, role user.Role, limit int, cursor map[string]string) ([]user.User, map[string]string, error) {
	index, hash, value := indexAllCreated, "qc", allUsersKey
	if role != "" {
		index, hash, value = indexOwnerCreated, "uc", roleUsersKey(role)
	}
	in := queryInput(hash+" = :hash", values{"hash": value}, onIndex(index), descending, pageOf(limit))
	in.ExclusiveStartKey = startKey(cursor)
	out, err := s.queryPage(ctx, in)
	if err != nil {
		return nil, nil, translateListError(err, cursor)
	}
	ids, err := idsOf(out.Items)
	if err != nil {
		return nil, nil, err
	}
	users, err := s.UsersByID(ctx, ids)
	return users, cursorOf(out.LastEvaluatedKey), err
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
