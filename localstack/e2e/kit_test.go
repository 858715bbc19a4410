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

	"ticketsystem/localstack/client"
)

// object is a JSON object in a request.
type object = client.Fields

const (
	patience = 90 * time.Second // how long something asynchronous may take: an emulator's stream lags behind
	pause    = 100 * time.Millisecond
)

// actor is a person in one test: whatever goes wrong on the way ends the test.
type actor struct {
	t *testing.T
	*client.Person
}

// customer signs a new person up.
func customer(t *testing.T) actor {
	t.Helper()
	person, err := suite.api.SignUp(t.Context(), client.RandomPhone(), "Sara Customer")
	if err != nil {
		t.Fatalf("sign a customer up: %v", err)
	}
	return actor{t, person}
}

// The seeded people of the contract.
const (
	adminPhone    = "+989120000001"
	supportPhone  = "+989120000002"
	support2Phone = "+989120000003"
)

// staff signs a seeded person in, once for the whole run.
func staff(t *testing.T, phone string) actor {
	t.Helper()
	person, err := suite.staff[phone]()
	if err != nil {
		t.Fatalf("sign %s in: %v", phone, err)
	}
	return actor{t, person}
}

func support(t *testing.T) actor  { t.Helper(); return staff(t, supportPhone) }
func support2(t *testing.T) actor { t.Helper(); return staff(t, support2Phone) }

// once makes a login that happens at its first use.
func once(api *client.API, phone string) func() (*client.Person, error) {
	return sync.OnceValues(func() (*client.Person, error) {
		return api.Login(context.Background(), phone, client.Password)
	})
}

// anybody calls the API without credentials.
func anybody(t *testing.T, method, path string, body any, options ...client.Option) client.Answer {
	t.Helper()
	answer, err := suite.api.Do(t.Context(), method, path, body, options...)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// call sends a request as this person and returns whatever came.
func (a actor) call(method, path string, body any, options ...client.Option) client.Answer {
	a.t.Helper()
	answer, err := a.Do(a.t.Context(), method, path, body, options...)
	if err != nil {
		a.t.Fatal(err)
	}
	return answer
}

// must sends a request, wants a status and decodes the answer.
func (a actor) must(want int, method, path string, body, target any, options ...client.Option) client.Answer {
	a.t.Helper()
	answer := a.call(method, path, body, options...)
	expect(a.t, answer, want, target)
	return answer
}

// get reads a path into the target.
func (a actor) get(path string, target any) client.Answer {
	a.t.Helper()
	return a.must(200, "GET", path, nil, target)
}

func (a actor) open(fields object) client.Ticket {
	a.t.Helper()
	ticket, err := a.OpenTicket(a.t.Context(), fields)
	return got(a.t, ticket, err)
}

func (a actor) post(ticketID, text string, fields object) client.Entry {
	a.t.Helper()
	entry, err := a.Post(a.t.Context(), ticketID, text, fields)
	return got(a.t, entry, err)
}

func (a actor) change(ticketID, verb string, fields object) client.Ticket {
	a.t.Helper()
	ticket, err := a.Change(a.t.Context(), ticketID, verb, fields)
	return got(a.t, ticket, err)
}

func (a actor) detail(ticketID string) client.Detail {
	a.t.Helper()
	detail, err := a.Ticket(a.t.Context(), ticketID)
	return got(a.t, detail, err)
}

func (a actor) history(ticketID string) []client.Entry {
	a.t.Helper()
	entries, err := a.History(a.t.Context(), ticketID)
	return got(a.t, entries, err)
}

// got ends the test on an error and passes the value on.
func got[T any](t *testing.T, value T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// expect wants a status and decodes the answer.
func expect(t *testing.T, answer client.Answer, want int, target any) {
	t.Helper()
	if err := answer.Into(want, target); err != nil {
		t.Fatal(err)
	}
}

// same compares two values of one kind.
func same[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

var stableCode = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// refused wants one of the statuses with a complete problem document.
func refused(t *testing.T, answer client.Answer, statuses ...int) client.Problem {
	t.Helper()
	var problem client.Problem
	found := false
	for _, status := range statuses {
		found = found || answer.Status == status
	}
	if !found {
		t.Fatalf("%s: got %s, want one of %v", answer.Call, answer, statuses)
	}
	expect(t, answer, answer.Status, &problem)
	if kind := answer.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/problem+json") {
		t.Errorf("%s: got Content-Type %q, want application/problem+json", answer.Call, kind)
	}
	if err := complete(problem); err != nil || problem.Status != answer.Status {
		t.Errorf("%s: got %s, want every member of a problem document (%v)", answer.Call, answer, err)
	}
	return problem
}

// complete says what a problem document lacks.
func complete(p client.Problem) error {
	for name, value := range map[string]string{"type": p.Type, "title": p.Title, "instance": p.Instance, "requestId": p.RequestID} {
		if value == "" {
			return fmt.Errorf("%s is missing", name)
		}
	}
	if !stableCode.MatchString(p.Code) {
		return fmt.Errorf("code is %q", p.Code)
	}
	for _, field := range p.Errors {
		if !strings.ContainsAny(field.Pointer[:min(1, len(field.Pointer))], "/?") || !stableCode.MatchString(field.Code) || field.Message == "" {
			return fmt.Errorf("errors holds %+v", field)
		}
	}
	return nil
}

// names tells whether the problem points at a field.
func names(p client.Problem, field string) bool {
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
	deadline := time.Now().Add(patience)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s, not within %s: %v", what, patience, err)
		}
		time.Sleep(pause)
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

// together runs n calls at the same moment and returns their answers.
func together(t *testing.T, n int, call func(i int) (client.Answer, error)) []client.Answer {
	t.Helper()
	answers, errs := make([]client.Answer, n), make([]error, n)
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

// count groups answers by status.
func count(answers []client.Answer) map[int]int {
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

// last is the newest of ascending entries.
func last(t *testing.T, entries []client.Entry) client.Entry {
	t.Helper()
	if len(entries) == 0 {
		t.Fatal("got no entries, want at least one")
	}
	return entries[len(entries)-1]
}

// wrong is the error of a value that is not the wanted one.
func wrong(what string, got, want any) error {
	return fmt.Errorf("%s: got %v, want %v", what, got, want)
}

// text is a value as JSON, to compare and to show what holds pointers.
func text(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(encoded)
}
