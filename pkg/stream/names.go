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
	// DeleteNameReference deletes the record of AddNameReference.
	DeleteNameReference(ctx context.Context, userID, ticketID string) error
	// OwnTicket returns the user's next ticket by creation, "" for none. next is nil
	// after the last ticket.
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

// RecordNames returns a Handler that records which tickets contain the names of
// agents, so that a later name update finds them. It also corrects the name in new
// entries and read markers, because a token may contain the name before the last change
// or before the deletion of the user. It records and writes first and reads the user
// then: a user who is deleted later is found by the name update.
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
	if e.Kind == ticket.KindAssignment && e.Change != nil && e.Change.To != "" {
		if _, err := store.AddNameReference(ctx, e.Change.To, e.TicketID); err != nil {
			return err
		}
		if err := correctName(ctx, store, e, e.Change.To, e.Change.Name); err != nil {
			return err
		}
	}
	if e.Author.ID == "" { // the automation
		return nil
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
// change, and removes all personal data after a deletion. Each stream record makes
// one bounded step and stores the progress, which causes the next record.
func UpdateNames(store NameStore, index SearchIndex) Handler {
	return func(ctx context.Context, e event.Event, _ ...event.Event) error {
		switch e := e.(type) {
		case event.UserChanged:
			if e.Old.Name == e.New.Name && e.Old.Phone == e.New.Phone && e.Old.Email == e.New.Email {
				return nil
			}
			return store.StartNameUpdate(ctx, e.New.ID)
		case event.UserDeleted:
			if err := store.DeleteLoginAttemptsAndSuppression(ctx, e.User); err != nil {
				return err
			}
			return store.StartNameUpdate(ctx, e.User.ID)
		case event.NamesOutdated:
			next, err := updateNames(ctx, store, index, e)
			if err != nil {
				return err
			}
			return store.SaveNameUpdate(ctx, e, next)
		}
		return nil
	}
}

// updateNames makes one step and returns the new progress.
func updateNames(ctx context.Context, store NameStore, index SearchIndex, at event.NamesOutdated) (event.NamesOutdated, error) {
	name, deleted, err := currentName(ctx, store, at.UserID)
	if err != nil {
		return at, err
	}
	for range maxTicketsPerStep {
		if at.Phase > event.NamesReferencedTickets {
			break
		}
		if at, err = updateNextTicket(ctx, store, index, at, name, deleted); err != nil || at.Seq > 0 {
			return at, err
		}
	}
	switch at.Phase {
	case event.NamesNotifications:
		if !deleted {
			return nextPhase(at, event.NamesDone), nil
		}
		more, err := store.DeleteNotifications(ctx, at.UserID, maxItemsPerStep)
		if !more {
			at = nextPhase(at, event.NamesAudit)
		}
		return at, err
	case event.NamesAudit:
		at.After, err = store.RemoveUserFromAudit(ctx, at.UserID, at.After, maxItemsPerStep)
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
func updateNextTicket(ctx context.Context, store NameStore, index SearchIndex, at event.NamesOutdated, name string, deleted bool) (event.NamesOutdated, error) {
	list := store.OwnTicket
	if at.Phase == event.NamesReferencedTickets {
		list = store.ReferencedTicket
	}
	ticketID, next, err := list(ctx, at.UserID, at.After)
	if err != nil {
		return at, err
	}
	if ticketID != "" {
		if err := store.SetNameInTicket(ctx, ticketID, at.UserID, name); err != nil {
			return at, err
		}
		if deleted {
			at.Seq, err = store.EraseNameInLog(ctx, ticketID, at.UserID, max(at.Seq, 1), maxItemsPerStep)
			if err != nil || at.Seq > 0 {
				return at, err
			}
		}
		if at.Phase == event.NamesOwnTickets {
			err = index.RefreshTicket(ctx, ticketID)
		} else if deleted {
			err = store.DeleteNameReference(ctx, at.UserID, ticketID)
		}
		if err != nil {
			return at, err
		}
	}
	if at.After = next; next == nil {
		at = nextPhase(at, at.Phase+1)
	}
	return at, nil
}
