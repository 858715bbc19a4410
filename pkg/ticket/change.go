package ticket

import (
	"context"
	"slices"
	"strings"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/requestlog"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/user"
)

// ChangeResult is the ticket after a change and the entries that were added. A
// repeated request, or one that changes nothing, adds no entries.
type ChangeResult struct {
	Ticket  Ticket
	Entries []Entry
}

// IfVersion returns the service whose changes fail with apperr.VersionStale unless the ticket has
// one of the versions, see LastSeqFor; nil permits all. A repeated change succeeds in any case.
func (s *Service) IfVersion(versions []int) *Service {
	conditional := *s
	conditional.versions = versions
	return &conditional
}

// Unchanged is a change that had nothing to do. It counts for the limits of its user like an
// entry.
type Unchanged struct {
	TicketID, UserID string
	Role             user.Role
	At               time.Time
	ClockAhead       time.Time // of the client id, if its clock is ahead by more than maxClockSkew
}

// changeFunc returns the entries of a change for the current ticket. It is
// called again after a conflict, with the newer ticket.
type changeFunc func(tk Ticket) ([]Entry, error)

// applyChange appends the entries that makeEntries returns and stores the
// resulting ticket in one transaction. It retries on a conflict. If clientID is
// set, repeating the call is safe; the first entry is of the kind then.
func (s *Service) applyChange(ctx context.Context, actor user.Principal, ticketID, clientID string, kind Kind, makeEntries changeFunc) (ChangeResult, error) {
	for attempt := range maxAttempts {
		started := time.Now()
		log, err := s.readLatest(ctx, actor, ticketID, dedupWindow)
		if err != nil {
			return ChangeResult{}, err
		}
		if log, err = s.catchUp(ctx, log); err != nil {
			return ChangeResult{}, err
		}
		repeated, err := s.isRepeatedChange(ctx, actor, clientID, kind, log)
		if err != nil || repeated {
			return ChangeResult{Ticket: log.Ticket}, err
		}
		if s.versions != nil && !slices.Contains(s.versions, log.Ticket.LastSeqFor(actor)) {
			return ChangeResult{}, apperr.New(apperr.VersionStale, "")
		}
		entries, err := makeEntries(log.Ticket)
		if err != nil || len(entries) == 0 && clientID == "" {
			return ChangeResult{Ticket: log.Ticket}, err
		}
		if err := s.checkWrite(ctx, actor); err != nil {
			return ChangeResult{}, err
		}
		if len(entries) == 0 {
			return ChangeResult{Ticket: log.Ticket}, s.recordUnchanged(ctx, actor, ticketID, clientID)
		}
		entries = s.sequenceEntries(ctx, actor, log.Ticket, clientID, entries)
		tk := Fold(log.Ticket, entries)
		err = s.Store.CommitEntries(ctx, tk, entries)
		if err == nil {
			return ChangeResult{Ticket: tk, Entries: entries}, nil
		}
		if !apperr.Is(err, apperr.Conflict) {
			return ChangeResult{}, err
		}
		if err := backOff(ctx, attempt, time.Since(started)); err != nil {
			return ChangeResult{}, err
		}
	}
	return ChangeResult{}, errConflict()
}

// isRepeatedChange reports whether an earlier request made the change, or had nothing to do. The
// second takes a read of its own, which is saved if the client id is younger than the newest
// entry: nothing has changed since the first request then. The log tells whether the clock of the
// client may have been too far ahead for that. Returns errClientIDUsed if the earlier request was
// of another kind.
func (s *Service) isRepeatedChange(ctx context.Context, actor user.Principal, clientID string, kind Kind, log Log) (bool, error) {
	if clientID == "" {
		return false, nil
	}
	if original, duplicate := log.findByClientID(actor.UserID, clientID); duplicate {
		if original.Kind != kind {
			return false, errClientIDUsed()
		}
		return true, nil
	}
	sentAt, newest := id.Time(clientID), log.Entries[len(log.Entries)-1].CreatedAt
	if sentAt.After(newest.Add(maxClockSkew)) && sentAt.After(log.ClockAhead[actor.UserID]) && !sentAt.After(s.Now().Add(maxClockSkew)) {
		return false, nil
	}
	return s.Store.WasUnchanged(ctx, log.Ticket.ID, actor.UserID, clientID)
}

