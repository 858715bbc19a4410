package dashboard

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"ticketsystem/localstack/emulator/httpapi"
)

const maxRequests = 500

// Requests holds the latest requests of the HTTP API. It logs the problems of refused ones,
// which the functions do not log.
type Requests struct {
	Logf func(string, ...any)

	mu     sync.Mutex
	latest []httpapi.Exchange
}

// Add adds a request.
func (l *Requests) Add(x httpapi.Exchange) {
	l.mu.Lock()
	if l.latest = append(l.latest, x); len(l.latest) > maxRequests {
		l.latest = l.latest[1:]
	}
	l.mu.Unlock()
	if x.Status >= http.StatusBadRequest {
		l.Logf("%s %s -> %d %s (%s, request %s)", x.Method, x.Path, x.Status, describe(x.Problem), cmp.Or(x.Function, "no function"), x.RequestID)
	}
}

// describe returns a problem document as one line.
func describe(problem json.RawMessage) string {
	var p struct {
		Code, Title, Detail, Message string
		Errors                       []struct{ Pointer, Code string }
	}
	if json.Unmarshal(problem, &p) != nil {
		return "without a problem document"
	}
	parts := []string{cmp.Or(p.Code, p.Message)}
	for _, e := range p.Errors {
		parts = append(parts, e.Pointer+": "+e.Code)
	}
	if text := cmp.Or(p.Detail, p.Title); text != "" && len(p.Errors) == 0 {
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// List returns the requests, newest first.
func (l *Requests) List() []httpapi.Exchange {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]httpapi.Exchange, 0, len(l.latest))
	for i := len(l.latest) - 1; i >= 0; i-- {
		list = append(list, l.latest[i])
	}
	return list
}
