package conformance

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ticketsystem/localstack/dynamo"
	"ticketsystem/localstack/judge/plot"
	"ticketsystem/localstack/judge/verdict"
	"ticketsystem/localstack/lambda"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// itemsPerTicket is what one ticket is made of: its head, seven messages, a
// claim and a read mark. Rows of indexes come on top.
const itemsPerTicket = 10

// growth is a table in an engine of its own that is made larger and larger, with
// one customer, one agent and one category, so that no list is short.
type growth struct {
	*meter
	file    string
	desk    *ticket.Desk
	sara    user.Principal
	ali     user.Principal
	shelf   string
	pattern string // the ticket that all others are copies of
	millis  int64  // its time
	tickets int    // that there are
	touched int    // the first ones, which an earlier size has used
	used    int    // of the others
}

// TestGrowth: what people do all day costs and takes the same, however much
// there is in the table.
func TestGrowth(t *testing.T) {
	g := newGrowth(t)
	sizes := verdict.Pick([]int{1e3, 1e5}, []int{1e3, 1e5, 1e6, 1e7})
	rounds := verdict.Pick(40, 70) // each closes a ticket, and of the first hundred a page must stay open
	var all []map[string]sample
	for _, items := range sizes {
		g.growTo(t, items/itemsPerTicket)
		all = append(all, g.measure(t, rounds))
	}
	judgeGrowth(t, sizes, all)
}

func newGrowth(t *testing.T) *growth {
	t.Helper()
	folder := t.TempDir()
	url, err := dynamo.FreeURL()
	must(t, err)
	engine, err := dynamo.Start(t.Context(), dynamo.Config{
		Cache: root + "/.cache", Data: folder, URL: url, Attr: lambda.ProcessAttributes(), Logf: t.Logf,
	})
	must(t, err)
	t.Cleanup(engine.Close)
	must(t, makeTable(t.Context(), engine, "growth"))
	g := &growth{meter: &meter{}, file: filepath.Join(folder, "dynamodb.db"), sara: customer("سارا حسینی"), ali: agent("رضا کریمی"), shelf: newID()}
	config := house.config.Copy()
	config.BaseEndpoint = aws.String(url)
	config.APIOptions = append(config.APIOptions, g.install)
	store := tableOf(config, "growth")
	names := map[string]string{"en": "Billing", "fa": "مالی"}
	must(t, store.SaveCategory(t.Context(), category.Category{ID: g.shelf, Names: names, Active: true}))
	read := wiring.Now()
	g.desk = &ticket.Desk{
		Store: store, Files: store, People: store, Now: wiring.Now, ReopenWindow: time.Hour,
		Categories: category.NewCatalogue(store, func() time.Time { return read }), // a warm function's
	}
	_, err = g.desk.Categories.Category(t.Context(), g.shelf)
	must(t, err)
	g.makePattern(t)
	return g
}

// makePattern opens the first ticket, three hours ago, all in one moment: that
// is the time the copies count from.
func (g *growth) makePattern(t *testing.T) {
	t.Helper()
	then := wiring.Now().Add(-3 * time.Hour)
	g.millis = then.UnixMilli()
	past := *g.desk
	past.Now = func() time.Time { return then }
	h, _, err := past.Create(t.Context(), g.sara, ticket.Draft{ClientID: newID(), Title: aTitle, Description: aMessage, CategoryID: g.shelf})
	must(t, err)
	g.pattern, g.tickets = h.ID, 1
	_, err = past.Claim(t.Context(), g.ali, h.ID, newID())
	must(t, err)
	for i := range 6 {
		who, body := g.sara, aMessage
		if i%2 == 1 {
			who, body = g.ali, anAnswer
		}
		_, err := past.Post(t.Context(), who, ticket.Message{TicketID: h.ID, ClientID: newID(), Body: body})
		must(t, err)
	}
	must(t, past.Read(t.Context(), g.sara, h.ID, 8))
	must(t, past.Project(t.Context(), h.ID, 3))
}

