package attacks

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/report"
)

// TestAttack_Logins floods the routes that need no sign-in from one address, which has used up its
// limit, while another customer signs in. The flood must cost no writes, and not concern others.
// The short form sends no passwords, because their hashes take long.
func TestAttack_Logins(t *testing.T) {
	from, victim := addresses(t, 5, 1)[0], customer(t)
	kinds := []func() (string, client.Fields){
		func() (string, client.Fields) { return "/otp", client.Fields{"purpose": "signup"} },
		func() (string, client.Fields) { return "/login", client.Fields{"code": "123456"} },
		func() (string, client.Fields) {
			return "/signup", client.Fields{"code": "123456", "password": client.Password}
		},
	}
	if report.Full() {
		kinds = append(kinds, func() (string, client.Fields) { return "/login", client.Fields{"password": client.Password} })
	}
	send := func(i int) (client.Response, error) {
		path, body := kinds[i%len(kinds)]()
		body["phone"] = client.RandomPhone()
		return from.Do(t.Context(), "POST", path, body)
	}
	fill := begin(t, "flood of logins, codes and sign-ups from one address, up to its limit")
	fill.flood(2, (codesPerAddress+10)*len(kinds), send, nil)
	f := fill.figures()
	fill.end(fmt.Sprintf("%d refused, %.1f writes for one request", fill.refused(), f.write/float64(fill.requests)), "refused", fill.refused() > 0, "")

	a := begin(t, "flood of logins, codes and sign-ups from one address, above its limit")
	var slowest time.Duration
	signedIn := make(chan int)
	go func() {
		n := 0
		for range 5 {
			start := time.Now()
			r, err := suite.api.Do(t.Context(), "POST", "/login", client.Fields{"phone": victim.Profile.Phone, "password": client.Password})
			if err == nil && r.Status == http.StatusOK {
				n++
			} else {
				t.Logf("sign-in of another: %s, %v", r, err)
			}
			slowest = max(slowest, time.Since(start))
		}
		signedIn <- n
	}()
	a.flood(2, report.ShortOrFull(200, 4000), send, nil)
	others := <-signedIn
	f = a.figures()
	const (
		most       = 80 // the sign-ins of the other customer, and what each function instance has yet to learn
		mostPassed = 20
	)
	passed := a.requests - a.refused()
	renewed := fill.windows(10*time.Minute) > 1 // the address was admitted up to its limit again
	pass := others == 5 && (renewed || f.write <= most && passed <= mostPassed)
	if report.Full() {
		pass = pass && slowest < 2*time.Second
	}
	a.end(fmt.Sprintf("%d of %d refused for %.0f write units; another customer signed in %d of 5 times, within %.1f s", a.refused(), a.requests, f.write, others, slowest.Seconds()),
		fmt.Sprintf("all but %d refused for at most %d write units, another customer signs in within 2 s", mostPassed, most), pass, "")
}
