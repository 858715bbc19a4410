package e2e

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
)

// TestPost_KilledFunctions kills the posting function again and
// again, at whatever moment it happens to be, while people write. Each of them
// repeats a message until it is acknowledged. Only the local stack can kill.
func TestPost_KilledFunctions(t *testing.T) {
	if suite.local == nil {
		return
	}
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	subscriber := agent.connect()
	subscriber.subscribe(ticket.ID)

	done := make(chan struct{})
	var wg, writers sync.WaitGroup
	wg.Go(func() {
		for tick := time.NewTicker(60 * time.Millisecond); ; {
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
				suite.local.Kill("message-post")
			}
		}
	})
	const users, messages = 3, 8
	var acked sync.Map // body -> seq as it was acknowledged
	for p := range users {
		writers.Go(func() { writeUntilAcknowledged(me, ticket.ID, p, messages, &acked) })
	}
	writers.Wait()
	close(done)
	wg.Wait()
	if t.Failed() {
		return
	}

	rows := map[string]int{}
	entries := agent.history(ticket.ID)
	equal(t, "seqs", fmt.Sprint(seqs(entries)), fmt.Sprint(seqRange(1, 1+users*messages)))
	for _, entry := range entries[1:] {
		rows[entry.Body]++
		acknowledged, _ := acked.Load(entry.Body)
		equal(t, "seq of "+entry.Body, entry.Seq, acknowledged.(int))
	}
	for body, n := range rows {
		equal(t, "rows of "+body, n, 1)
	}
	// The functions that would have pushed are dead: the stream tells all the same.
	for seq := 2; seq <= 1+users*messages; seq++ {
		subscriber.await(fmt.Sprint("word of seq ", seq), func(f client.Frame) bool {
			return f.Type == "head" && f.TicketID == ticket.ID && f.Seq == seq
		})
	}
}

// writeUntilAcknowledged repeats each message, as a client with a bad network
// does, until an answer has come.
func writeUntilAcknowledged(user testUser, ticketID string, writer, messages int, acked *sync.Map) {
	after := 1
	for m := range messages {
		body := fmt.Sprintf("person %d message %d", writer, m)
		message := object{"clientId": client.NewID(), "body": body, "after": after}
		for attempt := 0; ; attempt++ {
			answer, err := user.Do(user.t.Context(), http.MethodPost, "/tickets/"+ticketID+"/messages", message)
			var entry client.Entry
			if err == nil && (answer.Status == http.StatusCreated || answer.Status == http.StatusOK) {
				if err := answer.Decode(answer.Status, &entry); err != nil {
					user.t.Error(err)
					return
				}
				acked.Store(body, entry.Seq)
				after = entry.Seq
				break
			}
			if err == nil && answer.Status < http.StatusInternalServerError && answer.Status != http.StatusConflict {
				user.t.Errorf("%s: got %d %s", body, answer.Status, answer.Body)
				return
			}
			if attempt == 400 {
				user.t.Errorf("%s: not acknowledged after %d tries", body, attempt)
				return
			}
		}
	}
}
