package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"ticketsystem/localstack/client"
)

// ackPatience is how long a client waits for the ack of a frame before it
// sends it again.
const ackPatience = 3 * time.Second

// errUnclear means that a client does not know whether its message was taken:
// it sends the same again.
var errUnclear = errors.New("no clear answer")

// writer is one person who writes to a ticket, over HTTP or over a socket, as it
// comes: a repeat may well take the other way.
type writer struct {
	person   *client.Person
	ticketID string
	name     string
	random   *rand.Rand
	ledger   *ledger

	socket *client.Socket
	cuts   int // of its own connections
}

// write sends n messages, each again and again until it is acknowledged. Now
// and then it sends one once more although it was: that must change nothing.
func (w *writer) write(ctx context.Context, n int) error {
	defer w.hangUp()
	after := 1
	for i := range n {
		text, clientID := fmt.Sprintf("%s %d", w.name, i), client.NewID()
		for again := true; again; again = w.random.IntN(20) == 0 {
			// A repeat says the same `after` as the first try.
			seq, err := w.insist(ctx, client.Fields{"clientId": clientID, "body": text, "after": after})
			if err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
			if !w.ledger.sign(clientID, acked{seq, w.person.User.ID, text}) {
				return fmt.Errorf("%s: acknowledged twice, and now as %d", text, seq)
			}
		}
		w.ledger.mu.Lock()
		after = w.ledger.acked[clientID].seq
		w.ledger.mu.Unlock()
	}
	return nil
}

// insist repeats a message until something clear comes back.
func (w *writer) insist(ctx context.Context, message client.Fields) (int, error) {
	for try := 0; ; try++ {
		say := w.overHTTP
		if w.random.IntN(2) == 0 {
			say = w.overSocket
		}
		seq, err := say(ctx, message)
		if !errors.Is(err, errUnclear) {
			return seq, err
		}
		longest := min(time.Millisecond<<min(try, 10), 200*time.Millisecond)
		select {
		case <-ctx.Done():
			return 0, errors.Join(err, ctx.Err())
		case <-time.After(time.Duration(w.random.Int64N(int64(longest)) + 1)):
		}
	}
}

// passing tells whether a refusal goes away by itself.
func passing(status int) bool {
	return status >= http.StatusInternalServerError || status == http.StatusTooManyRequests || status == http.StatusConflict
}

// overHTTP posts the message. Now and then it hangs up in the middle.
func (w *writer) overHTTP(ctx context.Context, message client.Fields) (int, error) {
	if w.random.IntN(120) == 0 {
		var hangUp context.CancelFunc
		ctx, hangUp = context.WithTimeout(ctx, time.Duration(w.random.Int64N(int64(8*time.Millisecond))))
		defer hangUp()
		w.cuts++
	}
	answer, err := w.person.Do(ctx, http.MethodPost, "/tickets/"+w.ticketID+"/messages", message)
	if err != nil {
		return 0, errors.Join(errUnclear, err)
	}
	var entry client.Entry
	switch {
	case answer.Status == http.StatusOK || answer.Status == http.StatusCreated:
		err := answer.Into(answer.Status, &entry)
		return entry.Seq, err
	case passing(answer.Status):
		return 0, errors.Join(errUnclear, answer.Into(http.StatusCreated, nil))
	}
	return 0, answer.Into(http.StatusCreated, nil)
}

// overSocket sends the message as a frame. Now and then it cuts the socket right
// behind it.
func (w *writer) overSocket(ctx context.Context, message client.Fields) (int, error) {
	if w.socket == nil {
		socket, err := w.person.Connect(ctx)
		if err != nil {
			return 0, errors.Join(errUnclear, err)
		}
		w.socket = socket
	}
	frame := client.Fields{"action": "message", "ticketId": w.ticketID}
	for name, v := range message {
		frame[name] = v
	}
	err := w.socket.Send(ctx, frame)
	if err == nil && w.random.IntN(120) == 0 {
		w.cuts++
		err = errors.New("cut by its own client")
	}
	if err != nil {
		w.hangUp()
		return 0, errors.Join(errUnclear, err)
	}
	return w.await(ctx, message["clientId"])
}

// await waits for what becomes of a message.
func (w *writer) await(ctx context.Context, clientID any) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, ackPatience)
	defer cancel()
	frame, err := w.socket.Await(ctx, "an ack", func(f client.Frame) bool {
		return f.ClientID == clientID || f.Type == "" // which is the gateway's own complaint
	})
	switch {
	case err != nil:
		w.hangUp()
		return 0, errors.Join(errUnclear, err)
	case frame.Type == "ack":
		return frame.Seq, nil
	case frame.Problem != nil && !passing(frame.Problem.Status):
		return 0, errors.New("refused: " + frame.Raw)
	}
	return 0, errors.Join(errUnclear, errors.New(frame.Raw))
}

func (w *writer) hangUp() {
	if w.socket != nil {
		w.socket.Cut()
		w.socket = nil
	}
}
