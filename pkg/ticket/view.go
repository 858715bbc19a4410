package ticket

import (
	"slices"
	"time"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

// ForRole returns the ticket as shown to a role: customers see on_hold as open, and
// no tags.
func (tk Ticket) ForRole(role user.Role) Ticket {
	tk.State = tk.State.forRole(role)
	if !role.IsStaff() {
		tk.Tags, tk.OpenedBy = nil, ""
	}
	return tk
}

// ForRole returns the entry as shown to a role. A change between two statuses that
// look the same to the role is left out. The caller must check VisibleTo.
func (e Entry) ForRole(role user.Role) Entry {
	e.State = e.State.forRole(role)
	if !role.IsStaff() && e.Change != nil && e.Change.Field == "status" {
		change := *e.Change
		change.From, change.To = string(publicStatus(Status(change.From))), string(publicStatus(Status(change.To)))
		if e.Change = &change; change.From == change.To {
			e.Change = nil
		}
	}
	return e
}

// At returns the entry as shown at a time: uploads that did not arrive in time are
// expired. The id of an attachment contains its creation time.
func (e Entry) At(now time.Time) Entry {
	for i, a := range e.Attachments {
		if attachment.State(a.State).UploadExpired(id.Time(a.ID), now) {
			e.Attachments = slices.Clone(e.Attachments)
			e.Attachments[i].State = string(attachment.Expired)
		}
	}
	return e
}

func (s State) forRole(role user.Role) State {
	if !role.IsStaff() {
		s.Status = publicStatus(s.Status)
	}
	return s
}

func publicStatus(s Status) Status {
	if s == StatusOnHold {
		return StatusOpen
	}
	return s
}
