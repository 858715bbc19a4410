package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"ticketsystem/localstack/client"
)

// thread is a ticket that one person writes to.
type thread struct {
	owner *client.Person
	id    string
	last  int
}

// post posts as a client does: it says what it has seen last.
func (t *thread) post(ctx context.Context) error {
	entry, err := t.owner.Post(ctx, t.id, "The parcel has still not come. What shall I do now?", client.Fields{"after": t.last})
	t.last = max(t.last, entry.Seq)
	return err
}

// ticketsEach is more than a page of a list shows.
const ticketsEach = 24

// customersAtAll share the clients.
const customersAtAll = 4

// customers makes some people with tickets, and a thread of 20 messages for each
// client, on a ticket of its own.
func customers(ctx context.Context, api *client.API) ([]*client.Person, []*thread, error) {
	const n = customersAtAll
	people, all, errs := make([]*client.Person, n), make([]*thread, mostClients), make([]error, n)
	var work sync.WaitGroup
	for i := range n {
		work.Go(func() {
			var own []*thread
			if people[i], own, errs[i] = customer(ctx, api); errs[i] == nil {
				copy(all[i*mostClients/n:], own)
			}
		})
	}
	work.Wait()
	return people, all, errors.Join(errs...)
}

func customer(ctx context.Context, api *client.API) (*client.Person, []*thread, error) {
	person, err := api.SignUp(ctx, client.RandomPhone(), "Sara Customer")
	if err != nil {
		return nil, nil, err
	}
	var threads []*thread
	for i := range ticketsEach {
		ticket, err := person.OpenTicket(ctx, nil)
		if err != nil {
			return nil, nil, err
		}
		if i < mostClients/customersAtAll {
			threads = append(threads, &thread{owner: person, id: ticket.ID, last: ticket.LastSeq})
		}
	}
	for _, t := range threads {
		for range 20 {
			if err := t.post(ctx); err != nil {
				return nil, nil, err
			}
		}
	}
	return person, threads, nil
}

// quiet waits until functions and engine have rested for a while: what follows
// from writes is done then, and does not count for what comes next. The engine
// is busy longer, with records of the stream that no function wants.
func (s *server) quiet(ctx context.Context) error {
	const rest, noise = 1500 * time.Millisecond, 2 // ticks; a runtime turns in its sleep
	var last uint64
	for since := time.Now(); time.Since(since) < rest; {
		used, err := processors(s.command.Process.Pid)
		if err != nil {
			return err
		}
		if busy := used.functions + used.engine; busy > last+noise {
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
