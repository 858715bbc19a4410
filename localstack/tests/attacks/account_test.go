package attacks

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/report"
)

const (
	codesPerAddress = 100 // RateLimitPerIP
	codesPerNumber  = 30  // a day and purpose
)

// addresses returns clients of the API at other addresses than that of the users.
func addresses(t *testing.T, network, n int) []*client.API {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("needs more than one local address")
	}
	list := make([]*client.API, n)
	for i := range list {
		list[i] = suite.api.From(fmt.Sprintf("127.0.%d.%d", network, i+1))
	}
	return list
}

// guess lets a stranger at each address request codes for the number of a victim, and guess
// passwords and codes, with the challenge of the own code and without one. It returns when
// the victim has all the texts.
func (a *attack) guess(phone string, from []*client.API) {
	before, err := suite.api.TextMessages(a.t.Context(), phone)
	if err != nil {
		a.t.Fatal(err)
	}
	var wg sync.WaitGroup
	for _, api := range from {
		call := func(path string, body client.Fields) client.Response {
			body["phone"] = phone
			return a.count(api.Do(a.t.Context(), "POST", path, body))
		}
		wg.Go(func() {
			call("/otp", client.Fields{"purpose": "reset"})
			var sent struct{ Challenge string }
			if r := call("/otp", client.Fields{"purpose": "login"}); r.Status == http.StatusAccepted {
				_ = r.Decode(r.Status, &sent) // without a challenge, the guesses are unbound
			}
			for n := range 6 {
				guess := fmt.Sprintf("%06d", n)
				call("/login", client.Fields{"code": guess})
				call("/login", client.Fields{"code": guess, "challenge": sent.Challenge})
				call("/login", client.Fields{"password": "guess-of-a-stranger-" + guess})
			}
		})
	}
	wg.Wait()
	await(a.t, "the texts to the victim", func() error {
		texts, err := suite.api.TextMessages(a.t.Context(), phone)
		if want := len(before) + a.statuses[http.StatusAccepted]; err == nil && len(texts) < want {
			err = fmt.Errorf("got %d texts, want %d", len(texts), want)
		}
		return err
	})
}

// refillThrottles gives the routes of logins time to accept requests again, which is API
// Gateway's limit for all users together.
func refillThrottles() { time.Sleep(time.Second) }

// ways are the ways in that were open to a victim.
type ways struct{ password, code, reset bool }

func (w ways) String() string {
	var open []string
	for _, way := range []struct {
		name string
		open bool
	}{{"by password", w.password}, {"by code", w.code}, {"by a new password", w.reset}} {
		if way.open {
			open = append(open, way.name)
		}
	}
	if len(open) == 0 {
		return "not at all"
	}
	return strings.Join(open, ", ")
}

// waysIn tries every way in for a victim: with the device cookie of an earlier sign-in, or as a
// new device without one. An open session of the victim must go on.
func waysIn(t *testing.T, victim *client.User, device ...client.Option) (w ways) {
	t.Helper()
	refillThrottles()
	phone := victim.Profile.Phone
	if r, err := victim.Do(t.Context(), "GET", "/profile", nil); err != nil || r.Status != http.StatusOK {
		t.Errorf("the open session of the victim: got %s, %v", r, err)
	}
	post := func(path string, body client.Fields) bool {
		body["phone"] = phone
		r, err := suite.api.Do(t.Context(), "POST", path, body, device...)
		return err == nil && r.Status < 300
	}
	w.password = post("/login", client.Fields{"password": client.Password})
	if code, challenge, err := suite.api.RequestChallenge(t.Context(), phone, "login", device...); err == nil {
		w.code = post("/login", client.Fields{"code": code, "challenge": challenge})
	}
	if len(device) == 0 {
		return w // a new password would end the session
	}
	if code, challenge, err := suite.api.RequestChallenge(t.Context(), phone, "reset", device...); err == nil {
		w.reset = post("/password/reset", client.Fields{"code": code, "challenge": challenge, "password": "another-password-2026"})
	}
	return w
}

