package conformance

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// workload is a house with a table of its own, whose stream nobody follows but the
// test. Its clock moves with every look at it.
type workload struct {
	tableName string
	store     *dynamo.Store
	rng       *rand.Rand

	mu  sync.Mutex
	now time.Time

	sara, mina, ali, reza user.Principal
	categoryIDs           [2]string
	ticketIDs             []string
}

// workloadStart is when everything happens: the days of the numbers are known then.
func workloadStart() time.Time { return time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC) }

func newWorkload(t *testing.T, seed uint64) *workload {
	t.Helper()
	w := newEmptyWorkload(t, seed)
	for i := range w.categoryIDs {
		w.categoryIDs[i] = newID()
		must(t, w.store.SaveCategory(t.Context(), category.Category{ID: w.categoryIDs[i], Names: map[string]string{"en": fmt.Sprint("Shelf ", i)}, Active: true}))
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

// newEmptyWorkload is one without anything in it.
func newEmptyWorkload(t *testing.T, seed uint64) *workload {
	t.Helper()
	w := &workload{tableName: "plant-" + newID(), now: workloadStart(), rng: rand.New(rand.NewPCG(seed, 3))}
	createTempTable(t, w.tableName)
	w.store = dynamo.New(env.config, w.tableName, fixedNow)
	return w
}

// fixedNow is the clock of whoever follows: what is made twice looks the same.
func fixedNow() time.Time { return workloadStart().Add(48 * time.Hour) }

func (w *workload) tick() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Second)
	return w.now
}

// service is the tickets' desk over a store.
func (w *workload) service(store *dynamo.Store, now func() time.Time) *ticket.Service {
	return &ticket.Service{
		Store: store, Attachments: store, Agents: store, Categories: category.NewCache(store, now), Now: now, ReopenWindow: 7 * 24 * time.Hour,
	}
}

// runRandom opens tickets and lets them live by chance, some days long.
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

// codeOf is what an error says; "" where there is none.
func codeOf(err error) apperr.Code {
	if err == nil {
		return ""
	}
	return apperr.From(err).Code
}

// randomText are words of a small language, so that tickets share some.
func (w *workload) randomText(n int) string {
	var all []string
	for range n {
		all = append(all, []string{"invoice", "printer", "password", "slow", "broken", "again", "thanks", "invoiced", "print"}[w.rng.IntN(9)]+[]string{"", "", "x", "y"}[w.rng.IntN(4)])
	}
	return strings.Join(all, " ")
}

// step is one thing that happens to a ticket. What its state does not allow is
// left.
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
		return nil // somebody else's, or closed, perhaps long ago
	}
	return err
}

// logs are the logs of all tickets.
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

// item is an item of the table in plain values.
type item = map[string]any

// items are all items of the table, by their key.
func (w *workload) items(t *testing.T) map[string]item {
	t.Helper()
	all := map[string]item{}
	in := &dynamodb.ScanInput{TableName: &w.tableName}
	for {
		out, err := dynamodb.NewFromConfig(env.config).Scan(t.Context(), in)
		must(t, err)
		for _, i := range out.Items {
			var it item
			must(t, attributevalue.UnmarshalMap(i, &it))
			all[fmt.Sprintf("%s|%s", it["PK"], it["SK"])] = it
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return all
		}
	}
}

// copyTo writes rows into another plant's table.
func (w *workload) copyTo(t *testing.T, other *workload) {
	t.Helper()
	other.ticketIDs, other.sara, other.mina, other.ali, other.reza, other.categoryIDs = w.ticketIDs, w.sara, w.mina, w.ali, w.reza, w.categoryIDs
	other.now = w.now
	in := &dynamodb.ScanInput{TableName: &w.tableName}
	for {
		out, err := dynamodb.NewFromConfig(env.config).Scan(t.Context(), in)
		must(t, err)
		var puts []types.WriteRequest
		for _, i := range out.Items {
			puts = append(puts, types.WriteRequest{PutRequest: &types.PutRequest{Item: i}})
		}
		other.batchWrite(t, puts...)
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return
		}
	}
}

func (w *workload) batchWrite(t *testing.T, writes ...types.WriteRequest) {
	t.Helper()
	for some := range slices.Chunk(writes, 25) {
		_, err := dynamodb.NewFromConfig(env.config).BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{w.tableName: some}})
		must(t, err)
	}
}

// statsTotals are the numbers of the table: all editions together, without what is 0.
func statsTotals(items map[string]item) map[string]float64 {
	sum := map[string]float64{}
	for _, it := range items {
		if it["PK"] != "STAT" || strings.HasPrefix(it["SK"].(string), "~C#") {
			continue
		}
		sk := it["SK"].(string)
		name := strings.Join(strings.Split(strings.TrimPrefix(sk, "D#"), "#")[:1], "")
		for attribute, value := range it {
			if n, ok := value.(float64); ok && attribute != "ttl" {
				sum[name+" "+attribute] += n
			}
		}
	}
	maps.DeleteFunc(sum, func(_ string, n float64) bool { return n == 0 })
	return sum
}

// expectedTotals are the numbers that logs fold into.
func expectedTotals(logs map[string]ticket.Log) map[string]float64 {
	sum := map[string]float64{}
	for _, log := range logs {
		c, entries := stats.Checkpoint{}, log.Entries
		var all stats.Delta
		for c.LastSeq < len(entries) {
			var d stats.Delta
			c, d = stats.Fold(c, entries)
			all.Add(d)
		}
		if log.Deleted {
			_, d := stats.Remove(c)
			all.Add(d)
		}
		for day, numbers := range all.Days {
			for name, n := range numbers {
				sum[day+" "+name] += float64(n)
			}
		}
		for name, n := range all.Backlog {
			sum["~B "+name] += float64(n)
		}
	}
	maps.DeleteFunc(sum, func(_ string, n float64) bool { return n == 0 })
	return sum
}

// filterItems are the rows with that prefix of their keys, without what counts
// writes or editions.
func filterItems(items map[string]item, keep func(pk, sk string) bool) map[string]item {
	some := map[string]item{}
	for k, it := range items {
		if keep(it["PK"].(string), it["SK"].(string)) {
			it = maps.Clone(it)
			for _, name := range []string{"rev", "again", "ed", "ttl"} {
				delete(it, name)
			}
			some[k] = it
		}
	}
	return some
}

// diffItems names the rows that two tables do not have in common, and says
// how many were compared.
func diffItems(got, want map[string]item) (compared int, diffs []string) {
	keys := maps.Clone(got)
	maps.Copy(keys, want)
	for k := range keys {
		if !reflect.DeepEqual(got[k], want[k]) {
			diffs = append(diffs, fmt.Sprintf("%s:\ngot  %v\nwant %v", k, got[k], want[k]))
		}
	}
	slices.Sort(diffs)
	return len(keys), diffs
}
