package api_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

// putUser stores a user.
func putUser(fx *fixture, id, phone string, role user.Role) {
	must(fx.PutAccount(context.Background(), account.Login{Phone: phone, User: user.User{ID: id, Phone: phone, Role: role, Name: "Reza", Locale: "en"}}))
}

// anotherAdmin, phoneTaken and storeDown prepare the store of TestUpdateUser, in which
// Reza is the only administrator.
func anotherAdmin(fx *fixture) { putUser(fx, aULID, "+989123333333", user.RoleAdmin) }

func phoneTaken(fx *fixture) {
	anotherAdmin(fx)
	putUser(fx, otherID, "+989122222222", user.RoleUser)
}

func storeDown(fx *fixture) {
	fx.Before = func(operation, _ string) error {
		if operation == "AdminUpdateUser" {
			return errors.New("secret")
		}
		return nil
	}
}

// fakeRevoker counts the steps of an access revocation.
type fakeRevoker struct{ ended, copied, revoked, closed int }

func (s *fakeRevoker) DeleteSessions(context.Context, string) error { s.ended++; return nil }
func (s *fakeRevoker) SyncUserCopies(context.Context, string) (user.User, error) {
	s.copied++
	return user.User{}, nil
}
func (s *fakeRevoker) AddRevocation(context.Context, string, user.Revocation) error {
	s.revoked++
	return nil
}
func (s *fakeRevoker) CloseUser(context.Context, string, user.Revocation) error {
	s.closed++
	return nil
}

func newUserAdmin(fx *fixture, revoker *fakeRevoker) *account.UserAdmin {
	now := func() time.Time { return fx.now }
	return &account.UserAdmin{
		Store: fx.memStore, Revoker: &account.AccessRevoker{Sessions: revoker, Sockets: revoker, Now: now},
		UserDirectory: &account.UserDirectory{
			Store: fx.memStore, Recorder: audit.Recorder{Now: now, NewID: id.NewGenerator(now, rand.Reader)}, Random: rand.Reader, DefaultRegion: "IR",
		},
	}
}

// TestUpdateUser_Own checks that administrators who change their own phone number or password must
// prove who they are.
func TestUpdateUser_Own(t *testing.T) {
	for body, want := range map[string]int{
		`{"phone":"09122222222"}`:                                            422,
		`{"password":"another-horse-8"}`:                                     422,
		`{"password":"another-horse-8","currentPassword":"another-horse-7"}`: 422,
		`{"phone":"09121111111","role":"admin"}`:                             200,
		`{"name":"Mina Karimi"}`:                                             200,
	} {
		m, accounts := newMemAccounts(t)
		putUser(m.fixture, minaID, "+989121111111", user.RoleAdmin)
		request := newRequest("PATCH", "/users/"+minaID, body)
		request.PathParameters = map[string]string{"id": minaID}
		got := m.send(t, api.UpdateUser(accounts.credentials, newUserAdmin(m.fixture, &fakeRevoker{})), mina, request)
		if got.status != want || want == 422 && !strings.Contains(got.text, "/currentPassword") {
			t.Errorf("%s: got %d %s", body, got.status, got.text)
		}
	}
}

// TestUpdateUser checks the validation of admin changes, their errors, and which of them revoke
// access.
func TestUpdateUser(t *testing.T) {
	none := fakeRevoker{}
	update := func(a *account.UserAdmin) api.Endpoint { return api.UpdateUser(nil, a) }
	create := func(a *account.UserAdmin) api.Endpoint { return api.CreateUser(a.UserDirectory) }
	for name, c := range map[string]struct {
		endpoint func(*account.UserAdmin) api.Endpoint
		id, body string
		prepare  func(fx *fixture)
		status   int
		code     string
		revoked  fakeRevoker
	}{
		"a name":               {update, rezaID, `{"name":"Reza Karimi"}`, anotherAdmin, 200, "", none},
		"a role":               {update, rezaID, `{"role":"support"}`, anotherAdmin, 200, "", fakeRevoker{copied: 1, revoked: 1, closed: 1}},
		"a phone number":       {update, rezaID, `{"phone":"09122222222"}`, anotherAdmin, 200, "", fakeRevoker{copied: 1, revoked: 1, closed: 1}},
		"disabled":             {update, rezaID, `{"disabled":true}`, anotherAdmin, 200, "", fakeRevoker{ended: 1, revoked: 1, closed: 1}},
		"a password":           {update, rezaID, `{"password":"another-horse-8"}`, anotherAdmin, 200, "", fakeRevoker{ended: 1, revoked: 1, closed: 1}},
		"deleted":              {api.DeleteUser, rezaID, "", anotherAdmin, 204, "", fakeRevoker{ended: 1, revoked: 1, closed: 1}},
		"last admin demoted":   {update, rezaID, `{"role":"user"}`, func(*fixture) {}, 409, "last_admin", none},
		"last admin disabled":  {update, rezaID, `{"disabled":true}`, func(*fixture) {}, 409, "last_admin", none},
		"last admin deleted":   {api.DeleteUser, rezaID, "", func(*fixture) {}, 409, "last_admin", none},
		"a taken phone number": {update, rezaID, `{"phone":"09122222222"}`, phoneTaken, 409, "phone_taken", none},
		"created twice":        {create, "", `{"phone":"09122222222"}`, phoneTaken, 409, "phone_taken", none},
		"created":              {create, "", `{"phone":"09122222222","role":"support"}`, anotherAdmin, 201, "", none},
		"an unknown role":      {update, rezaID, `{"role":"owner"}`, anotherAdmin, 422, "invalid_body", none},
		"an invalid number":    {update, rezaID, `{"phone":"12"}`, anotherAdmin, 422, "invalid_body", none},
		"a weak password":      {update, rezaID, `{"password":"12345678"}`, anotherAdmin, 422, "weak_password", none},
		"unknown user":         {update, saraID, `{"name":"Sara"}`, anotherAdmin, 404, "user_not_found", none},
		"the own account":      {api.DeleteUser, minaID, "", func(fx *fixture) { putUser(fx, minaID, "+989123333333", user.RoleAdmin) }, 409, "own_account", none},
		"an invalid id":        {api.DeleteUser, "1", "", anotherAdmin, 404, "user_not_found", none},
		"store down":           {update, rezaID, `{"name":"R"}`, storeDown, 500, "internal", none},
	} {
		fx, revoker := newFixture(t), fakeRevoker{}
		putUser(fx, rezaID, "+989121111111", user.RoleAdmin)
		c.prepare(fx)
		users := newUserAdmin(fx, &revoker)
		request := newRequest("PATCH", "/users/"+c.id, c.body)
		request.PathParameters = map[string]string{"id": c.id}
		got := fx.send(t, c.endpoint(users), mina, request)
		records, _, err := fx.AuditRecords(t.Context(), audit.Query{Limit: 10})
		if err != nil || got.status != c.status || got.code() != c.code || revoker != c.revoked || (len(records) == 1) != (c.status < 300) {
			t.Errorf("%s: got %d %q, %+v, %d audit records, %v", name, got.status, got.code(), revoker, len(records), err)
		}
	}
}
