package faultinjection

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"ticketsystem/localstack/testkit/client"
	"ticketsystem/pkg/ticket"
)

const (
	writers          = 2 // per scenario: a customer and an agent
	perWriter        = 50
	entriesPerTicket = 1 + writers*perWriter // in a ticket's log at the end

	// scenarioTimeout bounds one scenario, and the projection after it.
	scenarioTimeout = 4 * time.Minute
)

// scenario is one ticket with two writers and a subscriber, run while faults are
// injected.
type scenario struct {
	acked           ackedMessages
	subscriber      subscriber
	ticketID        string
	customer, agent *client.User
	disconnects     int // connections closed by the clients
}

// run lets the writers write and the subscriber read until it has received every
// message.
func (s *scenario) run(ctx context.Context, seed uint64) error {
	ctx, cancel := context.WithTimeout(ctx, scenarioTimeout)
	defer cancel()
	newRNG := func(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }
	s.subscriber = subscriber{user: s.customer, ticketID: s.ticketID, rng: newRNG(0)}

	var writing, listening sync.WaitGroup
	var errs [writers + 1]error
	written := make(chan struct{})
	listening.Go(func() {
		errs[writers] = s.subscriber.follow(ctx, func() int {
			select {
			case <-written:
				return s.acked.len() + 1
			default:
				return 0
			}
		})
	})
	participants := [writers]*writer{
		{user: s.customer, ticketID: s.ticketID, name: "customer", acked: &s.acked, rng: newRNG(1)},
		{user: s.agent, ticketID: s.ticketID, name: "agent", acked: &s.acked, rng: newRNG(2)},
	}
	for i, w := range participants {
		writing.Go(func() { errs[i] = w.write(ctx, perWriter) })
	}
	writing.Wait()
	close(written)
	listening.Wait()
	s.disconnects = s.subscriber.disconnects + participants[0].disconnects + participants[1].disconnects
	return errors.Join(errs[:]...)
}

// check compares the acknowledged messages with the log in the table, in the API and as
// received over the sockets.
func (s *scenario) check(ctx context.Context, store ticket.Store) (comparison, error) {
	log, err := store.ReadLogFrom(ctx, s.ticketID, 1)
	if err != nil {
		return comparison{}, err
	}
	found := s.acked.compare(storedRows(log))
	history, err := s.customer.History(ctx, s.ticketID)
	if err != nil {
		return found, err
	}
	var fromAPI []row
	for _, e := range history {
		fromAPI = append(fromAPI, row{e.Seq, e.ClientID, e.Author.ID, e.Body})
	}
	for name, other := range map[string][]row{"the API": fromAPI, "the socket": s.subscriber.entries} {
		if a := s.acked.compare(other); a != found {
			err = errors.Join(err, fmt.Errorf("ticket %s: the table differs by %+v from the acknowledged messages, %s by %+v", s.ticketID, found, name, a))
		}
	}
	return found, err
}
