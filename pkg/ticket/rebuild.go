package ticket

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

// Rebuild folds a ticket's head anew, from the first entry of its log and the
// read marks, and stores it where it is not what the log says or not there at
// all. removed tells whether a person is no more: their name is in the log
// still and must not come back. The log comes back; it is empty when the ticket
// is gone.
func (s *Service) Rebuild(ctx context.Context, ticketID string, isDeleted func(ctx context.Context, userID string) (bool, error)) (log Log, repaired bool, err error) {
	for attempt := range maxAttempts {
		started := time.Now()
		log, err := s.Store.ReadLogFrom(ctx, ticketID, 1)
		if err != nil || log.Deleted || len(log.Entries) == 0 {
			return Log{}, false, err
		}
		if last := log.Entries[len(log.Entries)-1].Seq; last < log.Ticket.LastSeq {
			// It has moved on while it was read, or it is wrong: a second look tells.
			rev := log.Ticket.Revision
			if log, err = s.Store.ReadLogFrom(ctx, ticketID, 1); err != nil {
				return Log{}, false, err
			}
			if log.Ticket.Revision != rev {
				backOff(ctx, attempt, time.Since(started))
				continue
			}
		}
		next := foldAll(log)
		if next.LastSeq != len(log.Entries) {
			return Log{}, false, fmt.Errorf("ticket %s: the log breaks off behind %d of %d entries", ticketID, next.LastSeq, len(log.Entries))
		}
		if err := keepAnonymized(ctx, &next, log.Ticket, isDeleted); err != nil {
			return Log{}, false, err
		}
		if equal(next, log.Ticket) && next.Revision > 1 { // one of the first is not in the lists of staff yet
			return log, false, nil
		}
		log.Ticket = next
		if err = s.Store.SaveProjection(ctx, next); !apperr.Is(err, apperr.Conflict) {
			return log, err == nil, err
		}
		backOff(ctx, attempt, time.Since(started))
	}
	return Log{}, false, errConflict()
}

// foldAll is the head that a whole log and its marks lead to.
func foldAll(log Log) Ticket {
	tk := Fold(Ticket{}, log.Entries)
	for id, marker := range log.ReadMarkers {
		tk = ApplyReadMarker(tk, id, min(marker, tk.LastSeq), id != tk.Customer.ID, log.Entries)
	}
	tk.Revision = log.Ticket.Revision
	return tk
}

// keepAnonymized leaves the names of removed people off a head. Only where the stored
// one has another name than the log, people are looked at.
func keepAnonymized(ctx context.Context, next *Ticket, stored Ticket, isDeleted func(ctx context.Context, userID string) (bool, error)) error {
	for now, was := range map[*UserRef]UserRef{&next.Customer: stored.Customer, &next.Assignee: stored.Assignee} {
		if now.ID == "" || *now == was {
			continue
		}
		deleted, err := isDeleted(ctx, now.ID)
		if err != nil {
			return err
		}
		if deleted {
			now.Name = user.DeletedName
		}
	}
	return nil
}

func equal(a, b Ticket) bool {
	for _, tk := range []*Ticket{&a, &b} {
		if len(tk.Readers) == 0 {
			tk.Readers = nil
		}
		if len(tk.Tags) == 0 {
			tk.Tags = nil
		}
		if len(tk.Category.Names) == 0 {
			tk.Category.Names = nil
		}
	}
	return reflect.DeepEqual(a, b)
}
