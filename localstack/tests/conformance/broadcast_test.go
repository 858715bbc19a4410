package conformance

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

// createUsers stores n users with all channels enabled.
func createUsers(t *testing.T, db backend, n int) []string {
	t.Helper()
	ids := make([]string, n)
	var wg sync.WaitGroup
	for n := range ids {
		login := newBroadcastUser(n)
		ids[n] = login.User.ID
		wg.Go(func() { must(t, db.open().CreateUser(t.Context(), login, audit.Record{ID: newID()})) })
	}
	wg.Wait()
	return ids
}

// newBroadcastUser returns a user; every second one has no SMS.
func newBroadcastUser(n int) account.Login {
	phone := newPhone()
	return account.Login{Phone: phone, User: user.User{
		ID: newID(), Phone: phone, Role: user.RoleUser, Locale: "fa", Email: "a@b.ir", EmailVerified: true,
		Notifications: user.NotificationPreferences{Email: true, SMS: n%2 == 0, Push: true}, HasPush: n%2 == 0, CreatedAt: app.Now(),
	}}
}

func newBroadcastService(db backend) *broadcast.Service {
	return &broadcast.Service{Store: db.open(), Recorder: audit.Recorder{Now: app.Now, NewID: newID}}
}

func newBroadcastRunner(db backend) *broadcast.Runner {
	return &broadcast.Runner{Store: db.open(), Users: db.open(), Now: app.Now}
}

func createBroadcast(t *testing.T, db backend, ids []string) broadcast.Broadcast {
	t.Helper()
	b, err := newBroadcastService(db).Create(t.Context(), audit.Actor{ID: newID()}, broadcast.Broadcast{
		Title: "News", Body: "We are open on Friday.", InApp: true, Audience: broadcast.Audience{UserIDs: append(ids, ids...)},
		Channels: []notification.Channel{notification.Email, notification.SMS, notification.Push},
		Counts:   map[notification.Channel]broadcast.DeliveryCounts{notification.Email: {}, notification.SMS: {}, notification.Push: {}},
	})
	must(t, err)
	return b
}

// TestBroadcastRun_Concurrent runs a broadcast four times concurrently, with every
// recipient named twice. Each must be notified once.
func TestBroadcastRun_Concurrent(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		ids := createUsers(t, db, 150)
		b := createBroadcast(t, db, slices.Clone(ids))
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for {
					finished, err := newBroadcastRunner(db).Run(t.Context(), b.ID, app.Now().Add(time.Minute))
					if apperr.Is(err, apperr.Conflict) {
						continue // as the queue would
					}
					if !finished || err != nil {
						t.Errorf("got finished %v, %v", finished, err)
					}
					return
				}
			})
		}
		wg.Wait()
		for _, userID := range ids {
			page, err := db.open().ListNotifications(t.Context(), userID, notification.Query{Limit: 10})
			if err != nil || len(page.Notifications) != 1 || page.Unread != 1 || page.Notifications[0].Title != "News" {
				t.Fatalf("%s: got %+v, %v", userID, page, err)
			}
		}
		got, err := db.open().Broadcast(t.Context(), b.ID)
		must(t, err)
		want := "150 written email {150 0 0 0} sms {75 0 0 75} push {75 0 0 75}"
		if text := broadcastState(got); text != want || got.PublicState() != broadcast.Sending {
			t.Errorf("got %s, public state %s, want %s, sending", text, got.PublicState(), want)
		}
	})
}

// TestWriteBroadcastPage_Overlap checks that a recipient of two pages, whose role changed between
// them, is counted once, and that a repeated page changes nothing.
func TestWriteBroadcastPage_Overlap(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		store := db.open()
		b := createBroadcast(t, db, createUsers(t, db, 1))
		to := func(userID string) notification.Notification {
			return notification.Notification{
				ID: b.ID, UserID: userID, Kind: notification.KindBroadcast, BroadcastID: b.ID, CreatedAt: app.Now(),
				Deliveries: map[notification.Channel]notification.Delivery{notification.Email: {State: notification.Queued}, notification.SMS: {State: notification.Skipped}},
			}
		}
		sara, reza, mina := newID(), newID(), newID()
		first, second := b, b
		first.State, first.Progress = broadcast.Sending, broadcast.Progress{Part: 1, Page: 1}
		second.State, second.Progress = broadcast.Enqueued, broadcast.Progress{Part: 2, Page: 2}
		for _, step := range []struct {
			before, after broadcast.Broadcast
			page          []notification.Notification
			written       bool
			want          string
		}{
			{b, first, []notification.Notification{to(sara), to(reza)}, true, "2 sending email {2 0 0 0} sms {0 0 0 2} push {0 0 0 0}"},
			{b, first, []notification.Notification{to(sara), to(reza)}, false, "2 sending email {2 0 0 0} sms {0 0 0 2} push {0 0 0 0}"},
			{first, second, []notification.Notification{to(reza), to(mina)}, true, "3 written email {3 0 0 0} sms {0 0 0 3} push {0 0 0 0}"},
			{first, second, []notification.Notification{to(reza), to(mina)}, false, "3 written email {3 0 0 0} sms {0 0 0 3} push {0 0 0 0}"},
		} {
			written, err := store.WriteBroadcastPage(t.Context(), step.before, step.after, step.page)
			must(t, err)
			got, err := store.Broadcast(t.Context(), b.ID)
			must(t, err)
			if text := broadcastState(got); written != step.written || text != step.want {
				t.Errorf("got written %v, %s, want %v, %s", written, text, step.written, step.want)
			}
		}
	})
}

