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
	"ticketsystem/localstack/testkit/report"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// itemsPerTicket is the number of items per ticket: the ticket, seven messages, a claim
// and a read marker. Index items are not counted.
const itemsPerTicket = 10

// scaleTest is a growing table in an engine of its own, with one customer, one agent
// and one category, so that every list is full.
type scaleTest struct {
	*costMeter
	dbFile         string
	service        *ticket.Service
	sara           user.Principal
	ali            user.Principal
	categoryID     string
	templateID     string // id of the ticket that all others are copies of
	templateMillis int64  // creation time of the template ticket
	ticketCount    int
	usedBefore     int // tickets that an earlier size has used
	used           int // tickets used at this size
}

// TestCostAtScale checks that the daily operations have the same cost and latency at
// every table size.
func TestCostAtScale(t *testing.T) {
	s := newScaleTest(t)
	sizes := report.ShortOrFull([]int{1e3, 1e5}, []int{1e3, 1e5, 1e6, 1e7})
	rounds := report.ShortOrFull(40, 70) // each round closes a ticket, and 25 of the first hundred must stay open
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
		Store: store, Attachments: store, Users: store, Now: app.Now, ReopenWindow: time.Hour,
		Categories: category.NewCache(store, func() time.Time { return read }), // the cache of a warm instance
	}
	_, err = s.service.Categories.Category(t.Context(), s.categoryID)
	must(t, err)
	s.createTemplate(t)
	return s
}

// createTemplate creates the template ticket, with all entries at one time three hours
// ago. The times of the copies are relative to it.
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

// growTo copies the template ticket until the table has the given number of tickets. It
// writes to the engine's file directly, because inserting through the engine takes
// hours.
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

// warmCache reads the engine's file into the page cache, so that disk speed does not
// affect the result. It returns the file's size.
func (s *scaleTest) warmCache(t *testing.T) int64 {
	t.Helper()
	f, err := os.Open(s.dbFile)
	must(t, err)
	defer f.Close()
	size, err := io.Copy(io.Discard, f)
	must(t, err)
	return size
}

// nextTicketID returns the id of an unused ticket, spread over the whole table.
func (s *scaleTest) nextTicketID() string {
	const stride = 7919 // a prime, so that no ticket repeats
	s.used++
	return fmt.Sprintf("%s%010d", s.templateID[:16], s.usedBefore+s.used*stride%(s.ticketCount-s.usedBefore))
}

// scaleOperation is one daily operation on an unused ticket.
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
		listOperation("assigned to me (25)", func(s *scaleTest) ticket.Query {
			return ticket.Query{AssigneeID: s.ali.UserID, Sort: ticket.SortWaiting, Limit: 25}
		}),
		listOperation("queue of a category (25)", func(s *scaleTest) ticket.Query {
			return ticket.Query{CategoryIDs: []string{s.categoryID}, Sort: ticket.SortWaiting, Limit: 25}
		}),
		listOperation("open, by priority (25)", func(*scaleTest) ticket.Query {
			return ticket.Query{Statuses: []ticket.Status{ticket.StatusOpen}, Priorities: []ticket.Priority{ticket.PriorityMedium}, Sort: ticket.SortWaiting, Limit: 25}
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

// sample is the cost and the median latency of an operation.
type sample struct {
	cost   cost
	median time.Duration
}

// measure runs each operation once per round on one ticket per round. It returns the
// most frequent cost, because the SDK may retry on a busy machine, and the median
// latency.
func (s *scaleTest) measure(t *testing.T, rounds int) map[string]sample {
	t.Helper()
	took := map[string][]time.Duration{}
	costs := map[string]map[cost]int{} // operation -> cost -> count
	for range rounds {
		id := s.nextTicketID()
		for _, op := range scaleOperations() {
			s.reset()
			began := time.Now()
			if err := op.run(t.Context(), s, id); err != nil {
				t.Fatalf("%s with %d tickets: %v", op.name, s.ticketCount, err)
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

// mostFrequent returns the cost with the highest count.
func mostFrequent(costs map[cost]int) cost {
	var most cost
	for p, n := range costs {
		if n > costs[most] {
			most = p
		}
	}
	return most
}

// compareSizes compares every size with the smallest.
func compareSizes(t *testing.T, sizes []int, all []map[string]sample) {
	t.Helper()
	var table strings.Builder
	table.WriteString("| Operation | Units |")
	for _, n := range sizes {
		fmt.Fprintf(&table, " p50 at %d |", n)
	}
	table.WriteString(" slowest / first |\n|---|---|" + strings.Repeat("---|", len(sizes)+1) + "\n")
	p50Chart := report.Chart{Title: "p50 of each operation by table size", X: "items", Y: "ms"}
	for _, n := range sizes {
		p50Chart.Points = append(p50Chart.Points, strconv.Itoa(n))
	}
	sameCost, steady, worst, slowest, cause := 0, 0, 0.0, "", ""
	for _, op := range scaleOperations() {
		first, last := all[0][op.name], all[0][op.name]
		series, same := report.Series{Name: op.name}, true
		fmt.Fprintf(&table, "| %s | %v |", op.name, first.cost)
		for i, found := range all {
			s := found[op.name]
			if s.cost != first.cost {
				same = false
				t.Errorf("%s: at %d items %v, at %d %v", op.name, sizes[i], s.cost, sizes[0], first.cost)
			}
			last.median = max(last.median, s.median)
			series.Values = append(series.Values, s.median.Seconds()*1000)
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
			cause = fmt.Sprintf("%s takes %.2f ms at the first size and up to %.2f ms", op.name, first.median.Seconds()*1000, last.median.Seconds()*1000)
		}
	}
	n := len(scaleOperations())
	recordScale(t, sizes, report.Result{
		Name: "operations with the same cost at every size", Value: fmt.Sprintf("%d of %d", sameCost, n), Target: "all", Pass: sameCost == n,
	}, report.Result{
		Name: "operations whose p50 stays within 1.2 of the first", Value: fmt.Sprintf("%d of %d, at most %.2f (%s)", steady, n, worst, slowest),
		Target: "all", Pass: steady == n, Note: fmt.Sprintf("%s; %d of %d operations use the same units at every size.", cause, sameCost, n),
	})
	must(t, report.Detail("scale", "Operations by table size", table.String()+"\n"+p50Chart.Markdown()))
	t.Logf("round trips / read units / write units, and the median:\n%s", table.String())
}

func recordScale(t *testing.T, sizes []int, lines ...report.Result) {
	t.Helper()
	for _, l := range lines {
		l.Check, l.Name = "scale", fmt.Sprintf("%s, up to %d items", l.Name, sizes[len(sizes)-1])
		if l.Pass {
			l.Note = ""
		}
		must(t, report.Record(l))
	}
}
