package conformance

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/requestlog"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/ticket"
)

// costCase is one operation with its cost budget of the design and its measured golden
// cost, which must not rise.
type costCase struct {
	name    string
	budget  string // round trips / read units / write units; "" if the design names none
	golden  cost
	run     func(ctx context.Context, k *costFixture) error
	prepare func(ctx context.Context, k *costFixture) error // not measured; may be nil
}

// TestOperationCosts measures every operation under typical conditions. If an operation
// got cheaper the test logs it; lower its golden cost then.
func TestOperationCosts(t *testing.T) {
	t.Parallel()
	f := newCostFixture(t)
	ctx := requestlog.WithID(t.Context(), "JKJaXmPLvHcESHA=") // entries and notifications store it
	var list strings.Builder
	var summary budgets
	for _, cases := range [][]costCase{
		accountCosts(), ticketCosts(), postCosts(), changeCosts(), socketCosts(), attachmentCosts(), sharedCosts(), streamCosts(),
		statsCosts(), searchCosts(), notificationCosts(), adminCosts(), broadcastCosts(), pushCosts(), exportCosts(),
	} {
		for _, c := range cases {
			if c.prepare != nil {
				must(t, c.prepare(ctx, f))
			}
			f.reset()
			if err := c.run(ctx, f); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			got, calls := f.reset()
			summary.add(c, got, calls)
			fmt.Fprintf(&list, "%-34s %-12s %-12s %s\n", c.name, got, c.budget, strings.Join(calls, " "))
			switch {
			case got.roundTrips > c.golden.roundTrips || got.read > c.golden.read || got.write > c.golden.write:
				t.Errorf("%s: got %v (%v), want at most %v", c.name, got, calls, c.golden)
			case got.roundTrips < c.golden.roundTrips || got.read < c.golden.read-1 || got.write < c.golden.write-1: // a unit may depend on other tests of the table
				t.Errorf("%s is cheaper: got %v (%v), want %v; lower its golden cost, or its case misses what it measures", c.name, got, calls, c.golden)
			}
			f.catchUp(t)
		}
	}
	summary.record(t)
	t.Logf("round trips / read units / write units, the design's budget, and the calls:\n%s", list.String())
}

// isolatedDay is far from the days on which other tests write revocations to the same
// table.
func isolatedDay() time.Time { return app.Now().AddDate(10, 0, 0) }

func socketCosts() []costCase {
	var token string
	ticketTopic := func(f *costFixture) map[string]any {
		return map[string]any{"action": "subscribe", "topic": realtime.TicketTopic(f.ticketID), "after": f.lastSeq}
	}
	return []costCase{
		{name: "issue a connect token", golden: cost{1, 0, 1}, run: func(ctx context.Context, f *costFixture) (err error) {
			token, _, err = f.connectTokens.Issue(ctx, f.sara)
			return err
		}},
		{name: "connect", golden: cost{3, 0, 3}, run: func(ctx context.Context, f *costFixture) error {
			actor, err := f.connectTokens.Redeem(ctx, token)
			if err == nil {
				err = f.connectTokens.Store.AddConnection(ctx, realtime.NewConnection(newID(), actor, app.Now()))
			}
			return err
		}},
		{name: "subscribe", golden: cost{6, 4, 2}, run: func(ctx context.Context, f *costFixture) error {
			return f.sendFrame(ctx, f.wsHandler.Subscribe(f.service), ticketTopic(f))
		}},
		{name: "message over WebSocket, 1 subscriber", golden: cost{6, 5, 1}, run: func(ctx context.Context, f *costFixture) error {
			return f.sendFrame(ctx, f.wsHandler.Message(f.service), map[string]any{
				"action": "message", "ticketId": f.ticketID, "clientId": newID(), "body": sampleReply, "after": f.lastSeq,
			})
		}},
		{name: "read over WebSocket", golden: cost{2, 1, 1}, run: func(ctx context.Context, f *costFixture) error {
			return f.sendFrame(ctx, f.wsHandler.Read(f.service), map[string]any{"action": "read", "ticketId": f.ticketID, "seq": 60})
		}},
		{name: "unsubscribe", golden: cost{5, 3, 2}, run: func(ctx context.Context, f *costFixture) error {
			return f.sendFrame(ctx, f.wsHandler.Unsubscribe(f.service), map[string]any{"action": "unsubscribe", "topic": realtime.TicketTopic(f.ticketID)})
		}},
		{name: "disconnect", golden: cost{1, 0, 1}, run: func(ctx context.Context, f *costFixture) error {
			_, _, err := f.connectTokens.Store.DeleteConnection(ctx, f.connection.ID)
			return err
		}},
	}
}

func attachmentCosts() []costCase {
	return []costCase{
		{name: "create an attachment", golden: cost{1, 0, 1}, run: func(ctx context.Context, f *costFixture) error {
			f.upload.ID = newID()
			return f.attachments.Store.AddAttachment(ctx, f.upload)
		}},
		{name: "set the state of an attachment", golden: cost{1, 0, 1}, run: func(ctx context.Context, f *costFixture) error {
			return f.attachments.Store.SetAttachmentState(ctx, f.upload.ID, attachment.Result{State: attachment.Ready, Width: 4000, Height: 3000, Thumbnail: true})
		}},
		{name: "get an attachment", golden: cost{1, 1, 0}, run: func(ctx context.Context, f *costFixture) error {
			_, err := f.attachments.Store.Attachment(ctx, f.upload.ID)
			return err
		}},
	}
}

