package notification

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// Notifier creates notifications for ticket entries and reminders.
type Notifier struct {
	Store   Store
	Tickets TicketReader
	Users   UserReader
	Now     func() time.Time
}

// TicketReader reads ticket logs.
type TicketReader interface {
	// ReadLogLatest returns the ticket with its n latest entries. The ticket is
	// zero if it was deleted.
	ReadLogLatest(ctx context.Context, ticketID string, n int) (ticket.Log, error)
}

// UserReader reads users.
type UserReader interface {
	// User returns a user, or apperr.UserNotFound.
	User(ctx context.Context, id string) (user.User, error)
}

// NotifyEntry stores the notification for an entry: the customer is notified of
// tickets that staff opened, replies and visible status changes, an agent of an assignment and of the customer's
// replies to an assigned ticket. Authors are not notified of their own entries. A
// recipient who has read the entry gets it as read. It is safe to repeat.
func (n *Notifier) NotifyEntry(ctx context.Context, e ticket.Entry) error {
	if kindFor(e) == "" {
		return nil
	}
	log, err := n.Tickets.ReadLogLatest(ctx, e.TicketID, 1)
	if err != nil || log.Ticket.ID == "" {
		return err // the ticket was deleted
	}
	created, needed := ForEntry(log.Ticket, e)
	if !needed {
		return nil
	}
	u, err := n.Users.User(ctx, created.UserID)
	if apperr.Is(err, apperr.UserNotFound) {
		return nil
	}
	if err != nil || u.Disabled || created.ForAgent() && !u.Role.IsStaff() {
		return err
	}
	created.RequestID, created.Deliveries = e.RequestID, PlanDeliveries(u, n.Now(), channelsOf(u)...)
	if created.Read = log.ReadMarkers[u.ID] >= e.Seq; created.Read {
		for channel := range created.Deliveries {
			created.Deliveries[channel] = Delivery{State: Skipped, Reason: ReasonRead, At: n.Now()}
		}
	}
	return n.Store.AddNotifications(ctx, created)
}

// NotifyReminder notifies the customer that the ticket waits for them. It is
// safe to repeat: there is one notification per due time.
func (n *Notifier) NotifyReminder(ctx context.Context, tk ticket.Ticket, dueAt time.Time) error {
	u, err := n.Users.User(ctx, tk.Customer.ID)
	if apperr.Is(err, apperr.UserNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return n.Store.AddNotifications(ctx, Notification{
		ID: reminderID(tk.ID, dueAt, u.ID), UserID: u.ID, Kind: KindReminder,
		TicketID: tk.ID, Title: tk.Title, CreatedAt: dueAt, Deliveries: PlanDeliveries(u, n.Now(), channelsOf(u)...),
	})
}

func reminderID(ticketID string, dueAt time.Time, userID string) string {
	return id.FromCause(dueAt, ticketID, string(KindReminder), userID)
}

// IDsForEntries returns the ids of the notifications that the entries of a ticket may
// have caused, and the reminders due remindAfter after an entry, by recipient. The
// entries may be a part of the log, and customerID may be the assignee instead.
func IDsForEntries(customerID string, entries []ticket.Entry, remindAfter time.Duration) map[string][]string {
	ids := map[string][]string{}
	for _, e := range entries {
		if n, needed := ForEntry(ticket.Ticket{Customer: ticket.UserRef{ID: customerID}}, e); needed {
			ids[n.UserID] = append(ids[n.UserID], n.ID)
			if n.Kind == KindReply && e.State.AssigneeID != "" && e.State.AssigneeID == n.UserID { // its author may be the customer
				n, _ = ForEntry(ticket.Ticket{Customer: ticket.UserRef{ID: e.Author.ID}}, e)
				ids[n.UserID] = append(ids[n.UserID], n.ID)
			}
		}
		if e.State.Status == ticket.StatusPending && e.VisibleTo(user.RoleUser) {
			reminder := reminderID(e.TicketID, e.CreatedAt.Add(remindAfter), customerID)
			if !slices.Contains(ids[customerID], reminder) {
				ids[customerID] = append(ids[customerID], reminder)
			}
		}
	}
	return ids
}

// kindFor returns the kind of notification that an entry may cause, or "". A
// message that changes the status causes one for the reply only.
func kindFor(e ticket.Entry) Kind {
	switch public := e.ForRole(user.RoleUser).Change; {
	case e.Kind == ticket.KindOpened && e.Customer().ID != e.Author.ID:
		return KindOpened
	case e.Kind == ticket.KindMessage && e.Author.Role != user.RoleUser:
		return KindReply
	case e.Kind == ticket.KindMessage && e.State.AssigneeID != "":
		return KindCustomerReply
	case e.Kind == ticket.KindStatus && e.Author.Role != user.RoleUser && public != nil && public.From != public.To:
		return KindStatus
	case e.Kind == ticket.KindAssignment && e.Change != nil && e.Change.To != "":
		return KindAssignment
	}
	return ""
}

// ForEntry returns the notification for an entry, without deliveries. needed is
// false if no user is to be notified.
func ForEntry(tk ticket.Ticket, e ticket.Entry) (n Notification, needed bool) {
	kind := kindFor(e)
	if kind == KindReply && e.Author.ID == tk.Customer.ID && e.State.AssigneeID != "" {
		kind = KindCustomerReply // the customer is an agent
	}
	recipient := tk.Customer.ID
	switch kind { //nolint:exhaustive // others are for the customer
	case KindAssignment:
		recipient = e.Change.To
	case KindCustomerReply:
		recipient = e.State.AssigneeID
	}
	if kind == "" || recipient == e.Author.ID {
		return Notification{}, false
	}
	n = Notification{
		ID: id.FromCause(e.CreatedAt, e.TicketID, strconv.Itoa(e.Seq), string(kind), recipient), UserID: recipient, Kind: kind,
		TicketID: e.TicketID, Seq: e.Seq, Title: tk.Title, Author: e.Author.Name, CreatedAt: e.CreatedAt,
	}
	switch kind { //nolint:exhaustive // other kinds have no additional fields
	case KindReply, KindCustomerReply:
		n.Body = truncate(e.Body)
	case KindStatus:
		n.Status = e.ForRole(user.RoleUser).Change.To
	}
	return n, true
}

// ForAgent reports whether only staff may get and read the notification.
func (n Notification) ForAgent() bool {
	return n.Kind == KindAssignment || n.Kind == KindCustomerReply
}

// maxBodyRunes keeps a page of notifications within one read unit (4 KB).
const maxBodyRunes = 80

// truncate joins the lines of a text and shortens it to maxBodyRunes.
func truncate(body string) string {
	return shorten(strings.Join(strings.Fields(body), " "), maxBodyRunes)
}

// shorten returns a text of at most maxRunes.
func shorten(text string, maxRunes int) string {
	if utf8.RuneCountInString(text) <= maxRunes {
		return text
	}
	return string([]rune(text)[:maxRunes-1]) + "…"
}
