package conformance

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// Texts of a usual length. Persian letters take two bytes each: what is cheap
// for them is cheap for all.
const (
	aTitle   = "فاکتور ماه گذشته دو بار حساب شده است"
	aMessage = "سلام، مبلغ فاکتور ماه گذشته دو بار از حساب من برداشت شده است. لطفاً بررسی کنید و نتیجه را همین جا بنویسید."
	anAnswer = "سلام، پرداخت شما را دیدیم. مبلغ اضافه تا دو روز کاری به حساب شما برمی‌گردد."
)

// market is a busy day in small, over a table with a meter: a customer with 25
// tickets, one of them with 60 entries, and an agent who watches it.
type market struct {
	*meter
	store   *table.Table
	desk    *ticket.Desk
	unpaid  *ticket.Desk // past the meter, to prepare things
	people  people
	door    *realtime.Door
	files   *attachment.Desk
	socket  *api.Socket
	pushes  *pushes
	shelf   string // the category
	sara    user.Principal
	ali     user.Principal
	number  string // Sara's
	tokens  account.Tokens
	ticket  string // with 60 entries
	last    int    // its newest seq
	tickets []string
	socketA realtime.Connection // Ali's
	upload  attachment.Attachment
}

// pushes is a Pusher that counts.
type pushes struct{ n int }

func (p *pushes) Post(context.Context, string, []byte) error { p.n++; return nil }

func newMarket(t *testing.T) *market {
	t.Helper()
	store, m := metered()
	desk, _ := newDesk(t, store)
	shelf, read := newID(), wiring.Now()
	must(t, open().SaveCategory(t.Context(), category.Category{ID: shelf, Names: map[string]string{"en": "Billing", "fa": "مالی"}, Active: true}))
	desk.Categories = category.NewCatalogue(store, func() time.Time { return read }) // a warm function's
	log := slog.New(slog.DiscardHandler)
	hub := &realtime.Hub{Store: store, Pusher: &pushes{}, Now: wiring.Now}
	k := &market{
		meter: m, store: store, desk: desk, shelf: shelf, people: newPeople(t, store), number: newNumber(), pushes: hub.Pusher.(*pushes),
		door:  &realtime.Door{Store: store, Now: wiring.Now, Random: rand.Reader},
		files: &attachment.Desk{Store: store, Now: wiring.Now, NewID: newID},
		socket: &api.Socket{
			Store: store, Hub: hub, News: &api.News{Hub: hub, Log: log}, Log: log, Now: wiring.Now,
			Revocations: account.NewRevocations(open(), wiring.Now), // priced by themselves
		},
	}
	// A second ago: clients make the clientIds of the test after its entries.
	k.desk.Now = func() time.Time { return wiring.Now().Add(-time.Second) }
	unpaid := *k.desk
	unpaid.Store, unpaid.Files = open(), open()
	k.unpaid = &unpaid
	k.tokens = k.people.signUp(t, k.number)
	k.sara = k.tokens.User.Principal("")
	k.sara.Name = "سارا حسینی"
	staff := newLogin()
	staff.User.Name = "رضا کریمی"
	must(t, open().SaveAccount(t.Context(), staff))
	k.ali = staff.User.Principal("")
	k.fill(t)
	k.socketA = newConnection(k.ali)
	must(t, open().AddConnection(t.Context(), k.socketA))
	if watched, err := open().Watch(t.Context(), k.socketA, realtime.TicketTopic(k.ticket)); err != nil || !watched {
		t.Fatalf("watch: got %v, %v", watched, err)
	}
	k.upload = newFile(t, k.sara)
	if _, err := k.desk.Categories.Category(t.Context(), shelf); err != nil {
		t.Fatal(err)
	}
	return k
}

