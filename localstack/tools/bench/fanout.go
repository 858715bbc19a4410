package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/report"
)

// receipts counts the frames of a message that are outstanding: its entry frames, and
// the hints and notifications of the stream.
type receipts struct {
	seq                  atomic.Int64 // of the expected message
	frames, streamFrames atomic.Int64
	delivered, settled   chan time.Time
}

// expect starts waiting for a message on a number of sockets.
func (r *receipts) expect(seq, sockets int) {
	r.frames.Store(int64(sockets))
	r.streamFrames.Store(2 * int64(sockets))
	r.seq.Store(int64(seq))
}

// seqOf matches the sequence number in a frame.
var seqOf = regexp.MustCompile(`"seq":(\d+)`)

// listen reads the frames of a socket until it closes.
func (r *receipts) listen(ctx context.Context, conn *websocket.Conn) {
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			return
		}
		now := time.Now()
		if strings.HasPrefix(string(text), `{"type":"notification"`) {
			r.countStreamFrame(now)
			continue
		}
		found := seqOf.FindSubmatch(text)
		if found == nil {
			continue
		}
		seq, err := strconv.ParseInt(string(found[1]), 10, 64)
		if err != nil || seq != r.seq.Load() {
			continue
		}
		switch {
		case strings.HasPrefix(string(text), `{"type":"entry"`):
			if r.frames.Add(-1) == 0 {
				r.delivered <- now
			}
		case strings.HasPrefix(string(text), `{"type":"head"`):
			r.countStreamFrame(now)
		}
	}
}

func (r *receipts) countStreamFrame(now time.Time) {
	if r.streamFrames.Add(-1) == 0 {
		r.settled <- now
	}
}

// fanOut measures the time from a message to the last of many sockets of its
// customer. Sockets of subscribed agents take the same path.
func fanOut(ctx context.Context, s *server) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // closes the sockets
	owner, err := s.api.SignUp(ctx, client.RandomPhone(), "Sara Customer")
	if err != nil {
		return err
	}
	agent, err := s.api.Login(ctx, agentPhone, client.Password)
	if err != nil {
		return err
	}
	ticket, err := owner.OpenTicket(ctx, nil)
	if err != nil {
		return err
	}
	test := &fanOutTest{server: s, owner: owner, writer: &ticketWriter{owner: agent, id: ticket.ID, last: ticket.LastSeq},
		receipts: &receipts{delivered: make(chan time.Time, 1), settled: make(chan time.Time, 1)}}
	table := "Time from sending a message until the last socket has received it. The next message is sent after the hint and the notification of the stream.\n\n| sockets | messages | p50 | p99 | functions | gateway | engine |\n|---|---|---|---|---|---|---|\n"
	chart := report.Chart{Title: "Latency from a message to the last socket", X: "sockets", Y: "ms", Series: []report.Series{{Name: "p50"}, {Name: "p99"}}}
	var results []report.Result
	for _, n := range []int{1, 10, 100, 1000} {
		l, err := test.measure(ctx, n)
		if err != nil {
			return err
		}
		p50, p99 := median(l.latencies), percentile(l.latencies, 0.99)
		row := fmt.Sprintf("| %d | %d | %s | %s | %s | %s | %s |\n", n, len(l.latencies), ms(p50), ms(p99), ms(l.cpuPerRequest(l.cpu.functions)), ms(l.cpuPerRequest(l.cpu.gateway)), ms(l.cpuPerRequest(l.cpu.engine)))
		fmt.Print(row)
		table += row
		chart.Points = append(chart.Points, strconv.Itoa(n))
		chart.Series[0].Values = append(chart.Series[0].Values, p50.Seconds()*1000)
		chart.Series[1].Values = append(chart.Series[1].Values, p99.Seconds()*1000)
		if n == 100 {
			const limit = 50 * time.Millisecond
			result := report.Result{Check: speedCheck, Name: "message to the last of 100 sockets, p99", Value: fmt.Sprintf("%s (p50 %s)", ms(p99), ms(p50)),
				Target: "at most 50 ms; the previous system 1,716 ms", Pass: p99 <= limit}
			if !result.Pass {
				result.Note = fmt.Sprintf("One message and its frames take %s of processor time in functions and %s in the gateway, on the %d processors that also read the sockets.",
					ms(l.cpuPerRequest(l.cpu.functions)), ms(l.cpuPerRequest(l.cpu.gateway)), runtime.NumCPU())
			}
			results = append(results, result)
		}
	}
	return recordResults(report.Detail(speedCheck, "Fan-out", table+"\n"+chart.Markdown()), results...)
}

// fanOutTest is a ticket with subscribed sockets.
type fanOutTest struct {
	*server
	*receipts
	owner     *client.User
	writer    *ticketWriter
	connected int
}

// measure opens sockets until there are n, and posts messages.
func (t *fanOutTest) measure(ctx context.Context, n int) (load, error) {
	if err := t.connectSockets(ctx, n); err != nil {
		return load{}, err
	}
	if err := t.waitIdle(ctx); err != nil {
		return load{}, err
	}
	l := load{}
	before, err := cpuTime(t.command.Process.Pid)
	if err != nil {
		return l, err
	}
	const warm = 3
	for i := range warm + max(10, report.ShortOrFull(30, 200)/max(1, n/50)) {
		t.expect(t.writer.last+1, n)
		start := time.Now()
		if err := t.writer.post(ctx); err != nil {
			return l, err
		}
		delivered, err := t.wait(ctx, t.delivered)
		if err != nil {
			return l, err
		}
		if _, err := t.wait(ctx, t.settled); err != nil {
			return l, err
		}
		if i >= warm {
			l.latencies = append(l.latencies, delivered.Sub(start))
		}
	}
	after, err := cpuTime(t.command.Process.Pid)
	l.cpu = after.minus(before)
	return l, err
}

func (t *fanOutTest) wait(ctx context.Context, reached <-chan time.Time) (time.Time, error) {
	const timeout = time.Minute
	select {
	case at := <-reached:
		return at, nil
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	case <-time.After(timeout):
		return time.Time{}, fmt.Errorf("message %d: %d entry frames and %d stream frames missing after %s", t.seq.Load(), t.frames.Load(), t.streamFrames.Load(), timeout)
	}
}

// connectSockets opens sockets until there are n.
func (t *fanOutTest) connectSockets(ctx context.Context, n int) error {
	const maxConcurrent = 8
	errs := make([]error, n)
	semaphore := make(chan struct{}, maxConcurrent)
	var all sync.WaitGroup
	for ; t.connected < n; t.connected++ {
		i := t.connected
		semaphore <- struct{}{}
		all.Go(func() {
			defer func() { <-semaphore }()
			errs[i] = t.connect(ctx)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (t *fanOutTest) connect(ctx context.Context) error {
	address, err := t.owner.SocketURL(ctx)
	if err != nil {
		return err
	}
	header := http.Header{"Authorization": {"Bearer " + t.owner.Tokens().AccessToken}}
	conn, _, err := websocket.Dial(ctx, address, &websocket.DialOptions{HTTPHeader: header}) //nolint:bodyclose // the library closes it
	if err != nil {
		return err
	}
	go t.listen(ctx, conn) // ends with ctx
	return nil
}
