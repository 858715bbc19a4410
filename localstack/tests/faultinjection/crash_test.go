package faultinjection

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

	"ticketsystem/localstack/emulator/awsproxy"
	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/report"
	"ticketsystem/pkg/ticket"
)

// singleFault injects a fault at one call of a function.
type singleFault struct {
	mu        sync.Mutex
	function  string
	fault     awsproxy.Fault
	callIndex int // index of the call; -1 for none
	calls     []string
	hit       bool
}

func (f *singleFault) observe(c awsproxy.Call) awsproxy.Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c.Function != f.function || f.hit {
		return awsproxy.None
	}
	f.calls = append(f.calls, c.Operation)
	if len(f.calls)-1 != f.callIndex {
		return awsproxy.None
	}
	f.hit = true
	return f.fault
}

// arm sets the next fault. It is injected once, so the repeat succeeds.
func (f *singleFault) arm(function string, callIndex int, fault awsproxy.Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.function, f.callIndex, f.fault, f.calls, f.hit = function, callIndex, fault, nil, false
}

func (f *singleFault) result() (calls []string, hit bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls, f.hit
}

// request is a client's request, repeated unchanged.
type request struct {
	user *client.User // nil for an anonymous request
	path string
	body client.Fields
}

// operation is a request whose function is killed.
type operation struct {
	function string
	prepare  func(ctx context.Context, r *run, customer *client.User) (ask request, ticketID string, err error)
}

// TestCrashPointsByKill kills a function's process (SIGKILL) before and after each of
// its calls, repeats the request, and compares the resulting state with that of an
// undisturbed run.
func TestCrashPointsByKill(t *testing.T) {
	f := &singleFault{callIndex: -1}
	r := startRun(t, f.observe)
	customer, err := r.api.SignUp(t.Context(), client.RandomPhone(), "Sara Customer")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	points, matched := 0, 0
	for _, o := range operations() {
		t.Run(o.function, func(t *testing.T) {
			calls, passed, total := o.crashEverywhere(t, r, f, customer)
			points, matched = points+total, matched+passed
			rows = append(rows, fmt.Sprintf("| %s | %s | %d | %d |", o.function, strings.Join(calls, ", "), total, passed))
		})
	}
	l := report.Result{
		Check: "crash-points", Name: "same state after kill -9 and a repeat", Target: "at every point", Pass: points > 0 && points == matched,
		Value: fmt.Sprintf("at %d of %d points of %d functions", matched, points, len(operations())),
	}
	if err := report.Record(l); err != nil {
		t.Error(err)
	}
	table := "| function | calls of a cold start | points | same |\n|---|---|---|---|\n" + strings.Join(rows, "\n") + "\n"
	if err := report.Detail("crash-points", "SIGKILL before and after each call", table); err != nil {
		t.Error(err)
	}
}

func (o operation) crashEverywhere(t *testing.T, r *run, f *singleFault, customer *client.User) (calls []string, passed, total int) {
	t.Helper()
	want, err := o.once(t, r, f, customer, -1, awsproxy.None)
	if err != nil {
		t.Fatalf("undisturbed: %v", err)
	}
	calls, _ = f.result()
	for callIndex := range calls {
		for _, fault := range []awsproxy.Fault{awsproxy.KillBefore, awsproxy.KillAfter} {
			total++
			got, err := o.once(t, r, f, customer, callIndex, fault)
			_, hit := f.result()
			if err != nil || !hit || got != want {
				t.Errorf("%s call %d (%s): hit %v, %v\ngot  %s\nwant %s", fault, callIndex, calls[callIndex], hit, err, got, want)
				continue
			}
			passed++
		}
	}
	return calls, passed, total
}

// once sends a request to a cold function until it succeeds, and returns the response
// and the resulting state as text.
func (o operation) once(t *testing.T, r *run, f *singleFault, customer *client.User, callIndex int, fault awsproxy.Fault) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, ticketID, err := o.prepare(ctx, r, customer)
	if err != nil {
		return "", err
	}
	r.stack.Kill(o.function)
	f.arm(o.function, callIndex, fault)
	response, err := req.retryUntilDone(ctx, r.api)
	if err != nil {
		return "", err
	}
	if ticketID == "" {
		var opened struct{ ID string }
		if err := json.Unmarshal(response.Body, &opened); err != nil {
			return "", err
		}
		ticketID = opened.ID
	}
	if strings.HasSuffix(o.function, "-refresh") {
		return r.useRefreshed(ctx, response)
	}
	return r.finalState(ctx, ticketID)
}