// growTo adds copies of the pattern until there are so many tickets. They go
// into the engine's file past the engine, which takes hours otherwise.
func (g *growth) growTo(t *testing.T, tickets int) {
	t.Helper()
	began := time.Now()
	out, err := exec.CommandContext(t.Context(), "python3", "testdata/grow.py", g.file, "growth", g.pattern,
		strconv.FormatInt(g.millis, 10), strconv.Itoa(g.tickets), strconv.Itoa(tickets)).CombinedOutput()
	if err != nil {
		t.Fatalf("grow: %v\n%s", err, out)
	}
	g.touched, g.used, g.tickets = g.tickets, 0, tickets
	size := g.warm(t)
	t.Logf("%d tickets, %d MB, in %d s", tickets, size>>20, int(time.Since(began).Seconds()))
}

// warm reads the engine's file through, so that it lies in memory at every
// size: the disk of this machine is not what is asked about. It gives its size.
func (g *growth) warm(t *testing.T) int64 {
	t.Helper()
	f, err := os.Open(g.file)
	must(t, err)
	defer f.Close()
	size, err := io.Copy(io.Discard, f)
	must(t, err)
	return size
}

// fresh is a ticket that nobody has touched, from all over the table.
func (g *growth) fresh() string {
	const stride = 7919 // a prime, so that none comes twice
	g.used++
	return fmt.Sprintf("%s%010d", g.pattern[:16], g.touched+g.used*stride%(g.tickets-g.touched))
}

// chore is something that people do all day, on a ticket nobody has touched.
type chore struct {
	name string
	do   func(ctx context.Context, g *growth, ticketID string) error
}

func listing(name string, query func(g *growth) ticket.Query) chore {
	return chore{name, func(ctx context.Context, g *growth, _ string) error {
		q := query(g)
		heads, next, err := g.desk.Store.List(ctx, q, nil)
		if err == nil && (len(heads) != q.Limit || next == nil) {
			err = fmt.Errorf("got %d tickets, want %d and more to follow", len(heads), q.Limit)
		}
		return err
	}}
}

func chores() []chore {
	return []chore{
		listing("my tickets (20)", func(g *growth) ticket.Query {
			return ticket.Query{CustomerID: g.sara.UserID, Sort: ticket.SortActivity, Limit: 20}
		}),
		listing("my tickets by creation (20)", func(g *growth) ticket.Query {
			return ticket.Query{CustomerID: g.sara.UserID, Sort: ticket.SortCreated, Limit: 20}
		}),
		listing("queue (25)", func(*growth) ticket.Query { return ticket.Query{Sort: ticket.SortWaiting, Limit: 25} }),
		listing("queue by activity (25)", func(*growth) ticket.Query { return ticket.Query{Sort: ticket.SortActivity, Limit: 25} }),
		listing("held by me (25)", func(g *growth) ticket.Query {
			return ticket.Query{AssigneeID: g.ali.UserID, Sort: ticket.SortWaiting, Limit: 25}
		}),
		listing("queue of a category (25)", func(g *growth) ticket.Query {
			return ticket.Query{CategoryID: g.shelf, Sort: ticket.SortWaiting, Limit: 25}
		}),
		listing("open, of a priority (25)", func(*growth) ticket.Query {
			return ticket.Query{Statuses: []ticket.Status{ticket.StatusOpen}, Priority: ticket.PriorityMedium, Sort: ticket.SortWaiting, Limit: 25}
		}),
		{"detail", func(ctx context.Context, g *growth, id string) error {
			_, err := g.desk.Detail(ctx, g.sara, id)
			return err
		}},
		{"entries after", func(ctx context.Context, g *growth, id string) error {
			_, err := g.desk.Entries(ctx, g.sara, id, ticket.Page{After: 3, Limit: 4})
			return err
		}},
		{"mark read", func(ctx context.Context, g *growth, id string) error { return g.desk.Read(ctx, g.sara, id, 7) }},
		{"create", func(ctx context.Context, g *growth, _ string) error {
			_, _, err := g.desk.Create(ctx, g.sara, ticket.Draft{ClientID: newID(), Title: aTitle, Description: aMessage, CategoryID: g.shelf})
			return err
		}},
		{"post", func(ctx context.Context, g *growth, id string) error {
			_, err := g.desk.Post(ctx, g.sara, ticket.Message{TicketID: id, ClientID: newID(), Body: anAnswer, After: 8})
			return err
		}},
		{"stream: a message", func(ctx context.Context, g *growth, id string) error { return g.desk.Project(ctx, id, 9) }},
		{"close", func(ctx context.Context, g *growth, id string) error {
			_, err := g.desk.Close(ctx, g.sara, id, newID())
			return err
		}},
	}
}

