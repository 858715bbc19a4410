package stream

import (
	"context"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/parallel"
	"ticketsystem/pkg/ticket"
)

// AssignmentStore reads the assignments of tickets.
type AssignmentStore interface {
	// ActiveTicketsOf returns the ids of up to n active tickets assigned to a user. It may
	// lack the newest.
	ActiveTicketsOf(ctx context.Context, userID string, n int) ([]string, error)
}

// Releaser unassigns tickets.
type Releaser interface {
	// Release unassigns a ticket if it is assigned to the agent. It is safe to repeat.
	Release(ctx context.Context, ticketID, agentID string) error
}

// maxConcurrentReleases limits the tickets of one agent that are unassigned concurrently.
const maxConcurrentReleases = 8

// ReleaseTickets returns a Handler that unassigns the first active tickets of users who are no
// active agents any more; PropagateUser unassigns the others, in steps. It checks new assignments
// and reopened tickets too: an assignment may be concurrent with the end of the role, and closed
// tickets keep their assignee. The current state of the account decides.
func ReleaseTickets(users UserReader, assignments AssignmentStore, tickets Releaser) Handler {
	release := func(ctx context.Context, agentID string, ticketIDs func() ([]string, error)) error {
		current, inactive, err := userStatus(ctx, users, agentID)
		if err != nil || !inactive && current.IsAgent() {
			return err
		}
		ids, err := ticketIDs()
		if err != nil {
			return err
		}
		return parallel.ForEach(ids, maxConcurrentReleases, func(id string) error { return tickets.Release(ctx, id, agentID) })
	}
	return func(ctx context.Context, e event.Event, _ ...event.Event) error {
		agentID := formerAgent(e)
		if agentID != "" {
			return release(ctx, agentID, func() ([]string, error) { return assignments.ActiveTicketsOf(ctx, agentID, maxTicketsPerStep) })
		}
		if e, ok := e.(event.EntryAppended); ok && mayAssign(e.Entry) {
			return release(ctx, e.Entry.State.AssigneeID, func() ([]string, error) { return []string{e.Entry.TicketID}, nil })
		}
		return nil
	}
}

// formerAgent returns the id of a user who was an active agent before the event and is not
// after it.
func formerAgent(e event.Event) string {
	switch e := e.(type) {
	case event.UserChanged:
		if e.Old.IsAgent() && !e.New.IsAgent() {
			return e.New.ID
		}
	case event.UserDeleted:
		if e.User.Role.IsStaff() {
			return e.User.ID
		}
	}
	return ""
}

// mayAssign reports whether an entry may give an active ticket to a former agent: an
// assignment, or a reopening.
func mayAssign(e ticket.Entry) bool {
	if e.State.AssigneeID == "" || !e.State.Status.IsActive() {
		return false
	}
	if e.Change == nil {
		return false
	}
	return e.Change.Field == "assignee" || e.Change.Field == "status" && !ticket.Status(e.Change.From).IsActive()
}
