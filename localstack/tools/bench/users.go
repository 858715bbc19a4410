package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"ticketsystem/localstack/testkit/client"
)

// ticketWriter posts messages to one ticket.
type ticketWriter struct {
	owner *client.User
	id    string
	last  int
}

// post posts a message with the sequence number of the last seen entry, as clients
// do.
func (w *ticketWriter) post(ctx context.Context) error {
	entry, err := w.owner.Post(ctx, w.id, "The parcel has still not come. What shall I do now?", client.Fields{"after": w.last})
	w.last = max(w.last, entry.Seq)
	return err
}

// ticketsPerCustomer exceeds the page size of the ticket list.
const ticketsPerCustomer = 24

// customerCount is the number of customers, whom the clients share.
const customerCount = 4

// customers creates customers with tickets, and a ticket with 20 messages for each
// client.
func customers(ctx context.Context, api *client.API) ([]*client.User, []*ticketWriter, error) {
	const n = customerCount
	users, writers, errs := make([]*client.User, n), make([]*ticketWriter, maxClients), make([]error, n)
	var work sync.WaitGroup
	for i := range n {
		work.Go(func() {
			var own []*ticketWriter
			if users[i], own, errs[i] = customer(ctx, api); errs[i] == nil {
				copy(writers[i*maxClients/n:], own)
			}
		})
	}
	work.Wait()
	return users, writers, errors.Join(errs...)
}

func customer(ctx context.Context, api *client.API) (*client.User, []*ticketWriter, error) {
	user, err := api.SignUp(ctx, client.RandomPhone(), "Sara Customer")
	if err != nil {
		return nil, nil, err
	}
	var writers []*ticketWriter
	for i := range ticketsPerCustomer {
		ticket, err := user.OpenTicket(ctx, nil)
		if err != nil {
			return nil, nil, err
		}
		if i < maxClients/customerCount {
			writers = append(writers, &ticketWriter{owner: user, id: ticket.ID, last: ticket.LastSeq})
		}
	}
	for _, w := range writers {
		for range 20 {
			if err := w.post(ctx); err != nil {
				return nil, nil, err
			}
		}
	}
	return user, writers, nil
}

// waitIdle waits until functions and engine have been idle for a while, so that
// earlier writes do not affect the next measurement. The engine stays busy longer,
// with stream records that no function processes.
func (s *server) waitIdle(ctx context.Context) error {
	const idle, maxTicks = 1500 * time.Millisecond, 2 // ticks; an idle Go runtime uses some CPU time
	var last uint64
	for since := time.Now(); time.Since(since) < idle; {
		used, err := cpuTime(s.command.Process.Pid)
		if err != nil {
			return err
		}
		if busy := used.functions + used.engine; busy > last+maxTicks {
			last, since = busy, time.Now()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil
}
