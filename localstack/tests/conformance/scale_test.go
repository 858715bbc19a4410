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

	"ticketsystem/localstack/emulator/dynamodb"
	"ticketsystem/localstack/emulator/lambda"
	"ticketsystem/localstack/testkit/chart"
	"ticketsystem/localstack/testkit/report"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// itemsPerTicket is what one ticket is made of: its head, seven messages, a
// claim and a read mark. Rows of indexes come on top.
const itemsPerTicket = 10

// scaleTest is a table in an engine of its own that is made larger and larger, with
// one customer, one agent and one category, so that no list is short.
type scaleTest struct {
	*costMeter
	dbFile         string
	service        *ticket.Service
	sara           user.Principal
	ali            user.Principal
	categoryID     string
	templateID     string // the ticket that all others are copies of
	templateMillis int64  // its time
	ticketCount    int    // that there are
	usedBefore     int    // the first ones, which an earlier size has used
	used           int    // of the others
}

// TestCostAtScale: what people do all day costs and takes the same, however much
// there is in the table.
func TestCostAtScale(t *testing.T) {
	s := newScaleTest(t)
	sizes := report.ShortOrFull([]int{1e3, 1e5}, []int{1e3, 1e5, 1e6, 1e7})
	rounds := report.ShortOrFull(40, 70) // each closes a ticket, and of the first hundred a page must stay open
	var all []map[string]sample
	for _, items := range sizes {
		s.growTo(t, items/itemsPerTicket)
		all = append(all, s.measure(t, rounds))
	}
	compareSizes(t, sizes, all)
}

func newScaleTest(t *testing.T) *scaleTest {
	t.Helper()
	folder := t.TempDir()
	url, err := dynamodb.FreeURL()
	must(t, err)
	engine, err := dynamodb.Start(t.Context(), dynamodb.Config{
		CacheDir: root + "/.cache", DataDir: folder, URL: url, SysProcAttr: lambda.ProcessAttributes(), Logf: t.Logf,
	})
	must(t, err)
	t.Cleanup(engine.Close)
	must(t, createTable(t.Context(), engine, "growth"))
	s := &scaleTest{costMeter: &costMeter{}, dbFile: filepath.Join(folder, "dynamodb.db"), sara: customer("سارا حسینی"), ali: agent("رضا کریمی"), categoryID: newID()}
	config := env.config.Copy()
	config.BaseEndpoint = aws.String(url)
	config.APIOptions = append(config.APIOptions, s.install)
	store := storeFor(config, "growth")
	names := map[string]string{"en": "Billing", "fa": "مالی"}
	must(t, store.SaveCategory(t.Context(), category.Category{ID: s.categoryID, Names: names, Active: true}))
	read := app.Now()
	s.service = &ticket.Service{
		Store: store, Attachments: store, Agents: store, Now: app.Now, ReopenWindow: time.Hour,
		Categories: category.NewCache(store, func() time.Time { return read }), // a warm function's
	}
	_, err = s.service.Categories.Category(t.Context(), s.categoryID)
	must(t, err)
	s.createTemplate(t)
	return s
}

// createTemplate opens the first ticket, three hours ago, all in one moment: that
// is the time the copies count from.
func (s *scaleTest) createTemplate(t *testing.T) {
	t.Helper()
	templateTime := app.Now().Add(-3 * time.Hour)
	s.templateMillis = templateTime.UnixMilli()
	atTemplateTime := *s.service
	atTemplateTime.Now = func() time.Time { return templateTime }
	tk, _, err := atTemplateTime.Create(t.Context(), s.sara, ticket.CreateParams{ClientID: newID(), Title: sampleTitle, Description: sampleMessage, CategoryID: s.categoryID})
	must(t, err)
	s.templateID, s.ticketCount = tk.ID, 1
	_, err = atTemplateTime.Claim(t.Context(), s.ali, tk.ID, newID())
	must(t, err)
	for i := range 6 {
		actor, body := s.sara, sampleMessage
		if i%2 == 1 {
			actor, body = s.ali, sampleReply
		}
		_, err := atTemplateTime.Post(t.Context(), actor, ticket.Message{TicketID: tk.ID, ClientID: newID(), Body: body})
		must(t, err)
	}
	must(t, atTemplateTime.MarkRead(t.Context(), s.sara, tk.ID, 8))
	must(t, atTemplateTime.Project(t.Context(), tk.ID, 3))
}

