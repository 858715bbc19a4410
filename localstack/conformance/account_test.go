package conformance

import (
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// later is the table as it will be seen in a while.
func later(d time.Duration) *table.Table {
	return table.New(house.config, house.table, func() time.Time { return wiring.Now().Add(d) })
}

func newCode(purpose string) account.Code {
	now := wiring.Now()
	return account.Code{NumberMAC: newID(), Purpose: purpose, Hash: "hash", SentAt: now, ExpiresAt: now.Add(5 * time.Minute).Truncate(time.Second)}
}

func TestCodesReplaceEachOther(t *testing.T) {
	first := newCode("login")
	if _, stored, err := open().PutCode(t.Context(), first, first.SentAt.Add(-time.Minute)); err != nil || !stored {
		t.Fatalf("got stored %v, %v", stored, err)
	}
	for _, c := range []struct {
		name  string
		after time.Duration
		want  bool
	}{{"too soon", 59 * time.Second, false}, {"after the pause", time.Minute, true}} {
		next := first
		next.SentAt, next.Hash = first.SentAt.Add(c.after), c.name
		sentAt, stored, err := open().PutCode(t.Context(), next, next.SentAt.Add(-time.Minute))
		if err != nil || stored != c.want {
			t.Errorf("%s: got stored %v, %v, want %v", c.name, stored, err, c.want)
		}
		if !c.want && !sentAt.Equal(first.SentAt) {
			t.Errorf("%s: got %v, want when the first was sent, %v", c.name, sentAt, first.SentAt)
		}
	}
	got, found, _, err := open().TryCode(t.Context(), first.NumberMAC, "login", 5)
	if err != nil || !found || got.Hash != "after the pause" || got.Tries != 1 {
		t.Errorf("got %+v, %v, %v, want the newer code", got, found, err)
	}
	if _, found, locked, err := open().TryCode(t.Context(), first.NumberMAC, "signup", 5); err != nil || found || locked {
		t.Errorf("another purpose: got found %v, locked %v, %v", found, locked, err)
	}
}

func TestCodeTries(t *testing.T) {
	c := newCode("login")
	if _, _, err := open().PutCode(t.Context(), c, c.SentAt); err != nil {
		t.Fatal(err)
	}
	for try := 1; try <= 8; try++ {
		got, found, locked, err := open().TryCode(t.Context(), c.NumberMAC, "login", 5)
		if err != nil || found != (try <= 5) || locked != (try > 5) {
			t.Errorf("try %d: got found %v, locked %v, %v", try, found, locked, err)
		}
		if found && (got.Hash != c.Hash || got.Tries != try || !got.ExpiresAt.Equal(c.ExpiresAt) || !got.SentAt.Equal(c.SentAt)) {
			t.Errorf("try %d: got %+v, want %+v", try, got, c)
		}
	}
	fresh := newCode("login")
	if _, _, err := open().PutCode(t.Context(), fresh, fresh.SentAt); err != nil {
		t.Fatal(err)
	}
	if _, found, locked, err := later(6*time.Minute).TryCode(t.Context(), fresh.NumberMAC, "login", 5); err != nil || found || locked {
		t.Errorf("expired, never tried: got found %v, locked %v, %v", found, locked, err)
	}
	// An expired code is no code, locked or not.
	if _, found, locked, err := later(6*time.Minute).TryCode(t.Context(), c.NumberMAC, "login", 5); err != nil || found || locked {
		t.Errorf("expired: got found %v, locked %v, %v", found, locked, err)
	}
}

func TestCounters(t *testing.T) {
	start := wiring.Now().Truncate(10 * time.Minute)
	one := account.Counter{Scope: newID(), Window: 10 * time.Minute, Start: start}
	next := one
	next.Start = start.Add(one.Window)
	for i, c := range []account.Counter{one, one, one, next} {
		if got, err := open().Count(t.Context(), c); err != nil || got != []int{1, 2, 3, 1}[i] {
			t.Errorf("%d: got %d, %v", i, got, err)
		}
	}
}

// TestTries of passwords: so many in a window, forgotten when one was right or
// a day has passed; also on a number that nobody has.
func TestTries(t *testing.T) {
	t.Parallel()
	const most = 3
	first := wiring.Now().Truncate(10 * time.Minute)
	next := first.Add(10 * time.Minute)
	number := newNumber()
	tries := func(store *table.Table) time.Time {
		l, found, err := store.Login(t.Context(), number)
		if err != nil || found {
			t.Errorf("got found %v, %v", found, err)
		}
		return l.Tries
	}
	for i, c := range []struct {
		window time.Time
		want   bool
	}{{first, true}, {first, true}, {first, true}, {first, false}, {next, true}, {first, true}, {next, true}, {next, false}, {first, false}} {
		if counted, err := open().CountTry(t.Context(), number, c.window, most); err != nil || counted != c.want {
			t.Errorf("%d: got %v, %v, want %v", i, counted, err, c.want)
		}
	}
	if got := tries(open()); !got.Equal(next) {
		t.Errorf("got %v, want %v", got, next)
	}
	if got := tries(later(25 * time.Hour)); !got.IsZero() {
		t.Errorf("a day later: got %v, want none", got)
	}
	must(t, open().ForgetTries(t.Context(), number))
	if got := tries(open()); !got.IsZero() {
		t.Errorf("forgotten: got %v, want none", got)
	}
	kinds := atOnce(20, func(int) error {
		counted, err := open().CountTry(t.Context(), number, next, most)
		if err == nil && !counted {
			err = fault.New(fault.LoginLocked, "")
		}
		return err
	})
	if kinds[""] != most || kinds[fault.LoginLocked] != 20-most {
		t.Errorf("twenty at once: got %v, want %d counted", kinds, most)
	}
}

// newLogin is a person with all that can be said of one.
func newLogin() account.Login {
	number := newNumber()
	return account.Login{Phone: number, Hash: "$argon2id$...", User: user.User{
		ID: newID(), Phone: number, Role: user.RoleSupport, Name: "سارا", Email: "s@example.com", EmailVerified: true,
		Province: "08", City: "0801", PictureID: newID(), Locale: "fa", Notify: user.Choices{SMS: true}, CreatedAt: wiring.Now(),
	}}
}

func TestAccountsComeBackWhole(t *testing.T) {
	want := newLogin()
	must(t, open().SaveAccount(t.Context(), want))
	got, found, err := open().Login(t.Context(), want.Phone)
	if err != nil || !found {
		t.Fatalf("got found %v, %v", found, err)
	}
	same(t, "login", got, want)
	u, err := open().User(t.Context(), want.User.ID)
	must(t, err)
	same(t, "user", u, want.User)
	_, err = open().User(t.Context(), newID())
	refused(t, "nobody", err, fault.UserNotFound)
}

func TestUpdateUser(t *testing.T) {
	login := newLogin()
	must(t, open().SaveAccount(t.Context(), login))
	text, no := "x", false
	for name, c := range map[string]struct {
		patch account.Patch
		want  func(u *user.User)
	}{
		"nothing":       {account.Patch{}, func(*user.User) {}},
		"name":          {account.Patch{Name: &text}, func(u *user.User) { u.Name = "x" }},
		"email":         {account.Patch{Email: &text}, func(u *user.User) { u.Email, u.EmailVerified = "x", false }},
		"places":        {account.Patch{Province: &text, City: &text}, func(u *user.User) { u.Province, u.City = "x", "x" }},
		"locale":        {account.Patch{Locale: &text}, func(u *user.User) { u.Locale = "x" }},
		"picture":       {account.Patch{PictureID: &text}, func(u *user.User) { u.PictureID = "x" }},
		"notifications": {account.Patch{NotifyEmail: &no, NotifySMS: &no}, func(u *user.User) { u.Notify = user.Choices{} }},
	} {
		must(t, open().SaveAccount(t.Context(), login))
		want := login.User
		c.want(&want)
		got, err := open().UpdateUser(t.Context(), login.User.ID, c.patch)
		must(t, err)
		same(t, name, got, want)
	}
	_, err := open().UpdateUser(t.Context(), newID(), account.Patch{Name: &text})
	refused(t, "nobody", err, fault.UserNotFound)
	_, err = open().UpdateUser(t.Context(), newID(), account.Patch{})
	refused(t, "nobody, nothing", err, fault.UserNotFound)
}

func newSession(u user.User) account.Session {
	now := wiring.Now()
	return account.Session{
		Family: newID(), Current: newID(), Device: "Firefox", CreatedAt: now, LastUsedAt: now,
		ExpiresAt: now.Add(account.SessionLife).Truncate(time.Second), User: u,
	}
}

// TestSignUpIsAllOrNothing: login, user, session and the use of the code.
func TestSignUpIsAllOrNothing(t *testing.T) {
	taken := newLogin()
	must(t, open().SaveAccount(t.Context(), taken))
	for name, c := range map[string]struct {
		change func(l *account.Login, used *account.Code)
		want   fault.Kind
	}{
		"free":                     {func(*account.Login, *account.Code) {}, ""},
		"a number that is taken":   {func(l *account.Login, _ *account.Code) { l.Phone = taken.Phone }, fault.PhoneTaken},
		"a code that was replaced": {func(_ *account.Login, c *account.Code) { c.Hash = "older" }, fault.CodeWrong},
		"a code that is used":      {func(_ *account.Login, c *account.Code) { c.NumberMAC = newID() }, fault.CodeWrong},
	} {
		t.Run(name, func(t *testing.T) {
			login, code := newLogin(), newCode("signup")
			session := newSession(login.User)
			if _, _, err := open().PutCode(t.Context(), code, code.SentAt); err != nil {
				t.Fatal(err)
			}
			used := code
			c.change(&login, &used)
			err := open().SignUp(t.Context(), login, session, used)
			_, codeLeft, _, _ := open().TryCode(t.Context(), code.NumberMAC, code.Purpose, 99)
			_, userErr := open().User(t.Context(), login.User.ID)
			_, _, sessionThere, _ := open().Rotate(t.Context(), login.User.ID, session.Family, "x", "y", wiring.Now())
			if c.want == "" {
				if err != nil || codeLeft || userErr != nil || !sessionThere {
					t.Errorf("got %v, code left %v, user %v, session %v", err, codeLeft, userErr, sessionThere)
				}
				return
			}
			refused(t, name, err, c.want)
			if !codeLeft || !fault.Is(userErr, fault.UserNotFound) || sessionThere {
				t.Errorf("something was written: code left %v, user %v, session %v", codeLeft, userErr, sessionThere)
			}
		})
	}
}

func TestSessionWithACode(t *testing.T) {
	login, code := newLogin(), newCode("login")
	if _, _, err := open().PutCode(t.Context(), code, code.SentAt); err != nil {
		t.Fatal(err)
	}
	must(t, open().AddSession(t.Context(), newSession(login.User), &code))
	second := newSession(login.User)
	refused(t, "the same code again", open().AddSession(t.Context(), second, &code), fault.CodeWrong)
	if _, _, found, err := open().Rotate(t.Context(), login.User.ID, second.Family, "x", "y", wiring.Now()); err != nil || found {
		t.Errorf("the second session: got found %v, %v", found, err)
	}
}

func TestRotate(t *testing.T) {
	want := newSession(newLogin().User)
	must(t, open().AddSession(t.Context(), want, nil))
	now := wiring.Now().Add(time.Minute)
	got, rotated, found, err := open().Rotate(t.Context(), want.User.ID, want.Family, want.Current, "next", now)
	if err != nil || !rotated || !found {
		t.Fatalf("got rotated %v, found %v, %v", rotated, found, err)
	}
	want.Previous, want.Current, want.RotatedAt, want.LastUsedAt = want.Current, "next", now, now
	want.ExpiresAt = now.Add(account.SessionLife).Truncate(time.Second)
	same(t, "session", got, want)
	got, rotated, found, err = open().Rotate(t.Context(), want.User.ID, want.Family, "another", "next but one", now.Add(time.Second))
	if err != nil || rotated || !found {
		t.Fatalf("not the current one: got rotated %v, found %v, %v", rotated, found, err)
	}
	same(t, "what stands", got, want)
	if _, rotated, _, err := open().Rotate(t.Context(), want.User.ID, want.Family, "next", "x", now.Add(account.SessionLife+time.Second)); err != nil || rotated {
		t.Errorf("after its life: got rotated %v, %v", rotated, err)
	}
	if _, rotated, found, err := open().Rotate(t.Context(), want.User.ID, newID(), "x", "y", now); err != nil || rotated || found {
		t.Errorf("no session: got rotated %v, found %v, %v", rotated, found, err)
	}
}

func TestEndSession(t *testing.T) {
	owner := newLogin().User
	for _, c := range []struct {
		name         string
		userID, hash string
		ended        bool
	}{
		{"by its owner", owner.ID, "", true},
		{"by its owner with the token", owner.ID, "current", true},
		{"with the token before that", owner.ID, "previous", true},
		{"by another person", newID(), "", false},
		{"by another person with the token", newID(), "current", false},
		{"with an older token", owner.ID, "older", false},
	} {
		s := newSession(owner)
		s.Current, s.Previous = "current", "previous"
		must(t, open().AddSession(t.Context(), s, nil))
		for range 2 { // ending what has ended is no error
			_, err := open().EndSession(t.Context(), c.userID, s.Family, c.hash)
			must(t, err)
		}
		if _, _, found, err := open().Rotate(t.Context(), owner.ID, s.Family, "x", "y", wiring.Now()); err != nil || found == c.ended {
			t.Errorf("%s: got found %v, %v, want ended %v", c.name, found, err, c.ended)
		}
	}
}

// TestCopyUser brings a change into login and sessions, and makes none anew.
func TestCopyUser(t *testing.T) {
	login := newLogin()
	must(t, open().SaveAccount(t.Context(), login))
	sessions := []account.Session{newSession(login.User), newSession(login.User)}
	for _, s := range sessions {
		must(t, open().AddSession(t.Context(), s, nil))
	}
	ended := newSession(login.User)
	name := "Sara Ahmadi"
	want, err := open().UpdateUser(t.Context(), login.User.ID, account.Patch{Name: &name})
	must(t, err)
	for range 2 { // the stream may say it twice
		if got, err := open().CopyUser(t.Context(), login.User.ID); err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	}
	got, _, err := open().Login(t.Context(), login.Phone)
	if err != nil || got.User != want || got.Hash != login.Hash {
		t.Errorf("login: got %+v, %v, want %+v", got, err, want)
	}
	for _, s := range sessions {
		held, rotated, _, err := open().Rotate(t.Context(), s.User.ID, s.Family, s.Current, "next", wiring.Now())
		if err != nil || !rotated || held.User != want {
			t.Errorf("session: got %+v, %v, want %+v", held.User, err, want)
		}
	}
	if _, _, found, _ := open().Rotate(t.Context(), login.User.ID, ended.Family, "x", "y", wiring.Now()); found {
		t.Error("a session that was not there is")
	}
	if got, err := open().CopyUser(t.Context(), newID()); err != nil || got != (user.User{}) {
		t.Errorf("nobody: got %+v, %v", got, err)
	}
}

func TestAgents(t *testing.T) {
	staff, other := newLogin(), newLogin()
	other.User.Role = user.RoleUser
	must(t, open().SaveAccount(t.Context(), staff))
	must(t, open().SaveAccount(t.Context(), other))
	if got, err := open().Agent(t.Context(), staff.User.ID); err != nil || got.ID != staff.User.ID || got.Name != staff.User.Name {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, id := range map[string]string{"a customer": other.User.ID, "nobody": newID()} {
		_, err := open().Agent(t.Context(), id)
		refused(t, name, err, fault.UserNotFound)
	}
}
