package conformance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// workload runs random ticket operations on its own table. The test reads the table's
// stream. Each reading of the clock advances it by one second.
type workload struct {
	tableName string
	store     *dynamo.Store
	config    aws.Config // of the stream handlers
	rng       *rand.Rand

	mu  sync.Mutex
	now time.Time

	indexing sync.Mutex // see serialIndex

	sara, mina, ali, reza user.Principal
	categoryIDs           [2]string
	ticketIDs             []string
}

// workloadStart is the time of the first operation. It is fixed, so that the days of
// the statistics are known.
func workloadStart() time.Time { return time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC) }

// removeAttributes removes attributes of an item.
func (w *workload) removeAttributes(t *testing.T, pk, sk, names string) {
	t.Helper()
	_, err := dynamodb.NewFromConfig(env.config).UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: &w.tableName, UpdateExpression: aws.String("REMOVE " + names),
		Key: map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: pk}, "SK": &types.AttributeValueMemberS{Value: sk}},
	})
	must(t, err)
}

func newWorkload(t *testing.T, seed uint64) *workload {
	t.Helper()
	w := newEmptyWorkload(t, seed)
	for i := range w.categoryIDs {
		w.categoryIDs[i] = newID()
		must(t, w.store.SaveCategory(t.Context(), category.Category{ID: w.categoryIDs[i], Names: map[string]string{"en": fmt.Sprint("Category ", i)}, Active: true}))
	}
	for i, actor := range []*user.Principal{&w.sara, &w.mina, &w.ali, &w.reza} {
		l := newLogin()
		l.User.CreatedAt, l.User.Name = w.tick(), []string{"Sara", "Mina", "Ali", "Reza"}[i]
		if i < 2 {
			l.User.Role = user.RoleUser
			l.User.Notifications.Email = true
		}
		must(t, w.store.PutAccount(t.Context(), l))
		*actor = l.User.Principal("")
	}
	return w
}

// newEmptyWorkload returns a workload without users and categories.
func newEmptyWorkload(t *testing.T, seed uint64) *workload {
	t.Helper()
	w := &workload{tableName: "workload-" + newID(), config: env.config, now: workloadStart(), rng: rand.New(rand.NewPCG(seed, 3))}
	createTempTable(t, w.tableName)
	w.store = dynamo.New(env.config, w.tableName, fixedNow)
	return w
}

// fixedNow is the clock of the stream handlers. It is fixed, so that repeated
// projections are equal.
func fixedNow() time.Time { return workloadStart().Add(48 * time.Hour) }

func (w *workload) tick() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Second)
	return w.now
}

// serialIndex makes one change of the search index at a time, as the FIFO queue does.
type serialIndex struct {
	store *dynamo.Store
	mu    *sync.Mutex
}

func (w *workload) searchIndex(store *dynamo.Store) serialIndex {
	return serialIndex{store, &w.indexing}
}

func (s serialIndex) IndexTicket(ctx context.Context, ticketID, cause string, terms, staffOnly []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.IndexTicket(ctx, ticketID, cause, terms, staffOnly)
}

func (s serialIndex) IndexOpening(ctx context.Context, ticketID, cause string, terms []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.IndexOpening(ctx, ticketID, cause, terms)
}

func (s serialIndex) RefreshTicket(ctx context.Context, ticketID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.RefreshTicket(ctx, ticketID)
}

func (s serialIndex) RefreshUser(ctx context.Context, userID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.RefreshUser(ctx, userID)
}

// service returns a ticket service over a store.
func (w *workload) service(store *dynamo.Store, now func() time.Time) *ticket.Service {
	return &ticket.Service{
		Store: store, Attachments: store, Users: store, Categories: category.NewCache(store, now), Now: now, ReopenWindow: 7 * 24 * time.Hour,
	}
}

// runRandom creates tickets and runs random operations on them, over several days.
func (w *workload) runRandom(t *testing.T, tickets, steps int) {
	t.Helper()
	service := w.service(w.store, w.tick)
	for i := range tickets {
		tk, _, err := service.Create(t.Context(), []user.Principal{w.sara, w.mina}[i%2], ticket.CreateParams{
			ClientID: newID(), Title: w.randomText(3), Description: w.randomText(8), CategoryID: w.categoryIDs[i%2],
		})
		must(t, err)
		w.ticketIDs = append(w.ticketIDs, tk.ID)
	}
	for range tickets * steps {
		must(t, w.step(t.Context(), service, w.ticketIDs[w.rng.IntN(len(w.ticketIDs))]))
	}
}

// codeOf returns the code of an error, or "" for nil.
func codeOf(err error) apperr.Code {
	if err == nil {
		return ""
	}
	return apperr.From(err).Code
}

// randomText returns random words of a small vocabulary, so that tickets share terms.
func (w *workload) randomText(n int) string {
	var all []string
	for range n {
		all = append(all, []string{"invoice", "printer", "password", "slow", "broken", "again", "thanks", "invoiced", "print"}[w.rng.IntN(9)]+[]string{"", "", "x", "y"}[w.rng.IntN(4)])
	}
	return strings.Join(all, " ")
}

// step runs one random operation on a ticket. Operations that the ticket's state does
// not allow are ignored.
func (w *workload) step(ctx context.Context, service *ticket.Service, id string) (err error) {
	w.mu.Lock()
	n, to, hours, actor := w.rng.IntN(16), w.rng.IntN(5), w.rng.IntN(4), []user.Principal{w.sara, w.mina, w.ali, w.reza}[w.rng.IntN(4)]
	text := w.randomText(6)
	if n == 0 {
		w.now = w.now.Add(time.Duration(hours) * time.Hour)
	}
	w.mu.Unlock()
	switch {
	case n < 7:
		_, err = service.Post(ctx, actor, ticket.Message{TicketID: id, ClientID: newID(), Body: text})
	case n < 9:
		_, err = service.Post(ctx, w.ali, ticket.Message{TicketID: id, ClientID: newID(), Body: text, Internal: true})
	case n < 11:
		err = service.MarkRead(ctx, actor, id, 1+to)
	case n < 14:
		_, err = service.SetStatus(ctx, w.ali, id, newID(), []ticket.Status{ticket.StatusPending, ticket.StatusResolved, ticket.StatusClosed, ticket.StatusOpen, ticket.StatusOnHold}[to])
	case n == 14:
		_, err = service.Assign(ctx, w.reza, id, newID(), []string{w.ali.UserID, w.reza.UserID, "", "", ""}[to])
	default:
		title := text
		_, err = service.Update(ctx, w.reza, id, ticket.Patch{Title: &title, CategoryID: &w.categoryIDs[to%2]})
	}
	switch codeOf(err) {
	case apperr.TicketNotFound, apperr.StatusNotAllowed, apperr.TicketClosed:
		return nil // another customer's ticket, or a closed one
	}
	return err
}

// logs returns the logs of all tickets.
func (w *workload) logs(t *testing.T) map[string]ticket.Log {
	t.Helper()
	all := map[string]ticket.Log{}
	for _, id := range w.ticketIDs {
		log, err := w.store.ReadLogFrom(t.Context(), id, 1)
		must(t, err)
		all[id] = log
	}
	return all
}
