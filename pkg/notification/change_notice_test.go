package notification_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

// TestChangeNotices checks that the former number and the address confirmed before are told in the
// language of the user, whatever the user prefers, and that the queue contains neither.
func TestChangeNotices(t *testing.T) {
	key, err := auth.NewSecretKey("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	if err != nil {
		t.Fatal(err)
	}
	old := user.User{ID: "sara", Phone: "+989121234567", Email: "s@b.ir", EmailVerified: true, Locale: "en"}
	unconfirmed := old
	unconfirmed.EmailVerified = false
	readdressed := func(u user.User, address string) user.User {
		u.Email, u.EmailVerified = address, false
		return u
	}
	withPassword := func(u user.User, language string) user.User {
		u.PasswordVersion, u.Locale = u.PasswordVersion+1, language
		return u
	}
	for name, c := range map[string]struct {
		old, updated user.User
		want         []string
	}{
		"no change":   {old, old, nil},
		"new user":    {user.User{}, old.WithPhone("+989127654321", ""), nil},
		"unconfirmed": {unconfirmed, unconfirmed.WithPhone("+989127654321", ""), []string{"SMS to +989121234567"}},
		"both":        {old, old.WithPhone("+989127654321", ""), []string{"SMS to +989121234567", "mail to s@b.ir"}},
		"address":     {old, readdressed(old, "thief@b.ir"), []string{"mail to s@b.ir of sara: Your e-mail address was changed"}},
		"no address":  {old, readdressed(old, ""), []string{"mail to s@b.ir of sara: Your e-mail address was changed"}},
		"password":    {old, withPassword(old, "en"), []string{"mail to s@b.ir of sara: Your password was changed"}},
		"in Persian":  {old, withPassword(old, "fa"), []string{"mail to s@b.ir of sara: گذرواژهٔ شما تغییر کرد"}},
		"not told of": {unconfirmed, withPassword(unconfirmed, "en"), nil},
		"returned":    {old, readdressed(old, "s@b.ir"), nil},
		"first":       {readdressed(old, ""), old, nil},
		"never told":  {unconfirmed, readdressed(old, "thief@b.ir"), nil},
		"number and address": {old, readdressed(old, "thief@b.ir").WithPhone("+989127654321", ""), []string{
			"SMS to +989121234567", "mail to s@b.ir of sara: Your phone number was changed", "mail to s@b.ir of sara: Your e-mail address was changed",
		}},
	} {
		f := newFixture(t, notification.Queued)
		deliverer := f.deliverer(noon)
		deliverer.Key = key
		for _, job := range notification.ChangeNotices(key, c.old, c.updated) {
			if text := fmt.Sprint(job); strings.Contains(text, "912") || strings.Contains(text, "s@b.ir") {
				t.Errorf("%s: the job contains an address: %s", name, text)
			}
			if _, err := deliverer.Deliver(t.Context(), job); err != nil {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if len(f.sent) != len(c.want) {
			t.Fatalf("%s: got %q, want %q", name, f.sent, c.want)
		}
		for n, sent := range f.sent {
			if !strings.HasPrefix(sent, c.want[n]) || strings.HasPrefix(sent, "SMS") && !strings.Contains(sent, "one ending in 21") {
				t.Errorf("%s: got %q, want %q and the ending of the number", name, sent, c.want[n])
			}
		}
		f.providerErr = errProvider
		if jobs := notification.ChangeNotices(key, c.old, c.updated); len(jobs) > 0 {
			if retryAfter, err := deliverer.Deliver(t.Context(), jobs[0]); !errors.Is(err, errProvider) || retryAfter <= 0 {
				t.Errorf("%s: got %v, %v, want a retry", name, retryAfter, err)
			}
		}
	}
}
