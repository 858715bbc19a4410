package account_test

import (
	"context"
	"crypto/rand"
	"errors"
	"regexp"
	"sync"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/user"
)

const (
	testPhone    = "+989121234567"
	testPassword = "correct-horse-7"
)

// fixture is an in-memory store with the services over it. It records sent
// messages.
type fixture struct {
	*memstore.Store

	auth        *account.Auth
	sms         *account.SMSCodes
	sender      *account.CodeSender
	emailCodes  *account.EmailCodes
	credentials *account.Credentials
	profiles    *account.Profiles
	users       *account.UserDirectory
	now         time.Time

	mu         sync.Mutex
	smsTexts   []string
	jobs       []string // sealed jobs of one-time codes
	queueErr   error    // returned by the queue
	emails     []account.Mail
	sendErr    error // returned by the SMS sender and the mailer
	lastJobErr error // result of the newest job
	operations int   // of the store
	storeErr   error // returned when revocations or sessions are read, or keys published
}

var _ account.SMSSender = (*fixture)(nil)

func newFixture(t *testing.T) *fixture {
	t.Helper()
	signingKey, err := auth.GeneratePrivateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := auth.NewSecretKey("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{now: time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)}
	f.Store = memstore.New(f.clock)
	f.Before = f.beforeOperation
	newID := id.NewGenerator(f.clock, rand.Reader)
	limiter := &account.RateLimiter{CounterStore: f, Key: key, PerClient: 100, Now: f.clock}
	devices := &account.Devices{Key: key, Now: f.clock}
	otp := &account.OTP{Store: f, Limiter: limiter, Devices: devices, Key: key, DefaultRegion: "IR", Now: f.clock, Random: rand.Reader}
	passwords := &account.Passwords{Store: f, Limiter: limiter, Devices: devices, Full: &account.FullCounters{}}
	f.sms = &account.SMSCodes{OTP: otp, Users: f, Queue: f}
	f.sender = &account.CodeSender{OTP: otp, SMS: f, MaxPerDay: 1000}
	f.emailCodes = &account.EmailCodes{OTP: otp, Users: f, Suppressions: f, Mailer: fakeMailer{f}}
	f.credentials = &account.Credentials{Store: f, OTP: otp, Passwords: passwords, Now: f.clock, Random: rand.Reader}
	f.profiles = &account.Profiles{Store: f, Attachments: f, Now: f.clock}
	f.users = &account.UserDirectory{Store: f, Recorder: audit.Recorder{Now: f.clock, NewID: newID}, Random: rand.Reader, DefaultRegion: "IR"}
	f.auth = &account.Auth{
		Store: f, OTP: otp, Sessions: &account.SessionTokens{Store: f, Key: key, Now: f.clock, NewID: newID, Random: rand.Reader},
		Passwords: passwords, Now: f.clock, NewID: newID, Random: rand.Reader,
		Issuer: func(context.Context) (*auth.Issuer, error) {
			return auth.NewIssuer(signingKey, "test", f.clock, newID), nil
		},
	}
	return f
}

func (f *fixture) clock() time.Time { return f.now }

func (f *fixture) beforeOperation(operation, key string) error {
	f.mu.Lock()
	f.operations++
	f.mu.Unlock()
	switch {
	case operation == "RevocationsSince", operation == "Session", operation == "PublishKeys":
		return f.storeErr
	case operation == "Attachment" && key == "broken":
		return errors.New("store down")
	}
	return nil
}

// must panics if the preparation of a test fails.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// login returns a stored login.
func (f *fixture) login(phone string) account.Login {
	l, _, err := f.Login(context.Background(), phone)
	must(err)
	return l
}

// user returns a stored user.
func (f *fixture) user(id string) user.User {
	u, err := f.User(context.Background(), id)
	must(err)
	return u
}

// putUser stores a user and their login, with the stored password hash.
func (f *fixture) putUser(u user.User) {
	must(f.PutAccount(context.Background(), account.Login{Phone: u.Phone, Hash: f.login(u.Phone).Hash, User: u}))
}

// revoked returns the revocations of a user or session.
func (f *fixture) revoked(subject string) []user.Revocation {
	list, err := f.RevocationsSince(context.Background(), time.Time{})
	must(err)
	return list.Revocations[subject]
}

// sessionsOf returns the sessions of a user.
func (f *fixture) sessionsOf(userID string) []account.Session {
	sessions, _, err := f.ListSessions(context.Background(), userID, "", 100)
	must(err)
	return sessions
}

var codePattern = regexp.MustCompile(`\d{6}`)

// lastCode returns the code of the newest SMS.
func (f *fixture) lastCode() string {
	if len(f.smsTexts) == 0 {
		return ""
	}
	return codePattern.FindString(f.smsTexts[len(f.smsTexts)-1])
}

// requestCode requests a code and returns it.
func (f *fixture) requestCode(t *testing.T, phone, purpose string) string {
	t.Helper()
	if _, err := f.sms.SendCode(context.Background(), phone, purpose, account.Caller{IP: "1.2.3.4", UserID: f.login(testPhone).User.ID}); err != nil {
		t.Fatal(err)
	}
	return f.lastCode()
}

// passwordHash returns the hash of testPassword. It is computed once, because hashing is
// slow.
var passwordHash = sync.OnceValues(func() (string, error) { return auth.Hash(testPassword, rand.Reader) })

// addUser adds a user with a password and a session, and returns the tokens.
func (f *fixture) addUser(t *testing.T) account.Tokens {
	t.Helper()
	hash, err := passwordHash()
	if err != nil {
		t.Fatal(err)
	}
	u := account.NewUser(f.auth.NewID(), testPhone, "Sara", user.RoleUser, "", f.now)
	if err := f.PutAccount(context.Background(), account.Login{Phone: testPhone, Hash: hash, User: u}); err != nil {
		t.Fatal(err)
	}
	tokens, err := f.auth.OpenSession(context.Background(), u, nil, account.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

// SendText runs a job at once, as a queue without delay. The client never gets an
// error of the job.
func (f *fixture) SendText(ctx context.Context, sealed string) error {
	if f.queueErr != nil {
		return f.queueErr
	}
	f.jobs = append(f.jobs, sealed)
	f.lastJobErr = f.sender.SendQueuedCode(ctx, sealed)
	return nil
}

func (f *fixture) Send(_ context.Context, _, text string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sendErr == nil {
		f.smsTexts = append(f.smsTexts, text)
	}
	return f.sendErr
}

// fakeMailer is the Mailer of the fixture.
type fakeMailer struct{ *fixture }

func (m fakeMailer) Send(_ context.Context, mail account.Mail) error {
	if m.sendErr == nil {
		m.emails = append(m.emails, mail)
	}
	return m.sendErr
}
