package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/iamcheck"
)

// manyWords returns a text of about 5 KB with different words.
func manyWords() string {
	var text strings.Builder
	for text.Len() < 5000 {
		fmt.Fprintf(&text, "w%x ", rand.Uint64())
	}
	return text.String()
}

// maxDelay bounds the delay of others in a flood. It is 2 s for the quality report, which
// has the machine for itself. Beside other test packages it only separates a delay by the
// flood, which was minutes, from a busy processor.
func maxDelay() time.Duration {
	if os.Getenv("QUALITY_DIR") != "" {
		return 2 * time.Second
	}
	return 15 * time.Second
}

// TestFlood_DelayOfOthers posts 56 long messages of one customer, and checks how long the
// tickets that another customer opens meanwhile take to the queue, and that the projection
// leaves the search index to a function of its own. It does not run in parallel, because
// the time is measured. It needs the local stack.
func TestFlood_DelayOfOthers(t *testing.T) {
	if suite.local == nil {
		return
	}
	attacker, other, agent := customer(t), customer(t), support(t)
	other.openTicket(nil) // starts the functions
	var flood sync.WaitGroup
	for range 4 {
		id := attacker.openTicket(nil).ID
		flood.Go(func() {
			for range 14 {
				attacker.post(id, manyWords(), nil)
			}
		})
	}
	var delays []time.Duration
	for range 8 {
		opened := other.openTicket(nil)
		start := time.Now()
		eventually(t, "the queue entry", func() error {
			var page client.List[client.Ticket]
			agent.get("/tickets?sort=-lastActivityAt&limit=20", &page)
			if !slices.Contains(ticketIDs(page.Data), opened.ID) {
				return mismatch("tickets", ticketIDs(page.Data), opened.ID)
			}
			return nil
		})
		delays = append(delays, time.Since(start))
		time.Sleep(200 * time.Millisecond)
	}
	flood.Wait()
	grants, err := iamcheck.Grants(suite.local.Template())
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range suite.calls.Compare(grants, nil).Missing {
		if strings.HasPrefix(call, "stream-project: ") && strings.Contains(call, " K#") {
			t.Errorf("the projection uses the search index: %s", call)
		}
	}
	t.Logf("delays: %v", delays)
	if most := slices.Max(delays); most > maxDelay() {
		t.Errorf("a flood of one customer delayed the queue entries of another by %v, want less than %v", most, maxDelay())
	}
}
