package conformance

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// cost is a line of the price list: what the design calls the floor, and what
// the code takes, which must not rise.
type cost struct {
	name   string
	floor  string // trips / read units / write units, "" where the design names none
	golden price
	run    func(ctx context.Context, k *market) error
	before func(ctx context.Context, k *market) error // past the meter; may be nil
}

// TestPriceList measures every operation on a usual day. A line that got
// cheaper says so: lower the golden number then.
func TestPriceList(t *testing.T) {
	t.Parallel()
	k := newMarket(t)
	var list strings.Builder
	var judged floors
	for _, lines := range [][]cost{
		accountCosts(), ticketCosts(), postCosts(), changeCosts(), socketCosts(), fileCosts(), sharedCosts(), streamCosts(),
		statsCosts(), searchCosts(), notificationCosts(), adminCosts(), broadcastCosts(),
	} {
		for _, c := range lines {
			if c.before != nil {
				must(t, c.before(t.Context(), k))
			}
			k.reset()
			if err := c.run(t.Context(), k); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			got, calls := k.reset()
			judged.add(c, got)
			fmt.Fprintf(&list, "%-34s %-12s %-12s %s\n", c.name, got, c.floor, strings.Join(calls, " "))
			switch {
			case got.trips > c.golden.trips || got.read > c.golden.read || got.write > c.golden.write:
				t.Errorf("%s: got %v (%v), want at most %v", c.name, got, calls, c.golden)
			case got != c.golden:
				t.Logf("%s got cheaper: %v, the list says %v", c.name, got, c.golden)
			}
			k.catchUp(t)
		}
	}
	judged.record(t)
	t.Logf("trips / read units / write units, the design's floor, and the calls:\n%s", list.String())
}

// quietDay is far from what other tests revoke in the same table.
func quietDay() time.Time { return wiring.Now().AddDate(10, 0, 0) }

func accountCosts() []cost {
	var refresh, code, cookie, number string
	return []cost{
		{name: "ask for a code", golden: price{5, 0.5, 4}, run: func(ctx context.Context, k *market) error {
			_, err := k.people.SendCode(ctx, k.number, account.PurposeLogin, k.people.from)
			code = k.people.outbox.code(k.number)
			return err
		}},
		{name: "login by code", golden: price{3, 0.5, 5}, run: func(ctx context.Context, k *market) error {
			_, err := k.people.LogInByCode(ctx, k.number, code, k.people.from)
			return err
		}},
		{name: "login", floor: "2 / 0.5 / 1", golden: price{2, 0.5, 1}, run: func(ctx context.Context, k *market) error {
			tokens, err := k.people.LogIn(ctx, k.number, password, k.people.from)
			refresh = tokens.Refresh
			return err
		}},
		{name: "refresh", floor: "1 / 0 / 1", golden: price{1, 0, 1}, run: func(ctx context.Context, k *market) error {
			tokens, err := k.people.Refresh(ctx, refresh)
			refresh = tokens.Refresh
			return err
		}},
		{name: "logout", golden: price{1, 0, 1}, run: func(ctx context.Context, k *market) error {
			return k.people.LogOut(ctx, k.sara, refresh)
		}},
		{name: "who holds a cookie", golden: price{1, 1, 0}, run: func(ctx context.Context, k *market) error {
			_, err := (&account.Gate{Cookies: k.store, Now: wiring.Now}).Cookie(ctx, cookie)
			return err
		}, before: func(ctx context.Context, k *market) error {
			browser := k.people.from
			browser.Cookie = true
			tokens, err := k.people.LogIn(ctx, k.number, password, browser)
			cookie = tokens.Cookie
			return err
		}},
		{name: "sessions (2)", golden: price{1, 1, 0}, run: func(ctx context.Context, k *market) error {
			_, _, err := k.people.Sessions(ctx, k.sara, "", 20)
			return err
		}},
		{name: "reset a password, 3 sessions", golden: price{4, 1.5, 13}, run: func(ctx context.Context, k *market) error {
			return k.people.ResetPassword(ctx, k.number, code, password)
		}, before: func(ctx context.Context, k *market) error {
			_, err := k.people.SendCode(ctx, k.number, account.PurposeReset, k.people.from)
			code = k.people.outbox.code(k.number)
			return err
		}},
		{name: "change the number", golden: price{4, 2, 9}, run: func(ctx context.Context, k *market) error {
			_, err := k.people.ChangePhone(ctx, k.sara, number, code)
			k.number = number
			return err
		}, before: func(ctx context.Context, k *market) error {
			number = newNumber()
			_, err := k.people.SendCode(ctx, number, account.PurposePhone, k.people.from)
			code = k.people.outbox.code(number)
			return err
		}},
		{name: "revoke access", golden: price{1, 0, 1}, run: func(ctx context.Context, k *market) error {
			return k.store.Revoke(ctx, newID(), user.Revocation{At: wiring.Now()})
		}},
		{name: "revocations, every 5 s a function", golden: price{1, 0.5, 0}, before: func(ctx context.Context, k *market) error {
			return k.store.Revoke(ctx, newID(), user.Revocation{At: quietDay()})
		}, run: func(ctx context.Context, k *market) error {
			return account.NewRevocations(k.store, quietDay).Check(ctx, customer("Reza"))
		}},
		{name: "profile", golden: price{1, 1, 0}, run: func(ctx context.Context, k *market) error {
			_, err := k.people.Profile(ctx, k.sara)
			return err
		}},
		{name: "edit profile", golden: price{1, 0, 1}, run: func(ctx context.Context, k *market) error {
			name := "سارا"
			_, err := k.people.Edit(ctx, k.sara, account.Patch{Name: &name})
			return err
		}},
	}
}

