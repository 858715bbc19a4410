package notification_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/webpush/webpushtest"
)

// pushFixture is a user with subscriptions, the push services and their answers.
type pushFixture struct {
	*fixture
	mu            sync.Mutex
	errs          map[string]error // by endpoint
	pushed        []string         // endpoints
	deregistered  []string
	registered    int
	subscriptions *notification.PushSubscriptions
}

func newPushFixture(t *testing.T, endpoints ...string) *pushFixture {
	t.Helper()
	f := &pushFixture{fixture: newFixture(t, notification.Sent), errs: map[string]error{}}
	f.subscriptions = &notification.PushSubscriptions{Store: f.Store, Platforms: f, Now: func() time.Time { return noon }}
	u, err := f.User(t.Context(), "sara")
	f.must(err)
	f.must(f.CreateSession(t.Context(), account.Session{Family: "session", User: u, ExpiresAt: noon.Add(time.Hour)}, nil))
	f.updateUser(func(u *user.User) { u.Notifications.Push = true })
	for _, endpoint := range endpoints {
		f.subscribe(notification.PushInput{Platform: notification.PlatformAndroid, Token: endpoint})
	}
	f.must(f.AddNotifications(t.Context(), notification.Notification{
		ID: "P", UserID: "sara", Kind: notification.KindReply, TicketID: ticketID, Title: "The parcel", Body: "We look", CreatedAt: noon,
		Deliveries: map[notification.Channel]notification.Delivery{notification.Push: {State: notification.Queued, At: noon}},
	}))
	return f
}

func (f *pushFixture) subscribe(in notification.PushInput) bool {
	f.t.Helper()
	_, added, err := f.subscriptions.Subscribe(f.t.Context(), user.Principal{UserID: "sara", Session: "session"}, in)
	f.must(err)
	return added
}

// Push implements notification.PushSender.
func (f *pushFixture) Push(_ context.Context, s notification.PushSubscription, _ notification.PushMessage) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pushed = append(f.pushed, s.Endpoint)
	return f.errs[s.Endpoint]
}

// Register implements notification.PushPlatforms.
func (f *pushFixture) Register(_ context.Context, _, token string) (string, error) {
	f.registered++
	return token, nil
}

// Deregister implements notification.PushPlatforms.
func (f *pushFixture) Deregister(_ context.Context, endpoint string) error {
	f.deregistered = append(f.deregistered, endpoint)
	return nil
}

// push runs the push job and returns its error and the stored delivery.
func (f *pushFixture) push() (notification.Delivery, error) {
	f.t.Helper()
	d := f.deliverer(noon)
	d.Push, d.PushSender, d.Queue = f.subscriptions, f, &jobQueue{}
	_, err := d.Deliver(f.t.Context(), notification.DeliveryJob{UserID: "sara", ID: "P", Channel: notification.Push, TicketID: ticketID})
	page, listErr := f.ListNotifications(f.t.Context(), "sara", notification.Query{Limit: 5})
	f.must(listErr)
	i := slices.IndexFunc(page.Notifications, func(n notification.Notification) bool { return n.ID == "P" })
	slices.Sort(f.pushed)
	return page.Notifications[i].Deliveries[notification.Push], err
}

// endpoints returns the stored subscriptions.
func (f *pushFixture) endpoints() []string {
	f.t.Helper()
	live, ended, err := f.PushSubscriptions(f.t.Context(), "sara")
	f.must(err)
	var list []string
	for _, s := range append(live, ended...) {
		list = append(list, s.Endpoint)
	}
	return list
}

