package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/idempotency"
	"ticketsystem/pkg/user"
)

// counting answers with how often it ran; refuse says with which error, if any.
type counting struct {
	runs   int
	refuse error
}

func (c *counting) endpoint() api.Endpoint {
	return api.Endpoint{Access: api.Known, Handle: func(context.Context, *api.Request) (api.Response, error) {
		c.runs++
		if c.refuse != nil {
			return api.Response{}, c.refuse
		}
		return api.Response{Status: http.StatusCreated, Headers: map[string]string{"location": "/x/1"}, Body: map[string]int{"run": c.runs}}, nil
	}}
}

func keyed(body string) *request {
	return call(http.MethodPost, "/x", body).with("idempotency-key", "k1")
}

// TestRepeatGetsTheWholeAnswer, and nothing runs twice.
func TestRepeatGetsTheWholeAnswer(t *testing.T) {
	h := newHouse(t)
	c := &counting{}
	first := h.send(t, c.endpoint(), sara, keyed(`{"a":1}`))
	again := h.send(t, c.endpoint(), sara, keyed(`{"a":1}`))
	if c.runs != 1 || again.status != first.status || again.text != first.text || again.headers["location"] != "/x/1" {
		t.Errorf("got %d runs, %d %s %v, want the first answer %d %s", c.runs, again.status, again.text, again.headers, first.status, first.text)
	}
	if first.headers["idempotency-replayed"] != "" || again.headers["idempotency-replayed"] != "true" {
		t.Errorf("replayed: got %q and %q", first.headers["idempotency-replayed"], again.headers["idempotency-replayed"])
	}
	for _, r := range h.repeats {
		if strings.Contains(r.Answer+r.Key+r.Body, "location") || strings.Contains(r.Key, "k1") || r.ExpiresAt.Sub(h.now) != 24*time.Hour {
			t.Errorf("it is kept as %+v", r)
		}
	}
}

// TestWhatIsAnotherRequest: person, path and body make it another one.
func TestWhatIsAnotherRequest(t *testing.T) {
	for _, c := range []struct {
		name string
		who  user.Principal
		r    *request
		runs int
		code string
	}{
		{"the same", sara, keyed(`{"a":1}`), 1, ""},
		{"another body", sara, keyed(`{"a":2}`), 1, "idempotency_mismatch"},
		{"another person", reza, keyed(`{"a":1}`), 2, ""},
		{"another person, another body", reza, keyed(`{"a":2}`), 2, ""},
		{"nobody", user.Principal{}, keyed(`{"a":1}`), 2, ""},
		{"another path", sara, call(http.MethodPost, "/y", `{"a":1}`).with("idempotency-key", "k1"), 2, ""},
		{"another key", sara, call(http.MethodPost, "/x", `{"a":1}`).with("idempotency-key", "k2"), 2, ""},
		{"no key", sara, call(http.MethodPost, "/x", `{"a":1}`), 2, ""},
		{"no POST", sara, call(http.MethodGet, "/x", `{"a":1}`).with("idempotency-key", "k1"), 2, ""},
		{"a key that is too long", sara, call(http.MethodPost, "/x", `{"a":1}`).with("idempotency-key", strings.Repeat("k", 256)), 1, "bad_request"},
		{"the longest key", sara, call(http.MethodPost, "/x", `{"a":1}`).with("idempotency-key", strings.Repeat("k", 255)), 2, ""},
	} {
		h := newHouse(t)
		count := &counting{}
		h.send(t, count.endpoint(), sara, keyed(`{"a":1}`))
		got := h.send(t, count.endpoint(), c.who, c.r)
		if count.runs != c.runs || got.code() != c.code {
			t.Errorf("%s: got %d runs and %q, want %d and %q", c.name, count.runs, got.code(), c.runs, c.code)
		}
	}
}

// TestRefusalsAreKeptOrNot: a clear one is repeated, one that may pass is not.
func TestRefusalsAreKeptOrNot(t *testing.T) {
	for _, c := range []struct {
		err  error
		kept bool
	}{
		{fault.New(fault.Forbidden, ""), true}, {fault.New(fault.TicketNotFound, ""), true},
		{fault.Invalid(fault.Field{Pointer: "/a", Code: "unknown"}), true}, {fault.New(fault.VersionStale, ""), true},
		{fault.New(fault.TooManyRequests, "").WithRetryAfter(time.Second), false}, {fault.New(fault.Conflict, ""), false},
		{fault.New(fault.Unavailable, ""), false}, {errors.New("broken"), false},
	} {
		h := newHouse(t)
		count := &counting{refuse: c.err}
		first := h.send(t, count.endpoint(), sara, keyed("{}"))
		again := h.send(t, count.endpoint(), sara, keyed("{}"))
		if (count.runs == 1) != c.kept || again.code() != first.code() || again.status != first.status {
			t.Errorf("%v: got %d runs, %d %s, want kept %v", c.err, count.runs, again.status, again.code(), c.kept)
		}
		count.refuse = nil
		if third := h.send(t, count.endpoint(), sara, keyed("{}")); (third.status == 201) == c.kept {
			t.Errorf("%v, then all is well: got %d", c.err, third.status)
		}
	}
}

