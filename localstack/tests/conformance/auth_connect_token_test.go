package conformance

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/report"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/user"
)

// TestAuthConnectTokens: of those who come with one ticket at once one gets in,
// with an old one nobody; and whose answer was lost gets in with the next.
func TestAuthConnectTokens(t *testing.T) {
	t.Parallel()
	const perToken = 4 // who come with one ticket
	n := report.ShortOrFull(200, 1000)
	actor := user.Principal{UserID: newID(), Role: user.RoleUser}
	tokens := &realtime.ConnectTokens{Store: openStore(), Now: app.Now, Random: rand.Reader}
	var result authResult
	forEach(n, 8, func(i int) {
		token, expires, err := tokens.Issue(t.Context(), actor)
		must(t, err)
		redeemer, wanted, lost := tokens, 1, 0
		switch i % 4 {
		case 1:
			late := time.Until(expires) + 2*time.Second
			redeemer, wanted = &realtime.ConnectTokens{Store: storeAfter(late), Now: app.Now, Random: rand.Reader}, 0
		case 2:
			lossyStore, _ := newLossyStore(func(n int, _ string) bool { return n < perToken })
			redeemer, wanted, lost = &realtime.ConnectTokens{Store: lossyStore, Now: app.Now, Random: rand.Reader}, 0, 1
		}
		byCode := concurrently(perToken, func(int) error {
			got, err := redeemer.Redeem(t.Context(), token)
			if err == nil && got != actor {
				t.Errorf("got %+v, want %+v", got, actor)
			}
			return err
		})
		if byCode[""]+byCode[apperr.Unauthenticated] < perToken-lost { // one of them may hear nothing at all
			t.Errorf("got %v, want some let in and the others refused", byCode)
		}
		result.wronglyAccepted.Add(int64(max(0, byCode[""]-wanted)))
		result.wronglyRejected.Add(int64(max(0, wanted-byCode[""])))
		if wanted == 0 { // the owner asks for another one
			next, _, err := tokens.Issue(t.Context(), actor)
			must(t, err)
			if _, err := tokens.Redeem(t.Context(), next); err != nil {
				result.wronglyRejected.Add(1)
			}
		}
	})
	result.record(t, "socket tickets", fmt.Sprintf("%d tickets used %d times at once", n, perToken),
		"A quarter of them too late, a quarter over a line that loses the answers.")
}
