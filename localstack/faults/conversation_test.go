package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"ticketsystem/localstack/client"
	"ticketsystem/pkg/ticket"
)

const (
	writers   = 2 // in a conversation: a customer and an agent
	perWriter = 50
	entries   = 1 + writers*perWriter // in a ticket's log when all was said

	// patience bounds one conversation, and what follows it by the stream.
	patience = 4 * time.Minute
)

// conversation is one ticket that two people write to while calls break.
type conversation struct {
	ledger          ledger
	listener        listener
	ticketID        string
	customer, agent *client.Person
	cuts            int // sockets and requests that its clients cut
}

// hold lets everybody write, and listens until all that was written was heard.
func (c *conversation) hold(ctx context.Context, seed uint64) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	draw := func(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }
	c.listener = listener{person: c.customer, ticketID: c.ticketID, random: draw(0)}

	var writing, listening sync.WaitGroup
	var errs [writers + 1]error
	said := make(chan struct{})
	listening.Go(func() {
		errs[writers] = c.listener.follow(ctx, func() int {
			select {
			case <-said:
				return c.ledger.len() + 1
			default:
				return 0
			}
		})
	})
	people := [writers]*writer{
		{person: c.customer, ticketID: c.ticketID, name: "customer", ledger: &c.ledger, random: draw(1)},
		{person: c.agent, ticketID: c.ticketID, name: "agent", ledger: &c.ledger, random: draw(2)},
	}
	for i, w := range people {
		writing.Go(func() { errs[i] = w.write(ctx, perWriter) })
	}
	writing.Wait()
	close(said)
	listening.Wait()
	c.cuts = c.listener.cuts + people[0].cuts + people[1].cuts
	return errors.Join(errs[:]...)
}

// check compares the log with the ledger: as the table has it, as the API shows
// it, and as it was heard over sockets.
func (c *conversation) check(ctx context.Context, store ticket.Store) (audit, error) {
	log, err := store.Tail(ctx, c.ticketID, 1)
	if err != nil {
		return audit{}, err
	}
	found := c.ledger.compare(stored(log))
	history, err := c.customer.History(ctx, c.ticketID)
	if err != nil {
		return found, err
	}
	var shown []row
	for _, e := range history {
		shown = append(shown, row{e.Seq, e.ClientID, e.Author.ID, e.Body})
	}
	for name, other := range map[string][]row{"the API": shown, "the socket": c.listener.heard} {
		if a := c.ledger.compare(other); a != found {
			err = errors.Join(err, fmt.Errorf("ticket %s: the table is %+v off its writers' ledger, %s %+v", c.ticketID, found, name, a))
		}
	}
	return found, err
}
