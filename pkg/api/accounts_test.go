package api_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/user"
)

// memAccounts is a fixture with the user Sara. It records deleted sessions and profile
// updates. The attempts of all one-time codes are used up.
type memAccounts struct {
	*fixture
	deletedSessions []string
	profileUpdate   account.ProfileUpdate
}

// accountServices are all account services over one store.
type accountServices struct {
	sms         *account.SMSCodes
	email       *account.EmailCodes
	auth        *account.Auth
	sessions    *account.SessionTokens
	credentials *account.Credentials
	profiles    *account.Profiles
}

// newMemAccounts returns a store with one user, and services over it.
func newMemAccounts(t *testing.T) (*memAccounts, accountServices) {
	t.Helper()
	fx := newFixture(t)
	m := &memAccounts{fixture: fx}
	m.putSara("", "")
	now := func() time.Time { return fx.now }
	otp := &account.OTP{
		Store: m, Limiter: &account.RateLimiter{CounterStore: m, Key: fx.server.Key, PerClient: 100, Now: now}, Devices: &account.Devices{Key: fx.server.Key, Now: now},
		Key: fx.server.Key, DefaultRegion: "IR", Now: now, Random: rand.Reader,
	}
	passwords := &account.Passwords{Store: m, Limiter: otp.Limiter, Devices: otp.Devices, Full: &account.FullCounters{}}
	newID := id.NewGenerator(now, rand.Reader)
	sessions := &account.SessionTokens{Store: m, Key: otp.Key, Now: now, NewID: newID, Random: rand.Reader}
	return m, accountServices{
		sms:         &account.SMSCodes{OTP: otp, Users: m, Queue: m},
		email:       &account.EmailCodes{OTP: otp, Users: m, Suppressions: m},
		credentials: &account.Credentials{Store: m, OTP: otp, Passwords: passwords, Now: now, Random: rand.Reader},
		profiles:    &account.Profiles{Store: m, Attachments: m, Now: now},
		sessions:    sessions,
		auth: &account.Auth{
			Store: m, OTP: otp, Sessions: sessions, Passwords: passwords, Now: now, NewID: newID, Random: rand.Reader,
			Issuer: func(context.Context) (*auth.Issuer, error) { return fx.issuer, nil },
		},
	}
}

func (m *memAccounts) SendText(context.Context, string) error { return nil }

// putSara stores Sara with a password hash and a picture.
func (m *memAccounts) putSara(hash, pictureID string) {
	sara := user.User{
		ID: saraID, Phone: "+989121234567", Role: user.RoleUser, Name: "Sara", Locale: "en", Province: "tehran", City: "tehran",
		Email: "s@example.com", Notifications: user.NotificationPreferences{SMS: true}, CreatedAt: m.now, PictureID: pictureID,
	}
	must(m.PutAccount(context.Background(), account.Login{Phone: sara.Phone, Hash: hash, User: sara}))
}

// deleteSara deletes the user.
func (m *memAccounts) deleteSara() {
	u, err := m.User(context.Background(), saraID)
	must(err)
	must(m.DeleteUser(context.Background(), u, audit.Record{}))
}

func (m *memAccounts) CountCodeAttempt(context.Context, account.OneTimeCode, int) (bool, time.Time, error) {
	return false, m.now.Add(time.Minute), nil
}

func (m *memAccounts) UpdateUser(ctx context.Context, userID string, p account.ProfileUpdate) (user.User, error) {
	m.profileUpdate = p
	return m.memStore.UpdateUser(ctx, userID, p)
}

func (m *memAccounts) EndSession(ctx context.Context, userID, family string, at time.Time) (bool, error) {
	m.deletedSessions = append(m.deletedSessions, userID+" "+family)
	return m.memStore.EndSession(ctx, userID, family, at)
}

