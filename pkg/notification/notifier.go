package notification

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// Notifier makes the notifications that follow from entries of ticket logs.
type Notifier struct {
	Store   Store
	Tickets TicketReader
	Users   UserReader
	Now     func() time.Time
}

// TicketReader reads the heads of tickets.
type TicketReader interface {
	ReadLogLatest(ctx context.Context, ticketID string, n int) (ticket.Log, error)
}

// UserReader reads people. Errors: user_not_found.
type UserReader interface {
	User(ctx context.Context, id string) (user.User, error)
}

// NotifyEntry makes what follows from an entry: an answer of support and a change of
// status that he can see for the customer, an assignment for who got the
// ticket. Nobody is told of his own deeds. To run it again changes nothing.
func (n *Notifier) NotifyEntry(ctx context.Context, e ticket.Entry) error {
	if kindFor(e) == "" {
		return nil
	}
	log, err := n.Tickets.ReadLogLatest(ctx, e.TicketID, 1)
	if err != nil || log.Ticket.ID == "" {
		return err // a removed ticket has nothing to tell
	}
	created, needed := ForEntry(log.Ticket, e)
	if !needed {
		return nil
	}
	u, err := n.Users.User(ctx, created.UserID)
	if apperr.Is(err, apperr.UserNotFound) {
		return nil
	}
	if err != nil || u.Disabled {
		return err
	}
	created.Deliveries = PlanDeliveries(u, n.Now(), Email, SMS)
	return n.Store.AddNotifications(ctx, created)
}

// NotifyReminder tells a customer that his ticket waits for him, once for each time at
// which that was due.
func (n *Notifier) NotifyReminder(ctx context.Context, tk ticket.Ticket, dueAt time.Time) error {
	u, err := n.Users.User(ctx, tk.Customer.ID)
	if apperr.Is(err, apperr.UserNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return n.Store.AddNotifications(ctx, Notification{
		ID: id.FromCause(dueAt, tk.ID, string(KindReminder), u.ID), UserID: u.ID, Kind: KindReminder,
		TicketID: tk.ID, Title: tk.Title, CreatedAt: dueAt, Deliveries: PlanDeliveries(u, n.Now(), Email, SMS),
	})
}

// kindFor is what an entry may tell somebody about; "" for nothing. A message
// that moves the status tells of both at once.
func kindFor(e ticket.Entry) Kind {
	switch public := e.ForRole(user.RoleUser).Change; {
	case e.Kind == ticket.KindMessage && e.Author.Role != user.RoleUser:
		return KindReply
	case e.Kind == ticket.KindStatus && e.Author.Role != user.RoleUser && public != nil && public.From != public.To:
		return KindStatus
	case e.Kind == ticket.KindAssignment && e.Change != nil && e.Change.To != "":
		return KindAssignment
	}
	return ""
}

// ForEntry is the notification that follows from an entry, without its deliveries;
// follows is false when nobody is to be told.
func ForEntry(tk ticket.Ticket, e ticket.Entry) (n Notification, needed bool) {
	kind := kindFor(e)
	recipient := tk.Customer.ID
	if kind == KindAssignment {
		recipient = e.Change.To
	}
	if kind == "" || recipient == e.Author.ID {
		return Notification{}, false
	}
	n = Notification{
		ID: id.FromCause(e.CreatedAt, e.TicketID, strconv.Itoa(e.Seq), string(kind), recipient), UserID: recipient, Kind: kind,
		TicketID: e.TicketID, Seq: e.Seq, Title: tk.Title, Author: e.Author.Name, CreatedAt: e.CreatedAt,
	}
	switch kind { //nolint:exhaustive // the others carry no more
	case KindReply:
		n.Body = truncate(e.Body)
	case KindStatus:
		n.Status = e.ForRole(user.RoleUser).Change.To
	}
	return n, true
}

// maxBodyRunes keeps a page of the list small: it shall cost one read unit.
const maxBodyRunes = 80

func truncate(body string) string {
	body = strings.Join(strings.Fields(body), " ")
	if utf8.RuneCountInString(body) <= maxBodyRunes {
		return body
	}
	return string([]rune(body)[:maxBodyRunes-1]) + "…"
}
