package ticket

import (
	"context"
	"slices"
	"strings"
	"time"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/user"
)

// Changed is the outcome of a change: the ticket after it and the entries it
// added. A repeat, or a change that changes nothing, adds none.
type Changed struct {
	Head    Head
	Entries []Entry
}

// step makes the entries of a change from the newest head. It is asked again
// when somebody else was faster.
type step func(h Head) ([]Entry, error)

// change runs a step until its entries have their slots. Head and log are
// written together.
func (d *Desk) change(ctx context.Context, who user.Principal, ticketID, clientID string, next step) (Changed, error) {
	for try := range attempts {
		began := time.Now()
		log, err := d.open(ctx, who, ticketID, 0)
		if err != nil {
			return Changed{}, err
		}
		if _, repeated := log.find(who.UserID, clientID); repeated && clientID != "" {
			return Changed{Head: log.Head}, nil
		}
		entries, err := next(log.Head)
		if err != nil || len(entries) == 0 {
			return Changed{Head: log.Head}, err
		}
		entries = d.number(who, log.Head, clientID, entries)
		h := Fold(log.Head, entries)
		err = d.Store.Commit(ctx, h, entries)
		if err == nil {
			return Changed{Head: h, Entries: entries}, nil
		}
		if !fault.Is(err, fault.Conflict) {
			return Changed{}, err
		}
		stepBack(ctx, try, time.Since(began))
	}
	return Changed{}, busy()
}

// number gives the entries of a change their places behind the head. The
// clientId goes to the first: it stands for the change as a whole.
func (d *Desk) number(who user.Principal, h Head, clientID string, entries []Entry) []Entry {
	now := d.Now()
	state := h.State
	for i := range entries {
		e := &entries[i]
		e.TicketID, e.Seq, e.Author, e.CreatedAt = h.ID, h.LastSeq+1+i, authorOf(who), now
		if i == 0 {
			e.ClientID = clientID
		}
		state = afterChange(state, e.Change)
		if e.Kind == KindAssignment && state.Status == StatusNew && state.AssigneeID != "" {
			state.Status = StatusOpen
		}
		e.State = state
	}
	return entries
}

// afterChange is the state that a change leaves behind.
func afterChange(s State, c *Change) State {
	switch c.Field {
	case "status":
		s.Status = Status(c.To)
	case "priority":
		s.Priority = Priority(c.To)
	case "category":
		s.CategoryID = c.To
	case "assignee":
		s.AssigneeID = c.To
	}
	return s
}

// Close ends the ticket; closing a closed one changes nothing.
func (d *Desk) Close(ctx context.Context, who user.Principal, ticketID, clientID string) (Changed, error) {
	return d.change(ctx, who, ticketID, clientID, func(h Head) ([]Entry, error) {
		return statusEntry(h, StatusClosed), nil
	})
}

// Reopen takes a resolved or closed ticket back to open; on a live one it
// changes nothing. Errors with ticket_closed for a customer after the window.
func (d *Desk) Reopen(ctx context.Context, who user.Principal, ticketID, clientID string) (Changed, error) {
	return d.change(ctx, who, ticketID, clientID, func(h Head) ([]Entry, error) {
		if h.State.Status.Live() {
			return nil, nil
		}
		if err := d.checkReopen(h, who, d.Now()); err != nil {
			return nil, err
		}
		return statusEntry(h, StatusOpen), nil
	})
}

// SetStatus moves the ticket as staff. Errors with status_not_allowed.
func (d *Desk) SetStatus(ctx context.Context, who user.Principal, ticketID, clientID string, to Status) (Changed, error) {
	return d.change(ctx, who, ticketID, clientID, func(h Head) ([]Entry, error) {
		if h.State.Status == to {
			return nil, nil
		}
		if err := checkMove(h.State.Status, to); err != nil {
			return nil, err
		}
		return statusEntry(h, to), nil
	})
}

func statusEntry(h Head, to Status) []Entry {
	if h.State.Status == to {
		return nil
	}
	return []Entry{{Kind: KindStatus, Change: move(h.State.Status, to)}}
}

