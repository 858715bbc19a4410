// Package attacks plays attacks against a local stack with the default limits of the
// template. It counts the requests that are accepted and refused, the capacity units, texts
// and mails that they cost, and how long they delay others. `make test` runs a short form,
// which checks the limits and no times.
package attacks

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"ticketsystem/localstack/emulator/stack"
	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/report"
	"ticketsystem/localstack/testkit/seed"
)

const (
	adminPhone   = "+989120000001" // seeded users
	supportPhone = "+989120000002"

	timeout      = 90 * time.Second // for asynchronous effects
	pollInterval = 50 * time.Millisecond
)

// suite is the stack under attack. TestMain sets it once. Tests run one after another,
// because each counts what the whole stack does.
var suite struct {
	api          *client.API
	admin, agent *client.User
	meter        meter
}

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "attacks:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	var log io.Writer
	if testing.Verbose() {
		log = os.Stderr
	}
	ctx := context.Background()
	suite.meter.byTicket = map[string]int{}
	s, err := stack.Start(ctx, stack.Options{
		InMemory: true, Seed: seed.Seed, Log: log, MinTimeout: time.Minute, BuildOnDemand: !report.Full(),
		Parameters: map[string]string{"RateLimitPerIP": "100"}, // the default of the template, which the stack raises
		Observer:   suite.meter.observe, Consumed: suite.meter.consumed,
	})
	if err != nil {
		return 0, err
	}
	defer s.Close()
	if report.Full() {
		s.Build() // so that no delay includes a build
	}
	suite.api = client.New(s.HTTPURL, s.SocketURL, s.OutboxURL)
	if suite.admin, err = suite.api.Login(ctx, adminPhone, client.Password); err != nil {
		return 0, err
	}
	if suite.agent, err = suite.api.Login(ctx, supportPhone, client.Password); err != nil {
		return 0, err
	}
	return m.Run(), nil
}
