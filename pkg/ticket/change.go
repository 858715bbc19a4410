package ticket

import (
	"context"
	"slices"
	"strings"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

// ChangeResult is the outcome of a change: the ticket after it and the entries it
// added. A repeat, or a change that changes nothing, adds none.
type ChangeResult struct {
	Ticket  Ticket
	Entries []Entry
}

// changeFunc makes the entries of a change from the newest head. It is asked again
// when somebody else was faster.
type changeFunc func(tk Ticket) ([]Entry, error)

// applyChange runs a step until its entries have their slots. Head and log are
// written together.
func (s *Service) applyChange(ctx context.Context, actor user.Principal, ticketID, clientID string, makeEntries changeFunc) (ChangeResult, error) {
	for attempt := range maxAttempts {
		started := time.Now()
		log, err := s.loadForChange(ctx, actor, ticketID, 0)
		if err != nil {
			return ChangeResult{}, err
		}
		if _, duplicate := log.findByClientID(actor.UserID, clientID); duplicate && clientID != "" {
			return ChangeResult{Ticket: log.Ticket}, nil
		}
		entries, err := makeEntries(log.Ticket)
		if err != nil || len(entries) == 0 {
			return ChangeResult{Ticket: log.Ticket}, err
		}
		entries = s.sequenceEntries(actor, log.Ticket, clientID, entries)
		tk := Fold(log.Ticket, entries)
		err = s.Store.CommitEntries(ctx, tk, entries)
		if err == nil {
			return ChangeResult{Ticket: tk, Entries: entries}, nil
		}
		if !apperr.Is(err, apperr.Conflict) {
			return ChangeResult{}, err
		}
		backOff(ctx, attempt, time.Since(started))
	}
	return ChangeResult{}, errConflict()
}

// sequenceEntries gives the entries of a change their places behind the head. The
// clientId goes to the first: it stands for the change as a whole.
func (s *Service) sequenceEntries(actor user.Principal, tk Ticket, clientID string, entries []Entry) []Entry {
	now := s.Now()
	state := tk.State
	for i := range entries {
		e := &entries[i]
		e.TicketID, e.Seq, e.Author, e.CreatedAt = tk.ID, tk.LastSeq+1+i, authorOf(actor), now
		if i == 0 {
			e.ClientID = clientID
		}
		state = stateAfter(state, e.Change)
		if e.Kind == KindAssignment && state.Status == StatusNew && state.AssigneeID != "" {
			state.Status = StatusOpen
		}
		e.State = state
	}
	return entries
}

// stateAfter is the state that a change leaves behind.
func stateAfter(s State, c *Change) State {
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
func (s *Service) Close(ctx context.Context, actor user.Principal, ticketID, clientID string) (ChangeResult, error) {
	return s.applyChange(ctx, actor, ticketID, clientID, func(tk Ticket) ([]Entry, error) {
		return statusEntries(tk, StatusClosed), nil
	})
}

// Reopen takes a resolved or closed ticket back to open; on a live one it
// changes nothing. Errors with ticket_closed for a customer after the window.
func (s *Service) Reopen(ctx context.Context, actor user.Principal, ticketID, clientID string) (ChangeResult, error) {
	return s.applyChange(ctx, actor, ticketID, clientID, func(tk Ticket) ([]Entry, error) {
		if tk.State.Status.IsActive() {
			return nil, nil
		}
		if err := s.checkReopen(tk, actor, s.Now()); err != nil {
			return nil, err
		}
		return statusEntries(tk, StatusOpen), nil
	})
}

// SetStatus moves the ticket as staff. Errors with status_not_allowed.
func (s *Service) SetStatus(ctx context.Context, actor user.Principal, ticketID, clientID string, to Status) (ChangeResult, error) {
	return s.applyChange(ctx, actor, ticketID, clientID, func(tk Ticket) ([]Entry, error) {
		if tk.State.Status == to {
			return nil, nil
		}
		if err := checkTransition(tk.State.Status, to); err != nil {
			return nil, err
		}
		return statusEntries(tk, to), nil
	})
}

func statusEntries(tk Ticket, to Status) []Entry {
	if tk.State.Status == to {
		return nil
	}
	return []Entry{{Kind: KindStatus, Change: statusChange(tk.State.Status, to)}}
}

// Claim takes the ticket for oneself. Errors with already_assigned when a
// colleague holds it.
func (s *Service) Claim(ctx context.Context, actor user.Principal, ticketID, clientID string) (ChangeResult, error) {
	return s.applyChange(ctx, actor, ticketID, clientID, func(tk Ticket) ([]Entry, error) {
		if tk.State.AssigneeID != "" && tk.State.AssigneeID != actor.UserID {
			return nil, apperr.New(apperr.AlreadyAssigned, "This ticket is with "+tk.Assignee.Name+".")
		}
		return assignEntries(tk, UserRef{ID: actor.UserID, Name: actor.Name}), nil
	})
}

// Assign gives the ticket to a colleague, or to nobody when assigneeID is "".
// Errors with user_not_found when the person is not staff.
func (s *Service) Assign(ctx context.Context, actor user.Principal, ticketID, clientID, assigneeID string) (ChangeResult, error) {
	var to UserRef
	if assigneeID != "" {
		agent, err := s.Agents.Agent(ctx, assigneeID)
		if err != nil {
			return ChangeResult{}, err
		}
		to = agent
	}
	return s.applyChange(ctx, actor, ticketID, clientID, func(tk Ticket) ([]Entry, error) { return assignEntries(tk, to), nil })
}

func assignEntries(tk Ticket, to UserRef) []Entry {
	if tk.State.AssigneeID == to.ID {
		return nil
	}
	return []Entry{{Kind: KindAssignment, Change: &Change{Field: "assignee", From: tk.State.AssigneeID, To: to.ID, Name: to.Name}}}
}

// Patch is an edit of a ticket's own fields; nil leaves a field as it is.
type Patch struct {
	Title      *string
	Priority   *Priority
	CategoryID *string
	Tags       *[]string
	Version    *int // the version the edit was made on; nil does not ask
}

// Update changes title, priority, category and tags, one entry for each. The
// owner may change title and priority of a live ticket; staff may change all.
//
// Errors: forbidden, ticket_closed, version_stale, category_not_found.
func (s *Service) Update(ctx context.Context, actor user.Principal, ticketID string, p Patch) (ChangeResult, error) {
	if !actor.Role.IsStaff() && (p.CategoryID != nil || p.Tags != nil) {
		return ChangeResult{}, s.forbiddenIfVisible(ctx, actor, ticketID, "Only staff can change the category and the tags.")
	}
	var category Category
	if p.CategoryID != nil {
		found, err := s.Categories.Category(ctx, *p.CategoryID)
		if err != nil {
			return ChangeResult{}, err
		}
		category = found
	}
	return s.applyChange(ctx, actor, ticketID, "", func(tk Ticket) ([]Entry, error) {
		if p.Version != nil && *p.Version != Version(tk, actor) {
			return nil, apperr.New(apperr.VersionStale, "")
		}
		if !actor.Role.IsStaff() && !tk.State.Status.IsActive() {
			return nil, apperr.New(apperr.TicketClosed, "")
		}
		return patchEntries(tk, p, category), nil
	})
}

// forbiddenIfVisible is a 403 only for those who may know that the ticket exists.
func (s *Service) forbiddenIfVisible(ctx context.Context, actor user.Principal, ticketID, detail string) error {
	if _, err := s.loadForChange(ctx, actor, ticketID, 0); err != nil {
		return err
	}
	return apperr.New(apperr.Forbidden, detail)
}

// patchEntries are the entries of a patch, for the fields that really change.
func patchEntries(tk Ticket, p Patch, category Category) []Entry {
	var out []Entry
	add := func(kind Kind, field, from, to string, names map[string]string) {
		if from != to {
			out = append(out, Entry{Kind: kind, Change: &Change{Field: field, From: from, To: to, Names: names}})
		}
	}
	if p.Title != nil {
		add(KindTitle, "title", tk.Title, *p.Title, nil)
	}
	if p.Priority != nil {
		add(KindPriority, "priority", string(tk.State.Priority), string(*p.Priority), nil)
	}
	if p.CategoryID != nil {
		add(KindCategory, "category", tk.State.CategoryID, category.ID, category.Names)
	}
	if p.Tags != nil {
		add(KindTags, "tags", strings.Join(tk.Tags, ","), strings.Join(dedupe(*p.Tags), ","), nil)
	}
	return out
}

// dedupe keeps the first of equal tags, and their order.
func dedupe(tags []string) []string {
	var out []string
	for _, tag := range tags {
		if !slices.Contains(out, tag) {
			out = append(out, tag)
		}
	}
	return out
}
