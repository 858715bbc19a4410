// Package e2e holds the end-to-end suite: an independent client plays people
// of every role against a running stack, over HTTP and WebSocket.
//
// API_URL, SOCKET_URL and OUTBOX_URL name the stack; without API_URL the suite
// starts the local stack itself. Nothing here waits a fixed time for something
// to happen, and every person but the seeded staff is new, so that the suite
// may run again and again on one stack, in any order.
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

// firstBuildTimeout bounds the wait for the first answer of a stack whose functions
// have never been built on this machine.
const firstBuildTimeout = 8 * time.Minute

// maxParallelTests is how many tests run side by side where -parallel does not
// say: most of them wait for the stack, and some for a limit to pass.
const maxParallelTests = "8"

// suite is the stack under test. TestMain sets it once; nothing changes it.
var suite struct {
	api   *client.API
	staff map[string]func() (*client.User, error) // by phone
	local *stack.Stack                            // nil where the stack is another one
	calls iamcheck.Recorder                       // what the functions of local have called
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

// defaultParallel sets -parallel unless the command line has it.
func defaultParallel() error {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if given {
		return nil
	}
	return flag.Set("test.parallel", maxParallelTests)
}

// run runs the suite on the stack that API_URL names, or on one of its own.
func run(m *testing.M) (int, error) {
	suite.api = client.FromEnv("")
	if suite.api.Base() == "" {
		var log io.Writer
		if testing.Verbose() {
			log = os.Stderr
		}
		local, err := stack.Start(context.Background(), stack.Options{
			Root: "../../..", InMemory: true, Seed: seed.Seed, Log: log,
			Parameters: map[string]string{"NotificationDelaySeconds": "1"}, // what is sent after a delay shall not hold the suite up
			MinTimeout: time.Minute,
			Observer:   suite.calls.Observe,
		})
		if err != nil {
			return 0, fmt.Errorf("start the local stack: %w", err)
		}
		defer local.Close()
		suite.local = local
		local.Build() // no test shall wait for the compiler
		suite.api = client.New(local.HTTPURL, local.SocketURL, local.OutboxURL)
	}
	suite.staff = map[string]func() (*client.User, error){}
	for _, phone := range []string{adminPhone, supportPhone, support2Phone} {
		suite.staff[phone] = lazyLogin(suite.api, phone)
	}
	if err := awaitHealth(); err != nil {
		return 0, err
	}
	code := m.Run()
	if suite.local == nil {
		return code, nil
	}
	return code, checkPermissions(fullRun())
}

// awaitHealth waits until the stack answers at all.
func awaitHealth() error {
	ctx, cancel := context.WithTimeout(context.Background(), firstBuildTimeout)
	defer cancel()
	for {
		answer, err := suite.api.Do(ctx, http.MethodGet, "/health", nil)
		if err == nil {
			err = answer.Decode(http.StatusOK, nil)
		}
		if err == nil {
			return nil
		}
		if errors.Is(err, syscall.ECONNREFUSED) {
			return err // nobody is there
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("the stack does not answer within %s", firstBuildTimeout), err)
		case <-time.After(pollInterval):
		}
	}
}
