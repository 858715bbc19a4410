package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// startLimit limits the start of a function and its first response.
const startLimit = 10 * time.Second

// program is a function's binary and environment.
type program struct {
	name   string
	binary string
	env    []string
	event  []byte // first invocation; nil to measure the start only
}

// runtimeAPI is a Lambda Runtime API that records when a process polls for its first
// invocation and when it responds. One process runs at a time.
type runtimeAPI struct {
	address   string
	event     []byte
	ready     chan time.Time
	responses chan functionResponse
}

type functionResponse struct {
	at   time.Time
	text []byte
}

// newRuntimeAPI starts the API on a free port.
func newRuntimeAPI() (api *runtimeAPI, closeAPI func() error, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	api = &runtimeAPI{address: listener.Addr().String()}
	server := &http.Server{Handler: api, ReadHeaderTimeout: startLimit}
	go func() { _ = server.Serve(listener) }() // ends with close
	return api, server.Close, nil
}

func (a *runtimeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	if r.Method == http.MethodPost {
		text, err := io.ReadAll(r.Body)
		if err != nil || !strings.HasSuffix(r.URL.Path, "/response") {
			text = nil
		}
		w.WriteHeader(http.StatusAccepted)
		a.responses <- functionResponse{now, text}
		return
	}
	select {
	case a.ready <- now:
	default: // already has its invocation
		<-r.Context().Done()
		return
	}
	if a.event == nil {
		<-r.Context().Done()
		return
	}
	writeInvocation(w, now, a.event)
}

// writeInvocation responds to the poll of a function with an event.
func writeInvocation(w http.ResponseWriter, now time.Time, event []byte) {
	w.Header().Set("Lambda-Runtime-Aws-Request-Id", "00000000-0000-4000-8000-000000000000")
	w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(now.Add(startLimit).UnixMilli()))
	w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:bench")
	_, _ = w.Write(event) // who waits for the response times out if the process has exited
}

// handled matches the response to a request that was not refused before the table was read.
var handled = regexp.MustCompile(`"statusCode":(2\d\d|3\d\d|404)`)

// limited matches a refusal by a limit that no parameter raises, such as that of exports.
var limited = regexp.MustCompile(`"statusCode":429`)

// measureStart starts a program once. It returns the time to its first poll and, for
// a program with an event, to its response; 0 if a limit refused it.
func (a *runtimeAPI) measureStart(ctx context.Context, p program) (ready, answered time.Duration, err error) {
	a.event, a.ready, a.responses = p.event, make(chan time.Time, 1), make(chan functionResponse, 1)
	command := exec.CommandContext(ctx, p.binary)
	command.Env = append([]string{"AWS_LAMBDA_RUNTIME_API=" + a.address}, p.env...)
	begin := time.Now()
	if err := command.Start(); err != nil {
		return 0, 0, err
	}
	defer func() {
		err = errors.Join(err, command.Process.Kill())
		_ = command.Wait() // it was killed
	}()
	limit := time.After(startLimit)
	select {
	case at := <-a.ready:
		ready = at.Sub(begin)
	case <-limit:
		return 0, 0, fmt.Errorf("%s did not poll for an invocation within %s", p.name, startLimit)
	}
	if p.event == nil {
		return ready, 0, nil
	}
	select {
	case got := <-a.responses:
		switch text := string(got.text); {
		case limited.MatchString(text):
			return ready, 0, nil
		case !handled.MatchString(text):
			return 0, 0, fmt.Errorf("%s responded %q", p.name, text)
		}
		return ready, got.at.Sub(begin), nil
	case <-limit:
		return 0, 0, fmt.Errorf("%s did not respond within %s", p.name, startLimit)
	}
}
