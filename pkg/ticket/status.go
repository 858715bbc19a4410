package ticket

import (
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

var zeroTime time.Time //nolint:gochecknoglobals // the zero value, named for reading

// statusChange is a change of status as an entry carries it.
func statusChange(from, to Status) *Change {
	return &Change{Field: "status", From: string(from), To: string(to)}
}

// stateAfterMessage says what a public message does to the ticket: the state after
// it and the move it made, if any. A message on a ticket that has been closed
// for longer than the window is refused.
func (s *Service) stateAfterMessage(tk Ticket, state State, actor user.Principal, now time.Time) (State, *Change, error) {
	from := state.Status
	switch {
	case from == StatusClosed && now.Sub(tk.ClosedAt) > s.ReopenWindow:
		return state, nil, errReopenWindowPassed(tk)
	case from == StatusClosed:
		state.Status = StatusOpen
	case actor.UserID == tk.Customer.ID:
		if from == StatusPending || from == StatusOnHold || from == StatusResolved {
			state.Status = StatusOpen
		}
	case from == StatusNew:
		state.Status = StatusOpen
	}
	if state.Status == from {
		return state, nil, nil
	}
	return state, statusChange(from, state.Status), nil
}

// checkTransition says whether staff may take a ticket from one status to another.
// A closed ticket can only be reopened, and nothing becomes new again.
func checkTransition(from, to Status) error {
	if to == StatusNew || from == StatusClosed && to != StatusOpen {
		return apperr.New(apperr.StatusNotAllowed, "A ticket cannot go from "+string(from)+" to "+string(to)+".")
	}
	return nil
}

// checkReopen says whether the person may reopen: staff always, the customer
// within the window after the close.
func (s *Service) checkReopen(tk Ticket, actor user.Principal, now time.Time) error {
	if tk.State.Status == StatusClosed && !actor.Role.IsStaff() && now.Sub(tk.ClosedAt) > s.ReopenWindow {
		return errReopenWindowPassed(tk)
	}
	return nil
}

func errReopenWindowPassed(tk Ticket) error {
	return apperr.New(apperr.TicketClosed, "This ticket was closed too long ago to be reopened. Please open a new ticket and mention "+id.Number(tk.ID)+".")
}
