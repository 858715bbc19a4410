package notification

import (
	"context"
	"errors"
	"slices"
	"unicode"

	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/parallel"
	"ticketsystem/pkg/user"
)

// PushMessage is the content of a push message, as clients get it. A client replaces a
// shown message with the same NotificationID.
type PushMessage struct {
	NotificationID string `json:"notificationId"`
	TicketID       string `json:"ticketId,omitempty"`
	Title          string `json:"title"`
	Body           string `json:"body"`
	Language       string `json:"lang"`
	Direction      string `json:"dir"`
}

// PushSender sends push messages.
type PushSender interface {
	// Push sends a message. It fails with ErrPushGone if the subscription has ended, with
	// ErrPushRefused if a repeat is useless, and with ErrThrottled as a Mailer.
	Push(ctx context.Context, s PushSubscription, m PushMessage) error
}

// Errors of PushSender.
var (
	ErrPushGone    = errors.New("push subscription has ended")
	ErrPushRefused = errors.New("push message refused")
)

// The maximum lengths of a push message in runes. Push services accept 4,096 bytes.
const (
	maxPushTitle = 100
	maxPushBody  = 500
)

// NewPushMessage renders a notification as a push message in the user's language. It has
// no text of tickets and messages unless the user allows it, because phones show it on the
// lock screen.
func NewPushMessage(n Notification, to user.User, brand locale.Brand) PushMessage {
	m := PushMessage{
		NotificationID: n.ID, TicketID: n.TicketID, Language: locale.Resolve(to.Locale), Direction: locale.Text(to.Locale, "language.direction"),
		Title: brand.NameIn(to.Locale),
	}
	if n.Kind == KindBroadcast || to.Notifications.PushText {
		m.Title, m.Body = Text(n, to.Locale)
	} else {
		body := []rune(shortText(n, to.Locale))
		body[0] = unicode.ToUpper(body[0])
		m.Body = string(body)
	}
	m.Title, m.Body = shorten(withoutFormats(m.Title), maxPushTitle), shorten(withoutFormats(m.Body), maxPushBody)
	return m
}

// push sends a notification to all subscriptions of a user that an earlier attempt has not
// reached, and removes the ended ones. It returns an error if it must be repeated.
func (d *Deliverer) push(ctx context.Context, n Notification, to user.User, delivery *Delivery) (State, string, error) {
	live, ended, err := d.Push.Store.PushSubscriptions(ctx, to.ID)
	if err != nil {
		return failedDelivery(err)
	}
	message := NewPushMessage(n, to, d.Brand)
	results := make([]error, len(live))
	indexes := make([]int, len(live))
	for i := range live {
		indexes[i] = i
	}
	_ = parallel.ForEach(indexes, max(len(indexes), 1), func(i int) error {
		if !slices.Contains(delivery.Reached, live[i].ID) {
			results[i] = d.PushSender.Push(ctx, live[i], message)
		}
		return nil
	})
	var gone []string
	var refused error
	var failed []error
	for i, err := range results {
		switch {
		case err == nil && !slices.Contains(delivery.Reached, live[i].ID):
			delivery.Reached = append(delivery.Reached, live[i].ID)
		case errors.Is(err, ErrPushGone):
			gone = append(gone, live[i].ID)
		case errors.Is(err, ErrPushRefused):
			refused = err
		case err != nil:
			failed = append(failed, err)
		}
	}
	err = d.removePushSubscriptions(ctx, to.ID, gone, ended)
	switch {
	case len(failed) > 0 || err != nil:
		return failedDelivery(errors.Join(append(failed, err)...))
	case len(delivery.Reached) > 0:
		return Sent, "", nil
	case refused != nil:
		state, reason, _ := failedDelivery(refused)
		return state, reason, nil
	}
	return Skipped, ReasonNoAddress, nil
}

// removePushSubscriptions removes subscriptions that the push service has ended, and those
// of ended sessions. Another user of the same phone may use the endpoint of the latter.
func (d *Deliverer) removePushSubscriptions(ctx context.Context, userID string, gone []string, ended []PushSubscription) error {
	var errs []error
	if len(gone) > 0 {
		errs = append(errs, d.Push.remove(ctx, userID, gone...))
	}
	if len(ended) > 0 {
		_, err := d.Push.Store.RemovePushSubscriptions(ctx, userID, idsOf(ended)...)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
