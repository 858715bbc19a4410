package page

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ticketsystem/localstack/lambda"
	"ticketsystem/localstack/services"
)

type functions struct{}

func (functions) Stats() []lambda.Stats {
	return []lambda.Stats{{Name: "one", Invocations: 2, P50: 1.5}}
}
func (functions) Logs(name string) []string { return []string{"log of " + name} }

func TestPage(t *testing.T) {
	s, err := services.New("")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []services.Message{{Channel: "sms", To: "+1", Body: "first"}, {Channel: "sms", To: "+1", Body: "second"}, {Channel: "email", To: "a@b"}} {
		if err := s.Outbox.Add(m); err != nil {
			t.Fatal(err)
		}
	}
	handler := Handler(functions{}, s.Outbox)
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
	} {
		if got := get(path); !strings.Contains(got, part) {
			t.Errorf("%s: got %s, want %s in it", path, got, part)
		}
	}
}