func (s *Service) recordUnchanged(ctx context.Context, actor user.Principal, ticketID, clientID string) error {
	u := Unchanged{TicketID: ticketID, UserID: actor.UserID, Role: actor.Role, At: s.Now()}
	if sentAt := id.Time(clientID); sentAt.After(u.At.Add(maxClockSkew)) {
		u.ClockAhead = sentAt
	}
	return s.Store.RecordUnchanged(ctx, u, clientID)
}

// sequenceEntries sets the sequence numbers, author, time and state of new
// entries. The client id goes to the first entry and stands for the whole change.
func (s *Service) sequenceEntries(ctx context.Context, actor user.Principal, tk Ticket, clientID string, entries []Entry) []Entry {
	now := s.Now()
	state, public := tk.State, tk.PublicSeq
	for i := range entries {
		e := &entries[i]
		e.TicketID, e.Seq, e.Author, e.RequestID, e.CreatedAt = tk.ID, tk.LastSeq+1+i, authorOf(actor), requestlog.ID(ctx), now
		e.HiddenBefore = e.Seq - 1 - public
		if i == 0 {
			e.ClientID = clientID
		}
		state = stateAfter(state, e.Change)
		if e.Kind == KindAssignment && state.Status == StatusNew && state.AssigneeID != "" {
			state.Status = StatusOpen
		}
		e.State = state
		if e.isPublic() {
			public = e.Seq
		}
	}
	return entries
}

// stateAfter returns the state of a ticket after the change.
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

// Close closes the ticket. A closed ticket stays unchanged. Returns
// apperr.TicketNotFound or apperr.Conflict.
func (s *Service) Close(ctx context.Context, actor user.Principal, ticketID, clientID string) (ChangeResult, error) {
	return s.applyChange(ctx, actor, ticketID, clientID, KindStatus, func(tk Ticket) ([]Entry, error) {
		return statusEntries(tk, StatusClosed), nil
	})
}

// Reopen sets a resolved or closed ticket to open. An active ticket stays
// unchanged. It fails with apperr.TicketClosed for a customer after the ReopenWindow.
func (s *Service) Reopen(ctx context.Context, actor user.Principal, ticketID, clientID string) (ChangeResult, error) {
	return s.applyChange(ctx, actor, ticketID, clientID, KindStatus, func(tk Ticket) ([]Entry, error) {
		if tk.State.Status.IsActive() {
			return nil, nil
		}
		if err := s.checkReopen(tk, actor, s.Now()); err != nil {
			return nil, err
		}
		return statusEntries(tk, StatusOpen), nil
	})
}