// streamCosts covers the work of the stream handlers after a write.
func streamCosts() []costCase {
	ticketID := "" // a ticket without a projection
	project := func(ctx context.Context, f *costFixture) error { return f.service.Project(ctx, f.ticketID, f.lastSeq) }
	return []costCase{
		{name: "stream: a message", golden: cost{2, 1, 9}, run: project, prepare: func(ctx context.Context, f *costFixture) error {
			posted, err := f.unmetered.Post(ctx, f.ali, f.message(f.lastSeq))
			f.lastSeq = posted.Entry.Seq
			return err
		}},
		{name: "stream: a message, repeated", golden: cost{1, 1, 0}, run: project},
		{
			name: "stream: a new ticket", golden: cost{2, 1, 6}, run: func(ctx context.Context, f *costFixture) error { return f.service.Project(ctx, ticketID, 1) },
			prepare: func(ctx context.Context, f *costFixture) error {
				tk, _, err := f.unmetered.Create(ctx, f.sara, f.createParams())
				ticketID = tk.ID
				return err
			},
		},
		{
			name: "stream: a read marker", golden: cost{2, 1, 7}, run: func(ctx context.Context, f *costFixture) error {
				return f.service.Project(ctx, f.ticketID, f.lastSeq+1)
			},
			prepare: func(ctx context.Context, f *costFixture) error {
				return f.unmetered.MarkRead(ctx, f.sara, f.ticketID, f.lastSeq)
			},
		},
		{name: "stream: a timer set", golden: cost{1, 0, 2}, run: func(ctx context.Context, f *costFixture) error {
			return f.store.SetTimer(ctx, ticket.Timer{TicketID: newID(), Due: time.Now()}, 1)
		}},
		{name: "stream: no timer to delete", golden: cost{1, 0, 1}, run: func(ctx context.Context, f *costFixture) error {
			return f.store.DeleteTimer(ctx, newID(), 1)
		}},
		{name: "schedule: timers, none due", golden: cost{1, 0.5, 0}, run: func(ctx context.Context, f *costFixture) error {
			_, err := f.store.DueTimers(ctx, time.Unix(0, 0), 50)
			return err
		}},
		{
			name: "stream: a user, no session", golden: cost{3, 2, 1}, prepare: func(ctx context.Context, f *costFixture) error {
				return f.store.DeleteSessions(ctx, f.sara.UserID)
			}, run: func(ctx context.Context, f *costFixture) error {
				_, err := f.store.SyncUserCopies(ctx, f.sara.UserID)
				return err
			},
		},
	}
}

// searchCosts covers searches for tickets that are indexed.
func searchCosts() []costCase {
	find := func(name string, golden cost, typed string, own bool) costCase {
		return listCost(name, "", golden, func(f *costFixture) ticket.Query {
			q := ticket.Query{Terms: search.Parse(typed), Limit: 20}
			if own {
				q.CustomerID = f.sara.UserID
			}
			return q
		})
	}
	costs := []costCase{
		find("search, one word (20)", cost{3, 11.5, 0}, "فاکت", false),
		find("search, three words (20)", cost{5, 12.5, 0}, "فاکتور ماه گذش", false),
		find("search, own tickets, one word (20)", cost{2, 12, 0}, "فاکت", true),
		find("search, own tickets, three words (20)", cost{2, 12, 0}, "فاکتور ماه گذش", true),
		{name: "search users", golden: cost{4, 2, 0}, run: func(ctx context.Context, f *costFixture) error {
			ids, _, err := f.store.SearchUsers(ctx, search.Parse(f.phone), 20, nil)
			if err == nil && len(ids) != 1 {
				err = fmt.Errorf("got %d users", len(ids))
			}
			return err
		}},
		{name: "stream: index a message", golden: cost{6, 11, 31}, run: func(ctx context.Context, f *costFixture) error {
			return indexEntries(ctx, f.store, f.entry(100, f.ali, sampleReply))
		}},
		{name: "stream: index known terms", golden: cost{1, 1, 0}, run: func(ctx context.Context, f *costFixture) error {
			return indexEntries(ctx, f.store, f.entry(101, f.ali, sampleReply))
		}},
	}
	costs[0].prepare = func(ctx context.Context, f *costFixture) error {
		u, err := openStore().User(ctx, f.sara.UserID)
		if err != nil {
			return err
		}
		u.Name = f.sara.Name
		if err := openStore().PutAccount(ctx, account.Login{Phone: u.Phone, User: u}); err != nil {
			return err
		}
		if err := openStore().RefreshUser(ctx, u.ID); err != nil {
			return err
		}
		for _, id := range f.ticketIDs {
			log, err := openStore().ReadLogFrom(ctx, id, 1)
			if err == nil {
				err = indexEntries(ctx, openStore(), log.Entries[0])
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	return costs
}
