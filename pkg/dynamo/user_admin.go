package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/user"
)

// isActiveAdmin says whether somebody counts as an administrator: one who may come in.
func isActiveAdmin(u user.User) bool { return u.Role == user.RoleAdmin && !u.Disabled }

// The administrators stand in one set. To add one twice, or to take one away
// who is not in it, changes nothing, so that a repeat never counts wrong; and
// its condition keeps the last one in, however many leave at the same moment.
func (tx *transaction) addAdmin(userID string) {
	tx.update(updateSpec{key: adminsKey(), set: "ADD ids :id", values: values{"id": &types.AttributeValueMemberSS{Value: []string{userID}}}})
}

func (tx *transaction) removeAdmin(userID string) {
	tx.update(updateSpec{
		key: adminsKey(), set: "DELETE ids :id", condition: "size(ids) > :one", values: values{"id": &types.AttributeValueMemberSS{Value: []string{userID}}, "one": 1},
	})
}

var _ account.UserAdminStore = (*Store)(nil)

// CreateUser implements account.Ledger.
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

// AdminUpdateUser implements account.Ledger.
func (s *Store) AdminUpdateUser(ctx context.Context, old, updated user.User, hash *string, r audit.Record) error {
	const userWrite, loginWrite = 0, 1
	tx := s.transaction().update(userUpdate(old, updated))
	if err := s.replaceLogin(ctx, tx, old, updated, hash); err != nil {
		return err
	}
	tx.putAudit(r)
	adminWrite := len(tx.items)
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
	_, userChanged := failed[userWrite]
	_, loginRefused := failed[loginWrite]
	_, lastAdmin := failed[adminWrite]
	switch {
	case userChanged:
		return apperr.New(apperr.Conflict, "")
	case loginRefused && updated.Phone != old.Phone:
		return apperr.New(apperr.PhoneTaken, "")
	case lastAdmin:
		return apperr.New(apperr.LastAdmin, "")
	}
	return apperr.New(apperr.Conflict, "")
}

// replaceLogin brings the change into the login, in the same transaction: whoever
// signs in behind it does so with the new rights. Under a new number the
// login takes its password along.
func (s *Store) replaceLogin(ctx context.Context, tx *transaction, old, updated user.User, hash *string) error {
	ifOwner, ownerVals := "#user.id = :id", values{"id": old.ID}
	if updated.Phone == old.Phone {
		set, vals := "SET #user = :user", values{"id": old.ID, "user": userToFields(updated)}
		if hash != nil {
			set += ", #hash = :hash"
			vals["hash"] = *hash
		}
		tx.update(updateSpec{key: loginKey(old.Phone), set: set, condition: ifOwner, values: vals})
		return nil
	}
	var existing loginItem
	if _, err := s.get(ctx, loginKey(old.Phone), true, &existing); err != nil {
		return err
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
	tx.put(loginToItem(account.Login{Phone: updated.Phone, Hash: *hash, User: updated}), ifNotExists, nil)
	tx.remove(loginKey(old.Phone), ifOwner+" AND "+ifHash, ownerVals)
	return nil
}

// ifUserUnchanged is the condition under which a person is as they were read.
func ifUserUnchanged(old user.User) (condition string, vals values) {
	condition = "#role = :wasRole AND phone = :wasPhone AND attribute_not_exists(disabled)"
	if old.Disabled {
		condition = "#role = :wasRole AND phone = :wasPhone AND attribute_exists(disabled)"
	}
	return condition, values{"wasRole": string(old.Role), "wasPhone": old.Phone}
}

// userUpdate writes what differs, and leaves the rest as the person may have
// changed it meanwhile.
func userUpdate(old, updated user.User) updateSpec {
	condition, vals := ifUserUnchanged(old)
	set := "SET #role = :role, uc = :uc"
	vals["role"], vals["uc"] = string(updated.Role), roleUsersKey(updated.Role)
	if updated.Phone != old.Phone {
		set += ", phone = :phone"
		vals["phone"] = updated.Phone
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

// DeleteUser implements account.Ledger.
func (s *Store) DeleteUser(ctx context.Context, old user.User, r audit.Record) error {
	condition, vals := ifUserUnchanged(old)
	tx := s.transaction().
		remove(userKey(old.ID), condition, vals).
		remove(loginKey(old.Phone), "#user.id = :id", values{"id": old.ID}).
		putAudit(r)
	adminWrite := len(tx.items)
	if isActiveAdmin(old) {
		tx.removeAdmin(old.ID)
	}
	failed, err := tx.commit(ctx)
	if err != nil || failed == nil {
		return err
	}
	if _, lastAdmin := failed[adminWrite]; lastAdmin && len(failed) == 1 {
		return apperr.New(apperr.LastAdmin, "")
	}
	return apperr.New(apperr.Conflict, "")
}

// ListUsers implements account.Ledger: the keys from the index, then the people.
func (s *Store) ListUsers(ctx context.Context, role user.Role, limit int, cursor map[string]string) ([]user.User, map[string]string, error) {
	index, hash, value := indexAllCreated, "qc", allUsersKey
	if role != "" {
		index, hash, value = indexOwnerCreated, "uc", roleUsersKey(role)
	}
	in := &dynamodb.QueryInput{
		TableName: s.name, IndexName: &index, ScanIndexForward: aws.Bool(false), Limit: aws.Int32(int32(limit)),
		KeyConditionExpression:    aws.String(hash + " = :hash"),
		ExpressionAttributeValues: values{"hash": value}.marshal(),
	}
	for name, value := range cursor {
		if in.ExclusiveStartKey == nil {
			in.ExclusiveStartKey = item{}
		}
		in.ExclusiveStartKey[name] = &types.AttributeValueMemberS{Value: value}
	}
	out, err := s.db.Query(ctx, in)
	if err != nil {
		return nil, nil, translateListError(err, cursor)
	}
	ids := make([]string, len(out.Items))
	for n, one := range out.Items {
		var k key
		if err := decode(one, &k); err != nil {
			return nil, nil, err
		}
		ids[n] = idOf(k.PK)
	}
	users, err := s.UsersByID(ctx, ids)
	if out.LastEvaluatedKey == nil {
		return users, nil, err
	}
	return users, cursorOf(out.LastEvaluatedKey), err
}

// UsersByID implements account.Ledger.
func (s *Store) UsersByID(ctx context.Context, ids []string) ([]user.User, error) {
	keys := make([]key, len(ids))
	for n, id := range ids {
		keys[n] = userKey(id)
	}
	found, err := s.batchGet(ctx, keys, true)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]user.User, len(found))
	for _, one := range found {
		var i userItem
		if err := decode(one, &i); err != nil {
			return nil, err
		}
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

// DeleteSessions implements account.Store and account.Sessions.
func (s *Store) DeleteSessions(ctx context.Context, userID string) error {
	keys, err := s.sessionKeys(ctx, userID)
	if err != nil {
		return err
	}
	return s.batchDelete(ctx, keys)
}
