package conformance

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/export"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

// pushCosts covers the life of a push subscription, with a message to it.
func pushCosts() []costCase {
	var u user.User
	var s notification.PushSubscription
	var n notification.Notification
	add := func(ctx context.Context, f *costFixture) error {
		_, _, err := f.store.AddPushSubscription(ctx, u.ID, s)
		return err
	}
	return []costCase{
		{name: "add a push subscription", golden: cost{2, 1, 6}, run: add, prepare: func(ctx context.Context, _ *costFixture) error {
			l := newLogin()
			l.User.Role, l.User.Notifications.Push = user.RoleUser, true
			session := newSession(l.User)
			u, s = l.User, newPushSubscription("cost", session.Family)
			return errors.Join(openStore().PutAccount(ctx, l), openStore().CreateSession(ctx, session, nil))
		}},
		{name: "add a push subscription again", golden: cost{1, 1, 0}, run: add},
		{name: "send a push message", golden: cost{6, 8, 3}, run: func(ctx context.Context, f *costFixture) error {
			d := (&fakeMailer{}).deliverer(f.store)
			d.Push, d.PushSender = &notification.PushSubscriptions{Store: f.store, Now: app.Now}, pushSender{}
			_, err := d.Deliver(ctx, jobFor(n, notification.Push))
			return err
		}, prepare: func(ctx context.Context, _ *costFixture) error {
			n = newNotification(u.ID, 0)
			u.HasPush = true
			n.Deliveries = notification.PlanDeliveries(u, app.Now(), notification.Push)
			return openStore().AddNotifications(ctx, n)
		}},
		{name: "remove the last push subscription", golden: cost{2, 1, 4}, run: func(ctx context.Context, f *costFixture) error {
			_, err := f.store.RemovePushSubscriptions(ctx, u.ID, s.ID)
			return err
		}},
	}
}

// pushSender sends nothing.
type pushSender struct{}

func (pushSender) Push(context.Context, notification.PushSubscription, notification.PushMessage) error {
	return nil
}

// exportQueue takes orders and keeps the last one.
type exportQueue struct{ order string }

func (q *exportQueue) SendText(_ context.Context, order string) error {
	q.order = order
	return nil
}

// exportCosts covers the data of a user with two tickets: in the response, and as a file.
func exportCosts() []costCase {
	var cookie string
	var job export.Export
	exporter := func(f *costFixture) *api.Exporter {
		return &api.Exporter{
			Store: f.store, Tickets: f.service, Objects: &memstore.Objects{}, Queue: &exportQueue{}, Now: app.Now, NewID: newID,
			Limiter: &limit.Limiter{Rule: limit.Rule{Name: "exports", Max: 100, Window: time.Hour}, Store: f.store, Now: app.Now},
		}
	}
	get := func(ctx context.Context, f *costFixture) error {
		server := &api.Server{Authenticator: &account.Authenticator{Cookies: openStore(), Now: app.Now}, Log: slog.New(slog.DiscardHandler), Now: app.Now}
		response, err := server.HTTP(api.ExportAccount(exporter(f)))(ctx, events.APIGatewayV2HTTPRequest{
			Cookies: []string{"__Host-session=" + cookie}, RequestContext: events.APIGatewayV2HTTPRequestContext{HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: "GET"}},
		})
		if err == nil && response.StatusCode != 200 && response.StatusCode != 202 {
			err = fmt.Errorf("got %d %s", response.StatusCode, response.Body)
		}
		return err
	}
	return []costCase{
		{name: "export the own data, 2 tickets", golden: cost{10, 8, 1}, run: get, prepare: func(ctx context.Context, f *costFixture) error {
			accounts, phone := f.accounts.withStore(openStore()), newPhone()
			browser := accounts.caller
			browser.UseCookie = true
			sent, err := accounts.SendCode(ctx, phone, account.PurposeSignUp, browser)
			if err != nil {
				return err
			}
			tokens, err := accounts.SignUp(ctx, phone, password, account.CodeInput{Digits: accounts.sms.code(phone), Challenge: sent.Challenge}, "Sara", browser)
			if err != nil {
				return err
			}
			cookie = tokens.Cookie
			for range 2 {
				if _, _, err := f.unmetered.Create(ctx, tokens.User.Principal(""), f.createParams()); err != nil {
					return err
				}
			}
			job = export.Export{UserID: tokens.User.ID, FileID: newID(), StartedAt: app.Now()}
			return nil
		}},
		{name: "start an export as a file", golden: cost{1, 0, 1}, run: func(ctx context.Context, f *costFixture) error {
			_, err := f.store.StartExport(ctx, job, app.Now().Add(-export.RunTimeout))
			return err
		}},
		{name: "make the file of an export", golden: cost{13, 9, 3}, run: func(ctx context.Context, f *costFixture) error {
			return exporter(f).Run(ctx, job.UserID+" "+job.FileID)
		}},
	}
}
