package conformance

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/user"
)

// storeAfter returns the store under test with its clock d ahead.
func storeAfter(d time.Duration) *dynamo.Store {
	return dynamo.New(env.config, env.table, func() time.Time { return app.Now().Add(d) })
}

func newCode(purpose string) account.OneTimeCode {
	now := app.Now()
	return account.OneTimeCode{RecipientMAC: newID(), Purpose: purpose, ID: newID(), ClientMAC: newID(), SentAt: now, ExpiresAt: now.Add(5 * time.Minute).Truncate(time.Second)}
}

func TestReserveCode(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		now := app.Now()
		counter := limit.Counter{Scope: "client#" + newID(), Window: 24 * time.Hour, Start: now.Truncate(24 * time.Hour)}
		reserve := func(name string, c account.OneTimeCode, at time.Duration, want bool) {
			t.Helper()
			c.SentAt = now.Add(at)
			last, count, reserved, err := db.open().ReserveCode(t.Context(), counter, c, c.SentAt.Add(-time.Minute), 2)
			if err != nil || reserved != want {
				t.Errorf("%s: got %v, %d, %v, %v, want %v", name, last, count, reserved, err, want)
			}
		}
		first, second := newCode("login"), newCode("login")
		reserve("first", first, 0, true)
		reserve("first, repeated", first, 0, true)
		reserve("before the resend interval", newCode("login"), 59*time.Second, false)
		release := func(c account.OneTimeCode, last time.Time) {
			t.Helper()
			for range 2 { // the SDK may repeat it
				must(t, db.open().ReleaseCode(t.Context(), counter, c, last))
			}
		}
		release(newCode("login"), time.Time{})
		reserve("after another code was released", newCode("login"), 59*time.Second, false)
		release(first, time.Time{})
		reserve("after it was released", second, time.Second, true)
		release(second, now.Add(time.Second))
		reserve("before the resend interval of a released code", newCode("login"), time.Minute, false)
		reserve("two codes after two were released", newCode("login"), 2*time.Minute, true)
		third := newCode("login")
		reserve("the second of these", third, 4*time.Minute, true)
		reserve("the second, repeated", third, 4*time.Minute, true)
		reserve("above the limit", newCode("login"), time.Hour, false)
	})
}

func TestCountCodeAttempt(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		c, other := newCode("login"), newCode("login")
		other.RecipientMAC = c.RecipientMAC
		must(t, db.open().PutCode(t.Context(), c))
		must(t, db.open().PutCode(t.Context(), other))
		for attempt := 1; attempt <= 8; attempt++ {
			found, lockedUntil, err := db.open().CountCodeAttempt(t.Context(), c, 5)
			if err != nil || found != (attempt <= 5) || attempt <= 5 && !lockedUntil.IsZero() || attempt > 5 && !lockedUntil.Equal(c.ExpiresAt) {
				t.Errorf("attempt %d: got found %v, locked until %v, %v", attempt, found, lockedUntil, err)
			}
		}
		if found, _, err := db.open().CountCodeAttempt(t.Context(), other, 5); err != nil || !found {
			t.Errorf("another code of the recipient: got found %v, %v", found, err)
		}
		foreign := c
		foreign.Purpose = "signup"
		if found, lockedUntil, err := db.open().CountCodeAttempt(t.Context(), foreign, 5); err != nil || found || !lockedUntil.IsZero() {
			t.Errorf("another purpose: got found %v, locked until %v, %v", found, lockedUntil, err)
		}
		for name, expired := range map[string]account.OneTimeCode{"never attempted": other, "locked": c} {
			if found, lockedUntil, err := db.after(6*time.Minute).CountCodeAttempt(t.Context(), expired, 5); err != nil || found || !lockedUntil.IsZero() {
				t.Errorf("expired, %s: got found %v, locked until %v, %v", name, found, lockedUntil, err)
			}
		}
		live, err := db.open().UnexpiredCodes(t.Context(), c.RecipientMAC, "login")
		if client := map[string]string{c.ID: c.ClientMAC, other.ID: other.ClientMAC}; len(live) == 2 && (live[0].ClientMAC != client[live[0].ID] || live[1].ClientMAC != client[live[1].ID]) {
			t.Errorf("clients of the live codes: got %+v", live)
		}
		if err != nil || len(live) != 2 || live[0].RecipientMAC != c.RecipientMAC || live[0].Purpose != "login" || !live[0].ExpiresAt.Equal(c.ExpiresAt) {
			t.Errorf("live codes: got %+v, %v", live, err)
		}
		if live, err := db.after(6*time.Minute).UnexpiredCodes(t.Context(), c.RecipientMAC, "login"); err != nil || len(live) != 0 {
			t.Errorf("expired codes: got %+v, %v", live, err)
		}
	})
}

