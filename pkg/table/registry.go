package table

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/user"
)

// isAdmin says whether somebody counts as an administrator: one who may come in.
func isAdmin(u user.User) bool { return u.Role == user.RoleAdmin && !u.Disabled }

// The administrators stand in one set. To add one twice, or to take one away
// who is not in it, changes nothing, so that a repeat never counts wrong; and
// its condition keeps the last one in, however many leave at the same moment.
func (tx *transaction) addAdmin(userID string) {
	tx.update(change{key: adminsKey(), set: "ADD ids :id", values: values{"id": &types.AttributeValueMemberSS{Value: []string{userID}}}})
}

func (tx *transaction) dropAdmin(userID string) {
	tx.update(change{
		key: adminsKey(), set: "DELETE ids :id", condition: "size(ids) > :one", values: values{"id": &types.AttributeValueMemberSS{Value: []string{userID}}, "one": 1},
	})
}

var _ account.Ledger = (*Table)(nil)

// AddUser implements account.Ledger.
func (t *Table) AddUser(ctx context.Context, l account.Login, r audit.Record) error {
	tx := t.transaction().put(loginToItem(l), slotFree, nil).put(userToItem(l.User), slotFree, nil).note(r)
	if isAdmin(l.User) {
		tx.addAdmin(l.User.ID)
	}
	failed, err := tx.commit(ctx)
	if err == nil && failed != nil {
		return fault.New(fault.PhoneTaken, "")
	}
	return err
}

// ChangeUser implements account.Ledger.
func (t *Table) ChangeUser(ctx context.Context, was, now user.User, hash *string, r audit.Record) error {
	const person, alias = 0, 1
	tx := t.transaction().update(changeOfUser(was, now))
	if err := t.moveLogin(ctx, tx, was, now, hash); err != nil {
		return err
	}
	tx.note(r)
	rank := len(tx.items)
	switch {
	case isAdmin(was) && !isAdmin(now):
		tx.dropAdmin(was.ID)
	case !isAdmin(was) && isAdmin(now):
		tx.addAdmin(was.ID)
	}
	failed, err := tx.commit(ctx)
	if err != nil || failed == nil {
		return err
	}
	_, moved := failed[person]
	_, refused := failed[alias]
	_, last := failed[rank]
	switch {
	case moved:
		return fault.New(fault.Conflict, "")
	case refused && now.Phone != was.Phone:
		return fault.New(fault.PhoneTaken, "")
	case last:
		return fault.New(fault.LastAdmin, "")
	}
	return fault.New(fault.Conflict, "")
}

// moveLogin brings the change into the login, in the same transaction: whoever
// signs in behind it does so with the new rights. Under a new number the
// login takes its password along.
func (t *Table) moveLogin(ctx context.Context, tx *transaction, was, now user.User, hash *string) error {
	mine, own := "#user.id = :id", values{"id": was.ID}
	if now.Phone == was.Phone {
		set, vals := "SET #user = :user", values{"id": was.ID, "user": userToFields(now)}
		if hash != nil {
			set += ", #hash = :hash"
			vals["hash"] = *hash
		}
		tx.update(change{key: loginKey(was.Phone), set: set, condition: mine, values: vals})
		return nil
	}
	var held loginItem
	if _, err := t.get(ctx, loginKey(was.Phone), true, &held); err != nil {
		return err
	}
	as := "#hash = :hash"
	if held.Hash == "" {
		as = "attribute_not_exists(#hash)"
	} else {
		own["hash"] = held.Hash
	}
	if hash == nil {
		hash = &held.Hash
	}
	tx.put(loginToItem(account.Login{Phone: now.Phone, Hash: *hash, User: now}), slotFree, nil)
	tx.remove(loginKey(was.Phone), mine+" AND "+as, own)
	return nil
}

// unchangedUser is the condition under which a person is as they were read.
func unchangedUser(was user.User) (condition string, vals values) {
	condition = "#role = :wasRole AND phone = :wasPhone AND attribute_not_exists(disabled)"
	if was.Disabled {
		condition = "#role = :wasRole AND phone = :wasPhone AND attribute_exists(disabled)"
	}
	return condition, values{"wasRole": string(was.Role), "wasPhone": was.Phone}
}

