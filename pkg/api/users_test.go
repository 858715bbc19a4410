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

// memUserAdmin knows Reza, and refuses or accepts every change. What the embedded one
// would do is not asked for here.
type memUserAdmin struct {
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

// fakeRevoker notes who was shut out.
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

// TestUpdateUser: what may be said of them, what is refused, and who is
// shut out behind a change.
func TestUpdateUser(t *testing.T) {
	patch, none := api.UpdateUser, fakeRevoker{}
	for name, c := range map[string]struct {
		endpoint func(*account.UserAdmin) api.Endpoint
		id, body string
		refusal  error
		status   int
		code     string
		shut     fakeRevoker
	}{
		"a name":                {patch, rezaID, `{"name":"Reza Karimi"}`, nil, 200, "", none},
		"a role":                {patch, rezaID, `{"role":"support"}`, nil, 200, "", fakeRevoker{copied: 1, revoked: 1, closed: 1}},
		"a number":              {patch, rezaID, `{"phone":"09122222222"}`, nil, 200, "", fakeRevoker{copied: 1, revoked: 1, closed: 1}},
		"disabled":              {patch, rezaID, `{"disabled":true}`, nil, 200, "", fakeRevoker{ended: 1, revoked: 1, closed: 1}},
		"a password":            {patch, rezaID, `{"password":"another-horse-8"}`, nil, 200, "", fakeRevoker{ended: 1, revoked: 1, closed: 1}},
		"removed":               {api.DeleteUser, rezaID, "", nil, 204, "", fakeRevoker{ended: 1, revoked: 1, closed: 1}},
		"the last one demoted":  {patch, rezaID, `{"role":"user"}`, apperr.New(apperr.LastAdmin, ""), 409, "last_admin", none},
		"the last one disabled": {patch, rezaID, `{"disabled":true}`, apperr.New(apperr.LastAdmin, ""), 409, "last_admin", none},
		"the last one removed":  {api.DeleteUser, rezaID, "", apperr.New(apperr.LastAdmin, ""), 409, "last_admin", none},
		"a taken number":        {patch, rezaID, `{"phone":"09122222222"}`, apperr.New(apperr.PhoneTaken, ""), 409, "phone_taken", none},
		"entered twice":         {api.CreateUser, "", `{"phone":"09122222222"}`, apperr.New(apperr.PhoneTaken, ""), 409, "phone_taken", none},
		"entered":               {api.CreateUser, "", `{"phone":"09122222222","role":"support"}`, nil, 201, "", none},
		"no such role":          {patch, rezaID, `{"role":"owner"}`, nil, 422, "invalid_body", none},
		"no such number":        {patch, rezaID, `{"phone":"12"}`, nil, 422, "invalid_body", none},
		"a weak password":       {patch, rezaID, `{"password":"12345678"}`, nil, 422, "weak_password", none},
		"nobody":                {patch, saraID, `{"name":"Sara"}`, nil, 404, "user_not_found", none},
		"no id":                 {api.DeleteUser, "1", "", nil, 404, "user_not_found", none},
		"a broken store":        {patch, rezaID, `{"name":"R"}`, errors.New("secret"), 500, "internal", none},
	} {
		fx, store, revoker := newFixture(t), &memUserAdmin{err: c.refusal}, fakeRevoker{}
		now := func() time.Time { return fx.now }
		users := &account.UserAdmin{
			Store: store, Revoker: &account.AccessRevoker{Sessions: &revoker, Sockets: &revoker, Now: now},
			Recorder: audit.Recorder{Now: now, NewID: id.NewGenerator(now, rand.Reader)}, Random: rand.Reader, DefaultRegion: "IR",
		}
		request := newRequest("PATCH", "/users/"+c.id, c.body)
		request.PathParameters = map[string]string{"id": c.id}
		got := fx.send(t, c.endpoint(users), mina, request)
		if got.status != c.status || got.code() != c.code || revoker != c.shut || (store.written > 0) != (c.status < 300) {
			t.Errorf("%s: got %d %q, %+v, %d written", name, got.status, got.code(), revoker, store.written)
		}
	}
}