// TestStillRunning: the second of two at once is asked to come again, until
// the first has had more time than any function gets.
func TestStillRunning(t *testing.T) {
	h := newHouse(t)
	count := &counting{}
	var second answer
	nested := api.Endpoint{Access: api.Known, Handle: func(ctx context.Context, r *api.Request) (api.Response, error) {
		second = h.send(t, count.endpoint(), sara, keyed("{}"))
		return api.Response{}, errors.New("the function is killed")
	}}
	h.send(t, nested, sara, keyed("{}"))
	if second.code() != "idempotency_running" || second.status != 409 || second.headers["retry-after"] == "" || count.runs != 0 {
		t.Errorf("got %d %s, retry-after %q", second.status, second.code(), second.headers["retry-after"])
	}
	h.send(t, nested, sara, keyed("{}"))
	for key, r := range h.repeats { // as if it had been killed for good
		r.Answer = ""
		h.repeats[key] = r
	}
	for after, want := range map[time.Duration]int{idempotency.Patience - time.Second: 409, idempotency.Patience + time.Second: 201} {
		h := newHouse(t)
		h.send(t, (&counting{}).endpoint(), sara, keyed("{}"))
		for key, r := range h.repeats {
			r.Answer = ""
			h.repeats[key] = r
		}
		if h.now = h.now.Add(after); h.send(t, count.endpoint(), sara, keyed("{}")).status != want {
			t.Errorf("after %v: want %d", after, want)
		}
	}
}

// TestAnswersAreSealed: a record that was changed, or moved to another key,
// opens nothing.
func TestAnswersAreSealed(t *testing.T) {
	h := newHouse(t)
	count := &counting{}
	h.send(t, count.endpoint(), sara, keyed("{}"))
	h.send(t, count.endpoint(), reza, keyed("{}"))
	var keys []string
	for key := range h.repeats {
		keys = append(keys, key)
	}
	a, b := h.repeats[keys[0]], h.repeats[keys[1]]
	a.Answer, b.Answer = b.Answer, a.Answer
	h.repeats[keys[0]], h.repeats[keys[1]] = a, b
	for _, who := range []user.Principal{sara, reza} {
		if got := h.send(t, count.endpoint(), who, keyed("{}")); got.status != 500 || got.code() != "internal" {
			t.Errorf("%s: got %d %s", who.Name, got.status, got.text)
		}
	}
}

// TestStoreOfRepeatsIsDown: nothing runs whose repeat could not be told.
func TestStoreOfRepeatsIsDown(t *testing.T) {
	h := newHouse(t)
	count := &counting{}
	h.broken = true
	if got := h.send(t, count.endpoint(), sara, keyed("{}")); got.status != 500 || count.runs != 0 {
		t.Errorf("got %d after %d runs", got.status, count.runs)
	}
	h.broken = false
	breaking := api.Endpoint{Access: api.Known, Handle: func(context.Context, *api.Request) (api.Response, error) {
		h.broken = true // only the memory of it is lost
		return api.Response{Status: http.StatusCreated, Body: map[string]int{}}, nil
	}}
	if got := h.send(t, breaking, sara, keyed("{}")); got.status != 201 || !strings.Contains(h.log.String(), "idempotency record not stored") {
		t.Errorf("got %d, logged %s", got.status, h.log)
	}
}

// TestNoContentIsRepeated as it was, without a body.
func TestNoContentIsRepeated(t *testing.T) {
	h := newHouse(t)
	h.stock(oneID, "message")
	for i := range 2 {
		got := h.send(t, api.MarkRead(h.desk), sara, call(http.MethodPost, "/tickets/x/read", `{"seq":1}`).with("idempotency-key", "k"))
		if got.status != http.StatusNoContent || got.text != "" {
			t.Errorf("%d: got %d %q", i, got.status, got.text)
		}
	}
	if got := fmt.Sprint(h.tickets[oneID].Marks); got != "map["+saraID+":1]" {
		t.Errorf("got the marks %s", got)
	}
}
