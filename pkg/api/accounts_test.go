package api_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

// registry is as much of an account.Store as the edge needs to be tried: one
// person, whose code is always 123456, and sessions by family.
type registry struct {
	account.Store
	*house
	person   user.User
	code     account.Code
	sessions map[string]account.Session
	ended    []string
	patched  account.Patch
	counts   int
	hash     string // of the password
}

// newRegistry gives the front desk over a registry.
func newRegistry(t *testing.T) (*registry, *account.Service) {
	t.Helper()
	h := newHouse(t)
	r := &registry{house: h, sessions: map[string]account.Session{}, person: user.User{
		ID: saraID, Phone: "+989121234567", Role: user.RoleUser, Name: "Sara", Locale: "en", Province: "tehran", City: "tehran",
		Email: "s@example.com", Notify: user.Choices{SMS: true}, CreatedAt: h.now,
	}}
	now := func() time.Time { return h.now }
	return r, &account.Service{
		Store: r, Files: r, Texter: r, Edge: h.server.Edge, Now: now, NewID: id.NewSource(now, rand.Reader), Random: rand.Reader, Region: "IR",
		Limits: account.Limits{PerAddress: 100}, Issuer: func(context.Context) (*auth.Issuer, error) { return h.issuer, nil },
	}
}

func (r *registry) Send(context.Context, string, string) error { return nil }

func (r *registry) Count(context.Context, account.Counter) (int, error) {
	r.counts++
	return r.counts, nil
}

func (r *registry) PutCode(_ context.Context, c account.Code, _ time.Time) (time.Time, bool, error) {
	if r.code.Hash != "" {
		return r.code.SentAt, false, nil
	}
	r.code = c
	return c.SentAt, true, nil
}

func (r *registry) TryCode(context.Context, string, string, int) (account.Code, bool, bool, error) {
	return r.code, false, true, nil // its tries are used up
}

func (r *registry) Login(_ context.Context, phone string) (account.Login, bool, error) {
	return account.Login{Phone: phone, Hash: r.hash, User: r.person}, phone == r.person.Phone, nil
}

func (r *registry) CountTry(context.Context, string, time.Time, int) (bool, error) { return true, nil }

func (r *registry) ForgetTries(context.Context, string) error { return nil }

func (r *registry) User(context.Context, string) (user.User, error) {
	if r.person.ID == "" {
		return user.User{}, fault.New(fault.UserNotFound, "")
	}
	return r.person, nil
}

func (r *registry) UpdateUser(ctx context.Context, userID string, p account.Patch) (user.User, error) {
	r.patched = p
	return r.User(ctx, userID)
}

func (r *registry) EndSession(_ context.Context, userID, family, _ string) (bool, error) {
	r.ended = append(r.ended, userID+" "+family)
	return true, nil
}

func (r *registry) AddSession(_ context.Context, s account.Session, _ *account.Code) error {
	r.sessions[s.Family] = s
	return nil
}

func (r *registry) Session(_ context.Context, _, family string) (account.Session, bool, error) {
	s, found := r.sessions[family]
	return s, found, nil
}

func (r *registry) TouchSession(context.Context, string, string, time.Time) error { return nil }

func (r *registry) Sessions(_ context.Context, _, after string, limit int) (page []account.Session, more bool, err error) {
	for _, s := range r.sessions {
		if after == "" || s.Family < after {
			page = append(page, s)
		}
	}
	slices.SortFunc(page, func(a, b account.Session) int { return strings.Compare(b.Family, a.Family) })
	return page[:min(limit, len(page))], len(page) > limit, nil
}

func (r *registry) Revoke(_ context.Context, subject string, one user.Revocation) error {
	r.revoked[subject] = append(r.revoked[subject], one)
	return nil
}

func (r *registry) Attachment(context.Context, string) (attachment.Attachment, error) {
	return attachment.Attachment{}, fault.New(fault.AttachmentNotFound, "")
}

func (r *registry) KeepAttachment(context.Context, string) error { return nil }