func broadcastState(b broadcast.Broadcast) string {
	return fmt.Sprintf("%d %s email %v sms %v push %v", b.Total, b.State, b.Counts[notification.Email], b.Counts[notification.SMS], b.Counts[notification.Push])
}

// TestBroadcast_DeliveryCounts checks the counts of completed deliveries, including
// retries. The last delivery sets the broadcast to done.
func TestBroadcast_DeliveryCounts(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		ids := createUsers(t, db, 4)
		b := createBroadcast(t, db, ids)
		_, err := newBroadcastRunner(db).Run(t.Context(), b.ID, app.Now().Add(time.Minute))
		must(t, err)
		settle := func(userID string, channel notification.Channel, state notification.State, reason string) {
			t.Helper()
			page, err := db.open().ListNotifications(t.Context(), userID, notification.Query{Limit: 1})
			must(t, err)
			job := notification.DeliveryJob{UserID: userID, ID: page.Notifications[0].ID, Channel: channel}
			n := claim(t, db, job, app.Now())
			d := n.Deliveries[channel]
			d.State, d.Reason, d.At = state, reason, app.Now()
			for range 2 { // its response was lost
				must(t, db.open().CompleteDelivery(t.Context(), n, channel, d))
			}
		}
		email, sms, push := notification.Email, notification.SMS, notification.Push
		settle(ids[0], email, notification.Queued, "") // throttled
		settle(ids[0], email, notification.Failed, "busy")
		settle(ids[0], email, notification.Queued, "busy") // throttled
		settle(ids[0], email, notification.Failed, "busy again")
		settle(ids[1], email, notification.Failed, "no such mailbox")
		settle(ids[2], email, notification.Skipped, notification.ReasonSuppressed)
		settle(ids[3], email, notification.Sent, "")
		settle(ids[0], email, notification.Sent, "")
		settle(ids[0], sms, notification.Sent, "")
		settle(ids[0], push, notification.Failed, "503")
		settle(ids[0], push, notification.Sent, "")
		settle(ids[2], push, notification.Skipped, notification.ReasonNoAddress)
		got, err := db.open().Broadcast(t.Context(), b.ID)
		must(t, err)
		if text, want := broadcastState(got), "4 written email {3 2 1 1} sms {2 1 0 2} push {1 1 0 3}"; text != want || got.PublicState() != broadcast.Sending {
			t.Errorf("got %s, public state %s, want %s, sending", text, got.PublicState(), want)
		}
		settle(ids[2], sms, notification.Sent, "")
		got, err = db.open().Broadcast(t.Context(), b.ID)
		must(t, err)
		if got.PublicState() != broadcast.Done || got.FinishedAt.IsZero() {
			t.Errorf("after the last: got %s, finished %v", got.PublicState(), got.FinishedAt)
		}
		all, err := db.open().ListBroadcasts(t.Context(), "", 100)
		must(t, err)
		if !slices.ContainsFunc(all, func(one broadcast.Broadcast) bool {
			return one.ID == b.ID && broadcastState(one) == broadcastState(got)
		}) {
			t.Errorf("it is missing in the list of %d", len(all))
		}
	})
}

// TestBroadcast_Cancel checks that a cancelled broadcast is not run, and that an
// enqueued one cannot be cancelled.
func TestBroadcast_Cancel(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		ids := createUsers(t, db, 2)
		b := createBroadcast(t, db, ids)
		if got, err := newBroadcastService(db).Cancel(t.Context(), audit.Actor{}, b.ID); err != nil || got.State != broadcast.Cancelled {
			t.Fatalf("got %s, %v", got.State, err)
		}
		_, err := newBroadcastRunner(db).Run(t.Context(), b.ID, app.Now().Add(time.Minute))
		must(t, err)
		if page, err := db.open().ListNotifications(t.Context(), ids[0], notification.Query{Limit: 1}); err != nil || len(page.Notifications) > 0 {
			t.Errorf("got %+v, %v", page, err)
		}
		b = createBroadcast(t, db, ids)
		_, err = newBroadcastRunner(db).Run(t.Context(), b.ID, app.Now().Add(time.Minute))
		must(t, err)
		_, err = newBroadcastService(db).Cancel(t.Context(), audit.Actor{}, b.ID)
		wantCode(t, "an enqueued one", err, apperr.BroadcastFinished)
		_, err = db.open().Broadcast(t.Context(), newID())
		wantCode(t, "an unknown one", err, apperr.BroadcastNotFound)
	})
}
