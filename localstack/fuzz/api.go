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

	"ticketsystem/localstack/client"
	"ticketsystem/localstack/judge/verdict"
	"ticketsystem/localstack/seed"
	"ticketsystem/localstack/stack"
)

// Where schemathesis is installed, and what it is to know.
const (
	program     = ".cache/schemathesis/bin/st"
	settings    = "localstack/fuzz/schemathesis.toml"
	description = "infra/openapi.yaml"
	reports     = ".cache/fuzz"
)

// tryAPI starts a stack and lets schemathesis try its API, signed in as each
// role, all at once.
func tryAPI(ctx context.Context) error {
	s, err := stack.Start(ctx, stack.Options{
		Memory: true, Seed: seed.Seed, Patience: time.Minute,
		Parameters: map[string]string{"AddressLimit": "1000000000"}, // all come from one address here
	})
	if err != nil {
		return err
	}
	defer s.Close()
	s.Build()
	people, err := cast(ctx, client.New(s.HTTPURL, s.SocketURL, s.OutboxURL))
	if err != nil {
		return err
	}
	outcomes := make([]outcome, len(people.own))
	errs := make([]error, len(people.own))
	var wait sync.WaitGroup
	for i := range people.own {
		wait.Go(func() { outcomes[i], errs[i] = people.try(ctx, s.HTTPURL, people.own[i]) })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return tell(outcomes)
}

// troupe are those who try the API.
type troupe struct {
	own   []client.User // one of each role
	phone map[string]string
	other string // somebody whom they may change and remove
}

// cast signs in one person of each role and makes somebody for them to change.
func cast(ctx context.Context, api *client.API) (troupe, error) {
	all := troupe{phone: map[string]string{}}
	for _, p := range seed.People() {
		if slices.ContainsFunc(all.own, func(u client.User) bool { return u.Role == string(p.Role) }) {
			continue
		}
		number := "+98" + p.Phone[1:]
		person, err := api.Login(ctx, number, seed.Password)
		if err != nil {
			return troupe{}, err
		}
		all.own = append(all.own, person.User)
		all.phone[person.User.ID] = number
		if all.other != "" {
			continue
		}
		// The first of them is the administrator.
		answer, err := person.Do(ctx, http.MethodPost, "/users", client.Fields{"phone": client.RandomPhone(), "role": "user", "name": "Somebody", "password": seed.Password})
		if err != nil {
			return troupe{}, err
		}
		var made client.User
		if err := answer.Into(http.StatusCreated, &made); err != nil {
			return troupe{}, err
		}
		all.other = made.ID
	}
	return all, nil
}

// try lets schemathesis try the API as one person.
func (t troupe) try(ctx context.Context, url string, who client.User) (outcome, error) {
	folder, err := filepath.Abs(filepath.Join(reports, who.Role+"-"+who.ID))
	if err == nil {
		err = os.MkdirAll(folder, 0o750)
	}
	if err != nil {
		return outcome{}, err
	}
	report := filepath.Join(folder, "report.json")
	if err := os.RemoveAll(report); err != nil {
		return outcome{}, err
	}
	var own []string
	for _, u := range t.own {
		own = append(own, u.ID)
	}
	command := exec.CommandContext(ctx, program, "--config-file", settings, "run", description, "--url", url,
		"--phases", "examples,coverage,fuzzing", "--max-examples", verdict.Pick("2", "660"), "--workers", "1",
		"--generation-database", "none", // with one, half of the time goes into what to keep
		"--report", "json", "--report-json-path", report, "--no-color")
	command.Env = append(os.Environ(), "FUZZ_URL="+url, "FUZZ_PHONE="+t.phone[who.ID], "FUZZ_PASSWORD="+seed.Password,
		"FUZZ_OWN="+strings.Join(own, " "), "FUZZ_OTHER="+t.other)
	out, failed := command.CombinedOutput() // that it found something is an error too
	if err := os.WriteFile(filepath.Join(folder, "output.txt"), out, 0o600); err != nil {
		return outcome{}, err
	}
	found, err := readOutcome(report)
	if err != nil {
		return outcome{}, errors.Join(fmt.Errorf("%s: %w\n%s", who.Role, err, out), failed)
	}
	found.role = who.Role
	if failed != nil {
		fmt.Fprintf(os.Stderr, "%s\n", out)
	}
	return found, nil
}
