// Package dashboard serves /_local/, which shows requests, sent messages, uploads, sockets,
// queues, schedules, functions and logs of the local stack as a page and as JSON.
package dashboard

import (
	"context"
	_ "embed"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"ticketsystem/localstack/emulator/awsapi"
	"ticketsystem/localstack/emulator/lambda"
	"ticketsystem/localstack/emulator/s3"
	"ticketsystem/localstack/emulator/sqs"
	"ticketsystem/localstack/emulator/websocketapi"
)

//go:embed dashboard.html
var pageHTML []byte

// Config holds the sources of the dashboard.
type Config struct {
	Requests  *Requests
	Functions Functions
	Outbox    *awsapi.Outbox
	Uploads   func() []s3.Upload
	Sockets   func() []websocketapi.Connection
	Queues    *sqs.Queues
	Schedules func() []Schedule
	Invoke    func(ctx context.Context, function string, payload []byte) ([]byte, error)
}

// Functions provides statistics and logs of functions. lambda.Manager implements it.
type Functions interface {
	Stats() []lambda.Stats
	Logs(name string) []string
}

// Handler serves the page and its JSON documents.
func Handler(cfg Config) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(pageHTML) // the client may have disconnected
	})
	mux.HandleFunc("GET /outbox", func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		// An unescaped + in a phone number arrives as a space.
		to := strings.Replace(query.Get("to"), " ", "+", 1)
		writeJSON(w, cfg.Outbox.List(query.Get("channel"), to))
	})
	mux.HandleFunc("POST /push/{device}", cfg.handlePush)
	mux.HandleFunc("GET /requests", func(w http.ResponseWriter, r *http.Request) { writeJSON(w, cfg.Requests.List()) })
	mux.HandleFunc("GET /uploads", func(w http.ResponseWriter, r *http.Request) { writeJSON(w, cfg.Uploads()) })
	mux.HandleFunc("GET /sockets", func(w http.ResponseWriter, r *http.Request) { writeJSON(w, cfg.Sockets()) })
	mux.HandleFunc("GET /functions", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, cfg.Functions.Stats())
	})
	mux.HandleFunc("POST /functions/{name}/invoke", cfg.handleInvoke)
	mux.HandleFunc("GET /schedules", func(w http.ResponseWriter, r *http.Request) { writeJSON(w, cfg.Schedules()) })
	mux.HandleFunc("GET /queues", func(w http.ResponseWriter, r *http.Request) { writeJSON(w, cfg.listQueues()) })
	mux.HandleFunc("GET /queues/{name}", cfg.handleMessages)
	mux.HandleFunc("GET /logs", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		lines := append(cfg.Functions.Logs(r.URL.Query().Get("function")), "")
		_, _ = io.WriteString(w, strings.Join(lines, "\n")) //nolint:gosec // it is plain text
	})
	// Pages of other origins must not invoke functions.
	return http.NewCrossOriginProtection().Handler(mux)
}

func writeJSON(w http.ResponseWriter, data any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data}) // the client may have disconnected
}
