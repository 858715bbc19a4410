// Package page is /_local/: what the stack has sent, run and logged, for people
// and for tests.
package page

import (
	_ "embed"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"ticketsystem/localstack/lambda"
	"ticketsystem/localstack/services"
)

//go:embed page.html
var html []byte

// Functions tells about the functions; lambda.Manager does.
type Functions interface {
	Stats() []lambda.Stats
	Logs(name string) []string
}

// Handler serves the page and the JSON that it is made of.
func Handler(functions Functions, outbox *services.Outbox) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(html) // a reader that went away needs no page
	})
	mux.HandleFunc("GET /outbox", func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		// An unescaped + of a number arrives as a blank.
		to := strings.Replace(query.Get("to"), " ", "+", 1)
		write(w, outbox.List(query.Get("channel"), to))
	})
	mux.HandleFunc("GET /functions", func(w http.ResponseWriter, r *http.Request) {
		write(w, functions.Stats())
	})
	mux.HandleFunc("GET /logs", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		lines := append(functions.Logs(r.URL.Query().Get("function")), "")
		_, _ = io.WriteString(w, strings.Join(lines, "\n")) //nolint:gosec // it is plain text
	})
	return mux
}

func write(w http.ResponseWriter, data any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data}) // a reader that went away needs no answer
}
