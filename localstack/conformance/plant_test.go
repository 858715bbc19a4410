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

	"ticketsystem/pkg/category"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// plant is a house with a table of its own, whose stream nobody follows but the
// test. Its clock moves with every look at it.
type plant struct {
	name   string
	store  *table.Table
	chance *rand.Rand

	mu  sync.Mutex
	now time.Time

	sara, mina, ali, reza user.Principal
	shelves               [2]string
	tickets               []string
}

// plantDay is when everything happens: the days of the numbers are known then.
func plantDay() time.Time { return time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC) }

func newPlant(t *testing.T, seed uint64) *plant {
	t.Helper()
	p := emptyPlant(t, seed)
	for i := range p.shelves {
		p.shelves[i] = newID()
		must(t, p.store.SaveCategory(t.Context(), category.Category{ID: p.shelves[i], Names: map[string]string{"en": fmt.Sprint("Shelf ", i)}, Active: true}))
	}
	for i, who := range []*user.Principal{&p.sara, &p.mina, &p.ali, &p.reza} {
		l := newLogin()
		l.User.CreatedAt, l.User.Name = p.tick(), []string{"Sara", "Mina", "Ali", "Reza"}[i]
		if i < 2 {
			l.User.Role = user.RoleUser
			l.User.Notify.Email = true
		}
		must(t, p.store.SaveAccount(t.Context(), l))
		*who = l.User.Principal("")
	}
	return p
}

// emptyPlant is one without anything in it.
func emptyPlant(t *testing.T, seed uint64) *plant {
	t.Helper()
	p := &plant{name: "plant-" + newID(), now: plantDay(), chance: rand.New(rand.NewPCG(seed, 3))}
	makeOwn(t, p.name)
	p.store = table.New(house.config, p.name, still)
	return p
}

// still is the clock of whoever follows: what is made twice looks the same.
func still() time.Time { return plantDay().Add(48 * time.Hour) }

func (p *plant) tick() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(time.Second)
	return p.now
}

// desk is the tickets' desk over a store.
func (p *plant) desk(store *table.Table, now func() time.Time) *ticket.Desk {
	return &ticket.Desk{
		Store: store, Files: store, People: store, Categories: category.NewCatalogue(store, now), Now: now, ReopenWindow: 7 * 24 * time.Hour,
	}
}

// live opens tickets and lets them live by chance, some days long.
func (p *plant) live(t *testing.T, tickets, steps int) {
	t.Helper()
	desk := p.desk(p.store, p.tick)
	for i := range tickets {
		h, _, err := desk.Create(t.Context(), []user.Principal{p.sara, p.mina}[i%2], ticket.Draft{
			ClientID: newID(), Title: p.words(3), Description: p.words(8), CategoryID: p.shelves[i%2],
		})
		must(t, err)
		p.tickets = append(p.tickets, h.ID)
	}
	for range tickets * steps {
		must(t, p.step(t.Context(), desk, p.tickets[p.chance.IntN(len(p.tickets))]))
	}
}

// kindOf is what an error says; "" where there is none.
func kindOf(err error) fault.Kind {
	if err == nil {
		return ""
	}
	return fault.From(err).Kind
}

// words are words of a small language, so that tickets share some.
func (p *plant) words(n int) string {
	var all []string
	for range n {
		all = append(all, []string{"invoice", "printer", "password", "slow", "broken", "again", "thanks", "invoiced", "print"}[p.chance.IntN(9)]+[]string{"", "", "x", "y"}[p.chance.IntN(4)])
	}
	return strings.Join(all, " ")
}

// step is one thing that happens to a ticket. What its state does not allow is
// left.
func (p *plant) step(ctx context.Context, desk *ticket.Desk, id string) (err error) {
	p.mu.Lock()
	n, to, hours, who := p.chance.IntN(16), p.chance.IntN(5), p.chance.IntN(4), []user.Principal{p.sara, p.mina, p.ali, p.reza}[p.chance.IntN(4)]
	text := p.words(6)
	if n == 0 {
		p.now = p.now.Add(time.Duration(hours) * time.Hour)
	}
	p.mu.Unlock()
	switch {
	case n < 7:
		_, err = desk.Post(ctx, who, ticket.Message{TicketID: id, ClientID: newID(), Body: text})
	case n < 9:
		_, err = desk.Post(ctx, p.ali, ticket.Message{TicketID: id, ClientID: newID(), Body: text, Internal: true})
	case n < 11:
		err = desk.Read(ctx, who, id, 1+to)
	case n < 14:
		_, err = desk.SetStatus(ctx, p.ali, id, newID(), []ticket.Status{ticket.StatusPending, ticket.StatusResolved, ticket.StatusClosed, ticket.StatusOpen, ticket.StatusOnHold}[to])
	case n == 14:
		_, err = desk.Assign(ctx, p.reza, id, newID(), []string{p.ali.UserID, p.reza.UserID, "", "", ""}[to])
	default:
		title := text
		_, err = desk.Edit(ctx, p.reza, id, ticket.Patch{Title: &title, CategoryID: &p.shelves[to%2]})
	}
	switch kindOf(err) {
	case fault.TicketNotFound, fault.StatusNotAllowed, fault.TicketClosed:
		return nil // somebody else's, or closed, perhaps long ago
	}
	return err
}

