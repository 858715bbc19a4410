package conformance

import (
	"context"
	"fmt"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/ticket"
)

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
			return ticket.Query{CategoryIDs: []string{f.categoryID}, Sort: ticket.SortWaiting, Limit: 25}
		}),
		listCost("assigned to me (25)", "1 / 1 / 0", cost{1, 2, 0}, func(f *costFixture) ticket.Query {
			return ticket.Query{AssigneeID: f.ali.UserID, Sort: ticket.SortWaiting, Limit: 25}
		}),
		listCost("a customer's tickets (20)", "", cost{1, 1.5, 0}, func(f *costFixture) ticket.Query {
			return ticket.Query{CustomerIDs: []string{f.sara.UserID}, Sort: ticket.SortActivity, Limit: 20}
		}),
		listCost("three filters (25)", "", cost{1, 2, 0}, func(f *costFixture) ticket.Query {
			return ticket.Query{AssigneeID: f.ali.UserID, CategoryIDs: []string{f.categoryID}, From: time.Unix(1, 0), Sort: ticket.SortWaiting, Limit: 25}
		}),
		{name: "detail + 20 entries", budget: "1 / 2 / 0", golden: cost{1, 3, 0}, run: func(ctx context.Context, f *costFixture) error {
			d, err := f.service.Detail(ctx, f.sara, f.ticketIDs[5])
			if err == nil && (len(d.Entries) != 20 || d.HasMore) {
				err = fmt.Errorf("got %d entries", len(d.Entries))
			}
			return err
		}, prepare: func(ctx context.Context, f *costFixture) error {
			for range 17 {
				if _, err := f.unmetered.Post(ctx, f.sara, ticket.Message{TicketID: f.ticketIDs[5], ClientID: newID(), Body: sampleMessage}); err != nil {
					return err
				}
			}
			return f.unmetered.Project(ctx, f.ticketIDs[5], 4)
		}},
		{name: "detail + 20 entries of 60", golden: cost{2, 4, 0}, run: func(ctx context.Context, f *costFixture) error {
			d, err := f.service.Detail(ctx, f.sara, f.ticketID)
			if err == nil && (len(d.Entries) != 20 || !d.HasMore) {
				err = fmt.Errorf("got %d entries", len(d.Entries))
			}
			return err
		}},
		{name: "a ticket by its number", golden: cost{3, 5, 0}, run: func(ctx context.Context, f *costFixture) error {
			_, err := f.service.ByNumber(ctx, f.ali, id.Number(f.ticketID))
			return err
		}, prepare: func(ctx context.Context, f *costFixture) error {
			return openStore().AddOwnTicket(ctx, f.sara.UserID, f.ticketID)
		}},
		{name: "an unknown number of a ticket", golden: cost{2, 2, 0}, run: func(ctx context.Context, f *costFixture) error {
			if _, err := f.service.ByNumber(ctx, f.ali, "ZZZZZZZZ"); !apperr.Is(err, apperr.TicketNotFound) {
				return fmt.Errorf("got %w, want an error", err)
			}
			return nil
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
		{name: "post with a UUID without a time", golden: cost{3, 8, 1}, run: func(ctx context.Context, f *costFixture) error {
			m := f.message(f.lastSeq)
			m.ClientID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
			return f.post(ctx, f.sara, m)
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
		{name: "close again", golden: cost{3, 2, 1}, run: func(ctx context.Context, f *costFixture) error {
			_, err := f.service.Close(ctx, f.sara, f.ticketIDs[1], newID())
			return err
		}},
		changeCost("reopen, a moment after", cost{3, 2, 16}, 1, func(ctx context.Context, f *costFixture, id string) (ticket.ChangeResult, error) {
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
