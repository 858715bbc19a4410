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

// TestAuthConnectTokens uses each connect token several times at once. One use
// succeeds, none after expiry. If the response was lost, the next token works.
func TestAuthConnectTokens(t *testing.T) {
	t.Parallel()
	const perToken = 4 // concurrent uses of one token
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
		if byCode[""]+byCode[apperr.Unauthenticated] < perToken-lost { // one of them may get no response at all
			t.Errorf("got %v, want the uses accepted or rejected", byCode)
		}
		result.wronglyAccepted.Add(int64(max(0, byCode[""]-wanted)))
		result.wronglyRejected.Add(int64(max(0, wanted-byCode[""])))
		if wanted == 0 { // the owner requests another token
			next, _, err := tokens.Issue(t.Context(), actor)
			must(t, err)
			if _, err := tokens.Redeem(t.Context(), next); err != nil {
				result.wronglyRejected.Add(1)
			}
		}
	})
	result.record(t, "connect tokens", fmt.Sprintf("%d tokens used %d times at once", n, perToken),
		"A quarter of them expired, a quarter over a connection that loses responses.")
}
