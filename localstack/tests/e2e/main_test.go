// Package e2e contains the end-to-end tests: a client acts as users of every role on a
// running stack, over HTTP and WebSocket.
//
// API_URL, SOCKET_URL and OUTBOX_URL name the stack; without API_URL the suite starts
// the local stack. Tests wait for effects, not for fixed times. All users except the
// seeded staff are new, so the suite can run repeatedly on one stack and in any order.
// With STALE_READS=1 the local stack answers reads from an older state of the table, where
// DynamoDB may.
package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"

	"ticketsystem/localstack/emulator/stack"
	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/iamcheck"
	"ticketsystem/localstack/testkit/seed"
)

// firstBuildTimeout bounds the first response of a stack whose functions must be
// compiled first.
const firstBuildTimeout = 8 * time.Minute

// maxParallelTests is the default of -parallel. Most tests wait for the stack, some for
// a rate limit.
const maxParallelTests = "8"

// suite is the stack under test. TestMain sets it once.
var suite struct {
	api   *client.API
	staff map[string]func() (*client.User, error) // by phone
	local *stack.Stack                            // nil for an external stack
	calls iamcheck.Recorder                       // AWS calls of the local stack's functions
	spec  *specCheck                              // validates all responses and frames
}

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := 0, defaultParallel()
	if err == nil {
		code, err = run(m)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

// defaultParallel sets -parallel unless the command line does.
func defaultParallel() error {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if given {
		return nil
	}
	return flag.Set("test.parallel", maxParallelTests)
}

// run runs the suite on the stack named by API_URL, or on its own.
func run(m *testing.M) (int, error) {
	suite.api = client.FromEnv("")
	if suite.api.Base() == "" {
		parameters := stack.HighLimits()
		parameters["NotificationDelaySeconds"] = "1" // so that tests do not wait for delayed notifications
		parameters["CdnSecretHashes"] = cdnSecretHash()
		// make test-deploy runs the suite with one shard of each.
		parameters["QueueShards"], parameters["ActivityShards"], parameters["StatsShards"] = "3", "4", "5"
		var log io.Writer
		if testing.Verbose() {
			log = os.Stderr
		}
		local, err := stack.Start(context.Background(), stack.Options{
			InMemory: true, Seed: seed.Seed, Log: log,
			Parameters: parameters,
			MinTimeout: time.Minute,
			Observer:   suite.calls.Observe,
			StaleReads: os.Getenv("STALE_READS") != "", BuildOnDemand: !fullRun(),
			BuildDir: os.Getenv("BUILD_DIR"), // of a seeded bug
		})
		if err != nil {
			return 0, fmt.Errorf("start the local stack: %w", err)
		}
		defer local.Close()
		suite.local = local
		if fullRun() {
			local.Build() // so that no test waits for the compiler
		}
		suite.api = client.New(local.HTTPURL, local.SocketURL, local.OutboxURL)
	}
	spec, err := newSpecCheck()
	if err != nil {
		return 0, fmt.Errorf("compile infra/openapi.yaml: %w", err)
	}
	suite.spec = spec
	suite.api.Observe(spec)
	suite.staff = map[string]func() (*client.User, error){}
	for _, phone := range []string{adminPhone, supportPhone, support2Phone} {
		suite.staff[phone] = lazyLogin(suite.api, phone)
	}
	if err := awaitHealth(); err != nil {
		return 0, err
	}
	code := m.Run()
	err = suite.spec.err()
	if suite.local != nil {
		err = errors.Join(err, checkPermissions(fullRun()))
	}
	return code, err
}

// awaitHealth waits until the stack responds.
func awaitHealth() error {
	ctx, cancel := context.WithTimeout(context.Background(), firstBuildTimeout)
	defer cancel()
	for {
		response, err := suite.api.Do(ctx, http.MethodGet, "/health", nil)
		if err == nil {
			err = response.Decode(http.StatusOK, nil)
		}
		if err == nil {
			return nil
		}
		if errors.Is(err, syscall.ECONNREFUSED) {
			return err // no server is running
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("the stack does not respond within %s", firstBuildTimeout), err)
		case <-time.After(pollInterval):
		}
	}
}