// list is a line that reads the first page of a list and expects it full.
func list(name, floor string, golden price, query func(k *market) ticket.Query) cost {
	return cost{name: name, floor: floor, golden: golden, run: func(ctx context.Context, k *market) error {
		q := query(k)
		heads, _, err := k.desk.Store.List(ctx, q, nil)
		if err == nil && len(heads) != q.Limit {
			err = fmt.Errorf("got %d tickets, want %d", len(heads), q.Limit)
		}
		return err
	}}
}

// entries is a line that reads a page of the log and expects it full.
func entries(name, floor string, golden price, p ticket.Page) cost {
	return cost{name: name, floor: floor, golden: golden, run: func(ctx context.Context, k *market) error {
		got, err := k.desk.Entries(ctx, k.sara, k.ticket, p)
		if err == nil && len(got.Entries) != p.Limit {
			err = fmt.Errorf("got %d entries, want %d", len(got.Entries), p.Limit)
		}
		return err
	}}
}

func ticketCosts() []cost {
	return []cost{
		{name: "create ticket", floor: "1 / 0 / 8", golden: price{1, 0, 7}, run: func(ctx context.Context, k *market) error {
			_, _, err := k.desk.Create(ctx, k.sara, k.draft())
			return err
		}},
		list("my tickets (20)", "1 / 1 / 0", price{1, 1.5, 0}, func(k *market) ticket.Query {
			return ticket.Query{CustomerID: k.sara.UserID, Sort: ticket.SortActivity, Limit: 20}
		}),
		list("my tickets by creation (20)", "", price{2, 11, 0}, func(k *market) ticket.Query {
			return ticket.Query{CustomerID: k.sara.UserID, Sort: ticket.SortCreated, Limit: 20}
		}),
		list("queue of a category (25)", "1 / 1 / 0", price{1, 2, 0}, func(k *market) ticket.Query {
			return ticket.Query{CategoryID: k.shelf, Sort: ticket.SortWaiting, Limit: 25}
		}),
		list("held by me (25)", "1 / 1 / 0", price{1, 2, 0}, func(k *market) ticket.Query {
			return ticket.Query{AssigneeID: k.ali.UserID, Sort: ticket.SortWaiting, Limit: 25}
		}),
		{name: "detail + 20 entries", floor: "1 / 2 / 0", golden: price{1, 3, 0}, run: func(ctx context.Context, k *market) error {
			d, err := k.desk.Detail(ctx, k.sara, k.ticket)
			if err == nil && (len(d.Entries) != 20 || !d.HasMore) {
				err = fmt.Errorf("got %d entries", len(d.Entries))
			}
			return err
		}},
		entries("entries, newest (50)", "1 / 4 / 0", price{1, 6, 0}, ticket.Page{Limit: 50, Backward: true}),
		entries("entries, after (50)", "1 / 4 / 0", price{2, 6, 0}, ticket.Page{Limit: 50, After: 5}),
		{name: "entries, after, coming back", golden: price{1, 1, 0}, run: func(ctx context.Context, k *market) error {
			got, err := k.desk.Entries(ctx, k.sara, k.ticket, ticket.Page{Limit: 50, After: 55})
			if err == nil && len(got.Entries) != 5 {
				err = fmt.Errorf("got %d entries, want 5", len(got.Entries))
			}
			return err
		}},
		{name: "mark read", floor: "1 / 0 / 1", golden: price{1, 0, 1}, run: func(ctx context.Context, k *market) error {
			return k.desk.Read(ctx, k.sara, k.ticket, 59)
		}},
		{name: "mark read, the first time", golden: price{3, 1, 2}, run: func(ctx context.Context, k *market) error {
			return k.desk.Read(ctx, k.ali, k.ticket, 59)
		}},
	}
}

