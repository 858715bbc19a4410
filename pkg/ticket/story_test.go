package ticket

import (
	"crypto/rand"
	"time"

	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

const (
	ticketID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
	clientID = "01BX5ZZKBKACTAV9WEVGEMMVRZ"
)

// The people of the tests. Sara owns the ticket; Reza is another customer.
var (
	sara = user.Principal{UserID: "sara", Name: "Sara", Role: user.RoleUser}
	reza = user.Principal{UserID: "reza", Name: "Reza", Role: user.RoleUser}
	ali  = user.Principal{UserID: "ali", Name: "Ali", Role: user.RoleSupport}
	mina = user.Principal{UserID: "mina", Name: "Mina", Role: user.RoleSupport}
	root = user.Principal{UserID: "root", Name: "Root", Role: user.RoleAdmin}

	billing   = Category{ID: "billing", Names: map[string]string{"en": "Billing", "fa": "مالی"}}
	technical = Category{ID: "technical", Names: map[string]string{"en": "Technical"}}
)

// minute is the time of a test's n-th minute.
func minute(n int) time.Time {
	return time.Date(2026, 3, 21, 12, n, 0, 0, time.UTC)
}

// ulidOf is a clientId that was made in a minute.
func ulidOf(n int) string {
	return id.NewSource(func() time.Time { return minute(n) }, rand.Reader)()
}

// story is a log in the making: each line is one entry, a minute after the
// one before it, with the state that follows from it.
type story []Entry

// opening is the first line: Sara opens a ticket of medium priority.
func opening() story {
	return story{{
		TicketID: ticketID, Seq: 1, Kind: KindOpened, Author: authorOf(sara), Body: "It does not work",
		ClientID: clientID, CreatedAt: minute(1), Opening: &Opening{Title: "Help", Category: billing},
		State: State{Status: StatusNew, Priority: PriorityMedium, CategoryID: billing.ID},
	}}
}

func (s story) state() State { return s[len(s)-1].State }

func (s story) then(who user.Principal, kind Kind, body string, change *Change) story {
	e := Entry{
		TicketID: ticketID, Seq: len(s) + 1, Kind: kind, Author: authorOf(who), Body: body, Change: change,
		CreatedAt: minute(len(s) + 1), State: s.state(),
	}
	if change != nil {
		e.State = afterChange(e.State, change)
	}
	return append(s[:len(s):len(s)], e)
}

func (s story) says(who user.Principal, body string) story {
	return s.then(who, KindMessage, body, nil)
}

func (s story) notes(who user.Principal, body string) story { return s.then(who, KindNote, body, nil) }

// moves is a message that carries a move of the status.
func (s story) moves(who user.Principal, to Status) story {
	return s.then(who, KindMessage, "moving on", move(s.state().Status, to))
}

// status is a change of status without a word.
func (s story) status(who user.Principal, to Status) story {
	return s.then(who, KindStatus, "", move(s.state().Status, to))
}

func (s story) assigns(who user.Principal, to Person) story {
	return s.then(who, KindAssignment, "", &Change{Field: "assignee", From: s.state().AssigneeID, To: to.ID, Name: to.Name})
}

// under gives the newest line a clientId.
func (s story) under(clientID string) story {
	s[len(s)-1].ClientID = clientID
	return s
}

// head is what the whole story folds into.
func (s story) head() Head { return Fold(Head{}, s) }
