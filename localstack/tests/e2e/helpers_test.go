package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
)

// object is a JSON object in a request.
type object = client.Fields

const (
	timeout      = 90 * time.Second // for asynchronous effects; an emulator's stream may be slow
	pollInterval = 100 * time.Millisecond
)

// testUser is a user in one test. Its methods end the test on an error.
type testUser struct {
	t *testing.T
	*client.User
}

// customer signs up a new customer.
func customer(t *testing.T) testUser {
	t.Helper()
	user, err := suite.api.SignUp(t.Context(), client.RandomPhone(), "Sara Customer")
	if err != nil {
		t.Fatalf("sign up a customer: %v", err)
	}
	return testUser{t, user}
}

// Phone numbers of the seeded users.
const (
	adminPhone    = "+989120000001"
	supportPhone  = "+989120000002"
	support2Phone = "+989120000003"
)

// staff logs a seeded user in, once per run.
func staff(t *testing.T, phone string) testUser {
	t.Helper()
	user, err := suite.staff[phone]()
	if err != nil {
		t.Fatalf("log in %s: %v", phone, err)
	}
	return testUser{t, user}
}

func support(t *testing.T) testUser  { t.Helper(); return staff(t, supportPhone) }
func support2(t *testing.T) testUser { t.Helper(); return staff(t, support2Phone) }

// lazyLogin returns a login that runs at its first use.
func lazyLogin(api *client.API, phone string) func() (*client.User, error) {
	return sync.OnceValues(func() (*client.User, error) {
		return api.Login(context.Background(), phone, client.Password)
	})
}

// anonymous calls the API without credentials.
func anonymous(t *testing.T, method, path string, body any, options ...client.Option) client.Response {
	t.Helper()
	response, err := suite.api.Do(t.Context(), method, path, body, options...)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// call sends a request as this user and returns the response.
func (u testUser) call(method, path string, body any, options ...client.Option) client.Response {
	u.t.Helper()
	response, err := u.Do(u.t.Context(), method, path, body, options...)
	if err != nil {
		u.t.Fatal(err)
	}
	return response
}

// mustCall sends a request, checks the status and decodes the response.
func (u testUser) mustCall(want int, method, path string, body, target any, options ...client.Option) client.Response {
	u.t.Helper()
	response := u.call(method, path, body, options...)
	wantStatus(u.t, response, want, target)
	return response
}

// get decodes the response to a GET request into target.
func (u testUser) get(path string, target any) client.Response {
	u.t.Helper()
	return u.mustCall(200, "GET", path, nil, target)
}

func (u testUser) openTicket(fields object) client.Ticket {
	u.t.Helper()
	ticket, err := u.OpenTicket(u.t.Context(), fields)
	return must(u.t, ticket, err)
}

func (u testUser) post(ticketID, text string, fields object) client.Entry {
	u.t.Helper()
	entry, err := u.Post(u.t.Context(), ticketID, text, fields)
	return must(u.t, entry, err)
}

func (u testUser) change(ticketID, action string, fields object) client.Ticket {
	u.t.Helper()
	ticket, err := u.Change(u.t.Context(), ticketID, action, fields)
	return must(u.t, ticket, err)
}

func (u testUser) detail(ticketID string) client.Detail {
	u.t.Helper()
	detail, err := u.Ticket(u.t.Context(), ticketID)
	return must(u.t, detail, err)
}

func (u testUser) history(ticketID string) []client.Entry {
	u.t.Helper()
	entries, err := u.History(u.t.Context(), ticketID)
	prev := 0
	for _, e := range must(u.t, entries, err) {
		if e.Prev != prev {
			u.t.Errorf("entry %d of ticket %s: got prev %d, want %d", e.Seq, ticketID, e.Prev, prev)
		}
		prev = e.Seq
	}
	return entries
}

// must ends the test on an error and returns the value.
func must[T any](t *testing.T, value T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// wantStatus checks the status and decodes the response.
func wantStatus(t *testing.T, response client.Response, want int, target any) {
	t.Helper()
	if err := response.Decode(want, target); err != nil {
		t.Fatal(err)
	}
}

// equal reports an error if got and want differ.
func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

var codePattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// wantProblem checks that the response has one of the statuses and a complete problem
// document.
func wantProblem(t *testing.T, response client.Response, statuses ...int) client.Problem {
	t.Helper()
	var problem client.Problem
	found := false
	for _, status := range statuses {
		found = found || response.Status == status
	}
	if !found {
		t.Fatalf("%s: got %s, want one of %v", response.Call, response, statuses)
	}
	wantStatus(t, response, response.Status, &problem)
	if kind := response.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/problem+json") {
		t.Errorf("%s: got Content-Type %q, want application/problem+json", response.Call, kind)
	}
	if err := checkProblem(problem); err != nil || problem.Status != response.Status {
		t.Errorf("%s: got %s, want every member of a problem document (%v)", response.Call, response, err)
	}
	return problem
}

// checkProblem returns an error if the problem document is incomplete.
func checkProblem(p client.Problem) error {
	for name, value := range map[string]string{"type": p.Type, "title": p.Title, "instance": p.Instance, "requestId": p.RequestID} {
		if value == "" {
			return fmt.Errorf("%s is missing", name)
		}
	}
	if !codePattern.MatchString(p.Code) {
		return fmt.Errorf("code is %q", p.Code)
	}
	for _, field := range p.Errors {
		inField := field.Pointer == "" || strings.ContainsAny(field.Pointer[:1], "/?") // "" is the whole body
		if !inField || !codePattern.MatchString(field.Code) || field.Message == "" {
			return fmt.Errorf("errors holds %+v", field)
		}
	}
	return nil
}

// pointsAt reports whether the problem has an error for the field.
func pointsAt(p client.Problem, field string) bool {
	for _, wrong := range p.Errors {
		if pointer := strings.ToLower(wrong.Pointer); pointer == "/"+strings.ToLower(field) || strings.HasPrefix(pointer, "/"+strings.ToLower(field)+"/") {
			return true
		}
	}
	return false
}

// eventually repeats a check of an asynchronous effect until it succeeds or times out.
func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	within(t, timeout, what, check)
}

