package conformance

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// town enters people who want all channels.
func town(t *testing.T, people int) []string {
	t.Helper()
	ids := make([]string, people)
	var wait sync.WaitGroup
	for n := range ids {
		login := neighbour(n)
		ids[n] = login.User.ID
		wait.Go(func() { must(t, open().AddUser(t.Context(), login, audit.Record{ID: newID()})) })
	}
	wait.Wait()
	return ids
}

// neighbour is one of a town's people: every other one wants no SMS.
func neighbour(n int) account.Login {
	number := newNumber()
	return account.Login{Phone: number, User: user.User{
		ID: newID(), Phone: number, Role: user.RoleUser, Locale: "fa", Email: "a@b.ir", EmailVerified: true,
		Notify: user.Choices{Email: true, SMS: n%2 == 0}, CreatedAt: wiring.Now(),
	}}
}

func broadcastDesk() *broadcast.Desk {
	return &broadcast.Desk{Store: open(), Pen: audit.Pen{Now: wiring.Now, NewID: newID}}
}

func broadcastRunner() *broadcast.Runner {
	return &broadcast.Runner{Store: open(), People: open(), Now: wiring.Now}
}

func startBroadcast(t *testing.T, ids []string) broadcast.Broadcast {
	t.Helper()
	b, err := broadcastDesk().Start(t.Context(), audit.Actor{ID: newID()}, broadcast.Broadcast{
		Title: "News", Body: "We are open on Friday.", InApp: true, Audience: broadcast.Audience{UserIDs: append(ids, ids...)},
		Channels: []notification.Channel{notification.Email, notification.SMS},
		Tallies:  map[notification.Channel]broadcast.Tally{notification.Email: {}, notification.SMS: {}},
	})
	must(t, err)
	return b
}

// TestBroadcastOnce: four run the same broadcast side by side; everybody who
// was named, twice over, is told once.
func TestBroadcastOnce(t *testing.T) {
	t.Parallel()
	ids := town(t, 150)
	b := startBroadcast(t, slices.Clone(ids))
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for {
				over, err := broadcastRunner().Run(t.Context(), b.ID, wiring.Now().Add(time.Minute))
				if fault.Is(err, fault.Conflict) {
					continue // as the queue would
				}
				if !over || err != nil {
					t.Errorf("got over %v, %v", over, err)
				}
				return
			}
		})
	}
	wait.Wait()
	for _, userID := range ids {
		page, err := open().Notifications(t.Context(), userID, notification.Query{Limit: 10})
		if err != nil || len(page.Notifications) != 1 || page.Unread != 1 || page.Notifications[0].Title != "News" {
			t.Fatalf("%s: got %+v, %v", userID, page, err)
		}
	}
	got, err := open().Broadcast(t.Context(), b.ID)
	must(t, err)
	want := "150 written email {150 0 0 0} sms {75 0 0 75}"
	if text := describe(got); text != want || got.Shown() != broadcast.Sending {
		t.Errorf("got %s, shown as %s, want %s, sending", text, got.Shown(), want)
	}
}

func describe(b broadcast.Broadcast) string {
	return fmt.Sprintf("%d %s email %v sms %v", b.Total, b.State, b.Tallies[notification.Email], b.Tallies[notification.SMS])
}

// TestBroadcastCounts: deliveries are counted as they are settled, also those
// that failed at first, and the last one makes the broadcast done.
func TestBroadcastCounts(t *testing.T) {
	t.Parallel()
	ids := town(t, 4)
	b := startBroadcast(t, ids)
	_, err := broadcastRunner().Run(t.Context(), b.ID, wiring.Now().Add(time.Minute))
	must(t, err)
	settle := func(userID string, channel notification.Channel, state notification.State, reason string) {
		t.Helper()
		page, err := open().Notifications(t.Context(), userID, notification.Query{Limit: 1})
		must(t, err)
		o := notification.Order{UserID: userID, ID: page.Notifications[0].ID, Channel: channel}
		n, claimed, err := open().Claim(t.Context(), o, wiring.Now(), wiring.Now().Add(-time.Minute))
		if err != nil || !claimed {
			t.Fatalf("claim: got %v, %v", claimed, err)
		}
		d := n.Deliveries[channel]
		d.State, d.Reason, d.At = state, reason, wiring.Now()
		for range 2 { // the answer was lost
			must(t, open().Settle(t.Context(), n, channel, d))
		}
	}
	email, sms := notification.Email, notification.SMS
	settle(ids[0], email, notification.Failed, "throttled")
	settle(ids[0], email, notification.Failed, "throttled again")
	settle(ids[1], email, notification.Failed, "no such mailbox")
	settle(ids[2], email, notification.Skipped, notification.ReasonSuppressed)
	settle(ids[3], email, notification.Sent, "")
	settle(ids[0], email, notification.Sent, "")
	settle(ids[0], sms, notification.Sent, "")
	got, err := open().Broadcast(t.Context(), b.ID)
	must(t, err)
	if text, want := describe(got), "4 written email {3 2 1 1} sms {2 1 0 2}"; text != want || got.Shown() != broadcast.Sending {
		t.Errorf("got %s, shown as %s, want %s, sending", text, got.Shown(), want)
	}
	settle(ids[2], sms, notification.Sent, "")
	got, err = open().Broadcast(t.Context(), b.ID)
	must(t, err)
	if got.Shown() != broadcast.Done || got.FinishedAt.IsZero() {
		t.Errorf("after the last: got %s, finished %v", got.Shown(), got.FinishedAt)
	}
	all, err := open().Broadcasts(t.Context(), "", 100)
	must(t, err)
	if !slices.ContainsFunc(all, func(one broadcast.Broadcast) bool { return one.ID == b.ID && describe(one) == describe(got) }) {
		t.Errorf("it is not in the list of %d", len(all))
	}
}

// TestBroadcastCancelled: a cancelled one is not run, and one that has been
// written cannot be cancelled.
func TestBroadcastCancelled(t *testing.T) {
	t.Parallel()
	ids := town(t, 2)
	b := startBroadcast(t, ids)
	if got, err := broadcastDesk().Cancel(t.Context(), audit.Actor{}, b.ID); err != nil || got.State != broadcast.Cancelled {
		t.Fatalf("got %s, %v", got.State, err)
	}
	_, err := broadcastRunner().Run(t.Context(), b.ID, wiring.Now().Add(time.Minute))
	must(t, err)
	if page, err := open().Notifications(t.Context(), ids[0], notification.Query{Limit: 1}); err != nil || len(page.Notifications) > 0 {
		t.Errorf("got %+v, %v", page, err)
	}
	b = startBroadcast(t, ids)
	_, err = broadcastRunner().Run(t.Context(), b.ID, wiring.Now().Add(time.Minute))
	must(t, err)
	_, err = broadcastDesk().Cancel(t.Context(), audit.Actor{}, b.ID)
	refused(t, "a written one", err, fault.BroadcastOver)
	_, err = open().Broadcast(t.Context(), newID())
	refused(t, "an unknown one", err, fault.BroadcastNotFound)
}