// TestAccountBodies: what each door wants to be told.
func TestAccountBodies(t *testing.T) {
	for _, c := range []struct {
		name   string
		door   func(*account.Service) api.Endpoint
		body   string
		status int
		code   string
		wrong  []string
	}{
		{"a code", api.SendCode, `{"phone":"09121234567","purpose":"signup"}`, 202, "", nil},
		{"a code for nothing", api.SendCode, `{}`, 422, "invalid_body", []string{"/phone required", "/purpose not_allowed"}},
		{"a code for no number", api.SendCode, `{"phone":"12","purpose":"login"}`, 422, "invalid_body", []string{"/phone invalid"}},
		{"a code for something else", api.SendCode, `{"phone":"09121234567","purpose":"Signup"}`, 422, "invalid_body", []string{"/purpose not_allowed"}},
		{"sign up with nothing", api.SignUp, `{}`, 422, "invalid_body", []string{"/phone required", "/password required", "/code required"}},
		{"sign up with a long name", api.SignUp, `{"phone":"09121234567","password":"x","code":"1","name":"` + strings.Repeat("x", 101) + `"}`, 422, "invalid_body", []string{"/name too_long"}},
		{"sign up with a weak password", api.SignUp, `{"phone":"09121234567","password":"short","code":"1"}`, 422, "weak_password", []string{"/password too_short"}},
		{"sign up when locked", api.SignUp, `{"phone":"09121234567","password":"correct-horse-7","code":"123456"}`, 429, "code_locked", nil},
		{"log in with nothing", api.LogIn, `{"phone":"09121234567"}`, 422, "invalid_body", []string{"/password required"}},
		{"log in with both", api.LogIn, `{"phone":"09121234567","password":"x","code":"1"}`, 422, "invalid_body", []string{"/password required"}},
		{"log in with a code when locked", api.LogIn, `{"phone":"09121234567","code":"1"}`, 429, "code_locked", nil},
		{"refresh with nothing", api.RefreshToken, `{}`, 422, "invalid_body", []string{"/refreshToken required"}},
		{"refresh with nonsense", api.RefreshToken, `{"refreshToken":"x"}`, 401, "session_ended", nil},
	} {
		r, people := newRegistry(t)
		got := r.send(t, c.door(people), user.Principal{}, call(http.MethodPost, "/x", c.body))
		if got.status != c.status || got.code() != c.code || !slices.Equal(got.wrong(), c.wrong) {
			t.Errorf("%s: got %d %s %v, want %d %s %v", c.name, got.status, got.code(), got.wrong(), c.status, c.code, c.wrong)
		}
	}
}

func TestSendCode(t *testing.T) {
	r, people := newRegistry(t)
	body := `{"phone":"09121234567","purpose":"signup"}`
	if got := r.send(t, api.SendCode(people), user.Principal{}, call(http.MethodPost, "/otp", body)); got.text != `{"expiresIn":300,"resendAfter":60}` {
		t.Errorf("got %d %s", got.status, got.text)
	}
	got := r.send(t, api.SendCode(people), user.Principal{}, call(http.MethodPost, "/otp", body))
	if got.status != 429 || got.code() != "too_many_requests" || got.headers["retry-after"] != "60" || got.headers["ratelimit"] == "" {
		t.Errorf("again: got %d %s %v", got.status, got.text, got.headers)
	}
}

func TestLogOut(t *testing.T) {
	for _, c := range []struct {
		name, body string
		who        user.Principal
		status     int
		ended      []string
	}{
		{"one's own session", "", sara, 204, []string{saraID + " s1"}},
		{"an empty object", "{}", sara, 204, []string{saraID + " s1"}},
		{"nonsense for a token", `{"refreshToken":"x"}`, sara, 204, nil},
		{"nonsense from nobody", `{"refreshToken":"x"}`, user.Principal{}, 204, nil},
		{"nobody", "", user.Principal{}, 401, nil},
		{"an unknown field", `{"token":"x"}`, sara, 422, nil},
	} {
		r, people := newRegistry(t)
		got := r.send(t, api.LogOut(people), c.who, call(http.MethodPost, "/logout", c.body))
		if got.status != c.status || !slices.Equal(r.ended, c.ended) || c.status == 204 && got.text != "" {
			t.Errorf("%s: got %d %s, ended %v, want %d, %v", c.name, got.status, got.text, r.ended, c.status, c.ended)
		}
	}
}

