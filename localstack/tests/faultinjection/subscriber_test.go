package faultinjection

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"ticketsystem/localstack/testkit/client"
)

// idleTimeout is how long a socket may be silent before its client checks for missed
// entries.
const idleTimeout = 2 * time.Second

// subscriber follows a ticket over sockets, as an app does. It takes the next entry,
// requests missing ones when it sees a later sequence number, and reconnects when the
// socket ends. Sometimes it closes the socket itself.
type subscriber struct {
	user     *client.User
	ticketID string
	rng      *rand.Rand

	socket      *client.Socket
	catchingUp  bool
	entries     []row
	disconnects int
	catchUps    int // number of catch-ups
}

// follow reads until it has received the number of entries that wanted returns; 0 means
// that the number is not known yet.
func (s *subscriber) follow(ctx context.Context, wanted func() int) error {
	defer s.disconnect()
	for {
		if n := wanted(); n > 0 && len(s.entries) >= n {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("received %d of %d entries: %w", len(s.entries), wanted(), err)
		}
		if err := s.step(ctx); err != nil {
			s.disconnect()
		}
	}
}

// step handles one frame, or connects.
func (s *subscriber) step(ctx context.Context) error {
	if s.socket == nil {
		socket, err := s.user.Connect(ctx)
		if err != nil {
			return err
		}
		s.socket = socket
		return s.catchUp(ctx)
	}
	waitCtx, cancel := context.WithTimeout(ctx, idleTimeout)
	defer cancel()
	frame, err := s.socket.Await(waitCtx, "any frame", func(client.Frame) bool { return true })
	if err != nil {
		return err
	}
	if s.rng.IntN(250) == 0 {
		s.disconnects++
		return errors.New("closed by its own client")
	}
	return s.handle(ctx, frame)
}

func (s *subscriber) handle(ctx context.Context, f client.Frame) error {
	switch {
	case f.Type == "subscribed":
		s.catchingUp = false
		for _, e := range f.Entries {
			s.record(e)
		}
		if f.HasMore {
			return s.catchUp(ctx)
		}
	case f.Type == "entry" && f.Entry.TicketID == s.ticketID && !s.record(*f.Entry),
		f.Type == "head" && f.TicketID == s.ticketID && f.Seq > len(s.entries):
		return s.catchUp(ctx)
	case f.Type == "error" || f.Type == "":
		return errors.New(f.Raw)
	}
	return nil
}

// record adds an entry if it is the next one. It returns false if there is a gap before
// it.
func (s *subscriber) record(e client.Entry) bool {
	if e.Seq == len(s.entries)+1 {
		s.entries = append(s.entries, row{e.Seq, e.ClientID, e.Author.ID, e.Body})
	}
	return e.Seq <= len(s.entries)
}

// catchUp requests the entries after the last received one, unless such a request is in
// progress.
func (s *subscriber) catchUp(ctx context.Context) error {
	if s.catchingUp {
		return nil
	}
	s.catchingUp = true
	s.catchUps++
	return s.socket.Send(ctx, client.Fields{"action": "subscribe", "topic": "ticket:" + s.ticketID, "after": len(s.entries)})
}

func (s *subscriber) disconnect() {
	s.catchingUp = false
	if s.socket != nil {
		s.socket.Drop()
		s.socket = nil
	}
}