// SetStatus changes the status on behalf of staff. Returns
// apperr.StatusNotAllowed if the transition does not exist.
func (s *Service) SetStatus(ctx context.Context, actor user.Principal, ticketID, clientID string, to Status) (ChangeResult, error) {
	return s.applyChange(ctx, actor, ticketID, clientID, KindStatus, func(tk Ticket) ([]Entry, error) {
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

// Claim assigns the ticket to the actor. It fails with apperr.AlreadyAssigned if it is
// assigned to another agent.
func (s *Service) Claim(ctx context.Context, actor user.Principal, ticketID, clientID string) (ChangeResult, error) {
	return s.applyChange(ctx, actor, ticketID, clientID, KindAssignment, func(tk Ticket) ([]Entry, error) {
		if tk.State.AssigneeID != "" && tk.State.AssigneeID != actor.UserID {
			return nil, apperr.New(apperr.AlreadyAssigned, "This ticket is assigned to "+user.DisplayName(tk.Assignee.Name, locale.English)+".")
		}
		return assignEntries(tk, UserRef{ID: actor.UserID, Name: actor.Name}), nil
	})
}

// Release unassigns an active ticket in the name of the system if it is assigned to the
// agent, who has lost the role. It is safe to repeat; a deleted ticket is no error.
func (s *Service) Release(ctx context.Context, ticketID, agentID string) error {
	_, err := s.applyChange(ctx, SystemPrincipal(), ticketID, "", KindAssignment, func(tk Ticket) ([]Entry, error) {
		if tk.State.AssigneeID != agentID || !tk.State.Status.IsActive() {
			return nil, nil
		}
		return assignEntries(tk, UserRef{}), nil
	})
	if apperr.Is(err, apperr.TicketNotFound) {
		return nil
	}
	return err
}

// Assign assigns the ticket to an agent, or unassigns it if assigneeID is "".
// It fails with apperr.UserNotFound if the assignee is not active staff.
func (s *Service) Assign(ctx context.Context, actor user.Principal, ticketID, clientID, assigneeID string) (ChangeResult, error) {
	return s.applyChange(ctx, actor, ticketID, clientID, KindAssignment, func(tk Ticket) ([]Entry, error) {
		var to UserRef
		if assigneeID != "" {
			agent, err := s.userRef(ctx, assigneeID, user.User.IsAgent)
			if err != nil {
				return nil, err
			}
			to = agent
		}
		return assignEntries(tk, to), nil
	})
}

func assignEntries(tk Ticket, to UserRef) []Entry {
	if tk.State.AssigneeID == to.ID {
		return nil
	}
	return []Entry{{Kind: KindAssignment, Change: &Change{
		Field: "assignee", From: tk.State.AssigneeID, FromName: tk.Assignee.Name, To: to.ID, Name: to.Name,
	}}}
}

// Patch is an update of a ticket's fields; nil leaves a field unchanged.
type Patch struct {
	Title      *string
	Priority   *Priority
	CategoryID *string
	Tags       *[]string
}

// Update changes title, priority, category and tags, with one entry for each
// field. The customer may change title and priority of an active ticket; staff
// may change all fields of any ticket.
//
// It fails with apperr.Forbidden, TicketClosed or CategoryNotFound.
func (s *Service) Update(ctx context.Context, actor user.Principal, ticketID string, p Patch) (ChangeResult, error) {
	if !actor.Role.IsStaff() && (p.CategoryID != nil || p.Tags != nil) {
		return ChangeResult{}, s.forbiddenIfVisible(ctx, actor, ticketID, "Only staff can change the category and the tags.")
	}
	var category Category
	var unknown error
	if p.CategoryID != nil {
		var err error
		if category, err = s.Categories.Category(ctx, *p.CategoryID); apperr.Is(err, apperr.CategoryNotFound) {
			category.ID, unknown = *p.CategoryID, err
		} else if err != nil {
			return ChangeResult{}, err
		}
	}
	return s.applyChange(ctx, actor, ticketID, "", "", func(tk Ticket) ([]Entry, error) {
		if unknown != nil && tk.State.CategoryID != category.ID { // a ticket keeps a deleted category
			return nil, unknown
		}
		if !actor.Role.IsStaff() && !tk.State.Status.IsActive() {
			return nil, apperr.New(apperr.TicketClosed, "")
		}
		return patchEntries(tk, p, category), nil
	})
}

// forbiddenIfVisible returns apperr.Forbidden, or apperr.TicketNotFound if the
// actor may not see the ticket.
func (s *Service) forbiddenIfVisible(ctx context.Context, actor user.Principal, ticketID, detail string) error {
	if _, err := s.readLatest(ctx, actor, ticketID, 1); err != nil {
		return err
	}
	return apperr.New(apperr.Forbidden, detail)
}

// patchEntries returns one entry for each field that the patch changes.
func patchEntries(tk Ticket, p Patch, category Category) []Entry {
	var out []Entry
	add := func(kind Kind, c Change) {
		if c.From != c.To {
			out = append(out, Entry{Kind: kind, Change: &c})
		}
	}
	if p.Title != nil {
		add(KindTitle, Change{Field: "title", From: tk.Title, To: *p.Title})
	}
	if p.Priority != nil {
		add(KindPriority, Change{Field: "priority", From: string(tk.State.Priority), To: string(*p.Priority)})
	}
	if p.CategoryID != nil {
		add(KindCategory, Change{Field: "category", From: tk.State.CategoryID, FromNames: tk.Category.Names, To: category.ID, Names: category.Names})
	}
	if p.Tags != nil {
		add(KindTags, Change{Field: "tags", From: strings.Join(tk.Tags, ","), To: strings.Join(dedupe(*p.Tags), ",")})
	}
	return out
}

// dedupe removes tags that a reader takes for an earlier one, and keeps the order.
func dedupe(tags []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, tag := range tags {
		if key := search.NameKey(tag); !seen[key] {
			seen[key] = true
			out = append(out, tag)
		}
	}
	return out
}
