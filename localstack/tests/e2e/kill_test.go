package e2e

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
)

// TestPost_KilledFunctions kills the posting function repeatedly, at random moments,
// while clients write. Each client repeats a message until it is acknowledged. It needs
// the local stack.
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
	var acked sync.Map // body -> acknowledged seq
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
		equal(t, "entries of "+body, n, 1)
	}
	// The killed functions did not push these entries; the stream announces the newest.
	subscriber.await("a hint of the newest entry", func(f client.Frame) bool {
		return f.Type == "head" && f.TicketID == ticket.ID && f.Seq == 1+users*messages
	})
}

// writeUntilAcknowledged repeats each message until there is a response, as a client on
// a bad network does.
func writeUntilAcknowledged(user testUser, ticketID string, writer, messages int, acked *sync.Map) {
	after := 1
	for m := range messages {
		body := fmt.Sprintf("user %d message %d", writer, m)
		message := object{"clientId": client.NewID(), "body": body, "after": after}
		for attempt := 0; ; attempt++ {
			response, err := user.Do(user.t.Context(), http.MethodPost, "/tickets/"+ticketID+"/messages", message)
			var entry client.Entry
			if err == nil && (response.Status == http.StatusCreated || response.Status == http.StatusOK) {
				if err := response.Decode(response.Status, &entry); err != nil {
					user.t.Error(err)
					return
				}
				acked.Store(body, entry.Seq)
				after = entry.Seq
				break
			}
			if err == nil && response.Status < http.StatusInternalServerError && response.Status != http.StatusConflict {
				user.t.Errorf("%s: got %d %s", body, response.Status, response.Body)
				return
			}
			if attempt == 400 {
				user.t.Errorf("%s: not acknowledged after %d tries", body, attempt)
				return
			}
		}
	}
}
