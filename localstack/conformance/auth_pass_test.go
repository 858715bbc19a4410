package conformance

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"ticketsystem/localstack/judge/verdict"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// TestAuthSocketTickets: of those who come with one ticket at once one gets in,
// with an old one nobody; and whose answer was lost gets in with the next.
func TestAuthSocketTickets(t *testing.T) {
	t.Parallel()
	const at = 4 // who come with one ticket
	n := verdict.Pick(200, 1000)
	who := user.Principal{UserID: newID(), Role: user.RoleUser}
	door := &realtime.Door{Store: open(), Now: wiring.Now, Random: rand.Reader}
	var count callers
	each(n, 8, func(i int) {
		pass, expires, err := door.Pass(t.Context(), who)
		must(t, err)
		comes, wanted, lost := door, 1, 0
		switch i % 4 {
		case 1:
			late := time.Until(expires) + 2*time.Second
			comes, wanted = &realtime.Door{Store: later(late), Now: wiring.Now, Random: rand.Reader}, 0
		case 2:
			lossy, _ := behindLosses(func(n int, _ string) bool { return n < at })
			comes, wanted, lost = &realtime.Door{Store: lossy, Now: wiring.Now, Random: rand.Reader}, 0, 1
		}
		kinds := atOnce(at, func(int) error {
			got, err := comes.Redeem(t.Context(), pass)
			if err == nil && got != who {
				t.Errorf("got %+v, want %+v", got, who)
			}
			return err
		})
		if kinds[""]+kinds[fault.Unauthenticated] < at-lost { // one of them may hear nothing at all
			t.Errorf("got %v, want some let in and the others refused", kinds)
		}
		count.in.Add(int64(max(0, kinds[""]-wanted)))
		count.out.Add(int64(max(0, wanted-kinds[""])))
		if wanted == 0 { // the owner asks for another one
			next, _, err := door.Pass(t.Context(), who)
			must(t, err)
			if _, err := door.Redeem(t.Context(), next); err != nil {
				count.out.Add(1)
			}
		}
	})
	count.record(t, "socket tickets", fmt.Sprintf("%d tickets used %d times at once", n, at),
		"A quarter of them too late, a quarter over a line that loses the answers.")
}
