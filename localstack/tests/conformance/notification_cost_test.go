package conformance

import (
	"context"
	"fmt"

	"ticketsystem/pkg/app"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/ticket"
)

// notificationCosts covers creating, listing, reading and sending notifications.
func notificationCosts() []costCase {
	var last notification.Notification
	page := func(ctx context.Context, f *costFixture, q notification.Query) error {
		got, err := f.store.ListNotifications(ctx, f.sara.UserID, q)
		if err == nil && len(got.Notifications) != q.Limit {
			err = fmt.Errorf("got %d, want %d", len(got.Notifications), q.Limit)
		}
		return err
	}
	return []costCase{
		{name: "stream: create a notification for a reply", golden: cost{3, 2, 4}, run: func(ctx context.Context, f *costFixture) error {
			notifier := &notification.Notifier{Store: f.store, Tickets: f.store, Users: f.store, Now: app.Now}
			return notifier.NotifyEntry(ctx, f.entry(f.lastSeq+1, f.ali, sampleReply)) // sara has read the others
		}},
		{
			name: "stream: create a notification for a reply that was read", golden: cost{3, 2, 1},
			prepare: func(ctx context.Context, f *costFixture) error {
				return openStore().CreateReadMarker(ctx, ticket.ReadMarker{TicketID: f.ticketID, Reader: ticket.Author{ID: f.sara.UserID}, Seq: 1})
			},
			run: func(ctx context.Context, f *costFixture) error {
				notifier := &notification.Notifier{Store: f.store, Tickets: f.store, Users: f.store, Now: app.Now}
				return notifier.NotifyEntry(ctx, f.entry(1, f.ali, sampleReply))
			},
		},
		{
			name: "stream: count an entry of a minute that the instance has begun", golden: cost{1, 0, 1},
			prepare: func(ctx context.Context, f *costFixture) error {
				_, _, err := f.store.CountEntries(ctx, f.ali.UserID, workloadStart(), 1)
				return err
			},
			run: func(ctx context.Context, f *costFixture) error {
				_, _, err := f.store.CountEntries(ctx, f.ali.UserID, workloadStart(), 1)
				return err
			},
		},
		{
			name: "notifications (20)", budget: "1 / 1 / 0", golden: cost{1, 1.5, 0},
			prepare: func(ctx context.Context, f *costFixture) error {
				for i := range 25 {
					last = newNotification(f.sara.UserID, i*1000)
					last.Body = "سلام، پرداخت شما را دیدیم. مبلغ اضافه تا دو روز کاری به حساب شما برمی‌گردد."
					if err := openStore().AddNotifications(ctx, last); err != nil {
						return err
					}
				}
				return nil
			},
			run: func(ctx context.Context, f *costFixture) error { return page(ctx, f, notification.Query{Limit: 20}) },
		},
		{name: "the number of unread notifications", golden: cost{1, 0.5, 0}, run: func(ctx context.Context, f *costFixture) error {
			return page(ctx, f, notification.Query{Unread: true, Limit: 1, CorrectCount: true})
		}},
		{name: "mark a notification read", golden: cost{2, 2, 4}, run: func(ctx context.Context, f *costFixture) error {
			return f.store.MarkNotificationsRead(ctx, f.sara.UserID, []string{last.ID})
		}},
		{name: "mark all notifications read", golden: cost{2, 1, 1}, run: func(ctx context.Context, f *costFixture) error {
			return f.store.MarkAllNotificationsRead(ctx, f.sara.UserID)
		}},
		{
			name: "send an SMS", golden: cost{5, 8, 4},
			prepare: func(ctx context.Context, f *costFixture) error {
				last = newNotification(f.sara.UserID, -1000)
				return openStore().AddNotifications(ctx, last)
			},
			run: func(ctx context.Context, f *costFixture) error {
				provider := &fakeMailer{}
				_, err := provider.deliverer(f.store).Deliver(ctx, jobFor(last, notification.SMS))
				if err == nil && len(provider.sent) != 1 {
					err = fmt.Errorf("got %d messages, want one", len(provider.sent))
				}
				return err
			},
		},
	}
}