// TestDeliver_Push checks the result of a delivery by the answers of the push services,
// and which subscriptions stay.
func TestDeliver_Push(t *testing.T) {
	unavailable := errors.New("unavailable")
	for name, c := range map[string]struct {
		errs  map[string]error
		state notification.State
		stay  []string
		retry bool
	}{
		"all accepted":      {nil, notification.Sent, []string{"a", "b"}, false},
		"one gone":          {map[string]error{"a": notification.ErrPushGone}, notification.Sent, []string{"b"}, false},
		"all gone":          {map[string]error{"a": notification.ErrPushGone, "b": notification.ErrPushGone}, notification.Skipped, nil, false},
		"one refused":       {map[string]error{"a": notification.ErrPushRefused}, notification.Sent, []string{"a", "b"}, false},
		"all refused":       {map[string]error{"a": notification.ErrPushRefused, "b": notification.ErrPushRefused}, notification.Failed, []string{"a", "b"}, false},
		"one not available": {map[string]error{"b": unavailable}, notification.Failed, []string{"a", "b"}, true},
	} {
		f := newPushFixture(t, "a", "b")
		f.errs = c.errs
		got, err := f.push()
		if got.State != c.state || (err != nil) != c.retry || !slices.Equal(f.endpoints(), c.stay) || len(f.pushed) != 2 {
			t.Errorf("%s: got %+v, %v, subscriptions %v, want %+v", name, got, err, f.endpoints(), c)
		}
		u, err := f.User(t.Context(), "sara")
		if err != nil || u.HasPush != (len(c.stay) > 0) || len(f.deregistered) != 2-len(c.stay) {
			t.Errorf("%s: got %+v, %v, deregistered %v", name, u, err, f.deregistered)
		}
	}
}

// TestDeliver_PushRepeat checks that a repeat sends to the subscriptions only that the
// failed attempt has not reached.
func TestDeliver_PushRepeat(t *testing.T) {
	f := newPushFixture(t, "a", "b")
	f.errs["b"] = errors.New("unavailable")
	if _, err := f.push(); err == nil {
		t.Error("got no error")
	}
	f.errs = nil
	got, err := f.push()
	if err != nil || got.State != notification.Sent || got.Attempts != 2 || !slices.Equal(f.pushed, []string{"a", "b", "b"}) {
		t.Errorf("got %+v, %v, pushed %v", got, err, f.pushed)
	}
	if got, _ := f.push(); got.Attempts != 2 || len(f.pushed) != 3 {
		t.Errorf("a repeated job: got %+v, pushed %v", got, f.pushed)
	}
}

// TestDeliver_PushAfterSession checks that a subscription ends with its session, and that
// a user who has disabled push messages gets none.
func TestDeliver_PushAfterSession(t *testing.T) {
	f := newPushFixture(t, "a")
	_, err := f.EndSession(t.Context(), "sara", "session", noon)
	f.must(err)
	got, err := f.push()
	if err != nil || got.State != notification.Skipped || got.Reason != notification.ReasonNoAddress || len(f.pushed) != 0 || len(f.endpoints()) != 0 {
		t.Errorf("got %+v, %v, pushed %v, subscriptions %v", got, err, f.pushed, f.endpoints())
	}
	if len(f.deregistered) != 0 {
		t.Errorf("deregistered %v, which another user of the phone may have", f.deregistered)
	}
	_, _, err = f.subscriptions.Subscribe(t.Context(), user.Principal{UserID: "sara", Session: "session"}, notification.PushInput{Platform: "ios", Token: "t"})
	if !apperr.Is(err, apperr.SessionEnded) {
		t.Errorf("after the session: got %v", err)
	}
	f = newPushFixture(t, "a")
	f.updateUser(func(u *user.User) { u.Notifications.Push = false })
	if got, err := f.push(); err != nil || got.Reason != notification.ReasonOptedOut || len(f.pushed) != 0 {
		t.Errorf("disabled: got %+v, %v", got, err)
	}
}

// TestNewPushMessage checks that a message has no text of the ticket without permission.
func TestNewPushMessage(t *testing.T) {
	n := notification.Notification{ID: "N", Kind: notification.KindReply, TicketID: ticketID, Title: "The parcel", Body: strings.Repeat("بله ", 400), Author: "Ali"}
	private := notification.NewPushMessage(n, user.User{Locale: "en"}, locale.Brand{Name: "Acme"})
	if private.Title != "Acme" || private.Body != "Support has answered your ticket VGEM-MVRZ." || strings.Contains(fmt.Sprint(private), "parcel") {
		t.Errorf("got %+v", private)
	}
	open := notification.NewPushMessage(n, user.User{Locale: "fa", Notifications: user.NotificationPreferences{PushText: true}}, locale.Brand{})
	if open.Title != "پاسخ تازه: The parcel" || !strings.HasPrefix(open.Body, "Ali: بله") || utf8.RuneCountInString(open.Body) > 500 || open.Language != "fa" || open.Direction != "rtl" {
		t.Errorf("got %+v", open)
	}
}