func TestAddToCounter(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		start := app.Now().Truncate(10 * time.Minute)
		one := limit.Counter{Scope: newID(), Window: 10 * time.Minute, Start: start}
		next := one
		next.Start = start.Add(one.Window)
		for i, c := range []limit.Counter{one, one, one, next} {
			if got, err := db.open().AddToCounter(t.Context(), c, 1); err != nil || got != []int{1, 2, 3, 1}[i] {
				t.Errorf("%d: got %d, %v", i, got, err)
			}
		}
	})
}

// TestAddWithin checks that a counter never exceeds its maximum, also with concurrent
// writers, and that a negative number gives back what was added.
func TestAddWithin(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		c := limit.Counter{Scope: "tickets#" + newID(), Window: time.Minute, Start: app.Now().Truncate(time.Minute)}
		var added atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if ok, err := db.open().AddWithin(t.Context(), c, 2, 7); err != nil {
					t.Error(err)
				} else if ok {
					added.Add(2)
				}
			})
		}
		wg.Wait()
		if added.Load() != 6 {
			t.Errorf("added: got %d, want 6 of at most 7", added.Load())
		}
		for i, n := range []int{1, 1, -2, 3, 2, 8} {
			want := []bool{true, false, true, false, true, false}[i]
			if ok, err := db.open().AddWithin(t.Context(), c, n, 7); err != nil || ok != want {
				t.Errorf("step %d, add %d: got %v, %v", i, n, ok, err)
			}
		}
	})
}

// TestRecordLoginAttempt checks the attempt limit per window, also for unknown numbers.
// A successful login or a day without attempts clears the attempts.
func TestRecordLoginAttempt(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		const limit = 3
		first := app.Now().Truncate(10 * time.Minute)
		next := first.Add(10 * time.Minute)
		phone := newPhone()
		windowOf := func(store testStore) time.Time {
			l, found, err := store.Login(t.Context(), phone)
			if err != nil || found {
				t.Errorf("got found %v, %v", found, err)
			}
			return l.FailureWindow
		}
		for i, c := range []struct {
			window time.Time
			want   bool
		}{{first, true}, {first, true}, {first, true}, {first, false}, {next, true}, {first, true}, {next, true}, {next, false}, {first, false}} {
			if counted, err := db.open().RecordLoginAttempt(t.Context(), phone, c.window, limit); err != nil || counted != c.want {
				t.Errorf("%d: got %v, %v, want %v", i, counted, err, c.want)
			}
		}
		if got := windowOf(db.open()); !got.Equal(next) {
			t.Errorf("got %v, want %v", got, next)
		}
		if got := windowOf(db.after(25 * time.Hour)); !got.IsZero() {
			t.Errorf("a day later: got %v, want none", got)
		}
		must(t, db.open().ClearLoginAttempts(t.Context(), phone))
		if got := windowOf(db.open()); !got.IsZero() {
			t.Errorf("cleared: got %v, want none", got)
		}
		byCode := concurrently(20, func(int) error {
			counted, err := db.open().RecordLoginAttempt(t.Context(), phone, next, limit)
			if err == nil && !counted {
				err = apperr.New(apperr.LoginLocked, "")
			}
			return err
		})
		if byCode[""] != limit || byCode[apperr.LoginLocked] != 20-limit {
			t.Errorf("20 concurrent: got %v, want %d counted", byCode, limit)
		}
	})
}

// newLogin returns a login with every field set.
func newLogin() account.Login {
	phone := newPhone()
	return account.Login{Phone: phone, Hash: "$argon2id$...", User: user.User{
		ID: newID(), Phone: phone, Role: user.RoleSupport, Name: "سارا", Email: "s@example.com", EmailVerified: true,
		Province: "08", City: "0801", PictureID: newID(), Locale: "fa", Notifications: user.NotificationPreferences{SMS: true}, CreatedAt: app.Now(),
	}}
}

