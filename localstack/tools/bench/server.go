package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"ticketsystem/localstack/emulator/stack"
	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/seed"
)

// startTimeout limits the start of the stack.
const startTimeout = time.Minute

// server is the local stack in its own process, as `make run` starts it, but with
// data in memory. The speed of the local disk says nothing about a system whose data
// are in DynamoDB.
type server struct {
	api                  *client.API
	dynamoURL, tableName string // of the engine
	command              *exec.Cmd
}

// startServer builds the stack and all functions and starts the stack.
func startServer(ctx context.Context) (*server, error) {
	if err := buildFunctions(ctx); err != nil {
		return nil, err
	}
	binary := filepath.Join(".cache", "bench", "localstack")
	if output, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "./localstack").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the local stack: %w\n%s", err, output)
	}
	s := &server{command: exec.Command(binary, "-memory")}
	var limits []string
	for name, value := range stack.HighLimits() {
		limits = append(limits, name+"="+value)
	}
	s.command.Env = append(os.Environ(), "PORT=0", "PARAMETERS="+strings.Join(limits, " "))
	s.command.Stderr = os.Stderr
	output, err := s.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	if err := s.waitReady(output); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// buildFunctions builds all functions, so that no measurement includes a build.
func buildFunctions(ctx context.Context) error {
	s, err := stack.Start(ctx, stack.Options{InMemory: true, Seed: seed.Seed, Parameters: stack.HighLimits()})
	if err != nil {
		return err
	}
	defer s.Close()
	s.Build()
	return ctx.Err()
}

// waitReady waits until the stack prints its addresses.
func (s *server) waitReady(output io.Reader) error {
	ready := make(chan error, 1)
	go func() {
		var base, sockets string
		lines := bufio.NewScanner(output)
		for lines.Scan() {
			fields := strings.Fields(lines.Text())
			switch {
			case len(fields) == 2 && fields[0] == "ready":
				base = fields[1]
			case len(fields) == 2 && fields[0] == "sockets":
				sockets = fields[1]
			case len(fields) == 4 && fields[0] == "DynamoDB":
				s.dynamoURL, s.tableName = fields[1], fields[3]
				s.api = client.New(base, sockets, "")
				ready <- nil
			}
		}
		ready <- errors.New("the stack exited before it was ready")
	}()
	select {
	case err := <-ready:
		return err
	case <-time.After(startTimeout):
		return fmt.Errorf("the stack was not ready within %s", startTimeout)
	}
}

// close stops the stack.
func (s *server) close() error {
	return errors.Join(s.command.Process.Signal(syscall.SIGTERM), s.command.Wait())
}