func postCosts() []cost {
	var first ticket.Message
	return []cost{
		{name: "post", floor: "2 / 1 / 1", golden: price{2, 1, 1}, run: func(ctx context.Context, k *market) error {
			first = k.message(k.last)
			return k.post(ctx, k.sara, first)
		}},
		{name: "post, the same again", golden: price{1, 1, 0}, run: func(ctx context.Context, k *market) error {
			posted, err := k.desk.Post(ctx, k.sara, first)
			if posted.Created {
				err = fmt.Errorf("a second entry at %d", posted.Entry.Seq)
			}
			return err
		}},
		{name: "post without after", golden: price{2, 6, 1}, run: func(ctx context.Context, k *market) error {
			return k.post(ctx, k.sara, k.message(0))
		}},
		{name: "post with a file", golden: price{3, 2, 4}, run: func(ctx context.Context, k *market) error {
			m := k.message(k.last)
			m.AttachmentIDs = []string{k.upload.ID}
			return k.post(ctx, k.sara, m)
		}},
		{name: "3 posts before the stream", floor: "6 / 3 / 3", golden: price{6, 3, 3}, run: func(ctx context.Context, k *market) error {
			for range 3 {
				if err := k.post(ctx, k.sara, k.message(k.last)); err != nil {
					return err
				}
			}
			return nil
		}},
	}
}

// change is a line that changes a ticket of its own, with few entries.
func change(name string, golden price, n int, run func(ctx context.Context, k *market, ticketID string) (ticket.Changed, error)) cost {
	return cost{name: name, golden: golden, run: func(ctx context.Context, k *market) error {
		changed, err := run(ctx, k, k.tickets[n])
		if err == nil && len(changed.Entries) == 0 {
			err = fmt.Errorf("nothing has changed")
		}
		return err
	}}
}

func changeCosts() []cost {
	return []cost{
		change("close", price{2, 1, 16}, 1, func(ctx context.Context, k *market, id string) (ticket.Changed, error) {
			return k.desk.Close(ctx, k.sara, id, newID())
		}),
		change("reopen", price{2, 1, 16}, 1, func(ctx context.Context, k *market, id string) (ticket.Changed, error) {
			return k.desk.Reopen(ctx, k.ali, id, newID())
		}),
		change("status", price{2, 1, 13}, 2, func(ctx context.Context, k *market, id string) (ticket.Changed, error) {
			return k.desk.SetStatus(ctx, k.ali, id, newID(), ticket.StatusPending)
		}),
		change("release", price{2, 1, 13}, 3, func(ctx context.Context, k *market, id string) (ticket.Changed, error) {
			return k.desk.Assign(ctx, k.ali, id, newID(), "")
		}),
		change("edit title", price{2, 1, 12}, 4, func(ctx context.Context, k *market, id string) (ticket.Changed, error) {
			title := "عنوان دیگر"
			return k.desk.Edit(ctx, k.sara, id, ticket.Patch{Title: &title})
		}),
	}
}

