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
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/ws"
)

// Texts of typical length. Persian letters take two bytes each, so other languages cost
// no more.
const (
	sampleTitle   = "فاکتور ماه گذشته دو بار حساب شده است"
	sampleMessage = "سلام، مبلغ فاکتور ماه گذشته دو بار از حساب من برداشت شده است. لطفاً بررسی کنید و نتیجه را همین جا بنویسید."
	sampleReply   = "سلام، پرداخت شما را دیدیم. مبلغ اضافه تا دو روز کاری به حساب شما برمی‌گردد."
)

// costFixture is a typical data set over a metered store: a customer with 25 tickets,
// one of them with 60 entries, and a subscribed agent.
type costFixture struct {
	*costMeter
	store         *dynamo.Store
	service       *ticket.Service
	unmetered     *ticket.Service // not metered, for preparation
	accounts      accounts
	connectTokens *realtime.ConnectTokens
	attachments   *attachment.Service
	wsHandler     *ws.Handler
	pusher        *countingPusher
	categoryID    string
	sara          user.Principal
	ali           user.Principal
	phone         string // Sara's
	tokens        account.Tokens
	ticketID      string // with 60 entries
	lastSeq       int    // its newest seq
	ticketIDs     []string
	connection    realtime.Connection // Ali's
	upload        attachment.Attachment
}

// countingPusher counts the pushes.
type countingPusher struct{ count int }

func (p *countingPusher) Send(context.Context, string, []byte) error { p.count++; return nil }

func newCostFixture(t *testing.T) *costFixture {
	t.Helper()
	store, m := newMeteredStore()
	service, _ := newTicketService(t, store)
	categoryID, read := newID(), app.Now()
	must(t, openStore().SaveCategory(t.Context(), category.Category{ID: categoryID, Names: map[string]string{"en": "Billing", "fa": "مالی"}, Active: true}))
	service.Categories = category.NewCache(store, func() time.Time { return read }) // the cache of a warm instance
	log := slog.New(slog.DiscardHandler)
	hub := &realtime.Hub{Store: store, Pusher: &countingPusher{}, Now: app.Now}
	revocations := account.NewRevocationCache(openStore(), app.Now) // measured by a case of their own
	f := &costFixture{
		costMeter: m, store: store, service: service, categoryID: categoryID, accounts: newAccounts(t, store), phone: newPhone(), pusher: hub.Pusher.(*countingPusher),
		connectTokens: &realtime.ConnectTokens{Store: store, Now: app.Now, Random: rand.Reader},
		attachments:   &attachment.Service{Store: store, Now: app.Now, NewID: newID},
		wsHandler: &ws.Handler{
			Store: store, Hub: hub, Publisher: &ws.Publisher{Hub: hub, Revocations: revocations, Log: log}, Log: log, Now: app.Now,
			Revocations: revocations,
		},
	}
	f.service.Writes = revocations
	f.service.TicketLimiter = &limit.Limiter{Rule: limit.Rule{Name: "tickets", Max: 1000, Window: time.Minute}, Store: store, Now: app.Now}
	f.attachments.UploadLimiter = &limit.Limiter{Rule: limit.Rule{Name: "uploads", Max: 1000, Window: time.Minute}, Store: store, Now: app.Now}
	// One second ago, so that the client ids of the test are later than its entries.
	f.service.Now = func() time.Time { return app.Now().Add(-time.Second) }
	unmetered := *f.service
	// Users usually change tickets that have rested for a while.
	unmetered.Now = func() time.Time { return app.Now().Add(-time.Minute) }
	unmetered.Store, unmetered.Attachments, unmetered.TicketLimiter = openStore(), openStore(), nil
	f.unmetered = &unmetered
	f.tokens = f.accounts.signUp(t, f.phone)
	f.sara = f.tokens.User.Principal("")
	f.sara.Name = "سارا حسینی"
	staff := newLogin()
	staff.User.Name = "رضا کریمی"
	must(t, openStore().PutAccount(t.Context(), staff))
	f.ali = staff.User.Principal("")
	f.fill(t)
	f.connection = newConnection(f.ali)
	must(t, openStore().AddConnection(t.Context(), f.connection))
	if subscribed, err := openStore().Subscribe(t.Context(), f.connection, realtime.TicketTopic(f.ticketID)); err != nil || !subscribed {
		t.Fatalf("subscribe: got %v, %v", subscribed, err)
	}
	f.upload = newAttachment(t, onDynamo, f.sara)
	if _, err := f.service.Categories.Category(t.Context(), categoryID); err != nil {
		t.Fatal(err)
	}
	return f
}

