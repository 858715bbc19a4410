package ticket

import (
	"context"

	"ticketsystem/pkg/fault"
)

// Mark is how far somebody has read a ticket.
type Mark struct {
	TicketID string
	Reader   Author
	Seq      int
}

// Project brings a ticket's head up to date with its log and its read marks.
// What the stream says is a hint: from is a seq that is new, or the one behind
// a mark that has moved; the log says the rest. Doubled, late and reordered hints are
// harmless, because only what the head does not hold yet is folded in.
//
// What slipped in behind a deletion lets the ticket be buried again, so that
// those who erase it hear of it after they have followed what slipped in.
func (d *Desk) Project(ctx context.Context, ticketID string, from int) error {
	for try := range attempts {
		log, err := d.Store.Tail(ctx, ticketID, from)
		if err != nil {
			return err
		}
		if log.Gone && len(log.Entries)+len(log.Marks) > 0 {
			return d.Store.Bury(ctx, ticketID)
		}
		if log.Head.ID == "" {
			return nil // deleted meanwhile
		}
		if need := needed(log); need < from {
			from = need
			continue
		}
		if n := len(log.Entries); n > 0 && log.Entries[n-1].Seq < log.Head.LastSeq {
			stepBack(ctx, try, 0)
			continue // the head moved on while it was read; what it knows more of must be at hand
		}
		if err := d.correct(ctx, log); err != nil {
			return err
		}
		next, changed := projected(log)
		if !changed {
			return nil
		}
		err = d.Store.Project(ctx, next)
		if !fault.Is(err, fault.Conflict) {
			return err
		}
		stepBack(ctx, try, 0)
	}
	return busy()
}

// correct takes marks back that somebody set beyond the end of the log: they
// would never move again, and count everything that comes as read.
func (d *Desk) correct(ctx context.Context, log Log) error {
	end := log.Head.LastSeq
	if n := len(log.Entries); n > 0 {
		end = max(end, log.Entries[n-1].Seq)
	}
	for id, mark := range log.Marks {
		if mark <= end {
			continue
		}
		if err := d.Store.CorrectRead(ctx, Mark{TicketID: log.Head.ID, Reader: Author{ID: id}, Seq: end}, mark); err != nil {
			return err
		}
		log.Marks[id] = end
	}
	return nil
}

// needed is the first entry that must be at hand to fold and to count what is
// unread after the marks that moved.
func needed(log Log) int {
	need := log.Head.LastSeq + 1
	for id, mark := range log.Marks {
		if mark > log.Head.Readers[id].Read {
			need = min(need, mark+1)
		}
	}
	return need
}

func projected(log Log) (Head, bool) {
	next := Fold(log.Head, log.Entries)
	// A head of the first revision is not in the lists of staff yet.
	changed := next.LastSeq != log.Head.LastSeq || log.Head.Revision == 1
	for id, mark := range log.Marks {
		if mark > next.Readers[id].Read && mark <= next.LastSeq {
			next = MarkRead(next, id, mark, id != next.Customer.ID, log.Entries)
			changed = true
		}
	}
	return next, changed
}