func socketCosts() []cost {
	var pass string
	ticketTopic := func(k *market) map[string]any {
		return map[string]any{"action": "subscribe", "topic": realtime.TicketTopic(k.ticket), "after": k.last}
	}
	return []cost{
		{name: "pass for a socket", golden: price{1, 0, 1}, run: func(ctx context.Context, k *market) (err error) {
			pass, _, err = k.door.Pass(ctx, k.sara)
			return err
		}},
		{name: "connect", golden: price{4, 0, 4}, run: func(ctx context.Context, k *market) error {
			who, err := k.door.Redeem(ctx, pass)
			if err == nil {
				err = k.door.Open(ctx, newID(), who)
			}
			return err
		}},
		{name: "subscribe", golden: price{6, 4, 2}, run: func(ctx context.Context, k *market) error {
			return k.frame(ctx, k.socket.Subscribe(k.desk), ticketTopic(k))
		}},
		{name: "message over a socket, 1 watcher", golden: price{6, 5, 1}, run: func(ctx context.Context, k *market) error {
			return k.frame(ctx, k.socket.Message(k.desk), map[string]any{
				"action": "message", "ticketId": k.ticket, "clientId": newID(), "body": anAnswer, "after": k.last,
			})
		}},
		{name: "read over a socket", golden: price{2, 1, 1}, run: func(ctx context.Context, k *market) error {
			return k.frame(ctx, k.socket.Read(k.desk), map[string]any{"action": "read", "ticketId": k.ticket, "seq": 60})
		}},
		{name: "unsubscribe", golden: price{4, 2, 2}, run: func(ctx context.Context, k *market) error {
			return k.frame(ctx, k.socket.Unsubscribe, map[string]any{"action": "unsubscribe", "topic": realtime.TicketTopic(k.ticket)})
		}},
		{name: "disconnect", golden: price{1, 0, 1}, run: func(ctx context.Context, k *market) error {
			_, _, err := k.door.Store.RemoveConnection(ctx, k.socketA.ID)
			return err
		}},
	}
}

func fileCosts() []cost {
	return []cost{
		{name: "announce a file", golden: price{1, 0, 1}, run: func(ctx context.Context, k *market) error {
			k.upload.ID = newID()
			return k.files.Store.AddAttachment(ctx, k.upload)
		}},
		{name: "judge a file", golden: price{1, 0, 1}, run: func(ctx context.Context, k *market) error {
			return k.files.Store.Judge(ctx, k.upload.ID, attachment.Ready, "")
		}},
		{name: "look a file up", golden: price{1, 1, 0}, run: func(ctx context.Context, k *market) error {
			_, err := k.files.Store.Attachment(ctx, k.upload.ID)
			return err
		}},
	}
}

func sharedCosts() []cost {
	record := newRecord()
	return []cost{
		{name: "categories, every 20 s a function", golden: price{1, 0.5, 0}, run: func(ctx context.Context, k *market) error {
			_, err := category.NewCatalogue(k.store, wiring.Now).List(ctx)
			return err
		}},
		{name: "Idempotency-Key, on top of a POST", golden: price{2, 0, 2}, run: func(ctx context.Context, k *market) error {
			if _, err := k.store.Begin(ctx, record, record.Since); err != nil {
				return err
			}
			record.Answer = strings.Repeat("x", 400)
			return k.store.Finish(ctx, record)
		}},
		{name: "Idempotency-Key, the same again", golden: price{1, 0, 1}, run: func(ctx context.Context, k *market) error {
			again := record
			again.Owner = newID()
			earlier, err := k.store.Begin(ctx, again, record.Since)
			if err == nil && earlier == nil {
				err = fmt.Errorf("the answer is forgotten")
			}
			return err
		}},
		{name: "health", golden: price{1, 0.5, 0}, run: func(ctx context.Context, k *market) error { return k.store.Ping(ctx) }},
	}
}

