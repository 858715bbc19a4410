package stream

import (
	"context"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
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
	// ListNotifications and MarkNotificationsRead are methods of notification.Store.
	ListNotifications(ctx context.Context, userID string, q notification.Query) (notification.Page, error)
	MarkNotificationsRead(ctx context.Context, userID string, ids []string) error
	// RemoveUserFromAudit removes a user from n audit records. next is nil after the last.
	RemoveUserFromAudit(ctx context.Context, userID string, after map[string]string, n int) (next map[string]string, err error)
	// EraseAttachments deletes n of the user's attachments, but those that messages in tickets
	// of others contain, because they belong to these. Messages show an expired file without
	// its name. next is nil after the last. It is safe to repeat.
	EraseAttachments(ctx context.Context, userID string, after map[string]string, n int) (next map[string]string, err error)
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