// TestAccountEndpoints_Validation checks the required fields of each account endpoint.
func TestAccountEndpoints_Validation(t *testing.T) {
	sendCode := func(a accountServices) api.Endpoint { return api.SendCode(a.sms) }
	signUp := func(a accountServices) api.Endpoint { return api.SignUp(a.auth) }
	logIn := func(a accountServices) api.Endpoint { return api.LogIn(a.auth) }
	refreshToken := func(a accountServices) api.Endpoint { return api.RefreshToken(a.auth) }
	for _, c := range []struct {
		name        string
		endpoint    func(accountServices) api.Endpoint
		body        string
		status      int
		code        string
		fieldErrors []string
	}{
		{"send code", sendCode, `{"phone":"09121234567","purpose":"signup"}`, 202, "", nil},
		{"send code without fields", sendCode, `{}`, 422, "invalid_body", []string{"/phone required", "/purpose not_allowed"}},
		{"send code to an invalid number", sendCode, `{"phone":"12","purpose":"login"}`, 422, "invalid_body", []string{"/phone invalid"}},
		{"send code for an unknown purpose", sendCode, `{"phone":"09121234567","purpose":"Signup"}`, 422, "invalid_body", []string{"/purpose not_allowed"}},
		{"sign up without fields", signUp, `{}`, 422, "invalid_body", []string{"/phone required", "/password required", "/code required"}},
		{"sign up with a long name", signUp, `{"phone":"09121234567","password":"x","code":"1","name":"` + strings.Repeat("x", 101) + `"}`, 422, "invalid_body", []string{"/name too_long"}},
		{"sign up with a weak password", signUp, `{"phone":"09121234567","password":"short","code":"1"}`, 422, "weak_password", []string{"/password too_short"}},
		{"sign up with an unknown kind of session", signUp, `{"phone":"09121234567","password":"correct-horse-7","code":"123456","session":"tab"}`, 422, "invalid_body", []string{"/session not_allowed"}},
		{"sign up when locked", signUp, `{"phone":"09121234567","password":"correct-horse-7","code":"123456","challenge":"AAAAAAAAAAAAAAAAAAAAAA"}`, 429, "code_locked", nil},
		{"sign up with a malformed challenge", signUp, `{"phone":"09121234567","password":"correct-horse-7","code":"123456","challenge":"x"}`, 422, "invalid_body", []string{"/challenge invalid"}},
		{"send code to another country", sendCode, `{"phone":"+447911123456","purpose":"signup"}`, 422, "phone_country", []string{"/phone country"}},
		{"log in without credentials", logIn, `{"phone":"09121234567"}`, 422, "invalid_body", []string{"/password required"}},
		{"log in with password and a mistyped code", logIn, `{"phone":"09121234567","password":"x","code":"1"}`, 422, "code_wrong", []string{"/code wrong"}},
		{"log in with a code when locked", logIn, `{"phone":"09121234567","code":"123456","challenge":"AAAAAAAAAAAAAAAAAAAAAA"}`, 429, "code_locked", nil},
		{"refresh without token", refreshToken, `{}`, 422, "invalid_body", []string{"/refreshToken required"}},
		{"refresh with an invalid token", refreshToken, `{"refreshToken":"x"}`, 401, "session_ended", nil},
	} {
		m, accounts := newMemAccounts(t)
		got := m.send(t, c.endpoint(accounts), user.Principal{}, newRequest(http.MethodPost, "/x", c.body))
		if got.status != c.status || got.code() != c.code || !slices.Equal(got.fieldErrors(), c.fieldErrors) {
			t.Errorf("%s: got %d %s %v, want %d %s %v", c.name, got.status, got.code(), got.fieldErrors(), c.status, c.code, c.fieldErrors)
		}
	}
}

func TestSendCode(t *testing.T) {
	m, accounts := newMemAccounts(t)
	body := `{"phone":"09121234567","purpose":"signup"}`
	if got := m.send(t, api.SendCode(accounts.sms), user.Principal{}, newRequest(http.MethodPost, "/otp", body)); !regexp.MustCompile(`^{"challenge":"[\w-]{22}","expiresIn":300,"resendAfter":60}$`).MatchString(got.text) {
		t.Errorf("got %d %s", got.status, got.text)
	}
	got := m.send(t, api.SendCode(accounts.sms), user.Principal{}, newRequest(http.MethodPost, "/otp", body))
	if got.status != 429 || got.code() != "too_many_requests" || got.headers["retry-after"] != "60" || got.headers["ratelimit"] == "" {
		t.Errorf("second request: got %d %s %v", got.status, got.text, got.headers)
	}
}

func TestLogOut(t *testing.T) {
	for _, c := range []struct {
		name, body string
		actor      user.Principal
		status     int
		deleted    []string
	}{
		{"session of the access token", "", sara, 204, []string{saraID + " s1"}},
		{"an empty object", "{}", sara, 204, []string{saraID + " s1"}},
		{"invalid refresh token", `{"refreshToken":"x"}`, sara, 204, nil},
		{"invalid refresh token without authentication", `{"refreshToken":"x"}`, user.Principal{}, 204, nil},
		{"no credentials", "", user.Principal{}, 401, nil},
		{"an unknown field", `{"token":"x"}`, sara, 422, nil},
	} {
		m, accounts := newMemAccounts(t)
		got := m.send(t, api.LogOut(accounts.sessions), c.actor, newRequest(http.MethodPost, "/logout", c.body))
		if got.status != c.status || !slices.Equal(m.deletedSessions, c.deleted) || c.status == 204 && got.text != "" {
			t.Errorf("%s: got %d %s, deleted %v, want %d, %v", c.name, got.status, got.text, m.deletedSessions, c.status, c.deleted)
		}
	}
}

