package ticket

import (
	"time"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

var zeroTime time.Time //nolint:gochecknoglobals // the zero value, named for reading

// move is a change of status as an entry carries it.
func move(from, to Status) *Change {
	return &Change{Field: "status", From: string(from), To: string(to)}
}

// afterMessage says what a public message does to the ticket: the state after
// it and the move it made, if any. A message on a ticket that has been closed
// for longer than the window is refused.
func (d *Desk) afterMessage(h Head, s State, who user.Principal, now time.Time) (State, *Change, error) {
	from := s.Status
	switch {
	case from == StatusClosed && now.Sub(h.ClosedAt) > d.ReopenWindow:
		return s, nil, tooLate(h)
	case from == StatusClosed:
		s.Status = StatusOpen
	case who.UserID == h.Customer.ID:
		if from == StatusPending || from == StatusOnHold || from == StatusResolved {
			s.Status = StatusOpen
		}
	case from == StatusNew:
		s.Status = StatusOpen
	}
	if s.Status == from {
		return s, nil, nil
	}
	return s, move(from, s.Status), nil
}

// checkMove says whether staff may take a ticket from one status to another.
// A closed ticket can only be reopened, and nothing becomes new again.
func checkMove(from, to Status) error {
	if to == StatusNew || from == StatusClosed && to != StatusOpen {
		return fault.New(fault.StatusNotAllowed, "A ticket cannot go from "+string(from)+" to "+string(to)+".")
	}
	return nil
}

// checkReopen says whether the person may reopen: staff always, the customer
// within the window after the close.
func (d *Desk) checkReopen(h Head, who user.Principal, now time.Time) error {
	if h.State.Status == StatusClosed && !who.Role.Staff() && now.Sub(h.ClosedAt) > d.ReopenWindow {
		return tooLate(h)
	}
	return nil
}

func tooLate(h Head) error {
	return fault.New(fault.TicketClosed, "This ticket was closed too long ago to be reopened. Please open a new ticket and mention "+id.Number(h.ID)+".")
}
