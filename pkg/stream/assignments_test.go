package stream_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// fakeAssignments has two tickets of every user, records releases, and refuses to list more than
// fit into one record.
type fakeAssignments struct {
	mu       sync.Mutex
	released []string
}

func (f *fakeAssignments) ActiveTicketsOf(_ context.Context, _ string, n int) ([]string, error) {
	if n > 20 {
		return nil, errors.New("too many tickets for one record")
	}
	return []string{"one", "two"}, nil
}

func (f *fakeAssignments) Release(_ context.Context, ticketID, agentID string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.released = append(f.released, ticketID+" of "+agentID)
	return nil
}

// TestReleaseTickets checks which events return tickets of former agents, and that the current
// state of the account decides.
func TestReleaseTickets(t *testing.T) {
	agent := user.User{ID: "ali", Role: user.RoleSupport}
	admin, customer, disabled := agent, agent, agent
	admin.Role, customer.Role, disabled.Disabled = user.RoleAdmin, user.RoleUser, true
	gone := fakeUsers{err: apperr.New(apperr.UserNotFound, "")}
	entry := func(status ticket.Status, assignee string, change *ticket.Change) event.Event {
		return event.EntryAppended{Entry: ticket.Entry{TicketID: "t", Change: change, State: ticket.State{Status: status, AssigneeID: assignee}}}
	}
	assigned := &ticket.Change{Field: "assignee", To: "ali"}
	reopened := &ticket.Change{Field: "status", From: "closed", To: "open"}
	both, one := []string{"one of ali", "two of ali"}, []string{"t of ali"}
	for name, c := range map[string]struct {
		event event.Event
		now   fakeUsers
		want  []string
	}{
		"demoted":                        {event.UserChanged{Old: agent, New: customer}, fakeUsers{user: customer}, both},
		"disabled":                       {event.UserChanged{Old: agent, New: disabled}, fakeUsers{user: disabled}, both},
		"removed":                        {event.UserDeleted{User: agent}, gone, both},
		"removed while disabled":         {event.UserDeleted{User: disabled}, gone, both},
		"demoted and promoted again":     {event.UserChanged{Old: agent, New: customer}, fakeUsers{user: agent}, nil},
		"promoted to administrator":      {event.UserChanged{Old: agent, New: admin}, fakeUsers{user: admin}, nil},
		"a customer removed":             {event.UserDeleted{User: customer}, gone, nil},
		"assigned to an agent":           {entry(ticket.StatusOpen, "ali", assigned), fakeUsers{user: agent}, nil},
		"assigned to a former agent":     {entry(ticket.StatusOpen, "ali", assigned), fakeUsers{user: customer}, one},
		"assigned to a disabled agent":   {entry(ticket.StatusOpen, "ali", assigned), fakeUsers{user: disabled}, one},
		"assigned to a removed agent":    {entry(ticket.StatusOpen, "ali", assigned), gone, one},
		"unassigned":                     {entry(ticket.StatusOpen, "", assigned), gone, nil},
		"reopened with a former agent":   {entry(ticket.StatusOpen, "ali", reopened), fakeUsers{user: customer}, one},
		"resolved with a former agent":   {entry(ticket.StatusResolved, "ali", &ticket.Change{Field: "status", From: "open", To: "resolved"}), gone, nil},
		"a message with a former agent":  {entry(ticket.StatusOpen, "ali", nil), gone, nil},
		"another change of active state": {entry(ticket.StatusPending, "ali", &ticket.Change{Field: "status", From: "open", To: "pending"}), gone, nil},
	} {
		users, assignments := c.now, &fakeAssignments{}
		err := stream.ReleaseTickets(&users, assignments, assignments)(t.Context(), c.event)
		slices.Sort(assignments.released)
		if err != nil || fmt.Sprint(assignments.released) != fmt.Sprint(c.want) {
			t.Errorf("%s: got %v, released %v, want %v", name, err, assignments.released, c.want)
		}
	}
}
