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

// ackTimeout is how long a client waits for the ack of a frame before it repeats it.
const ackTimeout = 3 * time.Second

// errNoClearResponse means that the client does not know whether its message was stored,
// so it repeats it.
var errNoClearResponse = errors.New("no clear response")

// writer is a user who writes to a ticket over HTTP and sockets, chosen at random for
// each attempt.
type writer struct {
	user     *client.User
	ticketID string
	name     string
	rng      *rand.Rand
	acked    *ackedMessages

	socket      *client.Socket
	disconnects int // connections closed by this client
}

// write sends n messages, each until it is acknowledged. Sometimes it repeats an
// acknowledged message, which must change nothing.
func (w *writer) write(ctx context.Context, n int) error {
	defer w.disconnect()
	after := 1
	for i := range n {
		text, clientID := fmt.Sprintf("%s %d", w.name, i), client.NewID()
		for again := true; again; again = w.rng.IntN(20) == 0 {
			// A repeat has the same `after` as the first attempt.
			seq, err := w.retryUntilDone(ctx, client.Fields{"clientId": clientID, "body": text, "after": after})
			if err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
			if !w.acked.record(clientID, ackedMessage{seq, w.user.Profile.ID, text}) {
				return fmt.Errorf("%s: acknowledged twice, now as %d", text, seq)
			}
		}
		w.acked.mu.Lock()
		after = w.acked.byClientID[clientID].seq
		w.acked.mu.Unlock()
	}
	return nil
}

// retryUntilDone repeats a message until the response is clear.
func (w *writer) retryUntilDone(ctx context.Context, message client.Fields) (int, error) {
	for attempt := 0; ; attempt++ {
		send := w.overHTTP
		if w.rng.IntN(2) == 0 {
			send = w.overSocket
		}
		seq, err := send(ctx, message)
		if !errors.Is(err, errNoClearResponse) {
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

// isTransient reports whether a repeat may succeed.
func isTransient(status int) bool {
	return status >= http.StatusInternalServerError || status == http.StatusTooManyRequests || status == http.StatusConflict
}

// overHTTP posts the message. Sometimes it cancels the request.
func (w *writer) overHTTP(ctx context.Context, message client.Fields) (int, error) {
	if w.rng.IntN(120) == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(w.rng.Int64N(int64(8*time.Millisecond))))
		defer cancel()
		w.disconnects++
	}
	response, err := w.user.Do(ctx, http.MethodPost, "/tickets/"+w.ticketID+"/messages", message)
	if err != nil {
		return 0, errors.Join(errNoClearResponse, err)
	}
	var entry client.Entry
	switch {
	case response.Status == http.StatusOK || response.Status == http.StatusCreated:
		err := response.Decode(response.Status, &entry)
		return entry.Seq, err
	case isTransient(response.Status):
		return 0, errors.Join(errNoClearResponse, response.Decode(http.StatusCreated, nil))
	}
	return 0, response.Decode(http.StatusCreated, nil)
}

// overSocket sends the message as a frame. Sometimes it closes the socket right after
// it.
func (w *writer) overSocket(ctx context.Context, message client.Fields) (int, error) {
	if w.socket == nil {
		socket, err := w.user.Connect(ctx)
		if err != nil {
			return 0, errors.Join(errNoClearResponse, err)
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
		err = errors.New("closed by its own client")
	}
	if err != nil {
		w.disconnect()
		return 0, errors.Join(errNoClearResponse, err)
	}
	return w.await(ctx, message["clientId"])
}

// await waits for the ack or the error of a message.
func (w *writer) await(ctx context.Context, clientID any) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	frame, err := w.socket.Await(ctx, "an ack", func(f client.Frame) bool {
		return f.ClientID == clientID || f.Type == "" // an error of the gateway itself
	})
	switch {
	case err != nil:
		w.disconnect()
		return 0, errors.Join(errNoClearResponse, err)
	case frame.Type == "ack":
		return frame.Seq, nil
	case frame.Problem != nil && !isTransient(frame.Problem.Status):
		return 0, errors.New("rejected: " + frame.Raw)
	}
	return 0, errors.Join(errNoClearResponse, errors.New(frame.Raw))
}

func (w *writer) disconnect() {
	if w.socket != nil {
		w.socket.Drop()
		w.socket = nil
	}
}