// logs are the logs of all tickets.
func (p *plant) logs(t *testing.T) map[string]ticket.Log {
	t.Helper()
	all := map[string]ticket.Log{}
	for _, id := range p.tickets {
		log, err := p.store.Tail(t.Context(), id, 1)
		must(t, err)
		all[id] = log
	}
	return all
}

// row is an item of the table in plain values.
type row = map[string]any

// rows are all items of the table, by their key.
func (p *plant) rows(t *testing.T) map[string]row {
	t.Helper()
	all := map[string]row{}
	in := &dynamodb.ScanInput{TableName: &p.name}
	for {
		out, err := dynamodb.NewFromConfig(house.config).Scan(t.Context(), in)
		must(t, err)
		for _, i := range out.Items {
			var r row
			must(t, attributevalue.UnmarshalMap(i, &r))
			all[fmt.Sprintf("%s|%s", r["PK"], r["SK"])] = r
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return all
		}
	}
}

// copyTo writes rows into another plant's table.
func (p *plant) copyTo(t *testing.T, other *plant) {
	t.Helper()
	other.tickets, other.sara, other.mina, other.ali, other.reza, other.shelves = p.tickets, p.sara, p.mina, p.ali, p.reza, p.shelves
	other.now = p.now
	in := &dynamodb.ScanInput{TableName: &p.name}
	for {
		out, err := dynamodb.NewFromConfig(house.config).Scan(t.Context(), in)
		must(t, err)
		var puts []types.WriteRequest
		for _, i := range out.Items {
			puts = append(puts, types.WriteRequest{PutRequest: &types.PutRequest{Item: i}})
		}
		other.write(t, puts...)
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return
		}
	}
}

func (p *plant) write(t *testing.T, writes ...types.WriteRequest) {
	t.Helper()
	for some := range slices.Chunk(writes, 25) {
		_, err := dynamodb.NewFromConfig(house.config).BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{p.name: some}})
		must(t, err)
	}
}

// sums are the numbers of the table: all editions together, without what is 0.
func sums(rows map[string]row) map[string]float64 {
	sum := map[string]float64{}
	for _, r := range rows {
		if r["PK"] != "STAT" || strings.HasPrefix(r["SK"].(string), "~C#") {
			continue
		}
		sk := r["SK"].(string)
		name := strings.Join(strings.Split(strings.TrimPrefix(sk, "D#"), "#")[:1], "")
		for attribute, value := range r {
			if n, ok := value.(float64); ok && attribute != "ttl" {
				sum[name+" "+attribute] += n
			}
		}
	}
	maps.DeleteFunc(sum, func(_ string, n float64) bool { return n == 0 })
	return sum
}

// counted are the numbers that logs fold into.
func counted(logs map[string]ticket.Log) map[string]float64 {
	sum := map[string]float64{}
	for _, log := range logs {
		c, entries := stats.Counted{}, log.Entries
		var all stats.Delta
		for c.UpTo < len(entries) {
			var d stats.Delta
			c, d = stats.Fold(c, entries)
			all.Add(d)
		}
		if log.Gone {
			_, d := stats.Forget(c)
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

// rowsLike are the rows with that prefix of their keys, without what counts
// writes or editions.
func rowsLike(rows map[string]row, like func(pk, sk string) bool) map[string]row {
	some := map[string]row{}
	for k, r := range rows {
		if like(r["PK"].(string), r["SK"].(string)) {
			r = maps.Clone(r)
			for _, name := range []string{"rev", "again", "ed", "ttl"} {
				delete(r, name)
			}
			some[k] = r
		}
	}
	return some
}

// differences names the rows that two tables do not have in common, and says
// how many were compared.
func differences(got, want map[string]row) (compared int, differ []string) {
	keys := maps.Clone(got)
	maps.Copy(keys, want)
	for k := range keys {
		if !reflect.DeepEqual(got[k], want[k]) {
			differ = append(differ, fmt.Sprintf("%s:\ngot  %v\nwant %v", k, got[k], want[k]))
		}
	}
	slices.Sort(differ)
	return len(keys), differ
}