// Claim takes the ticket for oneself. Errors with already_assigned when a
// colleague holds it.
func (d *Desk) Claim(ctx context.Context, who user.Principal, ticketID, clientID string) (Changed, error) {
	return d.change(ctx, who, ticketID, clientID, func(h Head) ([]Entry, error) {
		if h.State.AssigneeID != "" && h.State.AssigneeID != who.UserID {
			return nil, fault.New(fault.AlreadyAssigned, "This ticket is with "+h.Assignee.Name+".")
		}
		return assignEntry(h, Person{ID: who.UserID, Name: who.Name}), nil
	})
}

// Assign gives the ticket to a colleague, or to nobody when assigneeID is "".
// Errors with user_not_found when the person is not staff.
func (d *Desk) Assign(ctx context.Context, who user.Principal, ticketID, clientID, assigneeID string) (Changed, error) {
	var to Person
	if assigneeID != "" {
		agent, err := d.People.Agent(ctx, assigneeID)
		if err != nil {
			return Changed{}, err
		}
		to = agent
	}
	return d.change(ctx, who, ticketID, clientID, func(h Head) ([]Entry, error) { return assignEntry(h, to), nil })
}

func assignEntry(h Head, to Person) []Entry {
	if h.State.AssigneeID == to.ID {
		return nil
	}
	return []Entry{{Kind: KindAssignment, Change: &Change{Field: "assignee", From: h.State.AssigneeID, To: to.ID, Name: to.Name}}}
}

// Patch is an edit of a ticket's own fields; nil leaves a field as it is.
type Patch struct {
	Title      *string
	Priority   *Priority
	CategoryID *string
	Tags       *[]string
	Version    *int // the version the edit was made on; nil does not ask
}

// Edit changes title, priority, category and tags, one entry for each. The
// owner may change title and priority of a live ticket; staff may change all.
//
// Errors: forbidden, ticket_closed, version_stale, category_not_found.
func (d *Desk) Edit(ctx context.Context, who user.Principal, ticketID string, p Patch) (Changed, error) {
	if !who.Role.Staff() && (p.CategoryID != nil || p.Tags != nil) {
		return Changed{}, d.refuse(ctx, who, ticketID, "Only staff can change the category and the tags.")
	}
	var category Category
	if p.CategoryID != nil {
		found, err := d.Categories.Category(ctx, *p.CategoryID)
		if err != nil {
			return Changed{}, err
		}
		category = found
	}
	return d.change(ctx, who, ticketID, "", func(h Head) ([]Entry, error) {
		if p.Version != nil && *p.Version != Version(h, who) {
			return nil, fault.New(fault.VersionStale, "")
		}
		if !who.Role.Staff() && !h.State.Status.Live() {
			return nil, fault.New(fault.TicketClosed, "")
		}
		return edits(h, p, category), nil
	})
}

// refuse is a 403 only for those who may know that the ticket exists.
func (d *Desk) refuse(ctx context.Context, who user.Principal, ticketID, why string) error {
	if _, err := d.open(ctx, who, ticketID, 0); err != nil {
		return err
	}
	return fault.New(fault.Forbidden, why)
}

// edits are the entries of a patch, for the fields that really change.
func edits(h Head, p Patch, category Category) []Entry {
	var out []Entry
	add := func(kind Kind, field, from, to string, names map[string]string) {
		if from != to {
			out = append(out, Entry{Kind: kind, Change: &Change{Field: field, From: from, To: to, Names: names}})
		}
	}
	if p.Title != nil {
		add(KindTitle, "title", h.Title, *p.Title, nil)
	}
	if p.Priority != nil {
		add(KindPriority, "priority", string(h.State.Priority), string(*p.Priority), nil)
	}
	if p.CategoryID != nil {
		add(KindCategory, "category", h.State.CategoryID, category.ID, category.Names)
	}
	if p.Tags != nil {
		add(KindTags, "tags", strings.Join(h.Tags, ","), strings.Join(distinct(*p.Tags), ","), nil)
	}
	return out
}

// distinct keeps the first of equal tags, and their order.
func distinct(tags []string) []string {
	var out []string
	for _, tag := range tags {
		if !slices.Contains(out, tag) {
			out = append(out, tag)
		}
	}
	return out
}