// signedIn returns the device cookie of a victim who signs in before the attack.
func signedIn(t *testing.T, victim *client.User) client.Option {
	t.Helper()
	r, err := suite.api.Do(t.Context(), "POST", "/login", client.Fields{"phone": victim.Profile.Phone, "password": client.Password})
	for _, cookie := range (&http.Response{Header: must(t, r, err).Header}).Cookies() {
		if cookie.Name == "device" {
			return client.Header("Cookie", cookie.Name+"="+cookie.Value)
		}
	}
	t.Fatalf("got %s without a device cookie", r)
	return nil
}

// lockOut lets a stranger guess from n addresses, while the victim has a device that signed in
// before. All ways in must be open to that device.
func lockOut(t *testing.T, network, n int, note string) {
	victim := customer(t)
	device := signedIn(t, victim)
	a := begin(t, fmt.Sprintf("lock-out of a victim by a stranger with %d addresses", n))
	a.guess(victim.Profile.Phone, addresses(t, network, n))
	fresh := waysIn(t, victim)
	known := waysIn(t, victim, device)
	value := fmt.Sprintf("from a device that signed in before, the victim gets in %s; from a new device %s", known, fresh)
	a.end(value, "gets in from the known device", known == ways{true, true, true}, note)
	if right := a.statuses[http.StatusOK]; right > 0 {
		t.Errorf("%d guesses were right", right)
	}
}

// TestAttack_LockOut guesses passwords and codes of a victim from other addresses.
func TestAttack_LockOut(t *testing.T) {
	lockOut(t, 1, 5, "Ten failed passwords close the password for new devices for ten minutes, and at most 10 codes a day are sent for one address. A stranger may request codes, which are accepted requests.")
}

// TestAttack_LockOutDistributed is the same from many addresses at once.
func TestAttack_LockOutDistributed(t *testing.T) {
	if !report.Full() {
		t.Skip("a part of the quality report")
	}
	lockOut(t, 2, 40, "The addresses use up the 30 codes a day of both purposes, each a text to the victim, and close the password for new devices. A device that signed in before has its own limits. See ADR 0034.")
}

// TestAttack_CodesOfOneAddress requests codes for many numbers.
func TestAttack_CodesOfOneAddress(t *testing.T) {
	from := addresses(t, 3, 1)[0]
	a := begin(t, "codes for many numbers from one address")
	a.flood(8, report.ShortOrFull(110, 400), func(int) (client.Response, error) {
		return from.Do(t.Context(), "POST", "/otp", client.Fields{"phone": client.RandomPhone(), "purpose": "signup"})
	}, nil)
	most := a.windows(10*time.Minute) * codesPerAddress
	accepted := a.accepted()
	a.end(fmt.Sprintf("%d of %d codes", accepted, a.requests), fmt.Sprintf("at most %d in 10 minutes", codesPerAddress), accepted > 0 && accepted <= most,
		"All addresses together: CodesPerDay, 10,000 texts.")
}

// TestAttack_CodesOfOneNumber requests codes for one number from many addresses, and for a
// number abroad.
func TestAttack_CodesOfOneNumber(t *testing.T) {
	from, phone := addresses(t, 4, 40), client.RandomPhone()
	a := begin(t, "codes for one number from 40 addresses")
	a.flood(8, 40*report.ShortOrFull(1, 5), func(i int) (client.Response, error) {
		return from[i%len(from)].Do(t.Context(), "POST", "/otp", client.Fields{"phone": phone, "purpose": "signup"})
	}, nil)
	refillThrottles()
	for _, abroad := range []string{"+447400123456", "+14155550123"} {
		r := a.count(from[0].Do(t.Context(), "POST", "/otp", client.Fields{"phone": abroad, "purpose": "signup"}))
		if r.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: got %s, want 422", abroad, r)
		}
	}
	accepted, days := a.accepted(), a.windows(24*time.Hour)
	a.end(fmt.Sprintf("%d of %d codes", accepted, a.requests), fmt.Sprintf("at most %d a day, none abroad", codesPerNumber), accepted > 0 && accepted <= days*codesPerNumber, "")
}
