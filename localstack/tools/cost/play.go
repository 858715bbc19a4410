package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/mix"
)

const (
	warmUp     = 2 // tickets
	agentPhone = "+989120000002"

	// quiet is how long nothing may happen before the stack counts as idle. Each write is
	// thereby an invocation of its own, as with little traffic: more traffic shares them.
	quiet = 400 * time.Millisecond

	// readingTime is how long an agent reads a new ticket before claiming it: at least longer than the
	// interval in which the counts of tickets are pushed once.
	readingTime = 3 * time.Second

	// Minutes that a socket is open for one ticket: the customer watches the ticket, and an
	// agent with one socket works on four tickets an hour.
	connectionMinutes = 15
)

// players are the users of the mix.
type players struct {
	*meter
	agent       *client.User
	agentSocket *client.Socket
	customer    *client.User
	socket      *client.Socket // the customer's
	ticket      client.Ticket
	lastSeq     int
}

// newPlayers signs the agent in, who has the console open.
func newPlayers(ctx context.Context, m *meter) (p *players, err error) {
	p = &players{meter: m}
	if p.agent, err = m.api.Login(ctx, agentPhone, client.Password); err != nil {
		return nil, err
	}
	if p.agentSocket, err = p.agent.Connect(ctx); err != nil {
		return nil, err
	}
	return p, p.subscribe(ctx, p.agentSocket, "queue")
}

// step is a part of the mix, which the report lists.
type step struct {
	name string
	run  func(context.Context) error
}

// steps returns the standard mix of one ticket.
func (p *players) steps() []step {
	steps := []step{
		{"customer: refresh the tokens, connect, own list, categories, open the ticket", p.open},
		{"agent: waiting queue, details, subscribe, read for some seconds, assign to me", p.claim},
	}
	for i, text := range mix.Dialog() {
		author := "customer"
		if i%2 == 0 {
			author = "agent"
		}
		steps = append(steps, step{author + ": post a message; the other one gets it by push and marks it as read", func(ctx context.Context) error { return p.message(ctx, i%2 == 0, text) }})
	}
	return append(steps,
		step{"agent: status pending, own list", func(ctx context.Context) error { return p.status(ctx, "pending") }},
		step{"customer: own list, details, close the page; agent: status resolved, which nobody reads", p.resolve},
		step{"customer, later: connect, notifications, own list, details, mark as read", p.comeBack},
	)
}

