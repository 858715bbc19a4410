package conformance

import (
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

const password = "correct-horse-7"

// phoneCounter counts the generated phone numbers.
var phoneCounter atomic.Int64

// newPhone returns a phone number that no other test uses.
func newPhone() string { return fmt.Sprintf("+98912%07d", phoneCounter.Add(1)) }

func customer(name string) user.Principal {
	return user.Principal{UserID: newID(), Name: name, Role: user.RoleUser, Locale: "en"}
}

func agent(name string) user.Principal {
	return user.Principal{UserID: newID(), Name: name, Role: user.RoleSupport, Locale: "en"}
}

// fakeSMS is an SMS sender that stores the newest code per phone number.
type fakeSMS struct {
	mu    sync.Mutex
	codes map[string]string // by phone number
}

var codePattern = regexp.MustCompile(`\b\d{6}\b`)

func (s *fakeSMS) Send(_ context.Context, to, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes[to] = codePattern.FindString(text)
	return nil
}

// code returns the newest code sent to a phone number, or "".
func (s *fakeSMS) code(phone string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.codes[phone]
}

// codeQueue runs jobs at once.
type codeQueue struct{ sender *account.CodeSender }

func (q codeQueue) SendText(ctx context.Context, sealed string) error {
	return q.sender.SendQueuedCode(ctx, sealed)
}

// accounts are the account services over a store. Each has its own IP address, so that
// tests do not share rate limits.
type accounts struct {
	*account.SMSCodes
	*account.Auth
	*account.SessionTokens
	*account.Credentials
	*account.Profiles
	config accountsConfig
	sms    *fakeSMS
	caller account.Caller
}

// accountsConfig is what the account services are built from.
type accountsConfig struct {
	store     testStore
	now       func() time.Time
	key       auth.SecretKey
	issuer    *auth.Issuer
	perClient int
	full      *account.FullCounters
}

func newAccounts(t *testing.T, store testStore) accounts {
	t.Helper()
	key, err := auth.GeneratePrivateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secretKey, err := auth.NewSecretKey("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	if err != nil {
		t.Fatal(err)
	}
	a := accounts{
		sms:    &fakeSMS{codes: map[string]string{}},
		caller: account.Caller{IP: newID(), UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Locale: "en"},
	}
	return a.with(accountsConfig{
		store: store, now: app.Now, key: secretKey, issuer: auth.NewIssuer(key, "conformance", app.Now, newID),
		perClient: 100, full: &account.FullCounters{},
	})
}

// with returns a copy with services of another configuration.
func (a accounts) with(c accountsConfig) accounts {
	limiter := &account.RateLimiter{CounterStore: c.store, Key: c.key, PerClient: c.perClient, Now: c.now}
	devices := &account.Devices{Key: c.key, Now: c.now}
	otp := &account.OTP{Store: c.store, Limiter: limiter, Devices: devices, Key: c.key, DefaultRegion: "IR", Now: c.now, Random: rand.Reader}
	a.config = c
	a.SMSCodes = &account.SMSCodes{OTP: otp, Users: c.store, Queue: codeQueue{&account.CodeSender{OTP: otp, SMS: a.sms, MaxPerDay: 1_000_000}}}
	a.SessionTokens = &account.SessionTokens{Store: c.store, Key: c.key, Now: c.now, NewID: newID, Random: rand.Reader}
	passwords := &account.Passwords{Store: c.store, Limiter: limiter, Devices: devices, Full: c.full}
	a.Auth = &account.Auth{
		Store: c.store, OTP: otp, Sessions: a.SessionTokens, Passwords: passwords, Now: c.now, NewID: newID, Random: rand.Reader,
		Issuer: func(context.Context) (*auth.Issuer, error) { return c.issuer, nil },
	}
	a.Credentials = &account.Credentials{Store: c.store, OTP: otp, Passwords: passwords, Now: c.now, Random: rand.Reader}
	a.Profiles = &account.Profiles{Store: c.store, Attachments: c.store, Now: c.now}
	return a
}

// at returns a copy with its clock fixed at now, so that the duration of the test does
// not matter.
func (a accounts) at(now time.Time) accounts {
	c := a.config
	c.now = func() time.Time { return now }
	return a.with(c)
}

// withStore returns a copy over another store.
func (a accounts) withStore(store testStore) accounts {
	c := a.config
	c.store = store
	return a.with(c)
}

// withClientLimit returns a copy with another rate limit per client.
func (a accounts) withClientLimit(n int) accounts {
	c := a.config
	c.perClient = n
	return a.with(c)
}

// requestCode requests a code and reads it from the sent SMS.
func (a accounts) requestCode(t *testing.T, phone, purpose string) string {
	t.Helper()
	if _, err := a.SendCode(t.Context(), phone, purpose, a.caller); err != nil {
		t.Fatal(err)
	}
	return a.sms.code(phone)
}

// signUp creates an account and returns its tokens.
func (a accounts) signUp(t *testing.T, phone string) account.Tokens {
	t.Helper()
	tokens, err := a.SignUp(t.Context(), phone, password, account.CodeInput{Digits: a.requestCode(t, phone, account.PurposeSignUp)}, "Sara", a.caller)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

// sharedCategory is the category of all tests, because the cost of reading categories
// depends on their number.
var sharedCategory = sync.OnceValues(func() (string, error) { return saveCategory(openStore()) })

// saveCategory stores a category and returns its id.
func saveCategory(store testStore) (string, error) {
	c := category.Category{ID: newID(), Names: map[string]string{"en": "Billing", "fa": "مالی"}, Active: true}
	return c.ID, store.SaveCategory(context.Background(), c)
}

// newTicketService returns a ticket service over a store, and the id of a category.
func newTicketService(t *testing.T, store testStore) (service *ticket.Service, categoryID string) {
	t.Helper()
	newCategory := sharedCategory
	if _, inMemory := store.(*memstore.Store); inMemory {
		newCategory = func() (string, error) { return saveCategory(store) }
	}
	categoryID, err := newCategory()
	must(t, err)
	return &ticket.Service{
		Store: store, Attachments: store, Users: store, Categories: category.NewCache(store, app.Now), Now: app.Now,
		ReopenWindow: 7 * 24 * time.Hour,
	}, categoryID
}

// openTicket creates a ticket and returns its id.
func openTicket(t *testing.T, s *ticket.Service, categoryID string, actor user.Principal) string {
	t.Helper()
	tk, created, err := s.Create(t.Context(), actor, ticket.CreateParams{
		ClientID: newID(), Title: "The invoice of last month is wrong", CategoryID: categoryID,
		Description: "I was charged twice for the same month. Please have a look at it.",
	})
	if err != nil || !created {
		t.Fatalf("create: got created %v, %v", created, err)
	}
	return tk.ID
}

// postMessage posts a message and returns its entry.
func postMessage(t *testing.T, s *ticket.Service, actor user.Principal, ticketID, body string) ticket.Entry {
	t.Helper()
	posted, err := s.Post(t.Context(), actor, ticket.Message{TicketID: ticketID, ClientID: newID(), Body: body})
	if err != nil || !posted.Created {
		t.Fatalf("post: got %+v, %v", posted, err)
	}
	return posted.Entry
}

// readLog reads the whole log of a ticket.
func readLog(t *testing.T, db backend, ticketID string) ticket.Log {
	t.Helper()
	log, err := db.open().ReadLogFrom(t.Context(), ticketID, 1)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// checkLog checks that sequence numbers have no gaps and that no author used a client
// id twice.
func checkLog(t *testing.T, entries []ticket.Entry) {
	t.Helper()
	seen := map[string]int{}
	for i, e := range entries {
		if e.Seq != i+1 {
			t.Fatalf("entry %d has the seq %d", i+1, e.Seq)
		}
		own := e.Author.ID + " " + e.ClientID
		if e.ClientID != "" && seen[own] > 0 {
			t.Errorf("%s is at %d and %d", own, seen[own], e.Seq)
		}
		seen[own] = e.Seq
	}
}

// checkProjection checks that the stored ticket equals the fold of its log and read
// markers.
func checkProjection(t *testing.T, db backend, ticketID string) {
	t.Helper()
	log := readLog(t, db, ticketID)
	want := ticket.Fold(ticket.Ticket{}, log.Entries)
	for id, marker := range log.ReadMarkers {
		want = ticket.ApplyReadMarker(want, id, marker, log.Entries)
	}
	equalTicket(t, withReadPositions(log.Ticket, want), want)
}
