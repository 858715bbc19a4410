package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"ticketsystem/localstack/emulator/awsapi"
	"ticketsystem/localstack/emulator/httpapi"
	"ticketsystem/localstack/emulator/lambda"
	"ticketsystem/localstack/emulator/s3"
	"ticketsystem/localstack/emulator/sqs"
	"ticketsystem/localstack/emulator/websocketapi"
)

type fakeFunctions struct{}

func (fakeFunctions) Stats() []lambda.Stats {
	return []lambda.Stats{{Name: "one", Invocations: 2, P50: 1.5}}
}
func (fakeFunctions) Logs(name string) []string { return []string{"log of " + name} }

func TestHandler_Pages(t *testing.T) {
	s, err := awsapi.New("")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []awsapi.Message{{Channel: "sms", To: "+1", Body: "first"}, {Channel: "sms", To: "+1", Body: "second"}, {Channel: "email", To: "a@b"}} {
		if err := s.Outbox.Add(m); err != nil {
			t.Fatal(err)
		}
	}
	var logged []string
	requests := &Requests{Logf: func(format string, values ...any) { logged = append(logged, fmt.Sprintf(format, values...)) }}
	requests.Add(httpapi.Exchange{Method: "GET", Path: "/tickets", Status: 200, RequestID: "r1", Function: "ticket-list"})
	requests.Add(httpapi.Exchange{Method: "POST", Path: "/tickets", Status: 422, RequestID: "r2", Function: "ticket-create",
		Problem: []byte(`{"code":"invalid_body","title":"t","errors":[{"pointer":"/title","code":"required"}]}`)})
	if want := []string{"POST /tickets -> 422 invalid_body, /title: required (ticket-create, request r2)"}; !slices.Equal(logged, want) {
		t.Errorf("log: got %q, want %q", logged, want)
	}
	handler := Handler(Config{
		Requests: requests, Functions: fakeFunctions{}, Outbox: s.Outbox,
		Uploads: func() []s3.Upload { return []s3.Upload{{Key: "uploads/1", Size: 3}} },
		Sockets: func() []websocketapi.Connection { return []websocketapi.Connection{{ID: "c1", Sent: 2}} },
	})
	get := func(path string) string {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		text, _ := io.ReadAll(w.Result().Body)
		return string(text)
	}
	for _, to := range []string{"+1", "%2B1", "%201"} {
		got := get("/outbox?channel=sms&to=" + to)
		if strings.Count(got, "channel") != 2 || strings.Index(got, "second") > strings.Index(got, "first") {
			t.Errorf("to=%s: got %s, want both, newest first", to, got)
		}
	}
	if got := get("/outbox?to=nobody"); got != "{\"data\":[]}\n" {
		t.Errorf("got %s", got)
	}
	for path, part := range map[string]string{
		"/": "<title>TicketSystem", "/functions": `"name":"one","invocations":2`, "/logs?function=one": "log of one\n",
		"/requests": `"status":422,"ms":0,"requestId":"r2","function":"ticket-create","problem":{"code":"invalid_body"`,
		"/uploads":  `"key":"uploads/1","type":"","size":3`, "/sockets": `"id":"c1"`,
	} {
		if got := get(path); !strings.Contains(got, part) {
			t.Errorf("%s: got %s, want %s in it", path, got, part)
		}
	}
}

func TestHandler_Queues(t *testing.T) {
	s, err := awsapi.New("")
	if err != nil {
		t.Fatal(err)
	}
	s.Queues.Define(map[string]sqs.Settings{"work": {DeadLetterQueue: "dead"}, "dead": {}})
	if err := s.Queues.Send("work", "hello"); err != nil {
		t.Fatal(err)
	}
	handler := Handler(Config{Queues: s.Queues})
	for path, want := range map[string]string{
		"/queues": `"name":"work","visible":1,"inFlight":0,"delayed":0,"oldest":`, "/queues/work": `"body":"hello"`, "/queues/dead": `{"data":[]}`,
	} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if got := w.Body.String(); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s in it", path, got, want)
		}
	}
}

func TestHandler_Invoke(t *testing.T) {
	handler := Handler(Config{
		Functions: fakeFunctions{},
		Schedules: func() []Schedule {
			return []Schedule{{Function: "one", Event: json.RawMessage(`{"source":"aws.events"}`)}}
		},
		Invoke: func(_ context.Context, _ string, payload []byte) ([]byte, error) {
			if strings.Contains(string(payload), "fail") {
				return nil, &lambda.FunctionError{Type: "errorString", Message: "as requested"}
			}
			return payload, nil
		},
	})
	for _, c := range []struct {
		name, body, site, want string
		status                 int
	}{
		{"one", `{"a":1}`, "", `{"a":1}`, 200},
		{"one", "", "same-origin", `{"source":"aws.events"}`, 200},
		{"one", `"fail"`, "", `{"errorType":"errorString","errorMessage":"as requested"}`, 502},
		{"one", `{`, "", "the event is not JSON\n", 400},
		{"two", `{}`, "", "no function two\n", 404},
		{"one", `{}`, "cross-site", "cross-origin request detected from Sec-Fetch-Site header\n", 403},
	} {
		r := httptest.NewRequest(http.MethodPost, "/functions/"+c.name+"/invoke", strings.NewReader(c.body))
		r.Header.Set("Sec-Fetch-Site", c.site)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != c.status || w.Body.String() != c.want {
			t.Errorf("%s %s: got %d %q, want %d %q", c.name, c.body, w.Code, w.Body, c.status, c.want)
		}
	}
}