// fill opens the tickets, each with an agent and an answer, and tells the first
// of them at length. It writes past the desk: that is quicker, and the desk is
// measured elsewhere.
func (k *market) fill(t *testing.T) {
	t.Helper()
	for range 25 {
		k.ticket = newID()
		opened := k.entry(1, k.sara, aMessage)
		opened.Kind, opened.Opening = ticket.KindOpened, &ticket.Opening{Title: aTitle, Category: ticket.Category{ID: k.shelf, Names: map[string]string{"en": "Billing", "fa": "مالی"}}}
		opened.State.Status, opened.State.AssigneeID = ticket.StatusNew, ""
		h := ticket.Fold(ticket.Head{}, []ticket.Entry{opened})
		if exists, err := open().Create(t.Context(), h, opened, nil); err != nil || exists {
			t.Fatalf("create: got exists %v, %v", exists, err)
		}
		claim := k.entry(2, k.ali, "")
		claim.Kind, claim.Change = ticket.KindAssignment, &ticket.Change{Field: "assignee", To: k.ali.UserID, Name: k.ali.Name}
		more := []ticket.Entry{claim, k.entry(3, k.ali, anAnswer)}
		h = ticket.Fold(h, more)
		h.Revision = 1
		must(t, open().Commit(t.Context(), h, more))
		k.tickets = append(k.tickets, k.ticket)
	}
	k.ticket = k.tickets[0]
	for seq := 4; seq <= 60; seq++ {
		e := k.entry(seq, k.ali, anAnswer)
		if seq%2 == 0 {
			e = k.entry(seq, k.sara, aMessage)
		}
		if held, err := open().Append(t.Context(), e); err != nil || held != nil {
			t.Fatalf("append: got %+v, %v", held, err)
		}
	}
	must(t, k.unpaid.Read(t.Context(), k.sara, k.ticket, 58))
	must(t, k.unpaid.Project(t.Context(), k.ticket, 4))
	k.catchUp(t)
}

// entry is a message on the ticket that is being told.
func (k *market) entry(seq int, who user.Principal, body string) ticket.Entry {
	e := entryAt(k.ticket, seq, who)
	e.Body, e.CreatedAt = body, k.unpaid.Now()
	e.State = ticket.State{Status: ticket.StatusOpen, Priority: ticket.PriorityMedium, CategoryID: k.shelf, AssigneeID: k.ali.UserID}
	return e
}

// catchUp does what the stream does, until the head is up to date.
func (k *market) catchUp(t *testing.T) {
	t.Helper()
	k.last = len(wholeLog(t, k.ticket).Entries)
	must(t, k.unpaid.Project(t.Context(), k.ticket, k.last))
}

func (k *market) draft() ticket.Draft {
	return ticket.Draft{ClientID: newID(), Title: aTitle, Description: aMessage, CategoryID: k.shelf}
}

// message is the next one of somebody who has seen everything.
func (k *market) message(after int) ticket.Message {
	return ticket.Message{TicketID: k.ticket, ClientID: newID(), Body: anAnswer, After: after}
}

// post posts a new message.
func (k *market) post(ctx context.Context, who user.Principal, m ticket.Message) error {
	posted, err := k.desk.Post(ctx, who, m)
	if err == nil && !posted.Created {
		return fmt.Errorf("a repeat of %d", posted.Entry.Seq)
	}
	k.last = max(k.last, posted.Entry.Seq)
	return err
}

// frame sends a frame over Ali's socket.
func (k *market) frame(ctx context.Context, run api.Action, frame map[string]any) error {
	body, err := json.Marshal(frame)
	if err != nil {
		return err
	}
	before := k.pushes.n
	var event events.APIGatewayWebsocketProxyRequest
	event.Body, event.RequestContext.ConnectionID = string(body), k.socketA.ID
	_, err = k.socket.Handler(run)(ctx, event)
	if err == nil && k.pushes.n == before && !bytes.Contains(body, []byte(`"read"`)) {
		err = fmt.Errorf("nothing was answered to %s", body)
	}
	return err
}