// within is eventually with another time limit, for a stack that compiles its functions.
func within(t *testing.T, limit time.Duration, what string, check func() error) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s, not within %s: %v", what, limit, err)
		}
		time.Sleep(pollInterval)
	}
}

// waitUntil waits until the given time, which the API has returned.
func waitUntil(t *testing.T, moment time.Time) {
	t.Helper()
	select {
	case <-time.After(time.Until(moment)):
	case <-t.Context().Done():
		t.Fatal(t.Context().Err())
	}
}

// concurrently runs n calls at the same moment and returns their responses.
func concurrently(t *testing.T, n int, call func(i int) (client.Response, error)) []client.Response {
	t.Helper()
	responses, errs := make([]client.Response, n), make([]error, n)
	var start, done sync.WaitGroup
	start.Add(1)
	for i := range n {
		done.Go(func() {
			start.Wait()
			responses[i], errs[i] = call(i)
		})
	}
	start.Done()
	done.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return responses
}

// countStatuses counts the responses by status.
func countStatuses(responses []client.Response) map[int]int {
	statuses := map[int]int{}
	for _, response := range responses {
		statuses[response.Status]++
	}
	return statuses
}

// seqs returns the sequence numbers of entries.
func seqs(entries []client.Entry) []int {
	var all []int
	for _, entry := range entries {
		all = append(all, entry.Seq)
	}
	return all
}

// newest returns the last of ascending entries.
func newest(t *testing.T, entries []client.Entry) client.Entry {
	t.Helper()
	if len(entries) == 0 {
		t.Fatal("got no entries, want at least one")
	}
	return entries[len(entries)-1]
}

// mismatch returns an error with the got and wanted values.
func mismatch(what string, got, want any) error {
	return fmt.Errorf("%s: got %v, want %v", what, got, want)
}

// toJSON returns a value as JSON, for comparison and output.
func toJSON(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(encoded)
}
