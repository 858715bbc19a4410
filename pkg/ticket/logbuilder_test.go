package ticket_test

import (
	"crypto/rand"
	"time"

	"ticketsystem/pkg/id"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

const (
	ticketID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
	clientID = "01BX5ZZKBKACTAV9WEVGEMMVRZ"
)

// The users of the tests. Sara is the customer of the ticket; Reza is another one.
var (
	sara = user.Principal{UserID: "sara", Name: "Sara", Role: user.RoleUser}
	reza = user.Principal{UserID: "reza", Name: "Reza", Role: user.RoleUser}
	ali  = user.Principal{UserID: "ali", Name: "Ali", Role: user.RoleSupport}
	mina = user.Principal{UserID: "mina", Name: "Mina", Role: user.RoleSupport}
	root = user.Principal{UserID: "root", Name: "Root", Role: user.RoleAdmin}

	billing   = ticket.Category{ID: "billing", Names: map[string]string{"en": "Billing", "fa": "مالی"}}
	technical = ticket.Category{ID: "technical", Names: map[string]string{"en": "Technical"}}
)

// minute returns the time n minutes after noon of the test day.
func minute(n int) time.Time {
	return time.Date(2026, 3, 21, 12, n, 0, 0, time.UTC)
}

// ulidAt returns a client id created at minute(n).
func ulidAt(n int) string {
	return id.NewGenerator(func() time.Time { return minute(n) }, rand.Reader)()
}

// authorOf returns the author of entries of a user.
func authorOf(actor user.Principal) ticket.Author {
	return ticket.Author{ID: actor.UserID, Name: actor.Name, Role: actor.Role}
}

// logBuilder builds a log. Each method appends one entry, a minute after the
// previous one, and sets its state.
type logBuilder []ticket.Entry

// newLog returns a log in which Sara opened a ticket of medium priority.
func newLog() logBuilder {
	return logBuilder{{
		TicketID: ticketID, Seq: 1, Kind: ticket.KindOpened, Author: authorOf(sara), Body: "It does not work",
		ClientID: clientID, CreatedAt: minute(1), Opening: &ticket.Opening{Title: "Help", Category: billing},
		State: ticket.State{Status: ticket.StatusNew, Priority: ticket.PriorityMedium, CategoryID: billing.ID},
	}}
}

func (s logBuilder) state() ticket.State { return s[len(s)-1].State }

func (s logBuilder) append(actor user.Principal, kind ticket.Kind, body string, change *ticket.Change) logBuilder {
	e := ticket.Entry{
		TicketID: ticketID, Seq: len(s) + 1, Kind: kind, Author: authorOf(actor), Body: body, Change: change,
		CreatedAt: minute(len(s) + 1), State: s.state(),
	}
	if last := s[len(s)-1]; !last.VisibleTo(user.RoleUser) {
		e.HiddenBefore = last.HiddenBefore + 1
	}
	if change != nil {
		e.State = ticket.StateAfter(e.State, change)
	}
	return append(s[:len(s):len(s)], e)
}

func (s logBuilder) message(actor user.Principal, body string) logBuilder {
	return s.append(actor, ticket.KindMessage, body, nil)
}

func (s logBuilder) note(actor user.Principal, body string) logBuilder {
	return s.append(actor, ticket.KindNote, body, nil)
}

// messageWithStatus appends a message that changes the status.
func (s logBuilder) messageWithStatus(actor user.Principal, to ticket.Status) logBuilder {
	return s.append(actor, ticket.KindMessage, "moving on", ticket.StatusChange(s.state().Status, to))
}

// statusChange appends a status change without a message.
func (s logBuilder) statusChange(actor user.Principal, to ticket.Status) logBuilder {
	return s.append(actor, ticket.KindStatus, "", ticket.StatusChange(s.state().Status, to))
}

func (s logBuilder) assign(actor user.Principal, to ticket.UserRef) logBuilder {
	return s.append(actor, ticket.KindAssignment, "", &ticket.Change{Field: "assignee", From: s.state().AssigneeID, To: to.ID, Name: to.Name})
}

// withClientID sets the client id of the newest entry.
func (s logBuilder) withClientID(clientID string) logBuilder {
	s[len(s)-1].ClientID = clientID
	return s
}

// ticket folds the log.
func (s logBuilder) ticket() ticket.Ticket { return ticket.Fold(ticket.Ticket{}, s) }
