package conformance

import (
	"context"
	"fmt"
	"time"

	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// broadcastCosts are those of telling many: 45 people, one page.
func broadcastCosts() []cost {
	var b broadcast.Broadcast
	var ids []string
	desk := func(k *market) *broadcast.Desk {
		return &broadcast.Desk{Store: k.store, Pen: audit.Pen{Now: wiring.Now, NewID: newID}}
	}
	start := func(ctx context.Context, k *market) (err error) {
		b, err = desk(k).Start(ctx, audit.Actor{ID: newID()}, broadcast.Broadcast{
			Title: "تعطیلات", Body: "جمعه تعطیل هستیم.", InApp: true, Audience: broadcast.Audience{UserIDs: ids},
			Channels: []notification.Channel{notification.SMS}, Tallies: map[notification.Channel]broadcast.Tally{notification.SMS: {}},
		})
		return err
	}
	return []cost{
		{name: "start a broadcast to 45 named", golden: price{1, 0, 8}, run: start, before: func(ctx context.Context, _ *market) error {
			for n := range broadcast.PageSize {
				login := neighbour(n)
				ids = append(ids, login.User.ID)
				if err := open().AddUser(ctx, login, audit.Record{ID: newID()}); err != nil {
					return err
				}
			}
			return nil
		}},
		{name: "tell the 45", golden: price{4, 47, 182}, run: func(ctx context.Context, k *market) error {
			over, err := (&broadcast.Runner{Store: k.store, People: k.store, Now: wiring.Now}).Run(ctx, b.ID, wiring.Now().Add(time.Minute))
			if err == nil && !over {
				err = fmt.Errorf("the broadcast is not over")
			}
			return err
		}},
		{name: "find 45 by role", golden: price{2, 45.5, 0}, run: func(ctx context.Context, k *market) error {
			people, _, err := k.store.Users(ctx, user.RoleUser, broadcast.PageSize, nil)
			if err == nil && len(people) != broadcast.PageSize {
				err = fmt.Errorf("got %d people", len(people))
			}
			return err
		}},
		{name: "a broadcast", golden: price{1, 1, 0}, run: func(ctx context.Context, k *market) error {
			_, err := k.store.Broadcast(ctx, b.ID)
			return err
		}},
		{name: "cancel a broadcast", golden: price{2, 1, 4}, run: func(ctx context.Context, k *market) error {
			_, err := desk(k).Cancel(ctx, audit.Actor{ID: newID()}, b.ID)
			return err
		}, before: start},
	}
}