// playAll plays tickets of new customers, whose sign-up is not counted.
func (p *players) playAll(ctx context.Context, customers []*client.User) error {
	for _, customer := range customers {
		p.customer = customer
		for _, s := range p.steps() {
			err := s.run(ctx)
			if err == nil {
				err = p.settle(ctx)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	return nil
}

// signUp returns new customers.
func (p *players) signUp(ctx context.Context, n int) ([]*client.User, error) {
	var customers []*client.User
	for range n {
		customer, err := p.api.SignUp(ctx, client.RandomPhone(), "سارا احمدی")
		if err != nil {
			return nil, err
		}
		customers = append(customers, customer)
	}
	return customers, p.settle(ctx)
}

func (p *players) open(ctx context.Context) error {
	response, err := p.api.Do(ctx, http.MethodPost, "/token/refresh", client.Fields{"refreshToken": p.customer.Tokens().RefreshToken})
	if err != nil {
		return err
	}
	var tokens client.Tokens
	if err := response.Decode(http.StatusOK, &tokens); err != nil {
		return err
	}
	p.customer = p.api.WithTokens(tokens)
	if p.socket, err = p.customer.Connect(ctx); err != nil {
		return err
	}
	p.connected(2 * connectionMinutes) // also the agent's
	if err := get(ctx, p.customer, "/tickets"); err != nil {
		return err
	}
	if p.ticket, err = p.customer.OpenTicket(ctx, client.Fields{"title": mix.Title, "description": mix.Description}); err != nil {
		return err
	}
	p.lastSeq = p.ticket.LastSeq
	return p.subscribe(ctx, p.socket, "ticket:"+p.ticket.ID)
}

func (p *players) claim(ctx context.Context) error {
	if err := get(ctx, p.agent, "/tickets?sort=waiting", "/tickets/"+p.ticket.ID); err != nil {
		return err
	}
	if err := p.subscribe(ctx, p.agentSocket, "ticket:"+p.ticket.ID); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(readingTime):
	}
	return p.change(ctx, "assign", client.Fields{"assigneeId": "me"})
}

// message posts a message of one side, which the other side gets by push and reads.
func (p *players) message(ctx context.Context, agent bool, text string) error {
	author, socket := p.customer, p.agentSocket
	if agent {
		author, socket = p.agent, p.socket
	}
	entry, err := author.Post(ctx, p.ticket.ID, text, client.Fields{"after": p.lastSeq})
	if err != nil {
		return err
	}
	p.lastSeq = entry.Seq
	_, err = socket.Await(ctx, "the pushed message", func(f client.Frame) bool { return f.Type == "entry" && f.Entry != nil && f.Entry.Seq == entry.Seq })
	if err != nil {
		return err
	}
	return p.read(ctx, socket)
}

func (p *players) status(ctx context.Context, status string) error {
	if err := p.change(ctx, "status", client.Fields{"status": status}); err != nil {
		return err
	}
	return get(ctx, p.agent, "/tickets?assignee=me&sort=waiting")
}

func (p *players) resolve(ctx context.Context) error {
	if err := get(ctx, p.customer, "/tickets", "/tickets/"+p.ticket.ID); err != nil {
		return err
	}
	if err := p.socket.Close(); err != nil {
		return err
	}
	if err := p.settle(ctx); err != nil {
		return err
	}
	if err := p.status(ctx, "resolved"); err != nil {
		return err
	}
	return p.request(ctx, p.agentSocket, client.Fields{"action": "unsubscribe", "topic": "ticket:" + p.ticket.ID}, "unsubscribed")
}

func (p *players) comeBack(ctx context.Context) (err error) {
	if p.socket, err = p.customer.Connect(ctx); err != nil {
		return err
	}
	p.connected(connectionMinutes)
	if err := get(ctx, p.customer, "/notifications", "/tickets", "/tickets/"+p.ticket.ID); err != nil {
		return err
	}
	if err := p.read(ctx, p.socket); err != nil {
		return err
	}
	if err := p.settle(ctx); err != nil {
		return err
	}
	return p.socket.Close()
}

// change changes the ticket as the agent.
func (p *players) change(ctx context.Context, action string, fields client.Fields) error {
	changed, err := p.agent.Change(ctx, p.ticket.ID, action, fields)
	p.lastSeq = max(p.lastSeq, changed.LastSeq)
	return err
}

func (p *players) read(ctx context.Context, socket *client.Socket) error {
	p.sent()
	return socket.Send(ctx, client.Fields{"action": "read", "ticketId": p.ticket.ID, "seq": p.lastSeq})
}

func (p *players) subscribe(ctx context.Context, socket *client.Socket, topic string) error {
	return p.request(ctx, socket, client.Fields{"action": "subscribe", "topic": topic}, "subscribed")
}

func (p *players) request(ctx context.Context, socket *client.Socket, frame client.Fields, answer string) error {
	p.sent()
	_, err := socket.Request(ctx, frame, answer)
	return err
}

func get(ctx context.Context, u *client.User, paths ...string) error {
	for _, path := range paths {
		response, err := u.Do(ctx, http.MethodGet, path, nil)
		if err != nil {
			return err
		}
		if err := response.Decode(http.StatusOK, nil); err != nil {
			return err
		}
	}
	return nil
}

// schedule returns what one run of the schedule uses, with nothing due.
func (p *players) schedule(ctx context.Context) (*usage, error) {
	before, err := p.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.api.InvokeFunction(ctx, "ticket-automate", nil, nil); err != nil {
		return nil, err
	}
	after, err := p.snapshot(ctx)
	run := after.minus(before)
	return &run, err
}

// settle waits until the stack is idle: the queues are empty and nobody calls.
func (p *players) settle(ctx context.Context) error {
	last, since := p.activity(), time.Now()
	for {
		waiting := 0
		queues, err := p.api.Queues(ctx)
		if err != nil {
			return err
		}
		for _, q := range queues {
			waiting += q.Visible + q.InFlight + q.Delayed
		}
		if now := p.activity(); now != last || waiting > 0 {
			last, since = now, time.Now()
		}
		if time.Since(since) > quiet {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(quiet / 8):
		}
	}
}