func TestPutAccount_RoundTrip(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		want := newLogin()
		must(t, db.open().PutAccount(t.Context(), want))
		got, found, err := db.open().Login(t.Context(), want.Phone)
		if err != nil || !found {
			t.Fatalf("got found %v, %v", found, err)
		}
		equal(t, "login", got, want)
		u, err := db.open().User(t.Context(), want.User.ID)
		must(t, err)
		equal(t, "user", u, want.User)
		_, err = db.open().User(t.Context(), newID())
		wantCode(t, "unknown user", err, apperr.UserNotFound)
	})
}

func TestUpdateUser(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		login := newLogin()
		must(t, db.open().PutAccount(t.Context(), login))
		text, no := "x", false
		for name, c := range map[string]struct {
			patch account.ProfileUpdate
			want  func(u *user.User)
		}{
			"nothing":       {account.ProfileUpdate{}, func(*user.User) {}},
			"name":          {account.ProfileUpdate{Name: &text}, func(u *user.User) { u.Name = "x" }},
			"email":         {account.ProfileUpdate{Email: &text}, func(u *user.User) { u.Email, u.EmailVerified = "x", false }},
			"places":        {account.ProfileUpdate{Province: &text, City: &text}, func(u *user.User) { u.Province, u.City = "x", "x" }},
			"locale":        {account.ProfileUpdate{Locale: &text}, func(u *user.User) { u.Locale = "x" }},
			"picture":       {account.ProfileUpdate{PictureID: &text}, func(u *user.User) { u.PictureID = "x" }},
			"notifications": {account.ProfileUpdate{NotifyEmail: &no, NotifySMS: &no}, func(u *user.User) { u.Notifications = user.NotificationPreferences{} }},
		} {
			must(t, db.open().PutAccount(t.Context(), login))
			want := login.User
			c.want(&want)
			got, err := db.open().UpdateUser(t.Context(), login.User.ID, c.patch)
			must(t, err)
			equal(t, name, got, want)
		}
		_, err := db.open().UpdateUser(t.Context(), newID(), account.ProfileUpdate{Name: &text})
		wantCode(t, "unknown user", err, apperr.UserNotFound)
		_, err = db.open().UpdateUser(t.Context(), newID(), account.ProfileUpdate{})
		wantCode(t, "unknown user, no change", err, apperr.UserNotFound)
	})
}

// TestCreateAccount_Atomic checks that login, user, session and the consumed code are
// written together or not at all.
func TestCreateAccount_Atomic(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		taken := newLogin()
		must(t, db.open().PutAccount(t.Context(), taken))
		for name, c := range map[string]struct {
			change func(l *account.Login, used *account.OneTimeCode)
			want   apperr.Code
		}{
			"free":              {func(*account.Login, *account.OneTimeCode) {}, ""},
			"phone taken":       {func(l *account.Login, _ *account.OneTimeCode) { l.Phone = taken.Phone }, apperr.PhoneTaken},
			"code replaced":     {func(_ *account.Login, c *account.OneTimeCode) { c.ID = "older" }, apperr.CodeWrong},
			"code already used": {func(_ *account.Login, c *account.OneTimeCode) { c.RecipientMAC = newID() }, apperr.CodeWrong},
		} {
			t.Run(name, func(t *testing.T) {
				login, code := newLogin(), newCode("signup")
				session := newSession(login.User)
				if err := db.open().PutCode(t.Context(), code); err != nil {
					t.Fatal(err)
				}
				used := code
				c.change(&login, &used)
				err := db.open().CreateAccount(t.Context(), login, session, used)
				codeLeft, _, _ := db.open().CountCodeAttempt(t.Context(), code, 99)
				_, userErr := db.open().User(t.Context(), login.User.ID)
				_, _, sessionThere, _ := db.open().RotateSession(t.Context(), login.User.ID, session.Family, "x", "y", app.Now())
				if c.want == "" {
					if err != nil || codeLeft || userErr != nil || !sessionThere {
						t.Errorf("got %v, code left %v, user %v, session %v", err, codeLeft, userErr, sessionThere)
					}
					return
				}
				wantCode(t, name, err, c.want)
				if !codeLeft || !apperr.Is(userErr, apperr.UserNotFound) || sessionThere {
					t.Errorf("partial write: code left %v, user %v, session %v", codeLeft, userErr, sessionThere)
				}
			})
		}
	})
}
