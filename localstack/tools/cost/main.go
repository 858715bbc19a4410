// Command cost plays the standard mix of tickets on a local stack, counts what AWS bills
// and writes docs/cost.md with the prices of prices.json.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"ticketsystem/localstack/emulator/samtemplate"
	"ticketsystem/localstack/emulator/stack"
	"ticketsystem/localstack/repo"
	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/report"
	"ticketsystem/localstack/testkit/seed"
)

// target is what 1,000 tickets may cost, without SMS and e-mail.
const target = 0.30

func main() {
	tickets := flag.Int("tickets", 10, "tickets that are played and counted")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *tickets)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, tickets int) error {
	list, err := loadPrices()
	if err != nil {
		return err
	}
	root, err := repo.Root()
	if err != nil {
		return err
	}
	counted, err := measure(ctx, tickets)
	if err != nil {
		return err
	}
	template, err := samtemplate.Load(filepath.Join(root, "template.yaml"), nil)
	if err != nil {
		return err
	}
	template.Attribute = func(r *samtemplate.Resource, _ string) (any, error) { return r.ID, nil }
	b, err := newBill(list, template, counted)
	if err != nil {
		return err
	}
	fmt.Print(b.summary())
	if err := os.WriteFile(filepath.Join(root, "docs", "cost.md"), []byte(b.page()), 0o644); err != nil { //nolint:gosec // a public document
		return err
	}
	return errors.Join(
		record("1,000 tickets of the standard mix, without SMS and e-mail, in a table on demand", b.sum(), b.cause()),
		record(fmt.Sprintf("the same in a table with provisioned capacity, %.0f %% of it used", 100*list.Utilization.Part), b.busy(), "The first result has the parts."),
	)
}

func record(name string, usd float64, cause string) error {
	result := report.Result{
		Check: "cost", Name: name, Value: fmt.Sprintf("%.3f USD", usd), Target: fmt.Sprintf("at most %.2f USD", target), Pass: usd <= target,
	}
	if !result.Pass {
		result.Note = cause + " See docs/cost.md."
	}
	return report.Record(result)
}

// measure plays the mix and returns what it consumed.
func measure(ctx context.Context, tickets int) (usage, error) {
	m := newMeter()
	parameters := stack.HighLimits()
	maps.Copy(parameters, map[string]string{"NotificationDelaySeconds": "1", "StaffLimitFactor": "5"})
	local, err := stack.Start(ctx, stack.Options{
		InMemory: true, Seed: seed.Seed, Parameters: parameters, MinTimeout: time.Minute, Observer: m.observe, Consumed: m.consumed, BuildOnDemand: true,
	})
	if err != nil {
		return usage{}, err
	}
	defer local.Close()
	m.api = client.New(local.HTTPURL, local.SocketURL, local.OutboxURL)
	m.api.Observe(m)
	p, err := newPlayers(ctx, m)
	if err != nil {
		return usage{}, err
	}
	customers, err := p.signUp(ctx, warmUp+tickets)
	if err != nil {
		return usage{}, err
	}
	if err := p.playAll(ctx, customers[:warmUp]); err != nil { // builds and starts the functions
		return usage{}, err
	}
	before, err := m.snapshot(ctx)
	if err != nil {
		return usage{}, err
	}
	if err := p.playAll(ctx, customers[warmUp:]); err != nil {
		return usage{}, err
	}
	after, err := m.snapshot(ctx)
	if err != nil {
		return usage{}, err
	}
	used := after.minus(before)
	used.tickets = tickets
	used.idleRun, err = p.schedule(ctx)
	return used, err
}