// sample is what a chore cost and how long it took.
type sample struct {
	price  price
	median time.Duration
}

// measure does each chore so many times and tells the usual price (a busy
// machine makes the SDK try again, now and then) and the median of the times. A
// close follows a post on the same ticket, as do the chores between.
func (g *growth) measure(t *testing.T, rounds int) map[string]sample {
	t.Helper()
	took := map[string][]time.Duration{}
	prices := map[string]map[price]int{} // how often each was paid
	for range rounds {
		id := g.fresh()
		for _, d := range chores() {
			g.reset()
			began := time.Now()
			if err := d.do(t.Context(), g, id); err != nil {
				t.Fatalf("%s among %d tickets: %v", d.name, g.tickets, err)
			}
			took[d.name] = append(took[d.name], time.Since(began))
			if prices[d.name] == nil {
				prices[d.name] = map[price]int{}
			}
			got, _ := g.reset()
			prices[d.name][got]++
		}
	}
	out := map[string]sample{}
	for name, times := range took {
		slices.Sort(times)
		out[name] = sample{usual(prices[name]), times[len(times)/2]}
	}
	return out
}

// usual is the price that was paid most often.
func usual(prices map[price]int) price {
	var most price
	for p, n := range prices {
		if n > prices[most] {
			most = p
		}
	}
	return most
}

// judgeGrowth compares every size with the first.
func judgeGrowth(t *testing.T, sizes []int, all []map[string]sample) {
	t.Helper()
	var table strings.Builder
	table.WriteString("| Operation | Units |")
	for _, n := range sizes {
		fmt.Fprintf(&table, " p50 among %d |", n)
	}
	table.WriteString(" slowest / first |\n|---|---|" + strings.Repeat("---|", len(sizes)+1) + "\n")
	chart := plot.Chart{Title: "p50 of an operation over the size of the table", X: "items", Y: "ms"}
	alike, steady, worst, slowest := 0, 0, 0.0, ""
	for _, d := range chores() {
		first, last := all[0][d.name], all[0][d.name]
		line, same := plot.Line{Name: d.name}, true
		fmt.Fprintf(&table, "| %s | %v |", d.name, first.price)
		for i, found := range all {
			s := found[d.name]
			if s.price != first.price {
				same = false
				t.Errorf("%s: among %d items %v, among %d %v", d.name, sizes[i], s.price, sizes[0], first.price)
			}
			last.median = max(last.median, s.median)
			line.Points = append(line.Points, plot.Point{X: float64(sizes[i]), Y: s.median.Seconds() * 1000})
			fmt.Fprintf(&table, " %.2f ms |", s.median.Seconds()*1000)
		}
		ratio := float64(last.median) / float64(first.median)
		fmt.Fprintf(&table, " %.2f |\n", ratio)
		chart.Lines = append(chart.Lines, line)
		if same {
			alike++
		}
		if ratio <= 1.2 {
			steady++
		}
		if ratio > worst {
			worst, slowest = ratio, d.name
		}
	}
	n := len(chores())
	recordGrowth(t, sizes, verdict.Line{
		Name: "operations that cost the same at every size", Figure: fmt.Sprintf("%d of %d", alike, n), Goal: "all", Holds: alike == n,
	}, verdict.Line{
		Name: "operations whose p50 stays within 1.2 of the first", Figure: fmt.Sprintf("%d of %d, at most %.2f (%s)", steady, n, worst, slowest),
		Goal: "all", Holds: steady == n, Cause: "The engine keeps its tables as B-trees in one file: more items are more levels, and the machine's noise comes on top. The units say what DynamoDB does.",
	})
	must(t, verdict.Detail("growth", "The same operations in a growing table", table.String()))
	must(t, verdict.Plot("growth", "p50", chart.SVG()))
	t.Logf("trips / read units / write units, and the median:\n%s", table.String())
}

func recordGrowth(t *testing.T, sizes []int, lines ...verdict.Line) {
	t.Helper()
	for _, l := range lines {
		l.Item, l.Name = "growth", fmt.Sprintf("%s, up to %d items", l.Name, sizes[len(sizes)-1])
		if l.Holds {
			l.Cause = ""
		}
		must(t, verdict.Record(l))
	}
}