func TestProfile(t *testing.T) {
	r, people := newRegistry(t)
	got := r.send(t, api.ShowProfile(people), sara, call(http.MethodGet, "/profile", "").with("accept-language", "fa"))
	want := map[string]any{
		"id": saraID, "phone": "+989121234567", "role": "user", "name": "Sara", "email": "s@example.com", "emailVerified": false,
		"pictureUrl": nil, "locale": "en", "createdAt": "2026-03-21T12:00:00.000Z",
	}
	for name, value := range want {
		if got.body[name] != value {
			t.Errorf("%s: got %v, want %v", name, got.body[name], value)
		}
	}
	places := fmt.Sprint(got.body["province"], got.body["city"], got.body["notifications"])
	if places != "map[id:tehran name:تهران] map[id:tehran name:تهران] map[email:false sms:true]" || len(got.body) != len(want)+3 {
		t.Errorf("got %s, %s", places, got.text)
	}
	r.person = user.User{}
	for name, e := range map[string]api.Endpoint{"show": api.ShowProfile(people), "edit": api.EditProfile(people)} {
		if got := r.send(t, e, sara, call(http.MethodPatch, "/profile", `{"name":"x"}`)); got.status != 401 || got.code() != "unauthenticated" {
			t.Errorf("%s, whose person is gone: got %d %s", name, got.status, got.code())
		}
	}
}

func TestEditProfile(t *testing.T) {
	for _, c := range []struct {
		body  string
		wrong []string
		want  string // of the patch
	}{
		{`{"name":" Sara Ahmadi "}`, nil, "name Sara Ahmadi"}, {`{"name":""}`, nil, "name "}, {`{"email":"a@b.ir"}`, nil, "email a@b.ir"},
		{`{"email":""}`, nil, "email "}, {`{"locale":"fa"}`, nil, "locale fa"}, {`{"notifications":{"email":false}}`, nil, "byEmail false"},
		{`{"name":null,"notifications":null}`, nil, ""},
		{`{"name":"a\nb"}`, []string{"/name character"}, ""}, {`{"email":"Sara <a@b.ir>"}`, []string{"/email invalid"}, ""},
		{`{"email":"a@"}`, []string{"/email invalid"}, ""}, {`{"email":" a@b.ir"}`, []string{"/email invalid"}, ""},
		{`{"email":"` + strings.Repeat("a", 250) + `@b.ir"}`, []string{"/email invalid"}, ""},
		{`{"locale":"de"}`, []string{"/locale not_allowed"}, ""}, {`{"pictureId":"x"}`, []string{"/pictureId invalid"}, ""},
		{`{"pictureId":"` + fileID + `"}`, []string{"/pictureId invalid"}, ""}, {`{"province":"atlantis"}`, []string{"/province unknown"}, ""},
		{`{"province":"tehran","city":"shiraz"}`, []string{"/city unknown"}, ""}, {`{"phone":"09120000000"}`, []string{"/phone unknown"}, ""},
		{`{"notifications":{"push":true}}`, []string{"/notifications/push unknown"}, ""}, {`{"notifications":true}`, []string{"/notifications type"}, ""},
		{`{"notifications":{"sms":"yes"}}`, []string{"/notifications/sms type"}, ""}, {`{"role":"admin"}`, []string{"/role unknown"}, ""},
	} {
		r, people := newRegistry(t)
		got := r.send(t, api.EditProfile(people), sara, call(http.MethodPatch, "/profile", c.body))
		if (got.status == 200) != (c.wrong == nil) || !slices.Equal(got.wrong(), c.wrong) || patchText(r.patched) != c.want {
			t.Errorf("%s: got %d %v, patch %q, want %v, %q", c.body, got.status, got.wrong(), patchText(r.patched), c.wrong, c.want)
		}
	}
}

