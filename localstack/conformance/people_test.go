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
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

const password = "correct-horse-7"

// numbers counts the phone numbers that were given out.
var numbers atomic.Int64

// newNumber is one that no other test has.
func newNumber() string { return fmt.Sprintf("+98912%07d", numbers.Add(1)) }

func customer(name string) user.Principal {
	return user.Principal{UserID: newID(), Name: name, Role: user.RoleUser, Locale: "en"}
}

func agent(name string) user.Principal {
	return user.Principal{UserID: newID(), Name: name, Role: user.RoleSupport, Locale: "en"}
}

// outbox is a Texter that keeps the codes it is given.
type outbox struct {
	mu    sync.Mutex
	codes map[string]string // by number
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

func (o *outbox) Send(_ context.Context, to, text string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.codes[to] = sixDigits.FindString(text)
	return nil
}

// code is the newest one sent to a number; "" when there is none.
func (o *outbox) code(number string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.codes[number]
}

// people is the front desk over a store. Each has an address of its own, so
// that no test uses up another's limits.
type people struct {
	*account.Service
	outbox *outbox
	from   account.Caller
}

func newPeople(t *testing.T, store *table.Table) people {
	t.Helper()
	key, err := auth.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edge, err := auth.NewEdge(key.EdgeKey())
	if err != nil {
		t.Fatal(err)
	}
	box := &outbox{codes: map[string]string{}}
	issuer := auth.NewIssuer(key, "conformance", wiring.Now, newID)
	return people{outbox: box, from: account.Caller{Address: newID(), Device: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Locale: "en"},
		Service: &account.Service{
			Store: store, Files: store, Texter: box, Edge: edge, Now: wiring.Now, NewID: newID, Random: rand.Reader, Region: "IR",
			Limits: account.Limits{PerAddress: 100}, Addresses: &account.Addresses{}, Issuer: func(context.Context) (*auth.Issuer, error) { return issuer, nil },
		}}
}

// at is the same front desk with its clock stopped: how long a test takes must
// not decide what is in time.
func (p people) at(now time.Time) people {
	s := *p.Service
	s.Now = func() time.Time { return now }
	p.Service = &s
	return p
}

// send asks for a code and reads it from the outbox.
func (p people) send(t *testing.T, number, purpose string) string {
	t.Helper()
	if _, err := p.SendCode(t.Context(), number, purpose, p.from); err != nil {
		t.Fatal(err)
	}
	return p.outbox.code(number)
}

// signUp makes an account and gives its tokens.
func (p people) signUp(t *testing.T, number string) account.Tokens {
	t.Helper()
	tokens, err := p.SignUp(t.Context(), number, password, p.send(t, number, account.PurposeSignUp), "Sara", p.from)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

// oneCategory is the category of all tests: what the catalogue costs must not
// depend on how many of them ran before.
var oneCategory = sync.OnceValues(func() (string, error) {
	c := category.Category{ID: newID(), Names: map[string]string{"en": "Billing", "fa": "مالی"}, Active: true}
	return c.ID, open().SaveCategory(context.Background(), c)
})

// newDesk is the ticket desk over a store, and a category to file under.
func newDesk(t *testing.T, store *table.Table) (desk *ticket.Desk, categoryID string) {
	t.Helper()
	categoryID, err := oneCategory()
	must(t, err)
	return &ticket.Desk{
		Store: store, Files: store, People: store, Categories: category.NewCatalogue(store, wiring.Now), Now: wiring.Now,
		ReopenWindow: 7 * 24 * time.Hour,
	}, categoryID
}

// openTicket opens one and gives its id.
func openTicket(t *testing.T, d *ticket.Desk, categoryID string, who user.Principal) string {
	t.Helper()
	h, created, err := d.Create(t.Context(), who, ticket.Draft{
		ClientID: newID(), Title: "The invoice of last month is wrong", CategoryID: categoryID,
		Description: "I was charged twice for the same month. Please have a look at it.",
	})
	if err != nil || !created {
		t.Fatalf("create: got created %v, %v", created, err)
	}
	return h.ID
}

// say posts a message and gives its entry.
func say(t *testing.T, d *ticket.Desk, who user.Principal, ticketID, body string) ticket.Entry {
	t.Helper()
	posted, err := d.Post(t.Context(), who, ticket.Message{TicketID: ticketID, ClientID: newID(), Body: body})
	if err != nil || !posted.Created {
		t.Fatalf("post: got %+v, %v", posted, err)
	}
	return posted.Entry
}

// wholeLog reads all of a ticket's log.
func wholeLog(t *testing.T, ticketID string) ticket.Log {
	t.Helper()
	log, err := open().Tail(t.Context(), ticketID, 1)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// checkLog: seqs without gaps, no clientId of one author twice.
func checkLog(t *testing.T, entries []ticket.Entry) {
	t.Helper()
	seen := map[string]int{}
	for i, e := range entries {
		if e.Seq != i+1 {
			t.Fatalf("entry %d has the seq %d", i+1, e.Seq)
		}
		own := e.Author.ID + " " + e.ClientID
		if e.ClientID != "" && seen[own] > 0 {
			t.Errorf("%s stands at %d and %d", own, seen[own], e.Seq)
		}
		seen[own] = e.Seq
	}
}

// checkHead: the stored head is what the whole log folds into, with the read
// marks that stand beside it.
func checkHead(t *testing.T, ticketID string) {
	t.Helper()
	log := wholeLog(t, ticketID)
	want := ticket.Fold(ticket.Head{}, log.Entries)
	for id, mark := range log.Marks {
		want = ticket.MarkRead(want, id, mark, id != want.Customer.ID, log.Entries)
	}
	sameHead(t, log.Head, want)
}