// TestExpiredCredentials checks that the operations that need the caller, though others do without
// credentials, say that those of the request have expired.
func TestExpiredCredentials(t *testing.T) {
	m, accounts := newMemAccounts(t)
	m.server.Authenticator.Cookies, m.server.Authenticator.Now = m, m.server.Now
	expired := m.token(sara)
	m.now = m.now.Add(20 * time.Minute)
	ended := base64.RawURLEncoding.EncodeToString(make([]byte, 64))
	for _, c := range []struct {
		path, body                   string
		token, cookie, anonymous, in string // expected codes
	}{
		{"/logout", "", "token_expired", "session_ended", "unauthenticated", ""},
		{"/logout", `{"refreshToken":"x"}`, "", "", "", ""},
		{"/otp", `{"phone":"09121234567","purpose":"phone"}`, "token_expired", "session_ended", "unauthenticated", ""},
		{"/otp", `{"phone":"09121234567","purpose":"delete"}`, "token_expired", "session_ended", "unauthenticated", ""},
		{"/otp", `{"phone":"09121234567","purpose":"login"}`, "", "too_many_requests", "too_many_requests", "too_many_requests"},
	} {
		e := api.LogOut(accounts.sessions)
		if c.path == "/otp" {
			e = api.SendCode(accounts.sms)
		}
		withToken := newRequest(http.MethodPost, c.path, c.body).with("authorization", "Bearer "+expired)
		withCookie := newRequest(http.MethodPost, c.path, c.body)
		withCookie.Cookies = []string{"__Host-session=" + ended}
		for _, r := range []struct {
			name  string
			actor user.Principal
			r     *request
			want  string
		}{
			{"an expired token", user.Principal{}, withToken, c.token}, {"an ended session", user.Principal{}, withCookie, c.cookie},
			{"no credentials", user.Principal{}, newRequest(http.MethodPost, c.path, c.body), c.anonymous}, {"an access token", sara, newRequest(http.MethodPost, c.path, c.body), c.in},
		} {
			if got := m.send(t, e, r.actor, r.r); got.code() != r.want {
				t.Errorf("%s %s with %s: got %d %q, want %q", c.path, c.body, r.name, got.status, got.code(), r.want)
			}
		}
	}
	m.deleteSara()
	if got := m.send(t, api.SendCode(accounts.sms), sara, newRequest(http.MethodPost, "/otp", `{"phone":"09121234568","purpose":"phone"}`)); got.code() != "unauthenticated" {
		t.Errorf("a deleted user: got %d %q, want unauthenticated", got.status, got.code())
	}
}

// TestCategories_Expired checks that a client whose token is past its expiry does not get the
// categories of visitors, and that one with a revoked token or an ended session does.
func TestCategories_Expired(t *testing.T) {
	m, _ := newMemAccounts(t)
	m.server.Authenticator.Cookies, m.server.Authenticator.Now = m, m.server.Now
	expired := m.token(mina)
	m.now = m.now.Add(20 * time.Minute)
	revoked := m.token(sara)
	must(m.AddRevocation(t.Context(), sara.UserID, user.Revocation{At: m.now.Add(time.Second)}))
	for name, e := range map[string]api.Endpoint{"list": api.ListCategories(m.categories), "get": api.GetCategory(m.categories)} {
		for _, c := range []struct {
			what, token, cookie, want string
		}{
			{"an expired token", expired, "", "token_expired"},
			{"a revoked token", revoked, "", ""},
			{"an ended session", "", "__Host-session=" + base64.RawURLEncoding.EncodeToString(make([]byte, 64)), ""},
		} {
			r := newRequest(http.MethodGet, "/x", "")
			r.PathParameters["id"], r.Cookies = billingID, []string{c.cookie}
			if c.token != "" {
				r = r.with("authorization", "Bearer "+c.token)
			}
			if got := m.send(t, e, user.Principal{}, r); got.code() != c.want {
				t.Errorf("%s with %s: got %d %q, want %q", name, c.what, got.status, got.code(), c.want)
			}
		}
	}
}

