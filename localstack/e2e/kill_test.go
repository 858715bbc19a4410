package e2e

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"ticketsystem/localstack/client"
)

// TestKilledFunctionsLoseAndDoubleNothing kills the posting function again and
// again, at whatever moment it happens to be, while people write. Each of them
// repeats a message until it is acknowledged. Only the local stack can kill.
func TestKilledFunctionsLoseAndDoubleNothing(t *testing.T) {
	if suite.local == nil {
		return
	}
	me, agent := customer(t), support(t)
	ticket := me.open(nil)
	watcher := agent.connect()
	watcher.subscribe(ticket.ID)

	done := make(chan struct{})
	var killer, writers sync.WaitGroup
	killer.Go(func() {
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
	const people, messages = 3, 8
	var ledger sync.Map // body -> seq as it was acknowledged
	for p := range people {
		writers.Go(func() { writeUntilAcknowledged(me, ticket.ID, p, messages, &ledger) })
	}
	writers.Wait()
	close(done)
	killer.Wait()
	if t.Failed() {
		return
	}

	rows := map[string]int{}
	entries := agent.history(ticket.ID)
	same(t, "seqs", fmt.Sprint(seqs(entries)), fmt.Sprint(between(1, 1+people*messages)))
	for _, entry := range entries[1:] {
		rows[entry.Body]++
		acknowledged, _ := ledger.Load(entry.Body)
		same(t, "seq of "+entry.Body, entry.Seq, acknowledged.(int))
	}
	for body, n := range rows {
		same(t, "rows of "+body, n, 1)
	}
	// The functions that would have pushed are dead: the stream tells all the same.
	for seq := 2; seq <= 1+people*messages; seq++ {
		watcher.await(fmt.Sprint("word of seq ", seq), func(f client.Frame) bool {
			return f.Type == "head" && f.TicketID == ticket.ID && f.Seq == seq
		})
	}
}

// writeUntilAcknowledged repeats each message, as a client with a bad network
// does, until an answer has come.
func writeUntilAcknowledged(who actor, ticketID string, person, messages int, ledger *sync.Map) {
	after := 1
	for m := range messages {
		body := fmt.Sprintf("person %d message %d", person, m)
		message := object{"clientId": client.NewID(), "body": body, "after": after}
		for try := 0; ; try++ {
			answer, err := who.Do(who.t.Context(), http.MethodPost, "/tickets/"+ticketID+"/messages", message)
			var entry client.Entry
			if err == nil && (answer.Status == http.StatusCreated || answer.Status == http.StatusOK) {
				if err := answer.Into(answer.Status, &entry); err != nil {
					who.t.Error(err)
					return
				}
				ledger.Store(body, entry.Seq)
				after = entry.Seq
				break
			}
			if err == nil && answer.Status < http.StatusInternalServerError && answer.Status != http.StatusConflict {
				who.t.Errorf("%s: got %d %s", body, answer.Status, answer.Body)
				return
			}
			if try == 400 {
				who.t.Errorf("%s: not acknowledged after %d tries", body, try)
				return
			}
		}
	}
}
