package stream

import (
	"context"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// NameStore finds and updates the copies of a user's name.
type NameStore interface {
	UserReader

	// StartNameUpdate stores the start of a name update, which the stream reports as
	// event.NamesOutdated.
	StartNameUpdate(ctx context.Context, userID string) error
	// SaveNameUpdate stores the progress of a name update, or deletes it in phase
	// event.NamesDone. It does nothing if from is not the stored progress.
	SaveNameUpdate(ctx context.Context, from, to event.NamesOutdated) error
	// AddNameReference records that a ticket contains the name of an agent. added is
	// false if it is recorded already.
	AddNameReference(ctx context.Context, userID, ticketID string) (added bool, err error)
	// AddOwnTicket records that a user is the customer of a ticket, and the number of the ticket.
	// It is safe to repeat.
	AddOwnTicket(ctx context.Context, userID, ticketID string) error
	// DeleteNameReference deletes the record of AddNameReference.
	DeleteNameReference(ctx context.Context, userID, ticketID string) error
	// DeleteOwnTicket deletes the record of AddOwnTicket.
	DeleteOwnTicket(ctx context.Context, userID, ticketID string) error
	// OwnTicket returns the next ticket of AddOwnTicket, "" for none. next is nil after
	// the last ticket.
	OwnTicket(ctx context.Context, userID string, after map[string]string) (ticketID string, next map[string]string, err error)
	// ReferencedTicket returns the next ticket of AddNameReference, as OwnTicket does.
	ReferencedTicket(ctx context.Context, userID string, after map[string]string) (ticketID string, next map[string]string, err error)
	// SetNameInTicket sets the name of a customer, assignee and reader in a ticket.
	SetNameInTicket(ctx context.Context, ticketID, userID, name string) error
	// EraseNameInLog replaces the name of a deleted user in n entries of a log and in
	// the notifications of these entries. It returns the entry at which the next call
	// continues, 0 after the last.
	EraseNameInLog(ctx context.Context, ticketID, userID string, from, n int) (next int, err error)
	// DeleteLoginAttemptsAndSuppression deletes the login attempts and the suppression of a deleted user.
	DeleteLoginAttemptsAndSuppression(ctx context.Context, u user.User) error
	// DeleteNotifications deletes n notifications of a user. more reports whether the
	// user has others.
	DeleteNotifications(ctx context.Context, userID string, n int) (more bool, err error)
	// RemoveUserFromAudit removes a user from n audit records. next is nil after the last.
	RemoveUserFromAudit(ctx context.Context, userID string, after map[string]string, n int) (next map[string]string, err error)
}

// RecordNames returns a Handler that records which tickets a customer has and which
// contain the names of agents, so that a later name update finds them. It also corrects
// the name in new entries and read markers, because a token may contain the name before
// the last change or before the deletion of the user. It records and writes first and
// reads the user then: a user who is deleted later is found by the name update.
func RecordNames(store NameStore) Handler {
	return func(ctx context.Context, e event.Event, _ ...event.Event) error {
		switch e := e.(type) {
		case event.EntryAppended:
			return recordEntryNames(ctx, store, e.Entry)
		case event.ReadMarkerMoved:
			reader := e.Marker.Reader
			if reader.Role.IsStaff() {
				if _, err := store.AddNameReference(ctx, reader.ID, e.Marker.TicketID); err != nil {
					return err
				}
			}
			return correctName(ctx, store, ticket.Entry{TicketID: e.Marker.TicketID}, reader.ID, reader.Name)
		}
		return nil
	}
}

func recordEntryNames(ctx context.Context, store NameStore, e ticket.Entry) error {
	if c := e.Change; e.Kind == ticket.KindAssignment && c != nil && c.To != "" {
		if _, err := store.AddNameReference(ctx, c.To, e.TicketID); err != nil {
			return err
		}
		if err := correctName(ctx, store, e, c.To, c.Name); err != nil {
			return err
		}
	}
	// The assignee before has a reference since the assignment.
	if c := e.Change; e.Kind == ticket.KindAssignment && c != nil && c.From != "" {
		if err := correctName(ctx, store, e, c.From, c.FromName); err != nil {
			return err
		}
	}
	if e.Author.Role == user.RoleSystem { // no user
		return nil
	}
	if e.Kind == ticket.KindOpened {
		customer := e.Customer()
		if err := store.AddOwnTicket(ctx, customer.ID, e.TicketID); err != nil {
			return err
		}
		if customer.ID != e.Author.ID {
			if err := correctName(ctx, store, e, customer.ID, customer.Name); err != nil {
				return err
			}
		}
	}
	if e.Author.Role.IsStaff() {
		if _, err := store.AddNameReference(ctx, e.Author.ID, e.TicketID); err != nil {
			return err
		}
	}
	return correctName(ctx, store, e, e.Author.ID, e.Author.Name)
}

// correctName updates the ticket of an entry if the user has another name than written.
// If the user was deleted, it also erases the name in the entry.
func correctName(ctx context.Context, store NameStore, e ticket.Entry, userID, written string) error {
	name, deleted, err := currentName(ctx, store, userID)
	if err != nil || name == written {
		return err
	}
	if err := store.SetNameInTicket(ctx, e.TicketID, userID, name); err != nil || !deleted || e.Seq == 0 {
		return err
	}
	_, err = store.EraseNameInLog(ctx, e.TicketID, userID, e.Seq, 1)
	return err
}

// currentName returns the name of a user, user.DeletedName for a deleted one.
func currentName(ctx context.Context, users UserReader, userID string) (name string, deleted bool, err error) {
	u, err := users.User(ctx, userID)
	if apperr.Is(err, apperr.UserNotFound) {
		return user.DeletedName, true, nil
	}
	return u.Name, false, err
}

// The limits of one step of a name update, which keep it within the timeout of the
// function. A longer update continues with the next stream record.
const (
	maxTicketsPerStep = 20
	maxItemsPerStep   = 100
)

// UpdateNames returns a Handler that updates the copies of a user's name after a
// change, and removes all personal data after a deletion. It also unassigns all tickets of
// former agents, of which ReleaseTickets may miss the newest. Each stream record makes one
// bounded step and stores the progress, which causes the next record.
func UpdateNames(store NameStore, index SearchIndex, tickets Releaser) Handler {
	return func(ctx context.Context, e event.Event, _ ...event.Event) error {
		switch e := e.(type) {
		case event.UserChanged:
			if e.Old.Name == e.New.Name && e.Old.Phone == e.New.Phone && e.Old.Email == e.New.Email && formerAgent(e) == "" {
				return nil
			}
			return store.StartNameUpdate(ctx, e.New.ID)
		case event.UserDeleted:
			if err := store.DeleteLoginAttemptsAndSuppression(ctx, e.User); err != nil {
				return err
			}
			return store.StartNameUpdate(ctx, e.User.ID)
		case event.NamesOutdated:
			next, err := (&nameUpdate{store: store, index: index, tickets: tickets}).step(ctx, e)
			if err != nil {
				return err
			}
			return store.SaveNameUpdate(ctx, e, next)
		}
		return nil
	}
}

// nameUpdate is one step of the update of a user's name.
type nameUpdate struct {
	store   NameStore
	index   SearchIndex
	tickets Releaser

	name    string // user.DeletedName if the user was deleted
	deleted bool
	agent   bool // whether the user may be assigned to tickets
}

// step makes one step and returns the new progress.
func (u *nameUpdate) step(ctx context.Context, at event.NamesOutdated) (event.NamesOutdated, error) {
	current, err := u.store.User(ctx, at.UserID)
	u.name, u.deleted, u.agent = current.Name, apperr.Is(err, apperr.UserNotFound), current.IsAgent()
	if u.deleted {
		u.name, err = user.DeletedName, nil
	}
	if err != nil {
		return at, err
	}
	for range maxTicketsPerStep {
		if at.Phase > event.NamesReferencedTickets {
			break
		}
		if at, err = u.updateNextTicket(ctx, at); err != nil || at.Seq > 0 {
			return at, err
		}
	}
	switch at.Phase {
	case event.NamesNotifications:
		if !u.deleted {
			return nextPhase(at, event.NamesDone), nil
		}
		more, err := u.store.DeleteNotifications(ctx, at.UserID, maxItemsPerStep)
		if !more {
			at = nextPhase(at, event.NamesAudit)
		}
		return at, err
	case event.NamesAudit:
		at.After, err = u.store.RemoveUserFromAudit(ctx, at.UserID, at.After, maxItemsPerStep)
		if at.After == nil {
			at = nextPhase(at, event.NamesDone)
		}
	}
	return at, err
}

func nextPhase(at event.NamesOutdated, phase int) event.NamesOutdated {
	at.Phase, at.After, at.Seq = phase, nil, 0
	return at
}

// updateNextTicket updates one ticket, or a part of its log if the user was deleted.
// In the second case, it returns a progress with a Seq.
func (u *nameUpdate) updateNextTicket(ctx context.Context, at event.NamesOutdated) (event.NamesOutdated, error) {
	list := u.store.OwnTicket
	if at.Phase == event.NamesReferencedTickets {
		list = u.store.ReferencedTicket
	}
	ticketID, next, err := list(ctx, at.UserID, at.After)
	if err != nil {
		return at, err
	}
	if ticketID != "" {
		if at.Seq, err = u.updateTicket(ctx, at, ticketID); err != nil || at.Seq > 0 {
			return at, err
		}
	}
	if at.After = next; next == nil {
		at = nextPhase(at, at.Phase+1)
	}
	return at, nil
}

// updateTicket returns the entry at which the next call continues with the ticket, 0
// after the last.
func (u *nameUpdate) updateTicket(ctx context.Context, at event.NamesOutdated, ticketID string) (seq int, err error) {
	if err := u.store.SetNameInTicket(ctx, ticketID, at.UserID, u.name); err != nil {
		return at.Seq, err
	}
	if at.Phase == event.NamesReferencedTickets && !u.agent {
		if err := u.tickets.Release(ctx, ticketID, at.UserID); err != nil {
			return at.Seq, err
		}
	}
	if u.deleted {
		seq, err = u.store.EraseNameInLog(ctx, ticketID, at.UserID, max(at.Seq, 1), maxItemsPerStep)
		if err != nil || seq > 0 {
			return seq, err
		}
	}
	remove := u.store.DeleteNameReference
	if at.Phase == event.NamesOwnTickets {
		remove, err = u.store.DeleteOwnTicket, u.index.RefreshTicket(ctx, ticketID)
	}
	if err == nil && u.deleted {
		err = remove(ctx, at.UserID, ticketID)
	}
	return 0, err
}
