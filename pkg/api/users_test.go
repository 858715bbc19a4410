package api_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

// ledger knows Reza, and refuses or accepts every change. What the embedded one
// would do is not asked for here.
type ledger struct {
	account.Ledger

	refusal error
	written int
}

func (l *ledger) User(_ context.Context, id string) (user.User, error) {
	if id != rezaID {
		return user.User{}, fault.New(fault.UserNotFound, "")
	}
	return user.User{ID: rezaID, Phone: "+989121111111", Role: user.RoleAdmin, Name: "Reza", Locale: "en"}, nil
}

func (l *ledger) write() error {
	if l.refusal == nil {
		l.written++
	}
	return l.refusal
}

func (l *ledger) AddUser(context.Context, account.Login, audit.Record) error { return l.write() }

func (l *ledger) ChangeUser(context.Context, user.User, user.User, *string, audit.Record) error {
	return l.write()
}

func (l *ledger) RemoveUser(context.Context, user.User, audit.Record) error { return l.write() }

// shutOut notes who was shut out.
type shutOut struct{ ended, copied, revoked, closed int }

func (s *shutOut) EndSessions(context.Context, string) error { s.ended++; return nil }
func (s *shutOut) CopyUser(context.Context, string) (user.User, error) {
	s.copied++
	return user.User{}, nil
}
func (s *shutOut) Revoke(context.Context, string, user.Revocation) error { s.revoked++; return nil }
func (s *shutOut) CloseUser(context.Context, string, user.Revocation) error {
	s.closed++
	return nil
}

// TestPeopleAreChanged: what may be said of them, what is refused, and who is
// shut out behind a change.
func TestPeopleAreChanged(t *testing.T) {
	patch, none := api.EditUser, shutOut{}
	for name, c := range map[string]struct {
		endpoint func(*account.Registry) api.Endpoint
		id, body string
		refusal  error
		status   int
		code     string
		shut     shutOut
	}{
		"a name":                {patch, rezaID, `{"name":"Reza Karimi"}`, nil, 200, "", none},
		"a role":                {patch, rezaID, `{"role":"support"}`, nil, 200, "", shutOut{copied: 1, revoked: 1, closed: 1}},
		"a number":              {patch, rezaID, `{"phone":"09122222222"}`, nil, 200, "", shutOut{copied: 1, revoked: 1, closed: 1}},
		"disabled":              {patch, rezaID, `{"disabled":true}`, nil, 200, "", shutOut{ended: 1, revoked: 1, closed: 1}},
		"a password":            {patch, rezaID, `{"password":"another-horse-8"}`, nil, 200, "", shutOut{ended: 1, revoked: 1, closed: 1}},
		"removed":               {api.RemoveUser, rezaID, "", nil, 204, "", shutOut{ended: 1, revoked: 1, closed: 1}},
		"the last one demoted":  {patch, rezaID, `{"role":"user"}`, fault.New(fault.LastAdmin, ""), 409, "last_admin", none},
		"the last one disabled": {patch, rezaID, `{"disabled":true}`, fault.New(fault.LastAdmin, ""), 409, "last_admin", none},
		"the last one removed":  {api.RemoveUser, rezaID, "", fault.New(fault.LastAdmin, ""), 409, "last_admin", none},
		"a taken number":        {patch, rezaID, `{"phone":"09122222222"}`, fault.New(fault.PhoneTaken, ""), 409, "phone_taken", none},
		"entered twice":         {api.CreateUser, "", `{"phone":"09122222222"}`, fault.New(fault.PhoneTaken, ""), 409, "phone_taken", none},
		"entered":               {api.CreateUser, "", `{"phone":"09122222222","role":"support"}`, nil, 201, "", none},
		"no such role":          {patch, rezaID, `{"role":"owner"}`, nil, 422, "invalid_body", none},
		"no such number":        {patch, rezaID, `{"phone":"12"}`, nil, 422, "invalid_body", none},
		"a weak password":       {patch, rezaID, `{"password":"12345678"}`, nil, 422, "weak_password", none},
		"nobody":                {patch, saraID, `{"name":"Sara"}`, nil, 404, "user_not_found", none},
		"no id":                 {api.RemoveUser, "1", "", nil, 404, "user_not_found", none},
		"a broken store":        {patch, rezaID, `{"name":"R"}`, errors.New("secret"), 500, "internal", none},
	} {
		h, book, shut := newHouse(t), &ledger{refusal: c.refusal}, shutOut{}
		now := func() time.Time { return h.now }
		people := &account.Registry{
			Ledger: book, Keeper: &account.Keeper{Sessions: &shut, Sockets: &shut, Now: now},
			Pen: audit.Pen{Now: now, NewID: id.NewSource(now, rand.Reader)}, Random: rand.Reader, Region: "IR",
		}
		request := call("PATCH", "/users/"+c.id, c.body)
		request.PathParameters = map[string]string{"id": c.id}
		answer := h.send(t, c.endpoint(people), boss, request)
		if answer.status != c.status || answer.code() != c.code || shut != c.shut || (book.written > 0) != (c.status < 300) {
			t.Errorf("%s: got %d %q, %+v, %d written", name, answer.status, answer.code(), shut, book.written)
		}
	}
}