// TestSubscribe_Endpoints checks which addresses and keys of a browser are permitted.
func TestSubscribe_Endpoints(t *testing.T) {
	f := newPushFixture(t)
	f.subscriptions.TestService = "http://localhost:3000"
	browser := webpushtest.NewBrowser()
	for endpoint, permitted := range map[string]bool{
		"https://fcm.googleapis.com/fcm/send/x": true, "https://web.push.apple.com:443/x": true, "http://localhost:3000/_local/push/x": true,
		"http://fcm.googleapis.com/x": false, "https://127.0.0.1/": false, "https://[::1]/": false, "https://localhost/": false, "https://a.localhost/": false,
		"https://metadata.google.internal/": false, "https://2130706433/": false, "https://0x7f.1/": false, "https://push.example.com:8443/": false,
		"https://user@push.example.com/": false, "https://push.example.com/#x": false, "http://localhost:3000.evil.example/": false, "ftp://push.example.com/": false, "": false,
	} {
		in := notification.PushInput{Platform: "web", Endpoint: endpoint, P256dh: browser.P256dh() + "=", Auth: browser.Auth()}
		_, _, err := f.subscriptions.Subscribe(t.Context(), user.Principal{UserID: "sara", Session: "session"}, in)
		if (err == nil) != permitted || err != nil && apperr.From(err).Fields[0].Pointer != "/endpoint" {
			t.Errorf("%s: got %v, want permitted %v", endpoint, err, permitted)
		}
	}
	for pointer, in := range map[string]notification.PushInput{
		"/keys/p256dh": {Platform: "web", Endpoint: "https://a.example.com/", P256dh: "BAAA", Auth: browser.Auth()},
		"/keys/auth":   {Platform: "web", Endpoint: "https://a.example.com/", P256dh: browser.P256dh(), Auth: "c2hvcnQ"},
	} {
		_, _, err := f.subscriptions.Subscribe(t.Context(), user.Principal{UserID: "sara", Session: "session"}, in)
		if got := apperr.From(err); err == nil || len(got.Fields) != 1 || got.Fields[0].Pointer != pointer {
			t.Errorf("%s: got %v", pointer, err)
		}
	}
}

// TestSubscribe_Maximum checks that the oldest subscription is removed, also at the push
// service, and that the removal of a user removes all.
func TestSubscribe_Maximum(t *testing.T) {
	f := newPushFixture(t)
	for n := range notification.MaxPushSubscriptions + 1 {
		if in := (notification.PushInput{Platform: "ios", Token: fmt.Sprint("token ", n)}); !f.subscribe(in) || f.subscribe(in) {
			t.Errorf("%d: want added at the first time only", n)
		}
	}
	if got := f.endpoints(); len(got) != notification.MaxPushSubscriptions || got[0] != "token 1" || !slices.Equal(f.deregistered, []string{"token 0"}) {
		t.Errorf("got %v, deregistered %v", got, f.deregistered)
	}
	for range 2 {
		f.must(f.subscriptions.RemoveAll(t.Context(), "sara"))
	}
	if got := f.endpoints(); len(got) != 0 || len(f.deregistered) != notification.MaxPushSubscriptions+1 {
		t.Errorf("after the removal: got %v, deregistered %v", got, f.deregistered)
	}
}

// TestSubscribe_Limit checks that a user who sends subscriptions in a loop registers a bounded
// number of phones in an hour.
func TestSubscribe_Limit(t *testing.T) {
	f := newPushFixture(t)
	f.subscriptions.Limiter = &limit.Limiter{Rule: limit.Rule{Name: "push-subscriptions", Max: 2, Window: time.Hour}, Store: f.Store, Now: func() time.Time { return noon }}
	for n := range 4 {
		in := notification.PushInput{Platform: notification.PlatformAndroid, Token: fmt.Sprint("token", n)}
		_, _, err := f.subscriptions.Subscribe(t.Context(), user.Principal{UserID: "sara", Session: "session"}, in)
		if apperr.Is(err, apperr.RateLimited) != (n >= 2) || n < 2 && err != nil {
			t.Errorf("subscription %d: got %v", n+1, err)
		}
	}
	if got := f.endpoints(); !slices.Equal(got, []string{"token0", "token1"}) || f.registered != 2 {
		t.Errorf("got %v, %d registered, want the first two", got, f.registered)
	}
}