// patchText is what a patch changes, in words.
func patchText(p account.Patch) string {
	switch {
	case p.Name != nil:
		return "name " + *p.Name
	case p.Email != nil:
		return "email " + *p.Email
	case p.Locale != nil:
		return "locale " + *p.Locale
	case p.NotifyEmail != nil:
		return fmt.Sprint("byEmail ", *p.NotifyEmail)
	}
	return ""
}

// stand is an attachment desk's store and bucket with one file.
type stand struct {
	attachment.Store
	attachment.Blobs
	file attachment.Attachment
}

func (s *stand) AddAttachment(_ context.Context, a attachment.Attachment) error {
	s.file = a
	return nil
}

func (s *stand) Attachment(_ context.Context, fileID string) (attachment.Attachment, error) {
	if s.file.ID != fileID {
		return attachment.Attachment{}, fault.New(fault.AttachmentNotFound, "")
	}
	return s.file, nil
}

func (s *stand) PresignPost(_ context.Context, key, _ string, _ int64, _ string, _ time.Duration) (attachment.Upload, error) {
	if s.file.Name == "broken.png" {
		return attachment.Upload{}, errors.New("secret")
	}
	return attachment.Upload{URL: "https://bucket", Fields: map[string]string{"key": key}}, nil
}

func (s *stand) PresignGet(_ context.Context, key, _, _ string, _ time.Duration) (string, error) {
	return "https://bucket/" + key + "?signed", nil
}

func TestAttachments(t *testing.T) {
	h := newHouse(t)
	s := &stand{}
	desk := &attachment.Desk{Store: s, Blobs: s, Now: h.server.Now, NewID: func() string { return fileID }}
	offer := func(body string) answer {
		return h.send(t, api.OfferAttachment(desk), sara, call(http.MethodPost, "/attachments", body))
	}
	got := offer(`{"name":"a.png","type":"image/png","size":9}`)
	if got.status != 201 || got.body["id"] != fileID || got.at("upload", "url") != "https://bucket" || got.body["expiresAt"] != "2026-03-21T12:15:00.000Z" || got.headers["location"] != "/attachments/"+fileID {
		t.Errorf("got %d %s", got.status, got.text)
	}
	if got := offer(`{"name":"a.exe","type":"x/y","size":0}`); got.status != 422 || len(got.wrong()) != 2 {
		t.Errorf("what is not taken: got %d %v", got.status, got.wrong())
	}
	fetch := func(who user.Principal, accept string) answer {
		r := call(http.MethodGet, "/attachments/x", "").with("accept", accept)
		r.PathParameters["id"] = fileID
		return h.send(t, api.FetchAttachment(desk), who, r)
	}
	if got := fetch(sara, ""); got.status != 409 || got.code() != "attachment_pending" || got.headers["retry-after"] != "1" {
		t.Errorf("pending: got %d %s", got.status, got.code())
	}
	s.file.State = attachment.Ready
	address := "https://bucket/" + s.file.Key() + "?signed"
	if got := fetch(sara, "image/*"); got.status != 302 || got.headers["location"] != address || got.text != "" {
		t.Errorf("got %d %v", got.status, got.headers)
	}
	if got := fetch(sara, "text/html, application/json"); got.status != 200 || got.body["url"] != address {
		t.Errorf("as JSON: got %d %s", got.status, got.text)
	}
	if got := fetch(reza, ""); got.status != 404 || got.code() != "attachment_not_found" {
		t.Errorf("another's: got %d %s", got.status, got.code())
	}
	if got := offer(`{"name":"broken.png","type":"image/png","size":9}`); got.status != 500 || strings.Contains(got.text, "secret") {
		t.Errorf("no bucket: got %d %s", got.status, got.text)
	}
}