func TestGetProfile(t *testing.T) {
	m, accounts := newMemAccounts(t)
	got := m.send(t, api.GetProfile(accounts.profiles), sara, newRequest(http.MethodGet, "/profile", "").with("accept-language", "fa"))
	want := map[string]any{
		"id": saraID, "phone": "+989121234567", "role": "user", "name": "Sara", "email": "s@example.com", "emailVerified": false,
		"pictureUrl": nil, "locale": "en", "createdAt": "2026-03-21T12:00:00.000Z",
	}
	for name, value := range want {
		if got.body[name] != value {
			t.Errorf("%s: got %v, want %v", name, got.body[name], value)
		}
	}
	regions := fmt.Sprint(got.body["province"], got.body["city"], got.body["notifications"])
	if regions != "map[id:tehran name:تهران] map[id:tehran name:تهران] map[email:false push:false pushText:false sms:true]" || len(got.body) != len(want)+3 {
		t.Errorf("got %s, %s", regions, got.text)
	}
	m.deleteSara()
	for name, e := range map[string]api.Endpoint{"get": api.GetProfile(accounts.profiles), "update": api.UpdateProfile(accounts.profiles)} {
		if got := m.send(t, e, sara, newRequest(http.MethodPatch, "/profile", `{"name":"x"}`)); got.status != 401 || got.code() != "unauthenticated" {
			t.Errorf("%s for a deleted user: got %d %s", name, got.status, got.code())
		}
	}
}

func TestUpdateProfile(t *testing.T) {
	for _, c := range []struct {
		body        string
		fieldErrors []string
		want        string // description of the update
	}{
		{`{"name":" Sara Ahmadi "}`, nil, "name Sara Ahmadi"}, {`{"name":""}`, nil, "name "}, {`{"email":"a@b.ir"}`, nil, "email a@b.ir"},
		{`{"email":""}`, nil, "email "}, {`{"locale":"fa"}`, nil, "locale fa"}, {`{"notifications":{"email":false}}`, nil, "byEmail false"},
		{`{"name":null,"notifications":null}`, nil, ""},
		{`{"name":"a\nb"}`, nil, "name a b"}, {`{"name":"\u202eSa\u200bra"}`, nil, "name Sara"}, {`{"name":"\u200b"}`, []string{"/name not_visible"}, ""},
		{`{"name":"Súpport"}`, []string{"/name reserved"}, ""}, {`{"name":"پشتيباني"}`, []string{"/name reserved"}, ""}, {`{"name":"Removed user"}`, []string{"/name reserved"}, ""},
		{`{"email":"Sara <a@b.ir>"}`, []string{"/email invalid"}, ""},
		{`{"email":"a@"}`, []string{"/email invalid"}, ""}, {`{"email":" a@Ｂ.ir\n"}`, nil, "email a@b.ir"}, {`{"email":" "}`, []string{"/email invalid"}, ""},
		{`{"email":"` + strings.Repeat("a", 250) + `@b.ir"}`, []string{"/email invalid"}, ""},
		{`{"locale":"de"}`, []string{"/locale not_allowed"}, ""}, {`{"pictureId":"x"}`, []string{"/pictureId invalid"}, ""},
		{`{"pictureId":"` + fileID + `"}`, []string{"/pictureId invalid"}, ""}, {`{"province":"atlantis"}`, []string{"/province unknown"}, ""},
		{`{"province":"tehran","city":"shiraz"}`, []string{"/city unknown"}, ""}, {`{"phone":"09120000000"}`, []string{"/phone unknown"}, ""},
		{`{"notifications":{"fax":true}}`, []string{"/notifications/fax unknown"}, ""}, {`{"notifications":true}`, []string{"/notifications type"}, ""},
		{`{"notifications":{"sms":"yes"}}`, []string{"/notifications/sms type"}, ""}, {`{"role":"admin"}`, []string{"/role unknown"}, ""},
	} {
		m, accounts := newMemAccounts(t)
		got := m.send(t, api.UpdateProfile(accounts.profiles), sara, newRequest(http.MethodPatch, "/profile", c.body))
		if (got.status == 200) != (c.fieldErrors == nil) || !slices.Equal(got.fieldErrors(), c.fieldErrors) || describeUpdate(m.profileUpdate) != c.want {
			t.Errorf("%s: got %d %v, update %q, want %v, %q", c.body, got.status, got.fieldErrors(), describeUpdate(m.profileUpdate), c.fieldErrors, c.want)
		}
	}
}

