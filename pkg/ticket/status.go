package ticket

import (
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

// statusChange returns the change of an entry that changes the status.
func statusChange(from, to Status) *Change {
	return &Change{Field: "status", From: string(from), To: string(to)}
}

// stateAfterMessage returns the state after a public message and the status
// change it causes, or nil. It fails with apperr.TicketClosed if the ticket was closed
// before the reopen window.
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

// checkTransition returns apperr.StatusNotAllowed if staff cannot change the
// status from one to the other. A closed ticket can only be reopened, and no
// ticket becomes new again.
func checkTransition(from, to Status) error {
	if to == StatusNew || from == StatusClosed && to != StatusOpen {
		return apperr.New(apperr.StatusNotAllowed, "A ticket cannot go from "+string(from)+" to "+string(to)+".")
	}
	return nil
}

// checkReopen returns apperr.TicketClosed if the actor may not reopen the ticket.
// Staff may always, the customer within the reopen window.
func (s *Service) checkReopen(tk Ticket, actor user.Principal, now time.Time) error {
	if tk.State.Status == StatusClosed && !actor.Role.IsStaff() && now.Sub(tk.ClosedAt) > s.ReopenWindow {
		return errReopenWindowPassed(tk)
	}
	return nil
}

func errReopenWindowPassed(tk Ticket) error {
	return apperr.New(apperr.TicketClosed, "This ticket was closed too long ago to be reopened. Please open a new ticket as a follow-up of "+id.Number(tk.ID)+".")
}
