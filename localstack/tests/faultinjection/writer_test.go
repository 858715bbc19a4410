package faultinjection

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"ticketsystem/localstack/testkit/client"
)

// ackTimeout is how long a client waits for the ack of a frame before it
// sends it again.
const ackTimeout = 3 * time.Second

// errNoClearAnswer means that a client does not know whether its message was taken:
// it sends the same again.
var errNoClearAnswer = errors.New("no clear answer")

// writer is one person who writes to a ticket, over HTTP or over a socket, as it
// comes: a repeat may well take the other way.
type writer struct {
	user     *client.User
	ticketID string
	name     string
	rng      *rand.Rand
	acked    *ackedMessages

	socket      *client.Socket
	disconnects int // of its own connections
}

// write sends n messages, each again and again until it is acknowledged. Now
// and then it sends one once more although it was: that must change nothing.
func (w *writer) write(ctx context.Context, n int) error {
	defer w.disconnect()
	after := 1
	for i := range n {
		text, clientID := fmt.Sprintf("%s %d", w.name, i), client.NewID()
		for again := true; again; again = w.rng.IntN(20) == 0 {
			// A repeat says the same `after` as the first try.
			seq, err := w.retryUntilDone(ctx, client.Fields{"clientId": clientID, "body": text, "after": after})
			if err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
			if !w.acked.record(clientID, ackedMessage{seq, w.user.Profile.ID, text}) {
				return fmt.Errorf("%s: acknowledged twice, and now as %d", text, seq)
			}
		}
		w.acked.mu.Lock()
		after = w.acked.byClientID[clientID].seq
		w.acked.mu.Unlock()
	}
	return nil
}

// retryUntilDone repeats a message until something clear comes back.
func (w *writer) retryUntilDone(ctx context.Context, message client.Fields) (int, error) {
	for attempt := 0; ; attempt++ {
		send := w.overHTTP
		if w.rng.IntN(2) == 0 {
			send = w.overSocket
		}
		seq, err := send(ctx, message)
		if !errors.Is(err, errNoClearAnswer) {
			return seq, err
		}
		maxBackoff := min(time.Millisecond<<min(attempt, 10), 200*time.Millisecond)
		select {
		case <-ctx.Done():
			return 0, errors.Join(err, ctx.Err())
		case <-time.After(time.Duration(w.rng.Int64N(int64(maxBackoff)) + 1)):
		}
	}
}

// isTransient tells whether a refusal goes away by itself.
func isTransient(status int) bool {
	return status >= http.StatusInternalServerError || status == http.StatusTooManyRequests || status == http.StatusConflict
}

// overHTTP posts the message. Now and then it hangs up in the middle.
func (w *writer) overHTTP(ctx context.Context, message client.Fields) (int, error) {
	if w.rng.IntN(120) == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(w.rng.Int64N(int64(8*time.Millisecond))))
		defer cancel()
		w.disconnects++
	}
	answer, err := w.user.Do(ctx, http.MethodPost, "/tickets/"+w.ticketID+"/messages", message)
	if err != nil {
		return 0, errors.Join(errNoClearAnswer, err)
	}
	var entry client.Entry
	switch {
	case answer.Status == http.StatusOK || answer.Status == http.StatusCreated:
		err := answer.Decode(answer.Status, &entry)
		return entry.Seq, err
	case isTransient(answer.Status):
		return 0, errors.Join(errNoClearAnswer, answer.Decode(http.StatusCreated, nil))
	}
	return 0, answer.Decode(http.StatusCreated, nil)
}

// overSocket sends the message as a frame. Now and then it cuts the socket right
// behind it.
func (w *writer) overSocket(ctx context.Context, message client.Fields) (int, error) {
	if w.socket == nil {
		socket, err := w.user.Connect(ctx)
		if err != nil {
			return 0, errors.Join(errNoClearAnswer, err)
		}
		w.socket = socket
	}
	frame := client.Fields{"action": "message", "ticketId": w.ticketID}
	for name, v := range message {
		frame[name] = v
	}
	err := w.socket.Send(ctx, frame)
	if err == nil && w.rng.IntN(120) == 0 {
		w.disconnects++
		err = errors.New("cut by its own client")
	}
	if err != nil {
		w.disconnect()
		return 0, errors.Join(errNoClearAnswer, err)
	}
	return w.await(ctx, message["clientId"])
}

// await waits for what becomes of a message.
func (w *writer) await(ctx context.Context, clientID any) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	frame, err := w.socket.Await(ctx, "an ack", func(f client.Frame) bool {
		return f.ClientID == clientID || f.Type == "" // which is the gateway's own complaint
	})
	switch {
	case err != nil:
		w.disconnect()
		return 0, errors.Join(errNoClearAnswer, err)
	case frame.Type == "ack":
		return frame.Seq, nil
	case frame.Problem != nil && !isTransient(frame.Problem.Status):
		return 0, errors.New("refused: " + frame.Raw)
	}
	return 0, errors.Join(errNoClearAnswer, errors.New(frame.Raw))
}

func (w *writer) disconnect() {
	if w.socket != nil {
		w.socket.Drop()
		w.socket = nil
	}
}
