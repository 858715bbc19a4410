package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketsystem/localstack/client"
	"ticketsystem/localstack/judge/verdict"
	"ticketsystem/localstack/tap"
)

// aim kills a function at one of its calls.
type aim struct {
	mu       sync.Mutex
	function string
	fault    tap.Fault
	at       int // the call; -1 for none
	calls    []string
	hit      bool
}

func (a *aim) observe(c tap.Call) tap.Fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c.Function != a.function || a.hit {
		return tap.Pass
	}
	a.calls = append(a.calls, c.Operation)
	if len(a.calls)-1 != a.at {
		return tap.Pass
	}
	a.hit = true
	return a.fault
}

// take aims anew. A hit counts once: the repeat goes through.
func (a *aim) take(function string, at int, fault tap.Fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.function, a.at, a.fault, a.calls, a.hit = function, at, fault, nil, false
}

func (a *aim) result() (calls []string, hit bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls, a.hit
}

// request is what a client asks for, and asks for again without a change.
type request struct {
	who  *client.Person // nil for nobody
	path string
	body client.Fields
}

// operation is a request whose function is killed.
type operation struct {
	function string
	prepare  func(ctx context.Context, r *run, customer *client.Person) (ask request, ticketID string, err error)
}

// TestCrashPointsByKill kills (SIGKILL) the process of a function before and
// after each of its calls, asks again, and compares what is left with what a
// process leaves that lived.
func TestCrashPointsByKill(t *testing.T) {
	a := &aim{at: -1}
	r := start(t, a.observe)
	customer, err := r.api.SignUp(t.Context(), client.RandomPhone(), "Sara Customer")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	points, same := 0, 0
	for _, o := range operations() {
		t.Run(o.function, func(t *testing.T) {
			calls, held, tried := o.everywhere(t, r, a, customer)
			points, same = points+tried, same+held
			rows = append(rows, fmt.Sprintf("| %s | %s | %d | %d |", o.function, strings.Join(calls, ", "), tried, held))
		})
	}
	l := verdict.Line{
		Item: "crash-points", Name: "same state after kill -9 and a repeat", Goal: "at every point", Holds: points > 0 && points == same,
		Figure: fmt.Sprintf("at %d of %d points of %d functions", same, points, len(operations())),
	}
	if err := verdict.Record(l); err != nil {
		t.Error(err)
	}
	table := "| function | its calls, cold | points | same |\n|---|---|---|---|\n" + strings.Join(rows, "\n") + "\n"
	if err := verdict.Detail("crash-points", "Functions are killed around each call", table); err != nil {
		t.Error(err)
	}
}

func (o operation) everywhere(t *testing.T, r *run, a *aim, customer *client.Person) (calls []string, held, tried int) {
	t.Helper()
	want, err := o.once(t, r, a, customer, -1, tap.Pass)
	if err != nil {
		t.Fatalf("undisturbed: %v", err)
	}
	calls, _ = a.result()
	for at := range calls {
		for _, fault := range []tap.Fault{tap.KillBefore, tap.KillAfter} {
			tried++
			got, err := o.once(t, r, a, customer, at, fault)
			_, hit := a.result()
			if err != nil || !hit || got != want {
				t.Errorf("%s call %d (%s): hit %v, %v\ngot  %s\nwant %s", fault, at, calls[at], hit, err, got, want)
				continue
			}
			held++
		}
	}
	return calls, held, tried
}

// once asks a cold function, again and again until it answers, and gives what
// it answered and left.
func (o operation) once(t *testing.T, r *run, a *aim, customer *client.Person, at int, fault tap.Fault) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ask, ticketID, err := o.prepare(ctx, r, customer)
	if err != nil {
		return "", err
	}
	r.stack.Kill(o.function)
	a.take(o.function, at, fault)
	answer, err := ask.insist(ctx, r.api)
	if err != nil {
		return "", err
	}
	if ticketID == "" {
		var opened struct{ ID string }
		if err := json.Unmarshal(answer.Body, &opened); err != nil {
			return "", err
		}
		ticketID = opened.ID
	}
	if strings.HasSuffix(o.function, "-refresh") {
		return r.refreshed(ctx, answer)
	}
	return r.left(ctx, ticketID)
}