// retryUntilDone repeats a request until it succeeds.
func (q request) retryUntilDone(ctx context.Context, api *client.API) (client.Response, error) {
	for {
		var response client.Response
		var err error
		if q.user == nil {
			response, err = api.Do(ctx, http.MethodPost, q.path, q.body)
		} else {
			response, err = q.user.Do(ctx, http.MethodPost, q.path, q.body)
		}
		switch {
		case err != nil:
			return response, err
		case response.Status < 300:
			return response, nil
		case !isTransient(response.Status):
			return response, response.Decode(http.StatusOK, nil)
		}
	}
}

// volatilePattern matches ids and times, which differ between two runs.
var volatilePattern = regexp.MustCompile(`[0-9A-HJKMNP-TV-Z]{26}|"RequestID":"\w*"|\d{4}-\d\d-\d\dT[0-9:.]+Z`)

// finalState returns a ticket's log and its projection as text.
func (r *run) finalState(ctx context.Context, ticketID string) (string, error) {
	log, err := r.awaitProjection(ctx, ticketID)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]any{
		"entries": log.Entries, "state": log.Ticket.State, "title": log.Ticket.Title, "messages": log.Ticket.Messages, "last": log.Ticket.LastSeq,
	})
	return volatilePattern.ReplaceAllString(string(text), "*"), err
}

// awaitProjection returns a ticket's log once its projection is up to date, that of a new
// ticket included, which writes it again for the staff lists.
func (r *run) awaitProjection(ctx context.Context, ticketID string) (ticket.Log, error) {
	for {
		log, err := r.store.ReadLogLatest(ctx, ticketID, 100)
		if err != nil || log.Ticket.LastSeq == len(log.Entries) && log.Ticket.Revision > 1 {
			return log, err
		}
		select {
		case <-ctx.Done():
			return log, fmt.Errorf("the ticket is at %d, the log has %d entries: %w", log.Ticket.LastSeq, len(log.Entries), ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// useRefreshed checks that the refreshed token works.
func (r *run) useRefreshed(ctx context.Context, response client.Response) (string, error) {
	var tokens client.Tokens
	if err := response.Decode(http.StatusOK, &tokens); err != nil {
		return "", err
	}
	next, err := request{path: "/token/refresh", body: client.Fields{"refreshToken": tokens.RefreshToken}}.retryUntilDone(ctx, r.api)
	if err != nil {
		return "", err
	}
	return fmt.Sprint("the successor works: ", next.Status), nil
}

func operations() []operation {
	onTicket := func(function, verb string, byAgent bool, body client.Fields) operation {
		return operation{function, func(ctx context.Context, r *run, customer *client.User) (request, string, error) {
			opened, err := customer.OpenTicket(ctx, nil)
			if err == nil { // otherwise its projection conflicts with the request now and then, which adds calls
				_, err = r.awaitProjection(ctx, opened.ID)
			}
			fields := client.Fields{"clientId": client.NewID()}
			for name, v := range body {
				fields[name] = v
			}
			user := customer
			if byAgent {
				user = r.agent
			}
			return request{user, "/tickets/" + opened.ID + "/" + verb, fields}, opened.ID, err
		}}
	}
	return []operation{
		{"ticket-create", func(ctx context.Context, _ *run, customer *client.User) (request, string, error) {
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
		{"token-refresh", func(ctx context.Context, r *run, customer *client.User) (request, string, error) {
			user, err := r.api.Login(ctx, customer.Profile.Phone, client.Password)
			if err != nil {
				return request{}, "", err
			}
			return request{nil, "/token/refresh", client.Fields{"refreshToken": user.Tokens().RefreshToken}}, "-", nil
		}},
	}
}
