// Package notification tells people what happened to them: in the app, by
// e-mail and by SMS. A notification is the one item of its cause; what becomes
// of it on each channel is written on it.
//
// The package knows no technology; pkg/dynamo keeps what it keeps.
package notification

import (
	"context"
	"time"

	"ticketsystem/pkg/user"
)

// Kind says what a notification is about.
type Kind string

// The kinds of notifications.
const (
	KindReply      Kind = "reply"      // support has answered
	KindStatus     Kind = "status"     // the ticket's status has moved
	KindAssignment Kind = "assignment" // a ticket was given to the person
	KindBroadcast  Kind = "broadcast"  // an administrator's message
	KindReminder   Kind = "reminder"   // the ticket waits for the person
)

// Channel is a way to the person besides the app, where every notification is.
type Channel string

// The channels.
const (
	Email Channel = "email"
	SMS   Channel = "sms"
)

// State is how far a delivery has come.
type State string

// The states of a delivery. Sent means that the provider has taken it.
const (
	Queued  State = "queued"
	Sending State = "sending"
	Sent    State = "sent"
	Failed  State = "failed"
	Skipped State = "skipped"
)

// Why a delivery was skipped, or failed for good. Other failures give the
// provider's own reason.
const (
	ReasonRead        = "read"        // the person has seen it already
	ReasonOptedOut    = "choice"      // the person does not want this channel
	ReasonNoAddress   = "no_address"  // there is no e-mail address
	ReasonUnverified  = "unverified"  // the address is not confirmed
	ReasonSuppressed  = "suppressed"  // mail to the address bounced, or was complained about
	ReasonUserDeleted = "gone"        // the person is disabled or removed
	ReasonNoProvider  = "no_sender"   // this house sends no mail
	ReasonSpendLimit  = "spend_limit" // the day's text messages are used up
)

// TTL is how long a notification is kept.
const TTL = 90 * 24 * time.Hour

// Delivery is what became of a notification on one channel.
type Delivery struct {
	State    State
	Reason   string // of what failed or was skipped
	Attempts int
	At       time.Time // of the last move
}

// ReasonProvider stands for the words of a provider, which are for the log.
const ReasonProvider = "provider"

// PublicReason is the reason as people may see it.
func (d Delivery) PublicReason() string {
	if d.State == Failed && d.Reason != ReasonSpendLimit {
		return ReasonProvider
	}
	return d.Reason
}

// Notification is what one person is told about one cause. Its texts are made
// of kind and parameters in the language of whoever reads them (see Text).
type Notification struct {
	ID       string // derived from the cause: see id.At
	UserID   string
	Kind     Kind
	TicketID string
	Seq      int // of the entry it tells of

	Title  string // of the ticket; of a broadcast, as it was written
	Body   string // beginning of the reply; text of a broadcast
	Author string // who did it
	Status string // the new one, as customers see it

	BroadcastID  string // of a broadcast
	Hidden       bool   // not shown in the app: it only carries deliveries
	CounterShard int    // the part of the broadcast it was sent with

	Read       bool
	CreatedAt  time.Time // of the cause
	Deliveries map[Channel]Delivery
}

// PendingChannels lists the channels that are still to be sent on, in a fixed order.
func (n Notification) PendingChannels() []Channel {
	var pending []Channel
	for _, channel := range []Channel{Email, SMS} {
		if n.Deliveries[channel].State == Queued {
			pending = append(pending, channel)
		}
	}
	return pending
}

// PlanDeliveries says what is to be done on each of the channels for this person. The
// choices are asked again when it is time to send.
func PlanDeliveries(u user.User, now time.Time, channels ...Channel) map[Channel]Delivery {
	deliveries := make(map[Channel]Delivery, len(channels))
	for _, channel := range channels {
		d := Delivery{State: Queued, At: now}
		if reason := skipReason(u, channel); reason != "" {
			d.State, d.Reason = Skipped, reason
		}
		deliveries[channel] = d
	}
	return deliveries
}

// skipReason is why a channel does not lead to the person; "" when it does.
func skipReason(u user.User, channel Channel) string {
	switch {
	case channel == SMS && !u.Notifications.SMS, channel == Email && !u.Notifications.Email:
		return ReasonOptedOut
	case channel == Email && u.Email == "":
		return ReasonNoAddress
	case channel == Email && !u.EmailVerified:
		return ReasonUnverified
	}
	return ""
}

// Query asks for a page of a person's notifications, newest first.
type Query struct {
	Unread bool   // only those that are not read
	Before string // the id the last page ended with; "" for the first page
	Limit  int
}

// Page is a part of the list.
type Page struct {
	Notifications []Notification
	Next          string // the Before of the next page; "" at the end
	Unread        int    // of all of the person's, not of the page
}

// Store keeps notifications and counts the unread ones.
type Store interface {
	// AddNotifications stores notifications, each with its person's count. One that is
	// there already stays as it is and is not counted again.
	AddNotifications(ctx context.Context, list ...Notification) error
	// ListNotifications reads a page.
	ListNotifications(ctx context.Context, userID string, q Query) (Page, error)
	// MarkNotificationsRead marks some as read; ids that are not the person's are passed over.
	MarkNotificationsRead(ctx context.Context, userID string, ids []string) error
	// MarkAllNotificationsRead marks all as read that are there.
	MarkAllNotificationsRead(ctx context.Context, userID string) error
}