// insist repeats a request until it is answered with success.
func (q request) insist(ctx context.Context, api *client.API) (client.Answer, error) {
	for {
		var answer client.Answer
		var err error
		if q.who == nil {
			answer, err = api.Do(ctx, http.MethodPost, q.path, q.body)
		} else {
			answer, err = q.who.Do(ctx, http.MethodPost, q.path, q.body)
		}
		switch {
		case err != nil:
			return answer, err
		case answer.Status < 300:
			return answer, nil
		case !passing(answer.Status):
			return answer, answer.Into(http.StatusOK, nil)
		}
	}
}

// What differs between two runs of the same.
var varies = regexp.MustCompile(`[0-9A-HJKMNP-TV-Z]{26}|\d{4}-\d\d-\d\dT[0-9:.]+Z`)

// left is a ticket's log, and its head once that has followed.
func (r *run) left(ctx context.Context, ticketID string) (string, error) {
	for {
		log, err := r.store.Newest(ctx, ticketID, 100)
		if err != nil {
			return "", err
		}
		if log.Head.LastSeq != len(log.Entries) {
			select {
			case <-ctx.Done():
				return "", fmt.Errorf("the head says %d, the log has %d entries: %w", log.Head.LastSeq, len(log.Entries), ctx.Err())
			case <-time.After(20 * time.Millisecond):
				continue
			}
		}
		text, err := json.Marshal(map[string]any{
			"entries": log.Entries, "state": log.Head.State, "title": log.Head.Title, "messages": log.Head.Messages, "last": log.Head.LastSeq,
		})
		return varies.ReplaceAllString(string(text), "*"), err
	}
}

// refreshed uses what a refresh gave: it must be good for another one.
func (r *run) refreshed(ctx context.Context, answer client.Answer) (string, error) {
	var tokens client.Tokens
	if err := answer.Into(http.StatusOK, &tokens); err != nil {
		return "", err
	}
	next, err := request{path: "/token/refresh", body: client.Fields{"refreshToken": tokens.RefreshToken}}.insist(ctx, r.api)
	if err != nil {
		return "", err
	}
	return fmt.Sprint("the successor is good: ", next.Status), nil
}

func operations() []operation {
	onTicket := func(function, verb string, byAgent bool, body client.Fields) operation {
		return operation{function, func(ctx context.Context, r *run, customer *client.Person) (request, string, error) {
			opened, err := customer.OpenTicket(ctx, nil)
			fields := client.Fields{"clientId": client.NewID()}
			for name, v := range body {
				fields[name] = v
			}
			who := customer
			if byAgent {
				who = r.agent
			}
			return request{who, "/tickets/" + opened.ID + "/" + verb, fields}, opened.ID, err
		}}
	}
	return []operation{
		{"ticket-create", func(ctx context.Context, _ *run, customer *client.Person) (request, string, error) {
			categories, err := customer.Categories(ctx)
			if err != nil || len(categories) == 0 {
				return request{}, "", fmt.Errorf("no categories: %w", err)
			}
			return request{customer, "/tickets", client.Fields{
				"clientId": client.NewID(), "title": "The parcel has not come", "description": "I ordered it on Saturday.", "categoryId": categories[0].ID,
			}}, "", nil
		}},
		onTicket("message-post", "messages", true, client.Fields{"body": "hello", "after": 1}),
		onTicket("ticket-close", "close", false, nil),
		onTicket("ticket-assign", "assign", true, client.Fields{"assigneeId": "me"}),
		{"token-refresh", func(ctx context.Context, r *run, customer *client.Person) (request, string, error) {
			person, err := r.api.Login(ctx, customer.User.Phone, client.Password)
			if err != nil {
				return request{}, "", err
			}
			return request{nil, "/token/refresh", client.Fields{"refreshToken": person.Tokens().RefreshToken}}, "-", nil
		}},
	}
}
