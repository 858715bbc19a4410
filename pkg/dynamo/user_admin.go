package dynamo

import (
	"context"
	"time"

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
		return account.PhoneTaken()
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
	if updated.PasswordVersion != old.PasswordVersion {
		if err := s.endSessions(ctx, tx, old.ID, r.At); err != nil {
			return err
		}
	}
	failed, err := tx.commit(ctx)
	if err != nil || failed == nil {
		return err
	}
	switch {
	case failed.has(userWrite):
		return apperr.New(apperr.Conflict, "")
	case failed.has(loginWrite) && updated.Phone != old.Phone:
		return account.PhoneTaken()
	case failed.hasAny(firstCode, adminWrite):
		return errCodeUsed()
	case failed.has(adminWrite):
		return apperr.New(apperr.LastAdmin, "")
	}
	return apperr.New(apperr.Conflict, "")
}

// endSessions adds the deletion of a user's sessions and the revocation of their tokens. Its writes
// have no conditions.
func (s *Store) endSessions(ctx context.Context, tx *transaction, userID string, at time.Time) error {
	sessions, err := s.sessionsToDelete(ctx, userID, "")
	for _, k := range sessions {
		tx.remove(k, "", nil)
	}
	tx.addRevocation(userID, user.Revocation{At: at})
	return err
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
	tx.remove(loginBlockKey(old.Phone), "", nil) // the number may become that of another user
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
	if updated.Disabled != old.Disabled { // the keys depend on the name as read
		if vals["wasName"] = old.Name; old.Name == "" {
			condition += " AND (attribute_not_exists(#name) OR #name = :wasName)"
		} else {
			condition += " AND #name = :wasName"
		}
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

// DeleteUser implements account.UserAdminStore. It starts the propagation of the deletion in the same
// transaction, so that a replay finds each erasure that has not ended.
func (s *Store) DeleteUser(ctx context.Context, old user.User, r audit.Record) error {
	condition, vals := ifUserUnchanged(old)
	tx := s.transaction().
		remove(userKey(old.ID), condition, vals).
		remove(loginKey(old.Phone), "#user.id = :id", values{"id": old.ID}).
		remove(loginBlockKey(old.Phone), "", nil).
		put(newUserPropagation(old.ID), "", nil).
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

// RecordSeen implements stream.SeenStore.
func (s *Store) RecordSeen(ctx context.Context, userID string, at time.Time) error {
	_, _, err := s.update(ctx, updateSpec{
		key: userKey(userID), set: "SET seen = :at, #a = :a", values: values{"at": toMillis(at), "a": lastSeenKey(at), "before": toMillis(at.Add(-user.SeenInterval))},
		condition: "attribute_exists(PK) AND attribute_not_exists(disabled) AND (attribute_not_exists(seen) OR seen <= :before)",
	})
	return err
}
