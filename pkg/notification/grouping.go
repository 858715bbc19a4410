package notification

import (
	"slices"
	"strings"
	"time"

	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// GroupWindow bounds the time between the notifications of one message. SQS delays a
// job by at most 15 minutes.
const GroupWindow = 15 * time.Minute

// maxGroup bounds the notifications that one claim groups. DynamoDB writes at most 100
// items in a transaction.
const maxGroup = 90

// DeliveryInput is what a delivery depends on. Read is set in its notifications if the user
// has read the notification or the entry.
type DeliveryInput struct {
	Notification Notification   // without an ID if there is none
	Others       []Notification // the user's others of the same ticket within GroupWindow, by ID
	User         user.User
	UserFound    bool
	Ticket       ticket.Ticket // the zero value if there is none
	Deleted      bool          // whether the ticket was deleted
}

// group returns the notifications that a message reports now, by ID: those that were
// grouped into this one by an earlier attempt, and the pending ones. added are the
// pending ones. Both are empty if the user needs no message.
func (in DeliveryInput) group(channel Channel, staleBefore time.Time) (reported, added []Notification) {
	members := in.membersOf(channel, in.Notification.ID)
	reported = slices.DeleteFunc(members, in.needsNoMessage)
	if len(reported) == 0 {
		return nil, nil
	}
	for _, other := range slices.Backward(in.Others) {
		if !other.Deliveries[channel].claimable(staleBefore) || in.needsNoMessage(other) || len(added) == maxGroup {
			continue
		}
		added = append(added, other)
		reported = append(reported, slices.DeleteFunc(in.membersOf(channel, other.ID), in.needsNoMessage)...)
	}
	slices.SortFunc(reported, func(a, b Notification) int { return strings.Compare(a.ID, b.ID) })
	return reported, added
}

// isAgentTold reports whether an SMS has told an agent of replies to the same ticket that are still
// unread. Without this rule one customer could use up the limit of a day by writing every minute.
func (in DeliveryInput) isAgentTold() bool {
	return in.Notification.Kind == KindCustomerReply && slices.ContainsFunc(in.Others, func(other Notification) bool {
		return other.Kind == KindCustomerReply && !other.Read && other.Deliveries[SMS].State == Sent
	})
}

// membersOf returns a notification and all that were grouped into it, also indirectly.
func (in DeliveryInput) membersOf(channel Channel, id string) []Notification {
	var members []Notification
	ids := []string{id}
	for i := 0; i < len(ids); i++ {
		for _, n := range append([]Notification{in.Notification}, in.Others...) {
			if n.ID == ids[i] {
				members = append(members, n)
			} else if n.Deliveries[channel].Into == ids[i] && !slices.Contains(ids, n.ID) {
				ids = append(ids, n.ID)
			}
		}
	}
	return members
}

// needsNoMessage reports whether the user needs no message about a notification.
func (in DeliveryInput) needsNoMessage(n Notification) bool {
	return n.Read || n.isOutdated(in.Ticket) && !(n.Kind == KindReply && in.reopenedByStaff())
}

// reopenedByStaff reports whether the ticket waits since a change of status by staff, of which the
// user is notified, and not since an answer of the customer.
func (in DeliveryInput) reopenedByStaff() bool {
	return slices.ContainsFunc(append([]Notification{in.Notification}, in.Others...), func(n Notification) bool {
		return n.Kind == KindStatus && n.CreatedAt.Equal(in.Ticket.WaitingSince)
	})
}

// isOutdated reports whether a later change of the ticket, which the user knows or gets
// another notification of, makes n untrue. It is false for a stored ticket that lacks
// the entry.
func (n Notification) isOutdated(tk ticket.Ticket) bool {
	if tk.ID == "" || tk.LastSeq < n.Seq {
		return false
	}
	switch n.Kind { //nolint:exhaustive // broadcasts have no ticket
	case KindReply: // the customer has answered since
		return tk.WaitingSince.After(n.CreatedAt)
	case KindCustomerReply: // somebody else is responsible, or has answered
		return tk.State.AssigneeID != n.UserID || tk.WaitingSince.IsZero()
	case KindAssignment:
		return tk.State.AssigneeID != n.UserID
	case KindStatus:
		return string(tk.ForRole(user.RoleUser).State.Status) != n.Status
	case KindReminder:
		return tk.State.Status != ticket.StatusPending
	}
	return false
}

// summarize returns the notification that a message shows: the newest one, with the
// number of replies and the newest reply.
func summarize(reported []Notification) Notification {
	shown := reported[len(reported)-1]
	if len(reported) == 1 {
		return shown
	}
	for _, n := range reported {
		if n.isReply() {
			shown.Replies++
			shown.Body = n.Body
		}
	}
	return shown
}
