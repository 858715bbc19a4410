package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/report"
)

const speedCheck = "speed"

// maxClients is the highest concurrency.
const maxClients = 32

// measureSpeed runs the wanted measurements, or all if none is named.
func measureSpeed(ctx context.Context, wanted []string) (err error) {
	s, err := startServer(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	selected := func(name string) bool { return len(wanted) == 0 || slices.Contains(wanted, name) }
	for _, m := range []struct {
		name string
		run  func(context.Context, *server) error
	}{
		{"idle", measureIdle},
		{"", func(ctx context.Context, s *server) error { return throughput(ctx, s, selected) }},
		{"fan-out", fanOut},
		{"large-dataset", largeDataset},
	} {
		if m.name != "" && !selected(m.name) {
			continue
		}
		if err := m.run(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// measureIdle measures the memory of an idle stack. Only the function that creates
// the signing key has run.
func measureIdle(ctx context.Context, s *server) error {
	if err := s.waitIdle(ctx); err != nil {
		return err
	}
	held, err := memory(s.command.Process.Pid)
	if err != nil {
		return err
	}
	const limit = 60 << 20
	mib := func(b uint64) string { return fmt.Sprintf("%.0f MiB", float64(b)/(1<<20)) }
	return recordResults(nil, report.Result{
		Check: speedCheck, Name: "memory of the idle stack without functions", Pass: held.gateway+held.engine <= limit,
		Note:   "Resident memory; the value names its parts.",
		Value:  fmt.Sprintf("%s (gateway %s, engine %s; functions %s in addition)", mib(held.gateway+held.engine), mib(held.gateway), mib(held.engine), mib(held.functions)),
		Target: "at most 60 MiB; the previous system 464 MiB",
	})
}

// operation is a measured operation.
type operation struct {
	name     string
	run      func(ctx context.Context, client int) error
	target   float64 // requests per second at the best concurrency; 0 for none
	previous string  // of the previous system
}

// operations returns the measured operations. Each client uses its own ticket.
func operations(ctx context.Context, s *server) ([]operation, error) {
	users, writers, err := customers(ctx, s.api)
	if err != nil {
		return nil, err
	}
	categories, err := users[0].Categories(ctx)
	if err != nil {
		return nil, err
	}
	expect := func(response client.Response, err error, want int) error {
		if err != nil {
			return err
		}
		return response.Decode(want, nil)
	}
	seeded := []string{"+989120000001", "+989120000002", "+989120000003", "+989120000004"}
	return []operation{
		{name: "login", previous: "225 ms", run: func(ctx context.Context, c int) error {
			body := client.Fields{"phone": seeded[c%len(seeded)], "password": client.Password}
			response, err := s.api.Do(ctx, http.MethodPost, "/login", body)
			return expect(response, err, http.StatusOK)
		}},
		{name: "create", run: func(ctx context.Context, c int) error {
			_, err := users[c%len(users)].OpenTicket(ctx, client.Fields{"categoryId": categories[0].ID})
			return err
		}},
		{name: "list", target: 1000, run: func(ctx context.Context, c int) error {
			response, err := users[c%len(users)].Do(ctx, http.MethodGet, "/tickets?limit=20", nil)
			return expect(response, err, http.StatusOK)
		}},
		{name: "detail", target: 1000, previous: "20 ms at 1 client, 397 ms at 32", run: func(ctx context.Context, c int) error {
			response, err := writers[c].owner.Do(ctx, http.MethodGet, "/tickets/"+writers[c].id, nil)
			return expect(response, err, http.StatusOK)
		}},
		{name: "post", target: 1000, run: func(ctx context.Context, c int) error { return writers[c].post(ctx) }},
	}, nil
}

// throughput measures all operations at all concurrencies.
func throughput(ctx context.Context, s *server, selected func(string) bool) error {
	if !slices.ContainsFunc([]string{"login", "create", "list", "detail", "post"}, selected) {
		return nil
	}
	concurrencies := []int{1, 4, 16, maxClients}
	all, err := operations(ctx, s)
	if err != nil {
		return err
	}
	const wait, least = 2 * time.Second, time.Second
	var table strings.Builder
	table.WriteString("Requests per second with clients on the same machine, each sending the next request after the response. Data are in memory. CPU times are per request; those of functions include stream processing.\n\n| | clients | requests/s | p50 | p99 | functions | gateway | engine |\n|---|---|---|---|---|---|---|---|\n")
	chart := report.Chart{Title: "Requests per second", X: "clients", Y: "requests/s"}
	for _, n := range concurrencies {
		chart.Points = append(chart.Points, strconv.Itoa(n))
	}
	var results []report.Result
	for _, op := range all {
		if !selected(op.name) {
			continue
		}
		series := report.Series{Name: op.name}
		best, alone := load{took: 1}, load{}
		for _, n := range concurrencies {
			if _, err := runLoad(ctx, s.command.Process.Pid, n, report.ShortOrFull(least/2, wait), op.run); err != nil { // warm-up
				return err
			}
			l, err := runLoad(ctx, s.command.Process.Pid, n, report.ShortOrFull(wait, 4*wait), op.run)
			if err != nil {
				return err
			}
			if len(l.failures) > 0 {
				return fmt.Errorf("%s: %d failures, the first: %w", op.name, len(l.failures), l.failures[0])
			}
			if n == 1 {
				alone = l
			}
			if best.latencies == nil || l.perSecond() > best.perSecond() {
				best = l
			}
			row := fmt.Sprintf("| %s | %d | %.0f | %s | %s | %s | %s | %s |\n", op.name, n, l.perSecond(), ms(median(l.latencies)), ms(percentile(l.latencies, 0.99)),
				ms(l.cpuPerRequest(l.cpu.functions)), ms(l.cpuPerRequest(l.cpu.gateway)), ms(l.cpuPerRequest(l.cpu.engine)))
			fmt.Print(row)
			table.WriteString(row)
			series.Values = append(series.Values, l.perSecond())
			if err := s.waitIdle(ctx); err != nil {
				return err
			}
		}
		chart.Series = append(chart.Series, series)
		results = append(results, op.results(best, alone)...)
	}
	table.WriteString("\nThe previous system: 75 to 115 requests per second at any concurrency, detail 20 ms at 1 client and 397 ms at 32, login 225 ms.\n")
	table.WriteString("\n" + chart.Markdown())
	return recordResults(report.Detail(speedCheck, "Throughput", table.String()), results...)
}

// results returns the results of an operation.
func (op operation) results(best, alone load) []report.Result {
	if op.name == "login" {
		const goal = 40 * time.Millisecond
		return []report.Result{{
			Check: speedCheck, Name: "login, p50 at 1 client", Value: ms(median(alone.latencies)), Target: "at most 40 ms; the previous system 225 ms",
			Pass: median(alone.latencies) <= goal, Note: alone.cause(),
		}}
	}
	if op.target == 0 {
		return nil
	}
	return []report.Result{{
		Check: speedCheck, Name: op.name + ", requests per second", Value: fmt.Sprintf("%.0f (at %d clients)", best.perSecond(), best.clients),
		Target: fmt.Sprintf("%.0f; the previous system 75 to 115", op.target), Pass: best.perSecond() >= op.target, Note: best.cause(),
	}}
}