// growTo adds copies of the pattern until there are so many tickets. They go
// into the engine's file past the engine, which takes hours otherwise.
func (s *scaleTest) growTo(t *testing.T, tickets int) {
	t.Helper()
	began := time.Now()
	out, err := exec.CommandContext(t.Context(), "python3", "testdata/grow.py", s.dbFile, "growth", s.templateID,
		strconv.FormatInt(s.templateMillis, 10), strconv.Itoa(s.ticketCount), strconv.Itoa(tickets)).CombinedOutput()
	if err != nil {
		t.Fatalf("grow: %v\n%s", err, out)
	}
	s.usedBefore, s.used, s.ticketCount = s.ticketCount, 0, tickets
	size := s.warmCache(t)
	t.Logf("%d tickets, %d MB, in %d s", tickets, size>>20, int(time.Since(began).Seconds()))
}

// warmCache reads the engine's file through, so that it lies in memory at every
// size: the disk of this machine is not what is asked about. It gives its size.
func (s *scaleTest) warmCache(t *testing.T) int64 {
	t.Helper()
	f, err := os.Open(s.dbFile)
	must(t, err)
	defer f.Close()
	size, err := io.Copy(io.Discard, f)
	must(t, err)
	return size
}

// nextTicketID is a ticket that nobody has touched, from all over the table.
func (s *scaleTest) nextTicketID() string {
	const stride = 7919 // a prime, so that none comes twice
	s.used++
	return fmt.Sprintf("%s%010d", s.templateID[:16], s.usedBefore+s.used*stride%(s.ticketCount-s.usedBefore))
}

// scaleOperation is something that people do all day, on a ticket nobody has touched.
type scaleOperation struct {
	name string
	run  func(ctx context.Context, g *scaleTest, ticketID string) error
}

func listOperation(name string, query func(s *scaleTest) ticket.Query) scaleOperation {
	return scaleOperation{name, func(ctx context.Context, s *scaleTest, _ string) error {
		q := query(s)
		tickets, next, err := s.service.Store.ListTickets(ctx, q, nil)
		if err == nil && (len(tickets) != q.Limit || next == nil) {
			err = fmt.Errorf("got %d tickets, want %d and more to follow", len(tickets), q.Limit)
		}
		return err
	}}
}

func scaleOperations() []scaleOperation {
	return []scaleOperation{
		listOperation("my tickets (20)", func(s *scaleTest) ticket.Query {
			return ticket.Query{CustomerID: s.sara.UserID, Sort: ticket.SortActivity, Limit: 20}
		}),
		listOperation("my tickets by creation (20)", func(s *scaleTest) ticket.Query {
			return ticket.Query{CustomerID: s.sara.UserID, Sort: ticket.SortCreated, Limit: 20}
		}),
		listOperation("queue (25)", func(*scaleTest) ticket.Query { return ticket.Query{Sort: ticket.SortWaiting, Limit: 25} }),
		listOperation("queue by activity (25)", func(*scaleTest) ticket.Query { return ticket.Query{Sort: ticket.SortActivity, Limit: 25} }),
		listOperation("held by me (25)", func(s *scaleTest) ticket.Query {
			return ticket.Query{AssigneeID: s.ali.UserID, Sort: ticket.SortWaiting, Limit: 25}
		}),
		listOperation("queue of a category (25)", func(s *scaleTest) ticket.Query {
			return ticket.Query{CategoryID: s.categoryID, Sort: ticket.SortWaiting, Limit: 25}
		}),
		listOperation("open, of a priority (25)", func(*scaleTest) ticket.Query {
			return ticket.Query{Statuses: []ticket.Status{ticket.StatusOpen}, Priority: ticket.PriorityMedium, Sort: ticket.SortWaiting, Limit: 25}
		}),
		{"detail", func(ctx context.Context, s *scaleTest, id string) error {
			_, err := s.service.Detail(ctx, s.sara, id)
			return err
		}},
		{"entries after", func(ctx context.Context, s *scaleTest, id string) error {
			_, err := s.service.Entries(ctx, s.sara, id, ticket.EntryQuery{After: 3, Limit: 4})
			return err
		}},
		{"mark read", func(ctx context.Context, s *scaleTest, id string) error {
			return s.service.MarkRead(ctx, s.sara, id, 7)
		}},
		{"create", func(ctx context.Context, s *scaleTest, _ string) error {
			_, _, err := s.service.Create(ctx, s.sara, ticket.CreateParams{ClientID: newID(), Title: sampleTitle, Description: sampleMessage, CategoryID: s.categoryID})
			return err
		}},
		{"post", func(ctx context.Context, s *scaleTest, id string) error {
			_, err := s.service.Post(ctx, s.sara, ticket.Message{TicketID: id, ClientID: newID(), Body: sampleReply, After: 8})
			return err
		}},
		{"stream: a message", func(ctx context.Context, s *scaleTest, id string) error { return s.service.Project(ctx, id, 9) }},
		{"close", func(ctx context.Context, s *scaleTest, id string) error {
			_, err := s.service.Close(ctx, s.sara, id, newID())
			return err
		}},
	}
}

