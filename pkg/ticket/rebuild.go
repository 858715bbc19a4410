package ticket

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/user"
)

// Rebuild folds a ticket's head anew, from the first entry of its log and the
// read marks, and stores it where it is not what the log says or not there at
// all. removed tells whether a person is no more: their name is in the log
// still and must not come back. The log comes back; it is empty when the ticket
// is gone.
func (d *Desk) Rebuild(ctx context.Context, ticketID string, removed func(ctx context.Context, userID string) (bool, error)) (log Log, mended bool, err error) {
	for try := range attempts {
		began := time.Now()
		log, err := d.Store.Tail(ctx, ticketID, 1)
		if err != nil || log.Gone || len(log.Entries) == 0 {
			return Log{}, false, err
		}
		if last := log.Entries[len(log.Entries)-1].Seq; last < log.Head.LastSeq {
			// It has moved on while it was read, or it is wrong: a second look tells.
			rev := log.Head.Revision
			if log, err = d.Store.Tail(ctx, ticketID, 1); err != nil {
				return Log{}, false, err
			}
			if log.Head.Revision != rev {
				stepBack(ctx, try, time.Since(began))
				continue
			}
		}
		next := fromScratch(log)
		if next.LastSeq != len(log.Entries) {
			return Log{}, false, fmt.Errorf("ticket %s: the log breaks off behind %d of %d entries", ticketID, next.LastSeq, len(log.Entries))
		}
		if err := unname(ctx, &next, log.Head, removed); err != nil {
			return Log{}, false, err
		}
		if sameHead(next, log.Head) && next.Revision > 1 { // one of the first is not in the lists of staff yet
			return log, false, nil
		}
		log.Head = next
		if err = d.Store.Project(ctx, next); !fault.Is(err, fault.Conflict) {
			return log, err == nil, err
		}
		stepBack(ctx, try, time.Since(began))
	}
	return Log{}, false, busy()
}

// fromScratch is the head that a whole log and its marks lead to.
func fromScratch(log Log) Head {
	h := Fold(Head{}, log.Entries)
	for id, mark := range log.Marks {
		h = MarkRead(h, id, min(mark, h.LastSeq), id != h.Customer.ID, log.Entries)
	}
	h.Revision = log.Head.Revision
	return h
}

// unname leaves the names of removed people off a head. Only where the stored
// one has another name than the log, people are looked at.
func unname(ctx context.Context, next *Head, stored Head, removed func(ctx context.Context, userID string) (bool, error)) error {
	for now, was := range map[*Person]Person{&next.Customer: stored.Customer, &next.Assignee: stored.Assignee} {
		if now.ID == "" || *now == was {
			continue
		}
		gone, err := removed(ctx, now.ID)
		if err != nil {
			return err
		}
		if gone {
			now.Name = user.RemovedName
		}
	}
	return nil
}

func sameHead(a, b Head) bool {
	for _, h := range []*Head{&a, &b} {
		if len(h.Readers) == 0 {
			h.Readers = nil
		}
		if len(h.Tags) == 0 {
			h.Tags = nil
		}
		if len(h.Category.Names) == 0 {
			h.Category.Names = nil
		}
	}
	return reflect.DeepEqual(a, b)
}
