package conformance

import (
	"context"
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // the same database everywhere

	"ticketsystem/pkg/app"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
)

// statsCosts covers statistics updates by the stream, and reports.
func statsCosts() []costCase {
	var entry ticket.Entry
	apply := func(ctx context.Context, f *costFixture) error {
		return (&stats.Aggregator{Store: f.store}).ApplyEntry(ctx, entry)
	}
	return []costCase{
		{name: "statistics: a new ticket", golden: cost{2, 1, 10}, run: apply, prepare: func(ctx context.Context, f *costFixture) error {
			tk, _, err := f.unmetered.Create(ctx, f.sara, f.createParams())
			if err == nil {
				entry = ticket.Entry{TicketID: tk.ID, Seq: 1, Kind: ticket.KindOpened}
			}
			return err
		}},
		{name: "statistics: repeated", golden: cost{1, 1, 0}, run: apply},
		{name: "statistics: a first response", golden: cost{2, 1, 8}, run: apply, prepare: func(ctx context.Context, f *costFixture) error {
			posted, err := f.unmetered.Post(ctx, f.ali, ticket.Message{TicketID: entry.TicketID, ClientID: newID(), Body: sampleReply})
			entry = posted.Entry
			return err
		}},
		{name: "statistics: another response", golden: cost{2, 1, 4}, run: apply, prepare: func(ctx context.Context, f *costFixture) error {
			posted, err := f.unmetered.Post(ctx, f.ali, ticket.Message{TicketID: entry.TicketID, ClientID: newID(), Body: sampleReply})
			entry = posted.Entry
			return err
		}},
		{name: "activity: an entry", golden: cost{1, 0, 1}, run: func(ctx context.Context, f *costFixture) error { return f.store.RecordActivity(ctx, entry) }},
		{name: "activity: a socket", golden: cost{1, 0, 1}, run: func(ctx context.Context, f *costFixture) error {
			return f.store.RecordSocket(ctx, newID(), "", app.Now().Add(time.Hour), true)
		}},
		{name: "numbers of tickets", golden: cost{1, 1, 0}, run: func(ctx context.Context, f *costFixture) error {
			_, err := f.store.TicketCounts(ctx)
			return err
		}},
		{name: "numbers of tickets of a customer", golden: cost{1, 1, 0}, run: func(ctx context.Context, f *costFixture) error {
			_, _, err := f.store.CustomerStats(ctx, f.sara.UserID)
			return err
		}},
		{name: "report of a month", budget: "1 / 1 / 0", golden: cost{1, 0.5, 0}, run: func(ctx context.Context, f *costFixture) error {
			_, err := f.store.StatsSnapshot(ctx, stats.Last30Days(app.Now(), time.UTC))
			return err
		}},
		{name: "report of a month in a time zone", golden: cost{2, 1, 0}, run: func(ctx context.Context, f *costFixture) error {
			_, err := f.store.StatsSnapshot(ctx, stats.Last30Days(app.Now(), time.FixedZone("", 12_600)))
			return err
		}},
		{name: "activity (20)", golden: cost{2, 11, 0}, run: func(ctx context.Context, f *costFixture) error {
			page, _, err := f.store.Activity(ctx, 20, "")
			if err == nil && len(page) != 20 {
				err = fmt.Errorf("got %d entries", len(page))
			}
			return err
		}, prepare: func(ctx context.Context, f *costFixture) error {
			log, err := openStore().ReadLogFrom(ctx, f.ticketID, f.lastSeq-20)
			for _, e := range log.Entries {
				e.CreatedAt = app.Now().Add(time.Minute) // newer than the activity of other tests
				err = errors.Join(err, openStore().RecordActivity(ctx, e))
			}
			return err
		}},
	}
}