// sample is what a chore cost and how long it took.
type sample struct {
	cost   cost
	median time.Duration
}

// measure does each chore so many times and tells the usual price (a busy
// machine makes the SDK try again, now and then) and the median of the times. A
// close follows a post on the same ticket, as do the chores between.
func (s *scaleTest) measure(t *testing.T, rounds int) map[string]sample {
	t.Helper()
	took := map[string][]time.Duration{}
	costs := map[string]map[cost]int{} // how often each was paid
	for range rounds {
		id := s.nextTicketID()
		for _, op := range scaleOperations() {
			s.reset()
			began := time.Now()
			if err := op.run(t.Context(), s, id); err != nil {
				t.Fatalf("%s among %d tickets: %v", op.name, s.ticketCount, err)
			}
			took[op.name] = append(took[op.name], time.Since(began))
			if costs[op.name] == nil {
				costs[op.name] = map[cost]int{}
			}
			got, _ := s.reset()
			costs[op.name][got]++
		}
	}
	out := map[string]sample{}
	for name, times := range took {
		slices.Sort(times)
		out[name] = sample{mostFrequent(costs[name]), times[len(times)/2]}
	}
	return out
}

// mostFrequent is the price that was paid most often.
func mostFrequent(costs map[cost]int) cost {
	var most cost
	for p, n := range costs {
		if n > costs[most] {
			most = p
		}
	}
	return most
}

// compareSizes compares every size with the first.
func compareSizes(t *testing.T, sizes []int, all []map[string]sample) {
	t.Helper()
	var table strings.Builder
	table.WriteString("| Operation | Units |")
	for _, n := range sizes {
		fmt.Fprintf(&table, " p50 among %d |", n)
	}
	table.WriteString(" slowest / first |\n|---|---|" + strings.Repeat("---|", len(sizes)+1) + "\n")
	p50Chart := chart.Chart{Title: "p50 of an operation over the size of the table", X: "items", Y: "ms"}
	sameCost, steady, worst, slowest := 0, 0, 0.0, ""
	for _, op := range scaleOperations() {
		first, last := all[0][op.name], all[0][op.name]
		series, same := chart.Series{Name: op.name}, true
		fmt.Fprintf(&table, "| %s | %v |", op.name, first.cost)
		for i, found := range all {
			s := found[op.name]
			if s.cost != first.cost {
				same = false
				t.Errorf("%s: among %d items %v, among %d %v", op.name, sizes[i], s.cost, sizes[0], first.cost)
			}
			last.median = max(last.median, s.median)
			series.Points = append(series.Points, chart.Point{X: float64(sizes[i]), Y: s.median.Seconds() * 1000})
			fmt.Fprintf(&table, " %.2f ms |", s.median.Seconds()*1000)
		}
		ratio := float64(last.median) / float64(first.median)
		fmt.Fprintf(&table, " %.2f |\n", ratio)
		p50Chart.Series = append(p50Chart.Series, series)
		if same {
			sameCost++
		}
		if ratio <= 1.2 {
			steady++
		}
		if ratio > worst {
			worst, slowest = ratio, op.name
		}
	}
	n := len(scaleOperations())
	recordScale(t, sizes, report.Result{
		Name: "operations that cost the same at every size", Value: fmt.Sprintf("%d of %d", sameCost, n), Target: "all", Pass: sameCost == n,
	}, report.Result{
		Name: "operations whose p50 stays within 1.2 of the first", Value: fmt.Sprintf("%d of %d, at most %.2f (%s)", steady, n, worst, slowest),
		Target: "all", Pass: steady == n, Note: "The engine keeps its tables as B-trees in one file: more items are more levels, and the machine's noise comes on top. The units say what DynamoDB does.",
	})
	must(t, report.Detail("growth", "The same operations in a growing table", table.String()))
	must(t, report.Chart("growth", "p50", p50Chart.SVG()))
	t.Logf("trips / read units / write units, and the median:\n%s", table.String())
}

func recordScale(t *testing.T, sizes []int, lines ...report.Result) {
	t.Helper()
	for _, l := range lines {
		l.Check, l.Name = "growth", fmt.Sprintf("%s, up to %d items", l.Name, sizes[len(sizes)-1])
		if l.Pass {
			l.Note = ""
		}
		must(t, report.Record(l))
	}
}
