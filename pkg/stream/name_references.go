package stream

import (
	"context"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// RecordNameReferences returns a Handler that records which tickets a customer has and which
// contain the names of agents, so that a later propagation finds them. It also corrects
// the name in new entries and read markers, because a token may contain the name before
// the last change or before the deletion of the user. It records and writes first and
// reads the user then: a user who is deleted later is found by the propagation.
func RecordNameReferences(store UserPropagationStore) Handler {
	return func(ctx context.Context, e event.Event, _ ...event.Event) error {
		switch e := e.(type) {
		case event.EntryAppended:
			return recordEntryReferences(ctx, store, e.Entry)
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

func recordEntryReferences(ctx context.Context, store UserPropagationStore, e ticket.Entry) error {
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
func correctName(ctx context.Context, store UserPropagationStore, e ticket.Entry, userID, written string) error {
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
