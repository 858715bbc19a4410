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
	timeout      = 90 * time.Second // how long something asynchronous may take: an emulator's stream lags behind
	pollInterval = 100 * time.Millisecond
)

// testUser is a person in one test: whatever goes wrong on the way ends the test.
type testUser struct {
	t *testing.T
	*client.User
}

// customer signs a new person up.
func customer(t *testing.T) testUser {
	t.Helper()
	user, err := suite.api.SignUp(t.Context(), client.RandomPhone(), "Sara Customer")
	if err != nil {
		t.Fatalf("sign a customer up: %v", err)
	}
	return testUser{t, user}
}

// The seeded people of the contract.
const (
	adminPhone    = "+989120000001"
	supportPhone  = "+989120000002"
	support2Phone = "+989120000003"
)

// staff signs a seeded person in, once for the whole run.
func staff(t *testing.T, phone string) testUser {
	t.Helper()
	user, err := suite.staff[phone]()
	if err != nil {
		t.Fatalf("sign %s in: %v", phone, err)
	}
	return testUser{t, user}
}

func support(t *testing.T) testUser  { t.Helper(); return staff(t, supportPhone) }
func support2(t *testing.T) testUser { t.Helper(); return staff(t, support2Phone) }

// lazyLogin makes a login that happens at its first use.
func lazyLogin(api *client.API, phone string) func() (*client.User, error) {
	return sync.OnceValues(func() (*client.User, error) {
		return api.Login(context.Background(), phone, client.Password)
	})
}

// anonymous calls the API without credentials.
func anonymous(t *testing.T, method, path string, body any, options ...client.Option) client.Response {
	t.Helper()
	answer, err := suite.api.Do(t.Context(), method, path, body, options...)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// call sends a request as this person and returns whatever came.
func (u testUser) call(method, path string, body any, options ...client.Option) client.Response {
	u.t.Helper()
	answer, err := u.Do(u.t.Context(), method, path, body, options...)
	if err != nil {
		u.t.Fatal(err)
	}
	return answer
}

// mustCall sends a request, wants a status and decodes the answer.
func (u testUser) mustCall(want int, method, path string, body, target any, options ...client.Option) client.Response {
	u.t.Helper()
	answer := u.call(method, path, body, options...)
	wantStatus(u.t, answer, want, target)
	return answer
}

// get reads a path into the target.
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
	return must(u.t, entries, err)
}

// must ends the test on an error and passes the value on.
func must[T any](t *testing.T, value T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// wantStatus wants a status and decodes the answer.
func wantStatus(t *testing.T, answer client.Response, want int, target any) {
	t.Helper()
	if err := answer.Decode(want, target); err != nil {
		t.Fatal(err)
	}
}

// equal compares two values of one kind.
func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

var codePattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// wantProblem wants one of the statuses with a complete problem document.
func wantProblem(t *testing.T, answer client.Response, statuses ...int) client.Problem {
	t.Helper()
	var problem client.Problem
	found := false
	for _, status := range statuses {
		found = found || answer.Status == status
	}
	if !found {
		t.Fatalf("%s: got %s, want one of %v", answer.Call, answer, statuses)
	}
	wantStatus(t, answer, answer.Status, &problem)
	if kind := answer.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/problem+json") {
		t.Errorf("%s: got Content-Type %q, want application/problem+json", answer.Call, kind)
	}
	if err := checkProblem(problem); err != nil || problem.Status != answer.Status {
		t.Errorf("%s: got %s, want every member of a problem document (%v)", answer.Call, answer, err)
	}
	return problem
}

// checkProblem says what a problem document lacks.
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
		if !strings.ContainsAny(field.Pointer[:min(1, len(field.Pointer))], "/?") || !codePattern.MatchString(field.Code) || field.Message == "" {
			return fmt.Errorf("errors holds %+v", field)
		}
	}
	return nil
}

// pointsAt tells whether the problem points at a field.
func pointsAt(p client.Problem, field string) bool {
	for _, wrong := range p.Errors {
		if pointer := strings.ToLower(wrong.Pointer); pointer == "/"+strings.ToLower(field) || strings.HasPrefix(pointer, "/"+strings.ToLower(field)+"/") {
			return true
		}
	}
	return false
}

// eventually repeats a check of something asynchronous until it holds.
func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	deadline := time.Now().Add(timeout)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s, not within %s: %v", what, timeout, err)
		}
		time.Sleep(pollInterval)
	}
}

// waitUntil waits for a moment that the API itself announced.
func waitUntil(t *testing.T, moment time.Time) {
	t.Helper()
	select {
	case <-time.After(time.Until(moment)):
	case <-t.Context().Done():
		t.Fatal(t.Context().Err())
	}
}

// concurrently runs n calls at the same moment and returns their answers.
func concurrently(t *testing.T, n int, call func(i int) (client.Response, error)) []client.Response {
	t.Helper()
	answers, errs := make([]client.Response, n), make([]error, n)
	var start, done sync.WaitGroup
	start.Add(1)
	for i := range n {
		done.Go(func() {
			start.Wait()
			answers[i], errs[i] = call(i)
		})
	}
	start.Done()
	done.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return answers
}

// countStatuses groups answers by status.
func countStatuses(answers []client.Response) map[int]int {
	statuses := map[int]int{}
	for _, answer := range answers {
		statuses[answer.Status]++
	}
	return statuses
}

// seqs lists the numbers of entries.
func seqs(entries []client.Entry) []int {
	var numbers []int
	for _, entry := range entries {
		numbers = append(numbers, entry.Seq)
	}
	return numbers
}

// newest is the newest of ascending entries.
func newest(t *testing.T, entries []client.Entry) client.Entry {
	t.Helper()
	if len(entries) == 0 {
		t.Fatal("got no entries, want at least one")
	}
	return entries[len(entries)-1]
}

// mismatch is the error of a value that is not the wanted one.
func mismatch(what string, got, want any) error {
	return fmt.Errorf("%s: got %v, want %v", what, got, want)
}

// toJSON is a value as JSON, to compare and to show what holds pointers.
func toJSON(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(encoded)
}
