package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"ticketsystem/localstack/emulator/stack"
	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/report"
	"ticketsystem/localstack/testkit/seed"
)

// Paths of schemathesis and its files.
const (
	schemathesisPath = ".cache/schemathesis/bin/st"
	configPath       = "localstack/tools/fuzz/schemathesis.toml"
	specPath         = "infra/openapi.yaml"
	reportDir        = ".cache/fuzz"
)

// fuzzAPI starts a stack and runs schemathesis against its API, once for each role in
// parallel, in the quality suite until its time ends.
func fuzzAPI(ctx context.Context) error {
	s, err := stack.Start(ctx, stack.Options{
		InMemory: true, Seed: seed.Seed, MinTimeout: time.Minute,
		Parameters: stack.HighLimits(), // all requests come from a few users and one IP address
	})
	if err != nil {
		return err
	}
	defer s.Close()
	s.Build()
	users, err := signInUsers(ctx, client.New(s.HTTPURL, s.SocketURL, s.OutboxURL))
	if err != nil {
		return err
	}
	limited, cancel := report.WithDeadline(ctx)
	defer cancel()
	outcomes := make([]outcome, len(users.users))
	errs := make([]error, len(users.users))
	var wait sync.WaitGroup
	for i := range users.users {
		wait.Go(func() { outcomes[i], errs[i] = users.runSchemathesis(limited, s.HTTPURL, users.users[i]) })
	}
	wait.Wait()
	if err := errors.Join(ctx.Err(), errors.Join(errs...)); err != nil { // an interrupt is no deadline
		return err
	}
	return recordOutcomes(outcomes)
}

// testUsers are the users that schemathesis signs in as.
type testUsers struct {
	users   []client.UserProfile // one of each role
	phones  map[string]string
	otherID string // a user that may be changed and deleted
}

// signInUsers signs in one user of each role and creates the user that may be
// changed.
func signInUsers(ctx context.Context, api *client.API) (testUsers, error) {
	users := testUsers{phones: map[string]string{}}
	for _, seedUser := range seed.Users() {
		if slices.ContainsFunc(users.users, func(u client.UserProfile) bool { return u.Role == string(seedUser.Role) }) {
			continue
		}
		number := "+98" + seedUser.Phone[1:]
		user, err := api.Login(ctx, number, seed.Password)
		if err != nil {
			return testUsers{}, err
		}
		users.users = append(users.users, user.Profile)
		users.phones[user.Profile.ID] = number
		if users.otherID != "" {
			continue
		}
		// The first one is the administrator.
		response, err := user.Do(ctx, http.MethodPost, "/users", client.Fields{"phone": client.RandomPhone(), "role": "user", "name": "Somebody", "password": seed.Password})
		if err != nil {
			return testUsers{}, err
		}
		var created client.UserProfile
		if err := response.Decode(http.StatusCreated, &created); err != nil {
			return testUsers{}, err
		}
		users.otherID = created.ID
	}
	return users, nil
}

// runSchemathesis runs schemathesis against the API as one user. When the context ends,
// schemathesis reports what it has done until then.
func (t testUsers) runSchemathesis(ctx context.Context, url string, user client.UserProfile) (outcome, error) {
	folder, err := filepath.Abs(filepath.Join(reportDir, user.Role+"-"+user.ID))
	if err == nil {
		err = os.MkdirAll(folder, 0o750)
	}
	if err != nil {
		return outcome{}, err
	}
	reportFile := filepath.Join(folder, "report.json")
	if err := os.RemoveAll(reportFile); err != nil {
		return outcome{}, err
	}
	var own []string
	for _, u := range t.users {
		own = append(own, u.ID)
	}
	command := exec.CommandContext(ctx, schemathesisPath, "--config-file", configPath, "run", specPath, "--url", url,
		"--phases", "examples,coverage,fuzzing", "--max-examples", maxExamples(), "--workers", "1",
		"--generation-database", "none", // its database would take half of the time
		"--report", "json", "--report-json-path", reportFile, "--no-color")
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 30 * time.Second
	command.Env = append(os.Environ(), "FUZZ_URL="+url, "FUZZ_PHONE="+t.phones[user.ID], "FUZZ_PASSWORD="+seed.Password,
		"FUZZ_OWN="+strings.Join(own, " "), "FUZZ_OTHER="+t.otherID)
	out, runErr := command.CombinedOutput() // findings are an error too
	if err := os.WriteFile(filepath.Join(folder, "output.txt"), out, 0o600); err != nil {
		return outcome{}, err
	}
	if _, err := os.Stat(reportFile); ctx.Err() != nil && errors.Is(err, os.ErrNotExist) {
		return outcome{role: user.Role, cut: true}, nil // its time ended before it began
	}
	result, err := readOutcome(reportFile)
	if err != nil {
		return outcome{}, errors.Join(fmt.Errorf("%s: %w\n%s", user.Role, err, out), runErr)
	}
	result.role = user.Role
	if result.cut = ctx.Err() != nil; runErr != nil && !result.cut {
		fmt.Fprintf(os.Stderr, "%s\n", out)
	}
	return result, nil
}

// maxExamples is how many requests schemathesis generates for an operation at most.
func maxExamples() string { return report.ShortOrFull("2", "200") }
