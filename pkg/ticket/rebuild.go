package ticket

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"ticketsystem/pkg/apperr"
)

// Rebuild folds a ticket from its whole log and read markers, and stores it if
// the stored one differs or is missing. nameOf returns the current name of a user,
// because the log has the name of the time of each entry. Rebuild returns the log, which is
// empty if the ticket was deleted, and whether the ticket was repaired. It is safe to repeat.
func (s *Service) Rebuild(ctx context.Context, ticketID string, nameOf func(ctx context.Context, userID string) (string, error)) (log Log, repaired bool, err error) {
	for attempt := range maxAttempts {
		started := time.Now()
		log, err := s.Store.ReadLogFrom(ctx, ticketID, 1)
		if err != nil || log.Deleted || len(log.Entries) == 0 {
			return Log{}, false, err
		}
		if last := log.Entries[len(log.Entries)-1].Seq; last < log.Ticket.LastSeq {
			// Either the ticket was updated while it was read, or it is wrong. A
			// second read distinguishes the two.
			rev := log.Ticket.Revision
			if log, err = s.Store.ReadLogFrom(ctx, ticketID, 1); err != nil {
				return Log{}, false, err
			}
			if log.Ticket.Revision != rev {
				if err := backOff(ctx, attempt, time.Since(started)); err != nil {
					return Log{}, false, err
				}
				continue
			}
		}
		next := foldAll(log)
		if next.LastSeq != len(log.Entries) {
			return Log{}, false, fmt.Errorf("ticket %s: the log has a gap after entry %d of %d", ticketID, next.LastSeq, len(log.Entries))
		}
		if err := setCurrentName(ctx, &next.Customer, nameOf); err != nil {
			return Log{}, false, err
		}
		if err := setCurrentName(ctx, &next.Assignee, nameOf); err != nil {
			return Log{}, false, err
		}
		if equal(next, log.Ticket) && next.IsListed() {
			return log, false, nil
		}
		log.Ticket = next
		if err = s.Store.SaveProjection(ctx, next); !apperr.Is(err, apperr.Conflict) {
			return log, err == nil, err
		}
		if err := backOff(ctx, attempt, time.Since(started)); err != nil {
			return Log{}, false, err
		}
	}
	return Log{}, false, errConflict()
}

// foldAll returns the ticket that results from a complete log and its read markers.
func foldAll(log Log) Ticket {
	tk := Fold(Ticket{}, log.Entries)
	for id, marker := range log.ReadMarkers {
		tk = ApplyReadMarker(tk, id, min(marker, tk.LastSeq), log.Entries)
	}
	tk.Revision = log.Ticket.Revision
	return tk
}

// setCurrentName replaces the name in ref by the current name of the user.
func setCurrentName(ctx context.Context, ref *UserRef, nameOf func(ctx context.Context, userID string) (string, error)) (err error) {
	if ref.ID != "" {
		ref.Name, err = nameOf(ctx, ref.ID)
	}
	return err
}

// equal reports whether two tickets are equal; nil and empty collections are, and so are readers
// with as many unread messages: their positions may be stored later.
func equal(a, b Ticket) bool {
	readers := slices.AppendSeq(slices.Collect(maps.Keys(a.Readers)), maps.Keys(b.Readers))
	if slices.ContainsFunc(readers, func(id string) bool { return a.unreadFor(id) != b.unreadFor(id) }) {
		return false
	}
	a.Readers, b.Readers = nil, nil
	for _, tk := range []*Ticket{&a, &b} {
		if len(tk.Tags) == 0 {
			tk.Tags = nil
		}
		if len(tk.FollowUps) == 0 {
			tk.FollowUps = nil
		}
		if len(tk.Category.Names) == 0 {
			tk.Category.Names = nil
		}
	}
	return reflect.DeepEqual(a, b)
}