// fill creates the tickets, each with an agent and a reply, and adds entries to the
// first. It bypasses the ticket service, which is slower and measured elsewhere.
func (f *costFixture) fill(t *testing.T) {
	t.Helper()
	for range 25 {
		f.ticketID = newID()
		opened := f.entry(1, f.sara, sampleMessage)
		opened.Kind, opened.Opening = ticket.KindOpened, &ticket.Opening{Title: sampleTitle, Category: ticket.Category{ID: f.categoryID, Names: map[string]string{"en": "Billing", "fa": "مالی"}}}
		opened.State.Status, opened.State.AssigneeID = ticket.StatusNew, ""
		tk := ticket.Fold(ticket.Ticket{}, []ticket.Entry{opened})
		if exists, err := openStore().CreateTicket(t.Context(), tk, opened, nil); err != nil || exists {
			t.Fatalf("create: got exists %v, %v", exists, err)
		}
		claim := f.entry(2, f.ali, "")
		claim.Kind, claim.Change = ticket.KindAssignment, &ticket.Change{Field: "assignee", To: f.ali.UserID, Name: f.ali.Name}
		more := []ticket.Entry{claim, f.entry(3, f.ali, sampleReply)}
		tk = ticket.Fold(tk, more)
		tk.Revision = 1
		must(t, openStore().CommitEntries(t.Context(), tk, more))
		f.ticketIDs = append(f.ticketIDs, f.ticketID)
	}
	f.ticketID = f.ticketIDs[0]
	for seq := 4; seq <= 60; seq++ {
		e := f.entry(seq, f.ali, sampleReply)
		if seq%2 == 0 {
			e = f.entry(seq, f.sara, sampleMessage)
		}
		if existing, err := openStore().AppendEntry(t.Context(), e); err != nil || existing != nil {
			t.Fatalf("append: got %+v, %v", existing, err)
		}
	}
	must(t, f.unmetered.MarkRead(t.Context(), f.sara, f.ticketID, 58))
	must(t, f.unmetered.Project(t.Context(), f.ticketID, 4))
	f.catchUp(t)
}

// entry returns a message entry on the current ticket.
func (f *costFixture) entry(seq int, actor user.Principal, body string) ticket.Entry {
	e := newEntry(f.ticketID, seq, actor)
	e.Body, e.CreatedAt = body, f.unmetered.Now()
	e.State = ticket.State{Status: ticket.StatusOpen, Priority: ticket.PriorityMedium, CategoryID: f.categoryID, AssigneeID: f.ali.UserID}
	return e
}

// catchUp runs the projection, so that the stored ticket is up to date.
func (f *costFixture) catchUp(t *testing.T) {
	t.Helper()
	f.lastSeq = len(readLog(t, onDynamo, f.ticketID).Entries)
	must(t, f.unmetered.Project(t.Context(), f.ticketID, f.lastSeq))
}

func (f *costFixture) createParams() ticket.CreateParams {
	return ticket.CreateParams{ClientID: newID(), Title: sampleTitle, Description: sampleMessage, CategoryID: f.categoryID}
}

// message returns a new message of a client that has read up to after.
func (f *costFixture) message(after int) ticket.Message {
	return ticket.Message{TicketID: f.ticketID, ClientID: newID(), Body: sampleReply, After: after}
}

// post posts a message that must be new.
func (f *costFixture) post(ctx context.Context, actor user.Principal, m ticket.Message) error {
	posted, err := f.service.Post(ctx, actor, m)
	if err == nil && !posted.Created {
		return fmt.Errorf("a repeat of %d", posted.Entry.Seq)
	}
	f.lastSeq = max(f.lastSeq, posted.Entry.Seq)
	return err
}

// sendFrame sends a frame over Ali's connection.
func (f *costFixture) sendFrame(ctx context.Context, run ws.Action, frame map[string]any) error {
	body, err := json.Marshal(frame)
	if err != nil {
		return err
	}
	before := f.pusher.count
	var event events.APIGatewayWebsocketProxyRequest
	event.Body, event.RequestContext.ConnectionID = string(body), f.connection.ID
	_, err = f.wsHandler.Handle(run)(ctx, event)
	if err == nil && f.pusher.count == before && !bytes.Contains(body, []byte(`"read"`)) {
		err = fmt.Errorf("no reply to %s", body)
	}
	return err
}
