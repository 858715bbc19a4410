// Package pushmessages builds the senders and the subscriptions of push messages.
package pushmessages

import (
	"cmp"
	"context"
	"time"

	"ticketsystem/pkg/app"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/mobilepush"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/webpush"
)

// Platforms returns the push services of phones, from IOS_PUSH_APPLICATION and
// ANDROID_PUSH_APPLICATION.
func Platforms(a *app.App) *mobilepush.Platforms {
	return mobilepush.New(a.AWS("SNS"), map[string]string{
		notification.PlatformIOS: a.String("IOS_PUSH_APPLICATION", ""), notification.PlatformAndroid: a.String("ANDROID_PUSH_APPLICATION", ""),
	})
}

// maxPerHour is how many push subscriptions a user may send in an hour. Clients send theirs at
// every start.
const maxPerHour = 120

// Subscriptions returns the service of push subscriptions. LOCAL_PUSH_SERVICE is the origin
// of a push service for tests.
func Subscriptions(a *app.App) *notification.PushSubscriptions {
	return &notification.PushSubscriptions{
		Store: a.Store(), Platforms: Platforms(a), Now: app.Now, TestService: a.String("LOCAL_PUSH_SERVICE", ""),
		Limiter: &limit.Limiter{Rule: limit.Rule{Name: "push-subscriptions", Max: maxPerHour, Window: time.Hour}, Store: a.Store(), Now: app.Now},
	}
}

// Sender returns the sender to all platforms. Push services report problems to
// SUPPORT_ADDRESS or SENDER_ADDRESS.
func Sender(a *app.App) notification.PushSender {
	contact := cmp.Or(a.String("SUPPORT_ADDRESS", ""), a.String("SENDER_ADDRESS", ""), "support@"+a.Required("TOKEN_ISSUER")+".invalid")
	return sender{webpush.New(a.Key().PushKey(), contact, a.String("LOCAL_PUSH_SERVICE", "")), Platforms(a)}
}

type sender struct {
	web    *webpush.Sender
	mobile *mobilepush.Platforms
}

// Push implements notification.PushSender.
func (s sender) Push(ctx context.Context, to notification.PushSubscription, m notification.PushMessage) error {
	if to.Platform == notification.PlatformWeb {
		return s.web.Push(ctx, to, m)
	}
	return s.mobile.Push(ctx, to, m)
}
