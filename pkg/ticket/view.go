package ticket

import "ticketsystem/pkg/user"

// ForRole is the head as a role sees it: customers see on_hold as open.
func (h Head) ForRole(role user.Role) Head {
	h.State = h.State.forRole(role)
	return h
}

// ForRole is the entry as a role sees it. The caller has checked VisibleTo.
func (e Entry) ForRole(role user.Role) Entry {
	e.State = e.State.forRole(role)
	if !role.Staff() && e.Change != nil && e.Change.Field == "status" {
		change := *e.Change
		change.From, change.To = string(shownStatus(Status(change.From))), string(shownStatus(Status(change.To)))
		e.Change = &change
	}
	return e
}

func (s State) forRole(role user.Role) State {
	if !role.Staff() {
		s.Status = shownStatus(s.Status)
	}
	return s
}

func shownStatus(s Status) Status {
	if s == StatusOnHold {
		return StatusOpen
	}
	return s
}
