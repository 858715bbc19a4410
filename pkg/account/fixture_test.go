package account

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

const (
	testPhone    = "+989121234567"
	testPassword = "correct-horse-7"
)

// fixture implements all stores in memory and builds the services over them.
type fixture struct {
	UserDirectoryStore // GrantAdmin calls only the methods that fixture implements

	auth        *Auth
	sms         *SMSCodes
	emailCodes  *EmailCodes
	credentials *Credentials
	profiles    *Profiles
	users       *UserDirectory
	now         time.Time

	mu              sync.Mutex
	codes           map[string]OneTimeCode
	counts          map[RateCounter]int
	attempts        map[string]RateCounter // by phone number
	logins          map[string]Login
	byID            map[string]user.User
	sessions        map[string]Session
	attachments     map[string]attachment.Attachment
	retained        []string
	smsTexts        []string
	emails          []Mail
	revoked         map[string][]user.Revocation
	revocationReads int
	touched         int
	sendErr         error // returned by the SMS sender and the mailer
	storeErr        error // returned when revocations or sessions are read
}

var (
	_ OTPStore        = (*fixture)(nil)
	_ AuthStore       = (*fixture)(nil)
	_ TokenStore      = (*fixture)(nil)
	_ CredentialStore = (*fixture)(nil)
	_ ProfileStore    = (*fixture)(nil)
	_ AttachmentStore = (*fixture)(nil)
	_ SMSSender       = (*fixture)(nil)
)

func newFixture(t *testing.T) *fixture {
	t.Helper()
	signingKey, err := auth.GeneratePrivateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := auth.NewSecretKey(signingKey.DeriveSecretKey())
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{
		now: time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC), codes: map[string]OneTimeCode{}, counts: map[RateCounter]int{}, attempts: map[string]RateCounter{},
		logins: map[string]Login{}, byID: map[string]user.User{}, sessions: map[string]Session{}, revoked: map[string][]user.Revocation{}, attachments: map[string]attachment.Attachment{},
	}
	newID := id.NewGenerator(f.clock, rand.Reader)
	otp := &OTP{Store: f, Key: key, Limits: RateLimits{PerIP: 100}, DefaultRegion: "IR", Now: f.clock, Random: rand.Reader}
	f.sms = &SMSCodes{OTP: otp, SMS: f}
	f.emailCodes = &EmailCodes{OTP: otp, Users: f, Mailer: fakeMailer{f}}
	f.credentials = &Credentials{Store: f, OTP: otp, Now: f.clock, Random: rand.Reader}
	f.profiles = &Profiles{Store: f, Attachments: f, Now: f.clock}
	f.users = &UserDirectory{Store: f, Recorder: audit.Recorder{Now: f.clock, NewID: newID}, Random: rand.Reader, DefaultRegion: "IR"}
	f.auth = &Auth{
		Store: f, OTP: otp, Sessions: &SessionTokens{Store: f, Key: key, Now: f.clock, NewID: newID, Random: rand.Reader},
		Blocked: &BlockedAddresses{}, Now: f.clock, NewID: newID, Random: rand.Reader,
		Issuer: func(context.Context) (*auth.Issuer, error) {
			return auth.NewIssuer(signingKey, "test", f.clock, newID), nil
		},
	}
	return f
}

func (f *fixture) clock() time.Time { return f.now }

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
	if _, err := f.sms.SendCode(context.Background(), phone, purpose, Caller{IP: "1.2.3.4"}); err != nil {
		t.Fatal(err)
	}
	return f.lastCode()
}

// passwordHash returns the hash of testPassword. It is computed once, because hashing is
// slow.
var passwordHash = sync.OnceValues(func() (string, error) { return auth.Hash(testPassword, rand.Reader) })

