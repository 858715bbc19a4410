package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"ticketsystem/localstack/emulator/lambda"
)

// instance is a running function and its Lambda Runtime API.
type instance struct {
	command   *exec.Cmd
	server    *http.Server
	events    chan []byte
	responses chan []byte
}

// startInstance starts a program.
func startInstance(p program) (*instance, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	i := &instance{command: exec.Command(p.binary), events: make(chan []byte), responses: make(chan []byte, 1)}
	i.server = &http.Server{Handler: i, ReadHeaderTimeout: startLimit}
	go func() { _ = i.server.Serve(listener) }() // ends with close
	i.command.Env = append([]string{"AWS_LAMBDA_RUNTIME_API=" + listener.Addr().String()}, p.env...)
	i.command.Stderr = os.Stderr
	return i, i.command.Start()
}

func (i *instance) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		text, err := io.ReadAll(r.Body)
		if err != nil || !strings.HasSuffix(r.URL.Path, "/response") {
			text = fmt.Append(nil, "error ", err, " ", string(text))
		}
		w.WriteHeader(http.StatusAccepted)
		i.responses <- text
		return
	}
	select {
	case event := <-i.events:
		writeInvocation(w, time.Now(), event)
	case <-r.Context().Done():
	}
}

// invoke runs the function once. A response without want in it is an error.
func (i *instance) invoke(ctx context.Context, event []byte, want string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	select {
	case i.events <- event:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case response := <-i.responses:
		if !bytes.Contains(response, []byte(want)) {
			return nil, fmt.Errorf("%s responded %.300q", i.command.Path, response)
		}
		return response, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// cpu returns the processor time that the process has used.
func (i *instance) cpu() time.Duration { return lambda.CPUTime(i.command.Process.Pid) }

// close ends the process.
func (i *instance) close() error {
	err := i.command.Process.Signal(syscall.SIGTERM)
	_ = i.command.Wait() // it was ended by a signal
	return errors.Join(err, i.server.Close())
}
