package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"ticketsystem/localstack/client"
)

// quiet is how long a socket may say nothing before its client looks whether it
// has missed something.
const quiet = 2 * time.Second

// listener follows a ticket over sockets, as an app does: it takes an entry that
// comes next, asks for what came after its last one when another is told of, and
// connects again when the socket ends. Now and then it cuts the socket itself.
type listener struct {
	person   *client.Person
	ticketID string
	random   *rand.Rand

	socket *client.Socket
	asking bool
	heard  []row
	cuts   int
	asked  int // how often it caught up
}

// follow listens until it has heard as many entries as wanted says, which is 0
// while nobody knows.
func (l *listener) follow(ctx context.Context, wanted func() int) error {
	defer l.hangUp()
	for {
		if n := wanted(); n > 0 && len(l.heard) >= n {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("heard %d of %d entries: %w", len(l.heard), wanted(), err)
		}
		if err := l.step(ctx); err != nil {
			l.hangUp()
		}
	}
}

// step takes one frame, or connects.
func (l *listener) step(ctx context.Context) error {
	if l.socket == nil {
		socket, err := l.person.Connect(ctx)
		if err != nil {
			return err
		}
		l.socket = socket
		return l.catchUp(ctx)
	}
	waiting, cancel := context.WithTimeout(ctx, quiet)
	defer cancel()
	frame, err := l.socket.Await(waiting, "any frame", func(client.Frame) bool { return true })
	if err != nil {
		return err
	}
	if l.random.IntN(250) == 0 {
		l.cuts++
		return errors.New("cut by its own client")
	}
	return l.take(ctx, frame)
}

func (l *listener) take(ctx context.Context, f client.Frame) error {
	switch {
	case f.Type == "subscribed":
		l.asking = false
		for _, e := range f.Entries {
			l.hear(e)
		}
		if f.HasMore {
			return l.catchUp(ctx)
		}
	case f.Type == "entry" && f.Entry.TicketID == l.ticketID && !l.hear(*f.Entry),
		f.Type == "head" && f.TicketID == l.ticketID && f.Seq > len(l.heard):
		return l.catchUp(ctx)
	case f.Type == "error" || f.Type == "":
		return errors.New(f.Raw)
	}
	return nil
}

// hear takes an entry that is the next one or known; false means that there is
// a hole before it.
func (l *listener) hear(e client.Entry) bool {
	if e.Seq == len(l.heard)+1 {
		l.heard = append(l.heard, row{e.Seq, e.ClientID, e.Author.ID, e.Body})
	}
	return e.Seq <= len(l.heard)
}

// catchUp asks for what came after the last entry that was heard, unless the
// answer to the same question is under way.
func (l *listener) catchUp(ctx context.Context) error {
	if l.asking {
		return nil
	}
	l.asking = true
	l.asked++
	return l.socket.Send(ctx, client.Fields{"action": "subscribe", "topic": "ticket:" + l.ticketID, "after": len(l.heard)})
}

func (l *listener) hangUp() {
	l.asking = false
	if l.socket != nil {
		l.socket.Cut()
		l.socket = nil
	}
}
