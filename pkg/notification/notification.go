// Package notification creates notifications for users and delivers them by
// e-mail, SMS and push messages. A notification is one item; it records the state of its
// delivery on each channel.
package notification

import (
	"context"
	"time"

	"ticketsystem/pkg/user"
)

// Kind is the type of event that a notification reports.
type Kind string

// The kinds of notifications.
const (
	KindOpened        Kind = "opened"         // an agent has opened a ticket for the customer
	KindReply         Kind = "reply"          // an agent has replied
	KindCustomerReply Kind = "customer_reply" // the customer has replied to the assigned agent
	KindStatus        Kind = "status"         // the ticket's status has changed
	KindAssignment    Kind = "assignment"     // a ticket was assigned to the user
	KindBroadcast     Kind = "broadcast"      // a message from an administrator
	KindReminder      Kind = "reminder"       // the ticket waits for the user
)

// Channel is a means of delivery in addition to the app.
type Channel string

// The channels.
const (
	Email Channel = "email"
	SMS   Channel = "sms"
	Push  Channel = "push"
)

// Channels returns all channels in alphabetical order, which is their order in lists.
func Channels() []Channel { return []Channel{Email, Push, SMS} }

// State is the state of a delivery.
type State string

// The states of a delivery. Sent means that the provider has accepted it.
const (
	Queued  State = "queued"
	Sending State = "sending"
	Sent    State = "sent"
	Failed  State = "failed"
	Skipped State = "skipped"
)

// The reasons why a delivery was skipped or failed permanently. For other
// failures the reason is the provider's error.
const (
	ReasonRead        = "read"        // the user has already read it
	ReasonGrouped     = "grouped"     // the message about another notification of the ticket reports it
	ReasonOutdated    = "outdated"    // the ticket has changed since
	ReasonDeleted     = "deleted"     // the ticket was deleted
	ReasonOptedOut    = "choice"      // the user has disabled the channel
	ReasonNoAddress   = "no_address"  // the user has no e-mail address or no push subscription
	ReasonUnverified  = "unverified"  // the address is not verified
	ReasonSuppressed  = "suppressed"  // mail to the address bounced or caused a complaint
	ReasonUserDeleted = "gone"        // the user is disabled or deleted
	ReasonNoProvider  = "no_sender"   // e-mail is not configured
	ReasonSpendLimit  = "spend_limit" // the daily SMS quota is used up
)

// TTL is how long a notification is kept.
const TTL = 90 * 24 * time.Hour

// Delivery is the state of a notification on one channel.
type Delivery struct {
	State    State
	Reason   string    // why it failed or was skipped
	Attempts int       // claims, of which a provider may have throttled some
	Counted  bool      // whether the SMS counts for the quota of a day
	At       time.Time // of the last state change
	Into     string    // if it was grouped: ID of the notification whose message reports it
	Reached  []string  // IDs of the push subscriptions that a failed attempt has reached
}

// claimable reports whether a delivery is still to be sent: it is queued or failed, or
// its claim is older than staleBefore.
func (d Delivery) claimable(staleBefore time.Time) bool {
	return d.State == Queued || d.State == Failed || d.State == Sending && d.At.Before(staleBefore)
}

// ReasonProvider replaces a provider's error, which is only for the log.
const ReasonProvider = "provider"

// PublicReason returns the reason that users may see.
func (d Delivery) PublicReason() string {
	if d.State == Failed && d.Reason != ReasonSpendLimit {
		return ReasonProvider
	}
	return d.Reason
}

// Notification reports one event to one user. Text renders it in the language
// of the reader.
type Notification struct {
	ID       string // derived from the event: see id.FromCause
	UserID   string
	Kind     Kind
	TicketID string
	Seq      int // of the entry it reports

	Title  string // of the ticket or broadcast
	Body   string // start of the reply, or text of the broadcast
	Author string // name of the author of the entry
	Status string // new status, as customers see it

	// Replies is the number of replies in a message that reports several
	// notifications; see summarize. It is not stored.
	Replies int

	BroadcastID  string
	Hidden       bool // not shown in the app; only carries deliveries
	CounterShard int  // shard of the broadcast's delivery counters

	Read       bool
	RequestID  string    // of the request that caused it, or ""
	CreatedAt  time.Time // of the event
	Deliveries map[Channel]Delivery
}

// PendingChannels returns the channels that are still queued, in a fixed order.
func (n Notification) PendingChannels() []Channel {
	var pending []Channel
	for _, channel := range []Channel{Email, SMS, Push} {
		if n.Deliveries[channel].State == Queued {
			pending = append(pending, channel)
		}
	}
	return pending
}

// PlanDeliveries returns the initial delivery state for each channel. The
// user's preferences are checked again before sending.
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

// channelsOf returns the channels on which a user gets notifications of tickets.
func channelsOf(u user.User) []Channel {
	if u.HasPush {
		return []Channel{Email, SMS, Push}
	}
	return []Channel{Email, SMS}
}

// skipReason returns why the user cannot be reached on the channel, or "".
func skipReason(u user.User, channel Channel) string {
	switch {
	case channel == SMS && !u.Notifications.SMS, channel == Email && !u.Notifications.Email, channel == Push && !u.Notifications.Push:
		return ReasonOptedOut
	case channel == Email && u.Email == "", channel == Push && !u.HasPush:
		return ReasonNoAddress
	case channel == Email && !u.EmailVerified:
		return ReasonUnverified
	}
	return ""
}

// Query selects a page of a user's notifications, newest first.
type Query struct {
	Unread   bool   // only unread ones
	Customer bool   // without those that only staff may get: a former agent has them still
	Before   string // the last ID of the previous page; "" for the first page
	Limit    int

	CorrectCount bool // store the unread count if all were read to make the page, and it differs
}

// Page is one page of notifications.
type Page struct {
	Notifications []Notification
	Next          string // Query.Before of the next page; "" on the last page
	Unread        int    // of all the user's notifications
}

// Store stores notifications and the number of unread ones.
type Store interface {
	// AddNotifications stores notifications and increments the unread counts.
	// Existing ones are not changed or counted again, so it is safe to repeat.
	AddNotifications(ctx context.Context, list ...Notification) error
	// ListNotifications returns a page.
	ListNotifications(ctx context.Context, userID string, q Query) (Page, error)
	// MarkNotificationsRead marks notifications as read. It ignores unknown IDs.
	MarkNotificationsRead(ctx context.Context, userID string, ids []string) error
	// DeleteNotificationsByID deletes notifications, and corrects the unread count. It
	// ignores unknown IDs.
	DeleteNotificationsByID(ctx context.Context, userID string, ids []string) error
	// MarkAllNotificationsRead marks all existing notifications as read.
	MarkAllNotificationsRead(ctx context.Context, userID string) error
}
