// Command smoke plays one ticket against any stack and cleans up: sign in, open, push,
// post, list, close, delete. Its exit code is 1 if a step fails.
//
// API_URL names the stack. SMOKE_PHONE and SMOKE_PASSWORD are a customer's,
// SMOKE_ADMIN_PHONE and SMOKE_ADMIN_PASSWORD an administrator's, who deletes the ticket.
// Without an administrator the ticket stays, closed. The local stack has both.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"ticketsystem/localstack/testkit/client"
)

const (
	timeout   = 5 * time.Minute // the first call of each function may wait for its build
	pollEvery = 300 * time.Millisecond
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	err := run(ctx)
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "smoke:", err)
		os.Exit(1)
	}
}

// smoke is one run. Its ticket and sessions are removed at the end.
type smoke struct {
	api      *client.API
	customer *client.User
	ticket   client.Ticket
}

func run(ctx context.Context) error {
	s := &smoke{api: client.FromEnv("http://localhost:" + cmp.Or(os.Getenv("PORT"), "3000"))}
	fmt.Println("Smoke test of", s.api.Base())
	err := s.play(ctx)
	// An interrupted run cleans up, too.
	cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	return errors.Join(err, s.cleanUp(cleanup))
}

func (s *smoke) play(ctx context.Context) error {
	for _, step := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"health", s.health}, {"sign in", s.signIn}, {"open a ticket", s.open},
		{"post a message, pushed to a socket", s.post}, {"find it in the list", s.list}, {"close it", s.close},
	} {
		start := time.Now()
		if err := step.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		fmt.Printf("  ok    %-36s %4d ms\n", step.name, time.Since(start).Milliseconds())
	}
	return nil
}

func (s *smoke) health(ctx context.Context) error {
	response, err := s.api.Do(ctx, http.MethodGet, "/health", nil)
	return errors.Join(err, response.Decode(http.StatusOK, nil))
}

// login signs in with the variables of a role. On this machine the seeded users are the default.
func (s *smoke) login(ctx context.Context, prefix, seeded string) (*client.User, error) {
	phone, password := os.Getenv(prefix+"_PHONE"), os.Getenv(prefix+"_PASSWORD")
	if phone == "" && strings.HasPrefix(s.api.Base(), "http://localhost:") {
		phone, password = seeded, client.Password
	}
	if phone == "" {
		return nil, nil //nolint:nilnil // no such user is configured
	}
	return s.api.Login(ctx, phone, password)
}

func (s *smoke) signIn(ctx context.Context) (err error) {
	s.customer, err = s.login(ctx, "SMOKE", "+989120000004")
	if err == nil && s.customer == nil {
		return errors.New("set SMOKE_PHONE and SMOKE_PASSWORD")
	}
	return err
}

func (s *smoke) open(ctx context.Context) (err error) {
	s.ticket, err = s.customer.OpenTicket(ctx, client.Fields{"title": "Smoke test", "description": "Opened by make smoke."})
	return err
}

func (s *smoke) post(ctx context.Context) error {
	socket, err := s.customer.Connect(ctx)
	if err != nil {
		return err
	}
	defer socket.Drop()
	topic := "ticket:" + s.ticket.ID
	if _, err := socket.Request(ctx, client.Fields{"action": "subscribe", "topic": topic}, "subscribed"); err != nil {
		return err
	}
	entry, err := s.customer.Post(ctx, s.ticket.ID, "Posted by make smoke.", nil)
	if err != nil {
		return err
	}
	_, err = socket.Await(ctx, "the pushed message", func(f client.Frame) bool {
		return f.Type == "entry" && f.Entry != nil && f.Entry.Seq == entry.Seq
	})
	return err
}

// list waits for the stream: it makes lists.
func (s *smoke) list(ctx context.Context) error {
	for {
		response, err := s.customer.Do(ctx, http.MethodGet, "/tickets?limit=100", nil)
		if err != nil {
			return err
		}
		var page client.List[client.Ticket]
		if err := response.Decode(http.StatusOK, &page); err != nil {
			return err
		}
		if slices.ContainsFunc(page.Data, func(t client.Ticket) bool { return t.ID == s.ticket.ID && t.LastSeq >= 2 }) {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.New("the list does not show the message")
		case <-time.After(pollEvery):
		}
	}
}

func (s *smoke) close(ctx context.Context) error {
	_, err := s.customer.Change(ctx, s.ticket.ID, "close", nil)
	return err
}

// cleanUp deletes the ticket and ends the sessions.
func (s *smoke) cleanUp(ctx context.Context) error {
	var errs []error
	if s.ticket.ID != "" {
		admin, err := s.login(ctx, "SMOKE_ADMIN", "+989120000001")
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("sign in as administrator: %w", err))
		case admin == nil:
			fmt.Println("  kept ", s.ticket.Number, "(set SMOKE_ADMIN_PHONE to delete it)")
		default:
			errs = append(errs, expect(ctx, admin, http.MethodDelete, "/tickets/"+s.ticket.ID), logout(ctx, admin))
		}
	}
	if s.customer != nil {
		errs = append(errs, logout(ctx, s.customer))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("clean up: %w", err)
	}
	fmt.Println("  ok    clean up")
	return nil
}

func logout(ctx context.Context, u *client.User) error {
	return expect(ctx, u, http.MethodPost, "/logout")
}

func expect(ctx context.Context, u *client.User, method, path string) error {
	response, err := u.Do(ctx, method, path, nil)
	return errors.Join(err, response.Decode(http.StatusNoContent, nil))
}
