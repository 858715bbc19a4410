package account

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

const (
	number   = "+989121234567"
	password = "correct-horse-7"
)

// office is a front desk with all it needs in memory: a Store, a Texter, files.
type office struct {
	desk *Service
	now  time.Time

	mu       sync.Mutex
	codes    map[string]Code
	counts   map[Counter]int
	tries    map[string]Counter // by number
	logins   map[string]Login
	users    map[string]user.User
	sessions map[string]Session
	files    map[string]attachment.Attachment
	kept     []string
	texts    []string
	noLine   error // of the Texter
	noTable  error // of the revocations
	revoked  map[string][]user.Revocation

	revokedReads int
	touched      int
	mails        []Mail
}

var (
	_ Store  = (*office)(nil)
	_ Files  = (*office)(nil)
	_ Texter = (*office)(nil)
)

func newOffice(t *testing.T) *office {
	t.Helper()
	key, err := auth.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edge, err := auth.NewEdge(key.EdgeKey())
	if err != nil {
		t.Fatal(err)
	}
	o := &office{
		now: time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC), codes: map[string]Code{}, counts: map[Counter]int{}, tries: map[string]Counter{},
		logins: map[string]Login{}, users: map[string]user.User{}, sessions: map[string]Session{}, revoked: map[string][]user.Revocation{}, files: map[string]attachment.Attachment{},
	}
	now := func() time.Time { return o.now }
	ids := id.NewSource(now, rand.Reader)
	o.desk = &Service{
		Store: o, Files: o, Texter: o, Mailer: postman{o}, Edge: edge, Now: now, NewID: ids, Random: rand.Reader, Region: "IR", Limits: Limits{PerAddress: 100}, Addresses: &Addresses{},
		Issuer: func(context.Context) (*auth.Issuer, error) { return auth.NewIssuer(key, "test", now, ids), nil },
	}
	return o
}

var sixInARow = regexp.MustCompile(`\d{6}`)

// code is what the newest text carries.
func (o *office) code() string {
	if len(o.texts) == 0 {
		return ""
	}
	return sixInARow.FindString(o.texts[len(o.texts)-1])
}

// ask asks for a code and gives it.
func (o *office) ask(t *testing.T, phone, purpose string) string {
	t.Helper()
	if _, err := o.desk.SendCode(context.Background(), phone, purpose, Caller{Address: "1.2.3.4"}); err != nil {
		t.Fatal(err)
	}
	return o.code()
}

// passwordHash is the hash of the one password, made once: making it is slow.
var passwordHash = sync.OnceValues(func() (string, error) { return auth.Hash(password, rand.Reader) })