// addUser adds a user with a password and a session, and returns the tokens.
func (f *fixture) addUser(t *testing.T) Tokens {
	t.Helper()
	hash, err := passwordHash()
	if err != nil {
		t.Fatal(err)
	}
	u := newUser(f.auth.NewID(), testPhone, "Sara", user.RoleUser, "", f.now)
	if err := f.PutAccount(context.Background(), Login{Phone: testPhone, Hash: hash, User: u}); err != nil {
		t.Fatal(err)
	}
	tokens, err := f.auth.openSession(context.Background(), u, nil, Caller{})
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func (f *fixture) Send(_ context.Context, _, text string) error {
	if f.sendErr == nil {
		f.smsTexts = append(f.smsTexts, text)
	}
	return f.sendErr
}

// fakeMailer is the Mailer of the fixture.
type fakeMailer struct{ *fixture }

func (m fakeMailer) Send(_ context.Context, mail Mail) error {
	if m.sendErr == nil {
		m.emails = append(m.emails, mail)
	}
	return m.sendErr
}

func (f *fixture) PutCode(_ context.Context, c OneTimeCode, cutoff time.Time) (time.Time, bool, error) {
	if existing, found := f.codes[c.RecipientMAC+c.Purpose]; found && existing.SentAt.After(cutoff) {
		return existing.SentAt, false, nil
	}
	f.codes[c.RecipientMAC+c.Purpose] = c
	return c.SentAt, true, nil
}

func (f *fixture) DeleteCode(_ context.Context, c OneTimeCode) error {
	delete(f.codes, c.RecipientMAC+c.Purpose)
	return nil
}

func (f *fixture) ConsumeCodeAttempt(_ context.Context, mac, purpose string, maxAttempts int) (c OneTimeCode, found, locked bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c, found = f.codes[mac+purpose]
	if !found || !c.ExpiresAt.After(f.now) {
		return OneTimeCode{}, false, false, nil
	}
	if c.Attempts >= maxAttempts {
		return c, false, true, nil
	}
	c.Attempts++
	f.codes[mac+purpose] = c
	return c, true, false, nil
}

func (f *fixture) IncrementCounter(_ context.Context, counter RateCounter) (int, error) {
	f.counts[counter]++
	return f.counts[counter], nil
}

func (f *fixture) Login(_ context.Context, phone string) (Login, bool, error) {
	l, found := f.logins[phone]
	l.FailureWindow = f.attempts[phone].Start
	return l, found, nil
}

func (f *fixture) RecordLoginAttempt(_ context.Context, phone string, window time.Time, maxAttempts int) (bool, error) {
	now := RateCounter{Scope: phone, Start: window}
	if f.counts[now] >= maxAttempts {
		return false, nil
	}
	f.attempts[phone] = now
	f.counts[now]++
	return true, nil
}

func (f *fixture) ClearLoginAttempts(_ context.Context, phone string) error {
	delete(f.counts, f.attempts[phone])
	delete(f.attempts, phone)
	return nil
}

func (f *fixture) CreateAccount(_ context.Context, l Login, s Session, code OneTimeCode) error {
	if _, taken := f.logins[l.Phone]; taken {
		return apperr.New(apperr.PhoneTaken, "")
	}
	delete(f.codes, code.RecipientMAC+code.Purpose)
	f.logins[l.Phone], f.byID[l.User.ID], f.sessions[s.Family] = l, l.User, s
	return nil
}

func (f *fixture) CreateSession(_ context.Context, s Session, code *OneTimeCode) error {
	if code != nil {
		delete(f.codes, code.RecipientMAC+code.Purpose)
	}
	f.sessions[s.Family] = s
	return nil
}

func (f *fixture) RotateSession(_ context.Context, userID, family, currentHash, nextHash string, now time.Time) (s Session, rotated, found bool, err error) {
	s, found = f.sessions[family]
	if found = found && s.User.ID == userID; found && s.CurrentHash == currentHash {
		s.CurrentHash, s.PreviousHash, s.RotatedAt, rotated = nextHash, currentHash, now, true
		f.sessions[family] = s
	}
	return s, rotated, found, nil
}

func (f *fixture) DeleteSession(_ context.Context, userID, family, hash string) (bool, error) {
	if s := f.sessions[family]; s.User.ID == userID && (hash == "" || hash == s.CurrentHash || hash == s.PreviousHash) {
		delete(f.sessions, family)
		return true, nil
	}
	return false, nil
}

func (f *fixture) ListSessions(_ context.Context, userID, after string, limit int) (page []Session, more bool, err error) {
	for _, s := range f.sessions {
		if s.User.ID == userID && (after == "" || s.Family < after) {
			page = append(page, s)
		}
	}
	slices.SortFunc(page, func(a, b Session) int { return strings.Compare(b.Family, a.Family) })
	if len(page) > limit {
		return page[:limit], true, nil
	}
	return page, false, nil
}

func (f *fixture) Session(_ context.Context, userID, family string) (Session, bool, error) {
	s, found := f.sessions[family]
	return s, found && s.User.ID == userID, f.storeErr
}

func (f *fixture) TouchSession(_ context.Context, _, family string, now time.Time) error {
	s := f.sessions[family]
	s.LastUsedAt, s.ExpiresAt = now, now.Add(SessionTTL)
	f.sessions[family] = s
	f.touched++
	return nil
}

func (f *fixture) ResetPassword(ctx context.Context, l Login, code OneTimeCode, at time.Time) error {
	delete(f.codes, code.RecipientMAC+code.Purpose)
	f.logins[l.Phone] = l
	return errors.Join(f.DeleteSessions(ctx, l.User.ID), f.AddRevocation(ctx, l.User.ID, user.Revocation{At: at}))
}

func (f *fixture) VerifyEmail(_ context.Context, userID, email string, code OneTimeCode) (user.User, error) {
	u := f.byID[userID]
	if u.Email != email {
		return u, apperr.New(apperr.CodeWrong, "")
	}
	delete(f.codes, code.RecipientMAC+code.Purpose)
	u.EmailVerified = true
	f.byID[userID] = u
	return u, nil
}

func (f *fixture) ChangePhone(_ context.Context, old user.User, phone string, code OneTimeCode) (user.User, error) {
	if _, taken := f.logins[phone]; taken {
		return user.User{}, apperr.New(apperr.PhoneTaken, "")
	}
	delete(f.codes, code.RecipientMAC+code.Purpose)
	l := f.logins[old.Phone]
	delete(f.logins, old.Phone)
	old.Phone, l.Phone, l.User.Phone = phone, phone, phone
	f.logins[phone], f.byID[old.ID] = l, old
	return old, nil
}

func (f *fixture) DeleteSessions(_ context.Context, userID string) error {
	maps.DeleteFunc(f.sessions, func(_ string, s Session) bool { return s.User.ID == userID })
	return nil
}

func (f *fixture) AddRevocation(_ context.Context, subject string, r user.Revocation) error {
	f.revoked[subject] = append(f.revoked[subject], r)
	return nil
}

func (f *fixture) RevocationsSince(_ context.Context, since time.Time) (map[string][]user.Revocation, error) {
	f.revocationReads++
	list := map[string][]user.Revocation{}
	for subject, all := range f.revoked {
		for _, r := range all {
			if r.At.After(since) {
				list[subject] = append(list[subject], r)
			}
		}
	}
	return list, f.storeErr
}

func (f *fixture) User(_ context.Context, id string) (user.User, error) {
	u, found := f.byID[id]
	if !found {
		return u, apperr.New(apperr.UserNotFound, "")
	}
	return u, nil
}

func (f *fixture) PutAccount(_ context.Context, l Login) error {
	f.logins[l.Phone], f.byID[l.User.ID] = l, l.User
	return nil
}

func (f *fixture) UpdateUser(ctx context.Context, id string, update ProfileUpdate) (user.User, error) {
	u, err := f.User(ctx, id)
	for _, field := range []struct{ to, from *string }{
		{&u.Name, update.Name}, {&u.Email, update.Email}, {&u.Province, update.Province}, {&u.City, update.City}, {&u.Locale, update.Locale}, {&u.PictureID, update.PictureID},
	} {
		if field.from != nil {
			*field.to = *field.from
		}
	}
	if err == nil {
		u.EmailVerified = u.EmailVerified && update.Email == nil
		f.byID[id] = u
	}
	return u, err
}

func (f *fixture) Attachment(_ context.Context, id string) (attachment.Attachment, error) {
	if id == "broken" {
		return attachment.Attachment{}, errors.New("store down")
	}
	a, found := f.attachments[id]
	if !found {
		return a, apperr.New(apperr.AttachmentNotFound, "")
	}
	return a, nil
}

func (f *fixture) RetainAttachment(_ context.Context, id string) error {
	f.retained = append(f.retained, id)
	return nil
}
