package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"ticketsystem/localstack/client"
	"ticketsystem/localstack/judge/plot"
	"ticketsystem/localstack/judge/verdict"
)

const speedItem = "speed"

// mostClients is the highest concurrency.
const mostClients = 32

// speed measures a stack under load, and what it holds idle; wanted names what
// is measured, nothing names all.
func speed(ctx context.Context, wanted []string) (err error) {
	s, err := startServer(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	asked := func(name string) bool { return len(wanted) == 0 || slices.Contains(wanted, name) }
	for _, m := range []struct {
		name string
		run  func(context.Context, *server) error
	}{
		{"idle", idle},
		{"", func(ctx context.Context, s *server) error { return throughput(ctx, s, asked) }},
		{"fan-out", fanOut},
		{"crowd", crowd},
	} {
		if m.name != "" && !asked(m.name) {
			continue
		}
		if err := m.run(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// idle is the memory of a stack that nobody uses, before any function runs but
// the one that made the key.
func idle(ctx context.Context, s *server) error {
	if err := s.quiet(ctx); err != nil {
		return err
	}
	held, err := memory(s.command.Process.Pid)
	if err != nil {
		return err
	}
	const goal = 60 << 20
	mib := func(b uint64) string { return fmt.Sprintf("%.0f MiB", float64(b)/(1<<20)) }
	return tell(nil, verdict.Line{
		Item: speedItem, Name: "memory of the idle stack beside its functions", Holds: held.gateway+held.engine <= goal,
		Figure: fmt.Sprintf("%s (gateway %s, engine %s; functions %s more)", mib(held.gateway+held.engine), mib(held.gateway), mib(held.engine), mib(held.functions)),
		Goal:   "at most 60 MiB; the replaced system 464 MiB",
	})
}

// deed is something that people do all day.
type deed struct {
	name string
	do   func(ctx context.Context, client int) error
	goal float64 // answers per second at the best concurrency; 0 for none
	was  string  // the replaced system
}

// deeds are what is measured. Each client has a ticket of its own.
func deeds(ctx context.Context, s *server) ([]deed, error) {
	people, threads, err := customers(ctx, s.api)
	if err != nil {
		return nil, err
	}
	categories, err := people[0].Categories(ctx)
	if err != nil {
		return nil, err
	}
	expect := func(answer client.Answer, err error, want int) error {
		if err != nil {
			return err
		}
		return answer.Into(want, nil)
	}
	seeded := []string{"+989120000001", "+989120000002", "+989120000003", "+989120000004"}
	return []deed{
		{name: "login", was: "225 ms", do: func(ctx context.Context, c int) error {
			body := client.Fields{"phone": seeded[c%len(seeded)], "password": client.Password}
			answer, err := s.api.Do(ctx, http.MethodPost, "/login", body)
			return expect(answer, err, http.StatusOK)
		}},
		{name: "create", do: func(ctx context.Context, c int) error {
			_, err := people[c%len(people)].OpenTicket(ctx, client.Fields{"categoryId": categories[0].ID})
			return err
		}},
		{name: "list", goal: 1000, do: func(ctx context.Context, c int) error {
			answer, err := people[c%len(people)].Do(ctx, http.MethodGet, "/tickets?limit=20", nil)
			return expect(answer, err, http.StatusOK)
		}},
		{name: "detail", goal: 1000, was: "20 ms at 1 client, 397 ms at 32", do: func(ctx context.Context, c int) error {
			answer, err := threads[c].owner.Do(ctx, http.MethodGet, "/tickets/"+threads[c].id, nil)
			return expect(answer, err, http.StatusOK)
		}},
		{name: "post", goal: 1000, do: func(ctx context.Context, c int) error { return threads[c].post(ctx) }},
	}, nil
}

// throughput measures all deeds at all concurrencies.
func throughput(ctx context.Context, s *server, asked func(string) bool) error {
	if !slices.ContainsFunc([]string{"login", "create", "list", "detail", "post"}, asked) {
		return nil
	}
	concurrencies := []int{1, 4, 16, mostClients}
	all, err := deeds(ctx, s)
	if err != nil {
		return err
	}
	const wait, least = 2 * time.Second, time.Second
	var table strings.Builder
	table.WriteString("Answers a second with the clients on the same machine, each asking again as soon as it is answered. The data lie in memory. Functions include what follows from a write; the processor time is per answer.\n\n| | clients | answers/s | p50 | p99 | functions | gateway | engine |\n|---|---|---|---|---|---|---|---|\n")
	chart := plot.Chart{Title: "Answers a second", X: "clients", Y: "answers/s"}
	var lines []verdict.Line
	for _, d := range all {
		if !asked(d.name) {
			continue
		}
		line := plot.Line{Name: d.name}
		best, alone := load{took: 1}, load{}
		for _, n := range concurrencies {
			if _, err := ask(ctx, s.command.Process.Pid, n, verdict.Pick(least/2, wait), d.do); err != nil { // makes the instances
				return err
			}
			l, err := ask(ctx, s.command.Process.Pid, n, verdict.Pick(wait, 4*wait), d.do)
			if err != nil {
				return err
			}
			if len(l.failures) > 0 {
				return fmt.Errorf("%s: %d failures, the first: %w", d.name, len(l.failures), l.failures[0])
			}
			if n == 1 {
				alone = l
			}
			if best.answers == nil || l.perSecond() > best.perSecond() {
				best = l
			}
			row := fmt.Sprintf("| %s | %d | %.0f | %s | %s | %s | %s | %s |\n", d.name, n, l.perSecond(), ms(middle(l.answers)), ms(share(l.answers, 0.99)),
				ms(l.each(l.used.functions)), ms(l.each(l.used.gateway)), ms(l.each(l.used.engine)))
			fmt.Print(row)
			table.WriteString(row)
			line.Points = append(line.Points, plot.Point{X: float64(n), Y: l.perSecond()})
			if err := s.quiet(ctx); err != nil {
				return err
			}
		}
		chart.Lines = append(chart.Lines, line)
		lines = append(lines, d.lines(best, alone)...)
	}
	table.WriteString("\nThe replaced system: 75 to 115 answers a second whatever the concurrency, detail 20 ms at 1 client and 397 ms at 32, login 225 ms.\n")
	return tell(errors.Join(verdict.Detail(speedItem, "Throughput", table.String()), verdict.Plot(speedItem, "throughput", chart.SVG())), lines...)
}

// lines are the findings about a deed.
func (d deed) lines(best, alone load) []verdict.Line {
	if d.name == "login" {
		const goal = 40 * time.Millisecond
		return []verdict.Line{{
			Item: speedItem, Name: "login, p50 at 1 client", Figure: ms(middle(alone.answers)), Goal: "at most 40 ms; the replaced system 225 ms",
			Holds: middle(alone.answers) <= goal,
		}}
	}
	if d.goal == 0 {
		return nil
	}
	l := verdict.Line{
		Item: speedItem, Name: d.name + ", answers a second", Figure: fmt.Sprintf("%.0f (at %d clients)", best.perSecond(), best.clients),
		Goal: fmt.Sprintf("%.0f; the replaced system 75 to 115", d.goal), Holds: best.perSecond() >= d.goal,
	}
	if !l.Holds {
		l.Cause = fmt.Sprintf("The processors are busy: an answer takes %s of the functions, %s of the gateway, %s of the engine, and the clients share them.",
			ms(best.each(best.used.functions)), ms(best.each(best.used.gateway)), ms(best.each(best.used.engine)))
	}
	return []verdict.Line{l}
}
