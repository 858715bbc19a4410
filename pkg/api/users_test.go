package api_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

// memUserAdmin is a partial account.UserAdminStore with one user. All writes return err.
type memUserAdmin struct {
	account.UserDirectoryStore
	account.UserAdminStore

	err     error
	written int
}

func (m *memUserAdmin) User(_ context.Context, id string) (user.User, error) {
	if id != rezaID {
		return user.User{}, apperr.New(apperr.UserNotFound, "")
	}
	return user.User{ID: rezaID, Phone: "+989121111111", Role: user.RoleAdmin, Name: "Reza", Locale: "en"}, nil
}

func (m *memUserAdmin) write() error {
	if m.err == nil {
		m.written++
	}
	return m.err
}

func (m *memUserAdmin) CreateUser(context.Context, account.Login, audit.Record) error {
	return m.write()
}

func (m *memUserAdmin) AdminUpdateUser(context.Context, user.User, user.User, *string, audit.Record) error {
	return m.write()
}

func (m *memUserAdmin) DeleteUser(context.Context, user.User, audit.Record) error { return m.write() }

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

// TestUpdateUser checks the validation of admin changes, their errors, and which of them revoke
// access.
func TestUpdateUser(t *testing.T) {
	update, none := api.UpdateUser, fakeRevoker{}
	create := func(a *account.UserAdmin) api.Endpoint { return api.CreateUser(a.UserDirectory) }
	for name, c := range map[string]struct {
		endpoint func(*account.UserAdmin) api.Endpoint
		id, body string
		err      error
		status   int
		code     string
		revoked  fakeRevoker
	}{
		"a name":               {update, rezaID, `{"name":"Reza Karimi"}`, nil, 200, "", none},
		"a role":               {update, rezaID, `{"role":"support"}`, nil, 200, "", fakeRevoker{copied: 1, revoked: 1, closed: 1}},
		"a phone number":       {update, rezaID, `{"phone":"09122222222"}`, nil, 200, "", fakeRevoker{copied: 1, revoked: 1, closed: 1}},
		"disabled":             {update, rezaID, `{"disabled":true}`, nil, 200, "", fakeRevoker{ended: 1, revoked: 1, closed: 1}},
		"a password":           {update, rezaID, `{"password":"another-horse-8"}`, nil, 200, "", fakeRevoker{ended: 1, revoked: 1, closed: 1}},
		"deleted":              {api.DeleteUser, rezaID, "", nil, 204, "", fakeRevoker{ended: 1, revoked: 1, closed: 1}},
		"last admin demoted":   {update, rezaID, `{"role":"user"}`, apperr.New(apperr.LastAdmin, ""), 409, "last_admin", none},
		"last admin disabled":  {update, rezaID, `{"disabled":true}`, apperr.New(apperr.LastAdmin, ""), 409, "last_admin", none},
		"last admin deleted":   {api.DeleteUser, rezaID, "", apperr.New(apperr.LastAdmin, ""), 409, "last_admin", none},
		"a taken phone number": {update, rezaID, `{"phone":"09122222222"}`, apperr.New(apperr.PhoneTaken, ""), 409, "phone_taken", none},
		"created twice":        {create, "", `{"phone":"09122222222"}`, apperr.New(apperr.PhoneTaken, ""), 409, "phone_taken", none},
		"created":              {create, "", `{"phone":"09122222222","role":"support"}`, nil, 201, "", none},
		"an unknown role":      {update, rezaID, `{"role":"owner"}`, nil, 422, "invalid_body", none},
		"an invalid number":    {update, rezaID, `{"phone":"12"}`, nil, 422, "invalid_body", none},
		"a weak password":      {update, rezaID, `{"password":"12345678"}`, nil, 422, "weak_password", none},
		"unknown user":         {update, saraID, `{"name":"Sara"}`, nil, 404, "user_not_found", none},
		"an invalid id":        {api.DeleteUser, "1", "", nil, 404, "user_not_found", none},
		"store down":           {update, rezaID, `{"name":"R"}`, errors.New("secret"), 500, "internal", none},
	} {
		fx, store, revoker := newFixture(t), &memUserAdmin{err: c.err}, fakeRevoker{}
		now := func() time.Time { return fx.now }
		users := &account.UserAdmin{
			Store: store, Revoker: &account.AccessRevoker{Sessions: &revoker, Sockets: &revoker, Now: now},
			UserDirectory: &account.UserDirectory{
				Store: store, Recorder: audit.Recorder{Now: now, NewID: id.NewGenerator(now, rand.Reader)}, Random: rand.Reader, DefaultRegion: "IR",
			},
		}
		request := newRequest("PATCH", "/users/"+c.id, c.body)
		request.PathParameters = map[string]string{"id": c.id}
		got := fx.send(t, c.endpoint(users), mina, request)
		if got.status != c.status || got.code() != c.code || revoker != c.revoked || (store.written > 0) != (c.status < 300) {
			t.Errorf("%s: got %d %q, %+v, %d written", name, got.status, got.code(), revoker, store.written)
		}
	}
}
