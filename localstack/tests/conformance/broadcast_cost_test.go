package conformance

import (
	"context"
	"fmt"
	"time"

	"ticketsystem/pkg/app"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/user"
)

// broadcastCosts covers broadcasts to 45 users, which is one page.
func broadcastCosts() []costCase {
	var b broadcast.Broadcast
	var ids []string
	service := func(f *costFixture) *broadcast.Service {
		return &broadcast.Service{Store: f.store, Recorder: audit.Recorder{Now: app.Now, NewID: newID}}
	}
	start := func(ctx context.Context, f *costFixture) (err error) {
		b, err = service(f).Create(ctx, audit.Actor{ID: newID()}, broadcast.Broadcast{
			Title: "تعطیلات", Body: "جمعه تعطیل هستیم.", InApp: true, Audience: broadcast.Audience{UserIDs: ids},
			Channels: []notification.Channel{notification.SMS}, Counts: map[notification.Channel]broadcast.DeliveryCounts{notification.SMS: {}},
		})
		return err
	}
	return []costCase{
		{name: "create a broadcast to 45 named users", golden: cost{1, 0, 11}, run: start, prepare: func(ctx context.Context, _ *costFixture) error {
			for n := range broadcast.PageSize {
				login := newBroadcastUser(n)
				ids = append(ids, login.User.ID)
				if err := openStore().CreateUser(ctx, login, audit.Record{ID: newID()}); err != nil {
					return err
				}
			}
			return nil
		}},
		{name: "notify the 45", golden: cost{4, 47, 182}, run: func(ctx context.Context, f *costFixture) error {
			finished, err := (&broadcast.Runner{Store: f.store, Users: f.store, Now: app.Now}).Run(ctx, b.ID, app.Now().Add(time.Minute))
			if err == nil && !finished {
				err = fmt.Errorf("the broadcast is not finished")
			}
			return err
		}},
		{name: "list 45 users by role", golden: cost{2, 45.5, 0}, run: func(ctx context.Context, f *costFixture) error {
			users, _, err := f.store.ListUsers(ctx, user.RoleUser, broadcast.PageSize, nil)
			if err == nil && len(users) != broadcast.PageSize {
				err = fmt.Errorf("got %d users", len(users))
			}
			return err
		}},
		{name: "a broadcast", golden: cost{1, 1, 0}, run: func(ctx context.Context, f *costFixture) error {
			_, err := f.store.Broadcast(ctx, b.ID)
			return err
		}},
		{name: "stream: a broadcast whose author is away", golden: cost{2, 2, 0}, run: func(ctx context.Context, f *costFixture) error {
			return stream.PublishBroadcasts(f.store, f.wsHandler.Publisher)(ctx, event.BroadcastChanged{BroadcastID: b.ID})
		}},
		{name: "stream: a broadcast whose author is connected", golden: cost{3, 2, 1}, run: func(ctx context.Context, f *costFixture) error {
			return stream.PublishBroadcasts(f.store, f.wsHandler.Publisher)(ctx, event.BroadcastChanged{BroadcastID: b.ID})
		}, prepare: func(ctx context.Context, _ *costFixture) error {
			c := newConnection(user.Principal{UserID: b.AuthorID, Role: user.RoleAdmin})
			if err := openStore().AddConnection(ctx, c); err != nil {
				return err
			}
			_, err := openStore().Subscribe(ctx, c, realtime.UserTopic(b.AuthorID))
			return err
		}},
		{name: "stream: push a broadcast", golden: cost{3, 2, 1}, run: func(ctx context.Context, f *costFixture) error {
			before := f.pusher.count
			err := stream.PublishBroadcasts(f.store, f.wsHandler.Publisher)(ctx, event.BroadcastPublishRequested{BroadcastID: b.ID, Round: 1})
			if err == nil && f.pusher.count != before+1 {
				err = fmt.Errorf("got %d pushes", f.pusher.count-before)
			}
			return err
		}},
		{name: "stream: push a broadcast, too early", golden: cost{1, 0, 1}, run: func(ctx context.Context, f *costFixture) error {
			return stream.PublishBroadcasts(f.store, f.wsHandler.Publisher)(ctx, event.BroadcastPublishRequested{BroadcastID: b.ID, Round: 2, Published: app.Now()})
		}, prepare: func(ctx context.Context, _ *costFixture) error {
			return openStore().RequestPublish(ctx, b.ID, 0, 2*time.Second)
		}},
		{name: "cancel a broadcast", golden: cost{2, 1, 7}, run: func(ctx context.Context, f *costFixture) error {
			_, err := service(f).Cancel(ctx, audit.Actor{ID: newID()}, b.ID)
			return err
		}, prepare: start},
	}
}