// changeOfUser writes what differs, and leaves the rest as the person may have
// changed it meanwhile.
func changeOfUser(was, now user.User) change {
	condition, vals := unchangedUser(was)
	set := "SET #role = :role, uc = :uc"
	vals["role"], vals["uc"] = string(now.Role), usersOfRole(now.Role)
	if now.Phone != was.Phone {
		set += ", phone = :phone"
		vals["phone"] = now.Phone
	}
	if now.Name != was.Name {
		set += ", #name = :name"
		vals["name"] = now.Name
	}
	if now.Email != was.Email {
		set += ", email = :email, emailVerified = :verified"
		vals["email"], vals["verified"] = now.Email, now.EmailVerified
	}
	switch {
	case now.Disabled && !was.Disabled:
		set += ", disabled = :yes"
		vals["yes"] = true
	case was.Disabled && !now.Disabled:
		set += " REMOVE disabled"
	}
	return change{key: userKey(was.ID), set: set, condition: condition, values: vals}
}

// RemoveUser implements account.Ledger.
func (t *Table) RemoveUser(ctx context.Context, was user.User, r audit.Record) error {
	condition, vals := unchangedUser(was)
	tx := t.transaction().
		remove(userKey(was.ID), condition, vals).
		remove(loginKey(was.Phone), "#user.id = :id", values{"id": was.ID}).
		note(r)
	rank := len(tx.items)
	if isAdmin(was) {
		tx.dropAdmin(was.ID)
	}
	failed, err := tx.commit(ctx)
	if err != nil || failed == nil {
		return err
	}
	if _, last := failed[rank]; last && len(failed) == 1 {
		return fault.New(fault.LastAdmin, "")
	}
	return fault.New(fault.Conflict, "")
}

// Users implements account.Ledger: the keys from the index, then the people.
func (t *Table) Users(ctx context.Context, role user.Role, limit int, cursor map[string]string) ([]user.User, map[string]string, error) {
	index, hash, value := indexAllCreated, "qc", allUsers
	if role != "" {
		index, hash, value = indexOwnerCreated, "uc", usersOfRole(role)
	}
	in := &dynamodb.QueryInput{
		TableName: t.name, IndexName: &index, ScanIndexForward: aws.Bool(false), Limit: aws.Int32(int32(limit)),
		KeyConditionExpression:    aws.String(hash + " = :hash"),
		ExpressionAttributeValues: values{"hash": value}.wire(),
	}
	for name, value := range cursor {
		if in.ExclusiveStartKey == nil {
			in.ExclusiveStartKey = item{}
		}
		in.ExclusiveStartKey[name] = &types.AttributeValueMemberS{Value: value}
	}
	out, err := t.db.Query(ctx, in)
	if err != nil {
		return nil, nil, listError(err, cursor)
	}
	ids := make([]string, len(out.Items))
	for n, one := range out.Items {
		var k key
		if err := decode(one, &k); err != nil {
			return nil, nil, err
		}
		ids[n] = idOf(k.PK)
	}
	people, err := t.UsersByID(ctx, ids)
	if out.LastEvaluatedKey == nil {
		return people, nil, err
	}
	return people, plainKey(out.LastEvaluatedKey), err
}

// UsersByID implements account.Ledger.
func (t *Table) UsersByID(ctx context.Context, ids []string) ([]user.User, error) {
	keys := make([]key, len(ids))
	for n, id := range ids {
		keys[n] = userKey(id)
	}
	found, err := t.getAll(ctx, keys, true)
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
	people := make([]user.User, 0, len(ids))
	for _, id := range ids {
		if u, ok := byID[id]; ok {
			people = append(people, u)
		}
	}
	return people, nil
}

// EndSessions implements account.Store and account.Sessions.
func (t *Table) EndSessions(ctx context.Context, userID string) error {
	keys, err := t.sessionsOf(ctx, userID)
	if err != nil {
		return err
	}
	return t.removeAll(ctx, keys)
}