// member is a person with a password who has just signed in.
func (o *office) member(t *testing.T) Tokens {
	t.Helper()
	hash, err := passwordHash()
	if err != nil {
		t.Fatal(err)
	}
	u := o.desk.newUser(number, "Sara", user.RoleUser, "")
	if err := o.SaveAccount(context.Background(), Login{Phone: number, Hash: hash, User: u}); err != nil {
		t.Fatal(err)
	}
	tokens, err := o.desk.open(context.Background(), u, nil, Caller{})
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func (o *office) Send(_ context.Context, _, text string) error {
	if o.noLine == nil {
		o.texts = append(o.texts, text)
	}
	return o.noLine
}

// postman is the office's Mailer.
type postman struct{ *office }

func (p postman) Send(_ context.Context, m Mail) error {
	if p.noLine == nil {
		p.mails = append(p.mails, m)
	}
	return p.noLine
}

func (o *office) PutCode(_ context.Context, c Code, newer time.Time) (time.Time, bool, error) {
	if held, there := o.codes[c.NumberMAC+c.Purpose]; there && held.SentAt.After(newer) {
		return held.SentAt, false, nil
	}
	o.codes[c.NumberMAC+c.Purpose] = c
	return c.SentAt, true, nil
}

func (o *office) DropCode(_ context.Context, c Code) error {
	delete(o.codes, c.NumberMAC+c.Purpose)
	return nil
}

func (o *office) TryCode(_ context.Context, mac, purpose string, most int) (c Code, found, locked bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c, found = o.codes[mac+purpose]
	if !found || !c.ExpiresAt.After(o.now) {
		return Code{}, false, false, nil
	}
	if c.Tries >= most {
		return c, false, true, nil
	}
	c.Tries++
	o.codes[mac+purpose] = c
	return c, true, false, nil
}

func (o *office) Count(_ context.Context, c Counter) (int, error) {
	o.counts[c]++
	return o.counts[c], nil
}

func (o *office) Login(_ context.Context, phone string) (Login, bool, error) {
	l, found := o.logins[phone]
	l.Tries = o.tries[phone].Start
	return l, found, nil
}

func (o *office) CountTry(_ context.Context, phone string, window time.Time, most int) (bool, error) {
	now := Counter{Scope: phone, Start: window}
	if o.counts[now] >= most {
		return false, nil
	}
	o.tries[phone] = now
	o.counts[now]++
	return true, nil
}

func (o *office) ForgetTries(_ context.Context, phone string) error {
	delete(o.counts, o.tries[phone])
	delete(o.tries, phone)
	return nil
}

func (o *office) SignUp(_ context.Context, l Login, s Session, used Code) error {
	if _, taken := o.logins[l.Phone]; taken {
		return fault.New(fault.PhoneTaken, "")
	}
	delete(o.codes, used.NumberMAC+used.Purpose)
	o.logins[l.Phone], o.users[l.User.ID], o.sessions[s.Family] = l, l.User, s
	return nil
}

func (o *office) AddSession(_ context.Context, s Session, used *Code) error {
	if used != nil {
		delete(o.codes, used.NumberMAC+used.Purpose)
	}
	o.sessions[s.Family] = s
	return nil
}

func (o *office) Rotate(_ context.Context, userID, family, current, next string, now time.Time) (s Session, rotated, found bool, err error) {
	s, found = o.sessions[family]
	if found = found && s.User.ID == userID; found && s.Current == current {
		s.Current, s.Previous, s.RotatedAt, rotated = next, current, now, true
		o.sessions[family] = s
	}
	return s, rotated, found, nil
}

func (o *office) EndSession(_ context.Context, userID, family, hash string) (bool, error) {
	if s := o.sessions[family]; s.User.ID == userID && (hash == "" || hash == s.Current || hash == s.Previous) {
		delete(o.sessions, family)
		return true, nil
	}
	return false, nil
}

func (o *office) Sessions(_ context.Context, userID, after string, limit int) (page []Session, more bool, err error) {
	for _, s := range o.sessions {
		if s.User.ID == userID && (after == "" || s.Family < after) {
			page = append(page, s)
		}
	}
	slices.SortFunc(page, func(a, b Session) int { return strings.Compare(b.Family, a.Family) })
	if len(page) > limit {
		return page[:limit], true, nil
	}
	return page, false, nil
}

func (o *office) Session(_ context.Context, userID, family string) (Session, bool, error) {
	s, found := o.sessions[family]
	return s, found && s.User.ID == userID, o.noTable
}

func (o *office) TouchSession(_ context.Context, _, family string, now time.Time) error {
	s := o.sessions[family]
	s.LastUsedAt, s.ExpiresAt = now, now.Add(SessionLife)
	o.sessions[family] = s
	o.touched++
	return nil
}

func (o *office) ResetPassword(ctx context.Context, l Login, used Code, at time.Time) error {
	delete(o.codes, used.NumberMAC+used.Purpose)
	o.logins[l.Phone] = l
	return errors.Join(o.EndSessions(ctx, l.User.ID), o.Revoke(ctx, l.User.ID, user.Revocation{At: at}))
}

func (o *office) VerifyEmail(_ context.Context, userID, email string, used Code) (user.User, error) {
	u := o.users[userID]
	if u.Email != email {
		return u, fault.New(fault.CodeWrong, "")
	}
	delete(o.codes, used.NumberMAC+used.Purpose)
	u.EmailVerified = true
	o.users[userID] = u
	return u, nil
}

func (o *office) MovePhone(_ context.Context, was user.User, phone string, used Code) (user.User, error) {
	if _, taken := o.logins[phone]; taken {
		return user.User{}, fault.New(fault.PhoneTaken, "")
	}
	delete(o.codes, used.NumberMAC+used.Purpose)
	l := o.logins[was.Phone]
	delete(o.logins, was.Phone)
	was.Phone, l.Phone, l.User.Phone = phone, phone, phone
	o.logins[phone], o.users[was.ID] = l, was
	return was, nil
}

func (o *office) EndSessions(_ context.Context, userID string) error {
	maps.DeleteFunc(o.sessions, func(_ string, s Session) bool { return s.User.ID == userID })
	return nil
}

func (o *office) Revoke(_ context.Context, subject string, r user.Revocation) error {
	o.revoked[subject] = append(o.revoked[subject], r)
	return nil
}

func (o *office) Revoked(_ context.Context, since time.Time) (map[string][]user.Revocation, error) {
	o.revokedReads++
	list := map[string][]user.Revocation{}
	for subject, all := range o.revoked {
		for _, r := range all {
			if r.At.After(since) {
				list[subject] = append(list[subject], r)
			}
		}
	}
	return list, o.noTable
}

func (o *office) User(_ context.Context, id string) (user.User, error) {
	u, found := o.users[id]
	if !found {
		return u, fault.New(fault.UserNotFound, "")
	}
	return u, nil
}

func (o *office) SaveAccount(_ context.Context, l Login) error {
	o.logins[l.Phone], o.users[l.User.ID] = l, l.User
	return nil
}

func (o *office) UpdateUser(ctx context.Context, id string, p Patch) (user.User, error) {
	u, err := o.User(ctx, id)
	for _, field := range []struct{ to, from *string }{
		{&u.Name, p.Name}, {&u.Email, p.Email}, {&u.Province, p.Province}, {&u.City, p.City}, {&u.Locale, p.Locale}, {&u.PictureID, p.PictureID},
	} {
		if field.from != nil {
			*field.to = *field.from
		}
	}
	if err == nil {
		u.EmailVerified = u.EmailVerified && p.Email == nil
		o.users[id] = u
	}
	return u, err
}

func (o *office) Attachment(_ context.Context, id string) (attachment.Attachment, error) {
	if id == "broken" {
		return attachment.Attachment{}, errors.New("no answer")
	}
	a, found := o.files[id]
	if !found {
		return a, fault.New(fault.AttachmentNotFound, "")
	}
	return a, nil
}

func (o *office) KeepAttachment(_ context.Context, id string) error {
	o.kept = append(o.kept, id)
	return nil
}
