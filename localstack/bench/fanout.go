package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"ticketsystem/localstack/client"
	"ticketsystem/localstack/judge/plot"
	"ticketsystem/localstack/judge/verdict"
)

// arrivals counts the sockets that a message has not reached yet, and what the
// stream has still to tell them: a hint, and a notification of the agent's reply.
type arrivals struct {
	seq            atomic.Int64 // the message that is waited for
	frames, echoes atomic.Int64
	shown, settled chan time.Time
}

// expect waits from now on for a message, on so many sockets.
func (a *arrivals) expect(seq, sockets int) {
	a.frames.Store(int64(sockets))
	a.echoes.Store(2 * int64(sockets))
	a.seq.Store(int64(seq))
}

// seqOf finds the number of the entry in a frame.
var seqOf = regexp.MustCompile(`"seq":(\d+)`)

// listen reads the frames of a socket until it ends.
func (a *arrivals) listen(ctx context.Context, conn *websocket.Conn) {
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			return
		}
		now := time.Now()
		if strings.HasPrefix(string(text), `{"type":"notification"`) {
			a.echo(now)
			continue
		}
		found := seqOf.FindSubmatch(text)
		if found == nil {
			continue
		}
		seq, err := strconv.ParseInt(string(found[1]), 10, 64)
		if err != nil || seq != a.seq.Load() {
			continue
		}
		switch {
		case strings.HasPrefix(string(text), `{"type":"entry"`):
			if a.frames.Add(-1) == 0 {
				a.shown <- now
			}
		case strings.HasPrefix(string(text), `{"type":"head"`):
			a.echo(now)
		}
	}
}

func (a *arrivals) echo(now time.Time) {
	if a.echoes.Add(-1) == 0 {
		a.settled <- now
	}
}

// fanOut measures how long a message takes to the last of many sockets. They
// are its customer's; agents' sockets that watch a ticket take the same way.
func fanOut(ctx context.Context, s *server) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // which ends the sockets
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
	room := &room{server: s, owner: owner, thread: &thread{owner: agent, id: ticket.ID, last: ticket.LastSeq},
		arrivals: &arrivals{shown: make(chan time.Time, 1), settled: make(chan time.Time, 1)}}
	table := "Time from sending a message until the last of so many sockets has it; the next one is sent when the stream has told of it too, with a hint and a notification.\n\n| sockets | messages | p50 | p99 | functions | gateway | engine |\n|---|---|---|---|---|---|---|\n"
	middles, worst := plot.Line{Name: "p50"}, plot.Line{Name: "p99"}
	goal := plot.Line{Name: "the replaced system", Points: []plot.Point{{X: 100, Y: 1716}, {X: 101, Y: 1716}}}
	var lines []verdict.Line
	for _, n := range []int{1, 10, 100, 1000} {
		l, err := room.measure(ctx, n)
		if err != nil {
			return err
		}
		p50, p99 := middle(l.answers), share(l.answers, 0.99)
		row := fmt.Sprintf("| %d | %d | %s | %s | %s | %s | %s |\n", n, len(l.answers), ms(p50), ms(p99), ms(l.each(l.used.functions)), ms(l.each(l.used.gateway)), ms(l.each(l.used.engine)))
		fmt.Print(row)
		table += row
		middles.Points = append(middles.Points, plot.Point{X: float64(n), Y: p50.Seconds() * 1000})
		worst.Points = append(worst.Points, plot.Point{X: float64(n), Y: p99.Seconds() * 1000})
		if n == 100 {
			const most = 50 * time.Millisecond
			line := verdict.Line{Item: speedItem, Name: "message to the last of 100 sockets, p99", Figure: fmt.Sprintf("%s (p50 %s)", ms(p99), ms(p50)),
				Goal: "at most 50 ms; the replaced system 1,716 ms", Holds: p99 <= most}
			if !line.Holds {
				line.Cause = fmt.Sprintf("300 frames, two thirds of them after the last socket has the message, take %s of the functions' and %s of the gateway's processor time, "+
					"on the processors that also read the sockets. Of the functions' share most is what each call of @connections costs the SDK: building, signing, sending.",
					ms(l.each(l.used.functions)), ms(l.each(l.used.gateway)))
			}
			lines = append(lines, line)
		}
	}
	chart := plot.Chart{Title: "From a message to the last socket", X: "sockets", Y: "ms", LogY: true, Lines: []plot.Line{middles, worst, goal}}
	return tell(errors.Join(verdict.Detail(speedItem, "Fan-out", table), verdict.Plot(speedItem, "fan-out", chart.SVG())), lines...)
}

// room is a ticket with sockets that watch it.
type room struct {
	*server
	*arrivals
	owner  *client.Person
	thread *thread
	open   int
}

// measure opens sockets until there are n, and posts.
func (r *room) measure(ctx context.Context, n int) (load, error) {
	if err := r.fill(ctx, n); err != nil {
		return load{}, err
	}
	if err := r.quiet(ctx); err != nil {
		return load{}, err
	}
	l := load{}
	before, err := processors(r.command.Process.Pid)
	if err != nil {
		return l, err
	}
	const warm = 3
	for i := range warm + max(10, verdict.Pick(30, 200)/max(1, n/50)) {
		r.expect(r.thread.last+1, n)
		start := time.Now()
		if err := r.thread.post(ctx); err != nil {
			return l, err
		}
		shown, err := r.wait(ctx, r.shown)
		if err != nil {
			return l, err
		}
		if _, err := r.wait(ctx, r.settled); err != nil {
			return l, err
		}
		if i >= warm {
			l.answers = append(l.answers, shown.Sub(start))
		}
	}
	after, err := processors(r.command.Process.Pid)
	l.used = after.minus(before)
	return l, err
}

func (r *room) wait(ctx context.Context, reached <-chan time.Time) (time.Time, error) {
	const patience = time.Minute
	select {
	case at := <-reached:
		return at, nil
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	case <-time.After(patience):
		return time.Time{}, fmt.Errorf("message %d: %d sockets without it and %d times nothing from the stream after %s", r.seq.Load(), r.frames.Load(), r.echoes.Load(), patience)
	}
}

// fill opens sockets until there are n.
func (r *room) fill(ctx context.Context, n int) error {
	const atOnce = 8
	errs := make([]error, n)
	places := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for ; r.open < n; r.open++ {
		i := r.open
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			errs[i] = r.connect(ctx)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (r *room) connect(ctx context.Context) error {
	address, err := r.owner.SocketURL(ctx)
	if err != nil {
		return err
	}
	header := http.Header{"Authorization": {"Bearer " + r.owner.Tokens().AccessToken}}
	conn, _, err := websocket.Dial(ctx, address, &websocket.DialOptions{HTTPHeader: header}) //nolint:bodyclose // the library closes it
	if err != nil {
		return err
	}
	go r.listen(ctx, conn) // ends with ctx
	return nil
}
