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
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
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
	var list strings.Builder
	var summary budgets
	for _, cases := range [][]costCase{
		accountCosts(), ticketCosts(), postCosts(), changeCosts(), socketCosts(), attachmentCosts(), sharedCosts(), streamCosts(),
		statsCosts(), searchCosts(), notificationCosts(), adminCosts(), broadcastCosts(),
	} {
		for _, c := range cases {
			if c.prepare != nil {
				must(t, c.prepare(t.Context(), f))
			}
			f.reset()
			if err := c.run(t.Context(), f); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			got, calls := f.reset()
			summary.add(c, got)
			fmt.Fprintf(&list, "%-34s %-12s %-12s %s\n", c.name, got, c.budget, strings.Join(calls, " "))
			switch {
			case got.roundTrips > c.golden.roundTrips || got.read > c.golden.read || got.write > c.golden.write:
				t.Errorf("%s: got %v (%v), want at most %v", c.name, got, calls, c.golden)
			case got != c.golden:
				t.Logf("%s got cheaper: %v, golden is %v", c.name, got, c.golden)
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

func accountCosts() []costCase {
	var refresh, cookie, phone string
	var code account.CodeInput
	return []costCase{
		{name: "request and send a code", golden: cost{7, 1, 6}, run: func(ctx context.Context, f *costFixture) error {
			sent, err := f.accounts.SendCode(ctx, f.phone, account.PurposeLogin, f.accounts.caller)
			code = account.CodeInput{Digits: f.accounts.sms.code(f.phone), Challenge: sent.Challenge}
			return err
		}},
		{name: "login by code", golden: cost{3, 1, 5}, run: func(ctx context.Context, f *costFixture) error {
			_, err := f.accounts.LogInByCode(ctx, f.phone, code, f.accounts.caller)
			return err
		}},
		{name: "login", budget: "2 / 1 / 1", golden: cost{2, 1, 1}, run: func(ctx context.Context, f *costFixture) error {
			tokens, err := f.accounts.LogIn(ctx, f.phone, password, f.accounts.caller)
			refresh = tokens.Refresh
			return err
		}},
		{name: "refresh", budget: "1 / 0 / 1", golden: cost{1, 0, 1}, run: func(ctx context.Context, f *costFixture) error {
			tokens, err := f.accounts.Refresh(ctx, refresh)
			refresh = tokens.Refresh
			return err
		}},
		{name: "logout", golden: cost{1, 0, 4}, run: func(ctx context.Context, f *costFixture) error {
			return f.accounts.LogOut(ctx, f.sara, refresh)
		}},
		{name: "authenticate a cookie", golden: cost{1, 1, 0}, run: func(ctx context.Context, f *costFixture) error {
			_, err := (&account.Authenticator{Cookies: f.store, Now: app.Now}).AuthenticateCookie(ctx, cookie)
			return err
		}, prepare: func(ctx context.Context, f *costFixture) error {
			browser := f.accounts.caller
			browser.UseCookie = true
			tokens, err := f.accounts.LogIn(ctx, f.phone, password, browser)
			cookie = tokens.Cookie
			return err
		}},
		{name: "sessions (2)", golden: cost{1, 1, 0}, run: func(ctx context.Context, f *costFixture) error {
			_, _, err := f.accounts.ListSessions(ctx, f.sara, "", 20)
			return err
		}},
		{name: "reset a password, 3 sessions", golden: cost{4, 2, 13}, run: func(ctx context.Context, f *costFixture) error {
			return f.accounts.ResetPassword(ctx, f.phone, password, code, f.accounts.caller)
		}, prepare: func(ctx context.Context, f *costFixture) error {
			sent, err := f.accounts.SendCode(ctx, f.phone, account.PurposeReset, f.accounts.caller)
			code = account.CodeInput{Digits: f.accounts.sms.code(f.phone), Challenge: sent.Challenge}
			return err
		}},
		{name: "change the phone number", golden: cost{6, 4, 13}, run: func(ctx context.Context, f *costFixture) error {
			_, err := f.accounts.ChangePhone(ctx, f.sara, phone, code, account.OwnerProof{Password: password}, f.accounts.caller)
			f.phone = phone
			return err
		}, prepare: func(ctx context.Context, f *costFixture) error {
			phone = newPhone()
			u, err := f.store.User(ctx, f.sara.UserID)
			if err != nil {
				return err
			}
			session := newSession(u)
			if err := f.store.CreateSession(ctx, session, nil); err != nil {
				return err
			}
			f.sara.Session = session.Family
			caller := f.accounts.caller
			caller.UserID = f.sara.UserID
			sent, err := f.accounts.SendCode(ctx, phone, account.PurposePhone, caller)
			code = account.CodeInput{Digits: f.accounts.sms.code(phone), Challenge: sent.Challenge}
			return err
		}},
		{name: "revoke access", golden: cost{1, 0, 1}, run: func(ctx context.Context, f *costFixture) error {
			return f.store.AddRevocation(ctx, newID(), user.Revocation{At: app.Now()})
		}},
		{name: "revocations, every 5 s per instance", golden: cost{1, 0.5, 0}, prepare: func(ctx context.Context, f *costFixture) error {
			return f.store.AddRevocation(ctx, newID(), user.Revocation{At: isolatedDay()})
		}, run: func(ctx context.Context, f *costFixture) error {
			return account.NewRevocationCache(f.store, isolatedDay).Check(ctx, customer("Reza"))
		}},
		{name: "profile", golden: cost{1, 1, 0}, run: func(ctx context.Context, f *costFixture) error {
			_, err := f.accounts.Profile(ctx, f.sara)
			return err
		}},
		{name: "update profile", golden: cost{1, 0, 1}, run: func(ctx context.Context, f *costFixture) error {
			name := "سارا"
			_, err := f.accounts.UpdateProfile(ctx, f.sara, account.ProfileUpdate{Name: &name})
			return err
		}},
	}
}

// listCost returns the case of the first, full page of a list.
func listCost(name, budget string, golden cost, query func(f *costFixture) ticket.Query) costCase {
	return costCase{name: name, budget: budget, golden: golden, run: func(ctx context.Context, f *costFixture) error {
		q := query(f)
		tickets, _, err := f.service.Store.ListTickets(ctx, q, nil)
		if err == nil && len(tickets) != q.Limit {
			err = fmt.Errorf("got %d tickets, want %d", len(tickets), q.Limit)
		}
		return err
	}}
}

// entriesCost returns the case of a full page of the log.
func entriesCost(name, budget string, golden cost, p ticket.EntryQuery) costCase {
	return costCase{name: name, budget: budget, golden: golden, run: func(ctx context.Context, f *costFixture) error {
		got, err := f.service.Entries(ctx, f.sara, f.ticketID, p)
		if err == nil && len(got.Entries) != p.Limit {
			err = fmt.Errorf("got %d entries, want %d", len(got.Entries), p.Limit)
		}
		return err
	}}
}

func ticketCosts() []costCase {
	var closed string
	return []costCase{
		{name: "create ticket", budget: "2 / 0 / 8", golden: cost{2, 0, 8}, run: func(ctx context.Context, f *costFixture) error {
			_, _, err := f.service.Create(ctx, f.sara, f.createParams())
			return err
		}},
		{name: "create a follow-up", golden: cost{3, 1, 10}, run: func(ctx context.Context, f *costFixture) error {
			params := f.createParams()
			params.FollowUpOf = closed
			_, _, err := f.service.Create(ctx, f.sara, params)
			return err
		}, prepare: func(ctx context.Context, f *costFixture) error {
			tk, _, err := f.unmetered.Create(ctx, f.sara, f.createParams())
			if err == nil {
				_, err = f.unmetered.Close(ctx, f.sara, tk.ID, newID())
			}
			closed = tk.ID
			return err
		}},
		listCost("my tickets (20)", "1 / 1 / 0", cost{1, 1.5, 0}, func(f *costFixture) ticket.Query {
			return ticket.Query{CustomerID: f.sara.UserID, Sort: ticket.SortActivity, Limit: 20}
		}),
		listCost("my tickets by creation (20)", "", cost{2, 11, 0}, func(f *costFixture) ticket.Query {
			return ticket.Query{CustomerID: f.sara.UserID, Sort: ticket.SortCreated, Limit: 20}
		}),
		listCost("queue of a category (25)", "1 / 1 / 0", cost{1, 2, 0}, func(f *costFixture) ticket.Query {
			return ticket.Query{CategoryID: f.categoryID, Sort: ticket.SortWaiting, Limit: 25}
		}),
		listCost("assigned to me (25)", "1 / 1 / 0", cost{1, 2, 0}, func(f *costFixture) ticket.Query {
			return ticket.Query{AssigneeID: f.ali.UserID, Sort: ticket.SortWaiting, Limit: 25}
		}),
		{name: "detail + 20 entries", budget: "1 / 2 / 0", golden: cost{1, 3, 0}, run: func(ctx context.Context, f *costFixture) error {
			d, err := f.service.Detail(ctx, f.sara, f.ticketID)
			if err == nil && (len(d.Entries) != 20 || !d.HasMore) {
				err = fmt.Errorf("got %d entries", len(d.Entries))
			}
			return err
		}},
		entriesCost("entries, newest (50)", "1 / 4 / 0", cost{1, 6, 0}, ticket.EntryQuery{Limit: 50, Backward: true}),
		entriesCost("entries, after (50)", "1 / 4 / 0", cost{2, 6, 0}, ticket.EntryQuery{Limit: 50, After: 5}),
		{name: "entries, after, recent", golden: cost{1, 1, 0}, run: func(ctx context.Context, f *costFixture) error {
			got, err := f.service.Entries(ctx, f.sara, f.ticketID, ticket.EntryQuery{Limit: 50, After: 55})
			if err == nil && len(got.Entries) != 5 {
				err = fmt.Errorf("got %d entries, want 5", len(got.Entries))
			}
			return err
		}},
		{name: "mark read", budget: "1 / 0 / 1", golden: cost{1, 0, 1}, run: func(ctx context.Context, f *costFixture) error {
			return f.service.MarkRead(ctx, f.sara, f.ticketID, 59)
		}},
		{name: "mark read, the first time", golden: cost{3, 1, 2}, run: func(ctx context.Context, f *costFixture) error {
			return f.service.MarkRead(ctx, f.ali, f.ticketID, 59)
		}},
	}
}

func postCosts() []costCase {
	var first ticket.Message
	return []costCase{
		{name: "post", budget: "2 / 1 / 1", golden: cost{2, 1, 1}, run: func(ctx context.Context, f *costFixture) error {
			first = f.message(f.lastSeq)
			return f.post(ctx, f.sara, first)
		}},
		{name: "post, repeated", golden: cost{1, 1, 0}, run: func(ctx context.Context, f *costFixture) error {
			posted, err := f.service.Post(ctx, f.sara, first)
			if posted.Created {
				err = fmt.Errorf("a second entry at %d", posted.Entry.Seq)
			}
			return err
		}},
		{name: "post without after", golden: cost{2, 6, 1}, run: func(ctx context.Context, f *costFixture) error {
			return f.post(ctx, f.sara, f.message(0))
		}},
		{name: "post with an attachment", golden: cost{3, 2, 4}, run: func(ctx context.Context, f *costFixture) error {
			m := f.message(f.lastSeq)
			m.AttachmentIDs = []string{f.upload.ID}
			return f.post(ctx, f.sara, m)
		}},
		{name: "3 posts ahead of the stream", budget: "6 / 3 / 3", golden: cost{6, 3, 3}, run: func(ctx context.Context, f *costFixture) error {
			for range 3 {
				if err := f.post(ctx, f.sara, f.message(f.lastSeq)); err != nil {
					return err
				}
			}
			return nil
		}},
	}
}

// changeCost returns the case of a change to a ticket with few entries.
func changeCost(name string, golden cost, n int, run func(ctx context.Context, f *costFixture, ticketID string) (ticket.ChangeResult, error)) costCase {
	return costCase{name: name, golden: golden, run: func(ctx context.Context, f *costFixture) error {
		changed, err := run(ctx, f, f.ticketIDs[n])
		if err == nil && len(changed.Entries) == 0 {
			err = fmt.Errorf("nothing changed")
		}
		return err
	}}
}

func changeCosts() []costCase {
	return []costCase{
		changeCost("close", cost{2, 1, 16}, 1, func(ctx context.Context, f *costFixture, id string) (ticket.ChangeResult, error) {
			return f.service.Close(ctx, f.sara, id, newID())
		}),
		changeCost("reopen", cost{2, 1, 16}, 1, func(ctx context.Context, f *costFixture, id string) (ticket.ChangeResult, error) {
			return f.service.Reopen(ctx, f.ali, id, newID())
		}),
		changeCost("status", cost{2, 1, 13}, 2, func(ctx context.Context, f *costFixture, id string) (ticket.ChangeResult, error) {
			return f.service.SetStatus(ctx, f.ali, id, newID(), ticket.StatusPending)
		}),
		changeCost("release", cost{2, 1, 13}, 3, func(ctx context.Context, f *costFixture, id string) (ticket.ChangeResult, error) {
			return f.service.Assign(ctx, f.ali, id, newID(), "")
		}),
		changeCost("edit title", cost{2, 1, 12}, 4, func(ctx context.Context, f *costFixture, id string) (ticket.ChangeResult, error) {
			title := "عنوان دیگر"
			return f.service.Update(ctx, f.sara, id, ticket.Patch{Title: &title})
		}),
	}
}

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
		{name: "connect", golden: cost{4, 0, 4}, run: func(ctx context.Context, f *costFixture) error {
			actor, err := f.connectTokens.Redeem(ctx, token)
			if err == nil {
				err = f.connectTokens.Register(ctx, newID(), actor)
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
		{name: "unsubscribe", golden: cost{4, 2, 2}, run: func(ctx context.Context, f *costFixture) error {
			return f.sendFrame(ctx, f.wsHandler.Unsubscribe, map[string]any{"action": "unsubscribe", "topic": realtime.TicketTopic(f.ticketID)})
		}},
		{name: "disconnect", golden: cost{1, 0, 1}, run: func(ctx context.Context, f *costFixture) error {
			_, _, err := f.connectTokens.Store.DeleteConnection(ctx, f.connection.ID)
			return err
		}},
	}
}

func attachmentCosts() []costCase {
	return []costCase{
		{name: "create an attachment", golden: cost{1, 0, 2}, run: func(ctx context.Context, f *costFixture) error {
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

func sharedCosts() []costCase {
	record := newRecord()
	return []costCase{
		{name: "categories, every 20 s per instance", golden: cost{1, 0.5, 0}, run: func(ctx context.Context, f *costFixture) error {
			_, err := category.NewCache(f.store, app.Now).List(ctx)
			return err
		}},
		{name: "Idempotency-Key, on top of a POST", golden: cost{2, 0, 2}, run: func(ctx context.Context, f *costFixture) error {
			if _, err := f.store.BeginRequest(ctx, record, record.StartedAt); err != nil {
				return err
			}
			record.Response = strings.Repeat("x", 400)
			return f.store.CompleteRequest(ctx, record)
		}},
		{name: "Idempotency-Key, repeated", golden: cost{1, 0, 1}, run: func(ctx context.Context, f *costFixture) error {
			again := record
			again.Owner = newID()
			earlier, err := f.store.BeginRequest(ctx, again, record.StartedAt)
			if err == nil && earlier == nil {
				err = fmt.Errorf("the response was not stored")
			}
			return err
		}},
		{name: "health", golden: cost{1, 0.5, 0}, run: func(ctx context.Context, f *costFixture) error { return f.store.Ping(ctx) }},
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
		find("search, one word (20)", cost{2, 11, 0}, "فاکت", false),
		find("search, three words (20)", cost{4, 12, 0}, "فاکتور ماه گذش", false),
		find("search, own tickets, one word (20)", cost{2, 11, 0}, "فاکت", true),
		find("search, own tickets, three words (20)", cost{4, 12, 0}, "فاکتور ماه گذش", true),
		{name: "search users", golden: cost{1, 0.5, 0}, run: func(ctx context.Context, f *costFixture) error {
			ids, _, err := f.store.SearchUsers(ctx, search.Parse(f.phone), 20, nil)
			if err == nil && len(ids) != 1 {
				err = fmt.Errorf("got %d users", len(ids))
			}
			return err
		}},
		{name: "stream: index a message", golden: cost{6, 2, 54}, run: func(ctx context.Context, f *costFixture) error {
			return indexEntries(ctx, f.store, f.entry(100, f.ali, sampleReply))
		}},
		{name: "stream: index known terms", golden: cost{1, 1, 0}, run: func(ctx context.Context, f *costFixture) error {
			return indexEntries(ctx, f.store, f.entry(101, f.ali, sampleReply))
		}},
	}
	costs[0].prepare = func(ctx context.Context, f *costFixture) error {
		u := user.User{ID: f.sara.UserID, Phone: f.phone, Name: f.sara.Name, CreatedAt: app.Now()}
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
