// Package awsapi emulates the calls of SES, SNS, SSM, SQS and Lambda that the
// functions make.
package awsapi

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"ticketsystem/localstack/emulator/sqs"
)

// Server serves all of these APIs on one address.
type Server struct {
	Outbox        *Outbox
	Queues        *sqs.Queues
	Parameters    *Parameters
	Invoke        func(ctx context.Context, function string, payload []byte) ([]byte, error)
	Subscriptions func() Subscriptions                  // of the current template
	Notify        func(function string, payload []byte) // invokes a function asynchronously

	deletedEndpoints sync.Map // ARNs of platform endpoints
}

// Subscriptions holds the subscribers of SNS topics and SES configuration sets.
type Subscriptions struct {
	Topics            map[string][]string           // functions by topic ARN
	ConfigurationSets map[string][]EventDestination // event destinations by configuration set
}

// New returns a server whose outbox and parameters are stored in a folder. An empty
// folder keeps them in memory. Queues are always in memory.
func New(folder string) (*Server, error) {
	outbox, err := openOutbox(folder)
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	s := &Server{
		Outbox: outbox, Queues: sqs.New(), Parameters: &Parameters{file: newJSONFile(folder, "parameters.json")},
		Subscriptions: func() Subscriptions { return Subscriptions{} },
	}
	return s, s.Parameters.file.load(&s.Parameters.values)
}

// Close closes the outbox file.
func (s *Server) Close() error { return s.Outbox.Close() }

// apiError is an error response of an AWS API.
type apiError struct {
	status        int
	code, message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

func errValidation(format string, a ...any) *apiError {
	return &apiError{http.StatusBadRequest, "ValidationException", fmt.Sprintf(format, a...)}
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, "/2015-03-31/functions/"); ok {
		s.handleInvoke(w, r, strings.TrimSuffix(rest, "/invocations"))
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 16<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		response, err := s.handleJSON(target, body)
		writeJSON(w, r, response, err)
		return
	}
	s.handleQuery(w, body)
}

func (s *Server) handleJSON(target string, body []byte) (any, error) {
	service, operation, _ := strings.Cut(target, ".")
	switch service {
	case "AmazonSSM":
		return s.Parameters.handle(operation, body)
	case "AmazonSQS":
		return s.handleSQS(operation, body)
	}
	return nil, &apiError{http.StatusBadRequest, "UnknownOperationException", target + " is not part of the local stack"}
}

func writeJSON(w http.ResponseWriter, r *http.Request, response any, err error) {
	w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
	w.Header().Set("X-Amzn-Requestid", rand.Text())
	if err != nil {
		var apiErr *apiError
		if !errors.As(err, &apiErr) {
			apiErr = &apiError{http.StatusInternalServerError, "InternalServerError", err.Error()}
		}
		w.Header().Set("X-Amzn-Errortype", apiErr.code)
		w.WriteHeader(apiErr.status)
		response = map[string]string{"__type": apiErr.code, "message": apiErr.message}
	}
	_ = json.NewEncoder(w).Encode(response) // the client may have disconnected
}

// handleInvoke serves Lambda's Invoke for synchronous invocations.
func (s *Server) handleInvoke(w http.ResponseWriter, r *http.Request, name string) {
	payload, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	result, err := s.Invoke(r.Context(), name[strings.LastIndex(name, ":")+1:], payload)
	if err != nil {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		result, _ = json.Marshal(map[string]string{"errorMessage": err.Error()}) // a string always encodes
	}
	_, _ = w.Write(result)
}

func now() time.Time { return time.Now().UTC() }