// TestName_Reserved checks that customers cannot choose the names of roles, and staff can.
func TestName_Reserved(t *testing.T) {
	m, accounts := newMemAccounts(t)
	m.putSara("", "")
	agent := sara
	agent.Role = user.RoleSupport
	if got := m.send(t, api.UpdateProfile(accounts.profiles), agent, newRequest(http.MethodPatch, "/profile", `{"name":"Support"}`)); got.status != 200 {
		t.Errorf("an agent: got %d %v, want 200", got.status, got.fieldErrors())
	}
	body := `{"phone":"09121234599","password":"correct-horse-7","code":"123456","name":"System"}`
	got := m.send(t, api.SignUp(accounts.auth), user.Principal{}, newRequest(http.MethodPost, "/signup", body))
	if got.status != 422 || !slices.Equal(got.fieldErrors(), []string{"/name reserved"}) {
		t.Errorf("sign-up: got %d %v, want /name reserved", got.status, got.fieldErrors())
	}
}

// describeUpdate returns the changed field and its value.
func describeUpdate(p account.ProfileUpdate) string {
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

func TestAttachments(t *testing.T) {
	fx := newFixture(t)
	objects := &memstore.Objects{}
	attachments := &attachment.Service{Store: fx.memStore, Objects: objects, Now: fx.server.Now, NewID: func() string { return fileID }, MaxSize: 100}
	create := func(body string) response {
		return fx.send(t, api.CreateAttachment(attachments), sara, newRequest(http.MethodPost, "/attachments", body))
	}
	got := create(`{"name":"a.png","type":"image/png","size":9}`)
	if got.status != 201 || got.body["id"] != fileID || got.field("upload", "url") != "https://bucket.example" || got.body["expiresAt"] != "2026-03-21T12:15:00.000Z" || got.headers["location"] != "/attachments/"+fileID {
		t.Errorf("got %d %s", got.status, got.text)
	}
	if got := create(`{"name":"a.exe","type":"x/y","size":0}`); got.status != 422 || len(got.fieldErrors()) != 2 {
		t.Errorf("invalid file: got %d %v", got.status, got.fieldErrors())
	}
	query := ""
	fetch := func(actor user.Principal, accept string) response {
		r := newRequest(http.MethodGet, "/attachments/x", "").with("accept", accept).query(query)
		r.PathParameters["id"] = fileID
		return fx.send(t, api.GetAttachment(attachments), actor, r)
	}
	if got := fetch(sara, ""); got.status != 409 || got.code() != "attachment_pending" || got.headers["retry-after"] != "1" {
		t.Errorf("pending: got %d %s", got.status, got.code())
	}
	must(fx.SetAttachmentState(t.Context(), fileID, attachment.Result{State: attachment.Ready, Width: 900, Height: 600, Thumbnail: true}))
	const downloadURL = "https://bucket.example/files/" + fileID + "?name=a.png"
	if got := fetch(sara, "image/*"); got.status != 302 || got.headers["location"] != downloadURL || got.text != "" {
		t.Errorf("got %d %v", got.status, got.headers)
	}
	if got := fetch(sara, "text/html, application/json"); got.status != 200 || got.body["url"] != downloadURL {
		t.Errorf("as JSON: got %d %s", got.status, got.text)
	}
	if got := fetch(reza, ""); got.status != 404 || got.code() != "attachment_not_found" {
		t.Errorf("another user: got %d %s", got.status, got.code())
	}
	query = "size=480"
	if got := fetch(sara, ""); got.status != 302 || got.headers["location"] != "https://bucket.example/files/"+fileID+"-480?name=a-480.jpg" {
		t.Errorf("thumbnail: got %d %v", got.status, got.headers)
	}
	if got := fetch(reza, ""); got.status != 404 || got.code() != "attachment_not_found" {
		t.Errorf("thumbnail for another user: got %d %s", got.status, got.code())
	}
	for _, query = range []string{"size=481", "size=", "size=-480", "size=480&size=480", "width=480"} {
		if got := fetch(sara, ""); got.status != 400 {
			t.Errorf("%s: got %d %s, want 400", query, got.status, got.text)
		}
	}
	objects.Before = func(string, string) error { return errors.New("secret") }
	if got := create(`{"name":"a.png","type":"image/png","size":9}`); got.status != 500 || strings.Contains(got.text, "secret") {
		t.Errorf("bucket down: got %d %s", got.status, got.text)
	}
}