// streamCosts are what follows from a write, behind the caller's back.
func streamCosts() []cost {
	fresh := "" // a ticket that the stream has not seen
	project := func(ctx context.Context, k *market) error { return k.desk.Project(ctx, k.ticket, k.last) }
	return []cost{
		{name: "stream: a message", golden: price{2, 1, 9}, run: project, before: func(ctx context.Context, k *market) error {
			posted, err := k.unpaid.Post(ctx, k.ali, k.message(k.last))
			k.last = posted.Entry.Seq
			return err
		}},
		{name: "stream: the same again", golden: price{1, 1, 0}, run: project},
		{
			name: "stream: a new ticket", golden: price{2, 1, 6}, run: func(ctx context.Context, k *market) error { return k.desk.Project(ctx, fresh, 1) },
			before: func(ctx context.Context, k *market) error {
				h, _, err := k.unpaid.Create(ctx, k.sara, k.draft())
				fresh = h.ID
				return err
			},
		},
		{
			name: "stream: a read mark", golden: price{2, 1, 7}, run: func(ctx context.Context, k *market) error { return k.desk.Project(ctx, k.ticket, k.last+1) },
			before: func(ctx context.Context, k *market) error { return k.unpaid.Read(ctx, k.sara, k.ticket, k.last) },
		},
		{name: "stream: a timer set", golden: price{1, 0, 2}, run: func(ctx context.Context, k *market) error {
			return k.store.SetTimer(ctx, ticket.Timer{TicketID: newID(), Due: time.Now()}, 1)
		}},
		{name: "stream: no timer to drop", golden: price{1, 0, 1}, run: func(ctx context.Context, k *market) error {
			return k.store.DropTimer(ctx, newID(), 1)
		}},
		{name: "schedule: timers, none due", golden: price{1, 0.5, 0}, run: func(ctx context.Context, k *market) error {
			_, err := k.store.DueTimers(ctx, time.Unix(0, 0), 50)
			return err
		}},
		{
			name: "stream: a user, no session", golden: price{3, 2, 1}, run: func(ctx context.Context, k *market) error {
				_, err := k.store.CopyUser(ctx, k.sara.UserID)
				return err
			},
		},
	}
}

// searchCosts: the tickets of the market have all learnt their words.
func searchCosts() []cost {
	find := func(name string, golden price, typed string, own bool) cost {
		return list(name, "", golden, func(k *market) ticket.Query {
			q := ticket.Query{Terms: search.Parse(typed), Limit: 20}
			if own {
				q.CustomerID = k.sara.UserID
			}
			return q
		})
	}
	costs := []cost{
		find("search, one word (20)", price{2, 11, 0}, "فاکت", false),
		find("search, three words (20)", price{4, 12, 0}, "فاکتور ماه گذش", false),
		find("search, one's own, one word (20)", price{2, 11, 0}, "فاکت", true),
		find("search, one's own, three (20)", price{4, 12, 0}, "فاکتور ماه گذش", true),
		{name: "search people", golden: price{1, 0.5, 0}, run: func(ctx context.Context, k *market) error {
			ids, _, err := k.store.SearchUsers(ctx, search.Parse(k.number), 20, nil)
			if err == nil && len(ids) != 1 {
				err = fmt.Errorf("got %d people", len(ids))
			}
			return err
		}},
		{name: "stream: words of a message", golden: price{6, 2, 54}, run: func(ctx context.Context, k *market) error {
			return learn(ctx, k.store, k.entry(100, k.ali, anAnswer))
		}},
		{name: "stream: words that are known", golden: price{1, 1, 0}, run: func(ctx context.Context, k *market) error {
			return learn(ctx, k.store, k.entry(101, k.ali, anAnswer))
		}},
	}
	costs[0].before = func(ctx context.Context, k *market) error {
		u := user.User{ID: k.sara.UserID, Phone: k.number, Name: k.sara.Name, CreatedAt: wiring.Now()}
		if err := stream.Search(open())(ctx, table.Change{Created: true, Is: &u}); err != nil {
			return err
		}
		for _, id := range k.tickets {
			log, err := open().Tail(ctx, id, 1)
			if err == nil {
				err = learn(ctx, open(), log.Entries[0])
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	return costs
}
