// Package services is the handful of calls of SES, SNS, SSM and SQS that the
// functions make, and Lambda's Invoke.
package services

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"ticketsystem/localstack/queue"
)

// Server answers on one address for all of the services.
type Server struct {
	Outbox     *Outbox
	Queues     *queue.Queues
	Parameters *Parameters
	Invoke     func(ctx context.Context, function string, payload []byte) ([]byte, error)
	Links      func() Links                          // what the template joins as it is now
	Notify     func(function string, payload []byte) // starts a function whose answer nobody waits for
}

// Links are what the template joins SNS and SES with.
type Links struct {
	Topics map[string][]string     // the functions of a topic, by its ARN
	Sets   map[string][]MailEvents // where the events of a configuration set go, by its name
}

// New opens the services' state in a folder; an empty one keeps it in memory.
func New(folder string) (*Server, error) {
	outbox, err := openOutbox(folder)
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	s := &Server{Outbox: outbox, Parameters: &Parameters{}, Links: func() Links { return Links{} }}
	kept := newFile(folder, "queues.jsonl")
	if s.Queues, err = queue.Open(kept.path); err != nil {
		return nil, err
	}
	s.Parameters.file = newFile(folder, "parameters.json")
	return s, s.Parameters.file.load(&s.Parameters.values)
}

// Close closes what is kept on disk.
func (s *Server) Close() error { return errors.Join(s.Outbox.Close(), s.Queues.Close()) }

// fault is a refusal in the services' own form.
type fault struct {
	status        int
	code, message string
}

func (f *fault) Error() string { return f.code + ": " + f.message }

func invalid(format string, a ...any) *fault {
	return &fault{http.StatusBadRequest, "ValidationException", fmt.Sprintf(format, a...)}
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, "/2015-03-31/functions/"); ok {
		s.invoke(w, r, strings.TrimSuffix(rest, "/invocations"))
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 16<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		answer, err := s.json(target, body)
		writeJSON(w, r, answer, err)
		return
	}
	s.query(w, body)
}

func (s *Server) json(target string, body []byte) (any, error) {
	service, operation, _ := strings.Cut(target, ".")
	switch service {
	case "AmazonSSM":
		return s.Parameters.call(operation, body)
	case "AmazonSQS":
		return s.queue(operation, body)
	}
	return nil, &fault{http.StatusBadRequest, "UnknownOperationException", target + " is not part of the local stack"}
}

func writeJSON(w http.ResponseWriter, r *http.Request, answer any, err error) {
	w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
	w.Header().Set("X-Amzn-Requestid", rand.Text())
	if err != nil {
		var f *fault
		if !errors.As(err, &f) {
			f = &fault{http.StatusInternalServerError, "InternalServerError", err.Error()}
		}
		w.Header().Set("X-Amzn-Errortype", f.code)
		w.WriteHeader(f.status)
		answer = map[string]string{"__type": f.code, "message": f.message}
	}
	_ = json.NewEncoder(w).Encode(answer) // a caller that went away needs no answer
}

// invoke is Lambda's Invoke, waiting for the answer.
func (s *Server) invoke(w http.ResponseWriter, r *http.Request, name string) {
	payload, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer, err := s.Invoke(r.Context(), name[strings.LastIndex(name, ":")+1:], payload)
	if err != nil {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		answer, _ = json.Marshal(map[string]string{"errorMessage": err.Error()}) // a string always encodes
	}
	_, _ = w.Write(answer)
}

func now() time.Time { return time.Now().UTC() }
