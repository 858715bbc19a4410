package notification

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// Maker makes the notifications that follow from entries of ticket logs.
type Maker struct {
	Store   Store
	Tickets Tickets
	People  People
	Now     func() time.Time
}

// Tickets reads the heads of tickets.
type Tickets interface {
	Newest(ctx context.Context, ticketID string, n int) (ticket.Log, error)
}

// People reads people. Errors: user_not_found.
type People interface {
	User(ctx context.Context, id string) (user.User, error)
}

// Entry makes what follows from an entry: an answer of support and a change of
// status that he can see for the customer, an assignment for who got the
// ticket. Nobody is told of his own deeds. To run it again changes nothing.
func (m *Maker) Entry(ctx context.Context, e ticket.Entry) error {
	if kindOf(e) == "" {
		return nil
	}
	known, err := m.Tickets.Newest(ctx, e.TicketID, 1)
	if err != nil || known.Head.ID == "" {
		return err // a removed ticket has nothing to tell
	}
	n, follows := Of(known.Head, e)
	if !follows {
		return nil
	}
	u, err := m.People.User(ctx, n.UserID)
	if fault.Is(err, fault.UserNotFound) {
		return nil
	}
	if err != nil || u.Disabled {
		return err
	}
	n.Deliveries = Plan(u, m.Now(), Email, SMS)
	return m.Store.Notify(ctx, n)
}

// Remind tells a customer that his ticket waits for him, once for each time at
// which that was due.
func (m *Maker) Remind(ctx context.Context, h ticket.Head, at time.Time) error {
	u, err := m.People.User(ctx, h.Customer.ID)
	if fault.Is(err, fault.UserNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return m.Store.Notify(ctx, Notification{
		ID: id.At(at, h.ID, string(KindReminder), u.ID), UserID: u.ID, Kind: KindReminder,
		TicketID: h.ID, Title: h.Title, CreatedAt: at, Deliveries: Plan(u, m.Now(), Email, SMS),
	})
}

// kindOf is what an entry may tell somebody about; "" for nothing. A message
// that moves the status tells of both at once.
func kindOf(e ticket.Entry) Kind {
	switch seen := e.ForRole(user.RoleUser).Change; {
	case e.Kind == ticket.KindMessage && e.Author.Role != user.RoleUser:
		return KindReply
	case e.Kind == ticket.KindStatus && e.Author.Role != user.RoleUser && seen != nil && seen.From != seen.To:
		return KindStatus
	case e.Kind == ticket.KindAssignment && e.Change != nil && e.Change.To != "":
		return KindAssignment
	}
	return ""
}

// Of is the notification that follows from an entry, without its deliveries;
// follows is false when nobody is to be told.
func Of(h ticket.Head, e ticket.Entry) (n Notification, follows bool) {
	kind := kindOf(e)
	to := h.Customer.ID
	if kind == KindAssignment {
		to = e.Change.To
	}
	if kind == "" || to == e.Author.ID {
		return Notification{}, false
	}
	n = Notification{
		ID: id.At(e.CreatedAt, e.TicketID, strconv.Itoa(e.Seq), string(kind), to), UserID: to, Kind: kind,
		TicketID: e.TicketID, Seq: e.Seq, Title: h.Title, Author: e.Author.Name, CreatedAt: e.CreatedAt,
	}
	switch kind { //nolint:exhaustive // the others carry no more
	case KindReply:
		n.Body = beginning(e.Body)
	case KindStatus:
		n.Status = e.ForRole(user.RoleUser).Change.To
	}
	return n, true
}

// bodyRunes keeps a page of the list small: it shall cost one read unit.
const bodyRunes = 80

func beginning(body string) string {
	body = strings.Join(strings.Fields(body), " ")
	if utf8.RuneCountInString(body) <= bodyRunes {
		return body
	}
	return string([]rune(body)[:bodyRunes-1]) + "…"
}
