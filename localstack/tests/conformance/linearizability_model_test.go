package conformance

import (
	"fmt"
	"slices"

	"github.com/anishathalye/porcupine"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// operation is one client request on a ticket, as the model sees it.
type operation struct {
	kind     string // post, note, close, status, claim, release or read
	clientID string // the clientId
	actor    user.Principal
	status   ticket.Status // for a status change
	after    int           // for a read
}

// result is the response to an operation. lost means that there was no response: the
// operation may or may not have been applied.
type result struct {
	lost    bool
	code    apperr.Code
	seq     int        // of the added or existing entry; 0 for none
	entries []seqEntry // returned by a read
}

// modelEntry is an entry of the model's log.
type modelEntry struct {
	kind, clientID string
	authorID       string
	status         ticket.Status
	assigneeID     string
}

func (e modelEntry) isNote() bool { return e.kind == string(ticket.KindNote) }

// seqEntry is a modelEntry as returned by a read.
type seqEntry struct {
	seq int
	modelEntry
}

func modelEntries(entries []ticket.Entry) []seqEntry {
	var list []seqEntry
	for _, e := range entries {
		list = append(list, seqEntry{e.Seq, modelEntry{string(e.Kind), e.ClientID, e.Author.ID, e.State.Status, e.State.AssigneeID}})
	}
	return list
}

// modelState is a log, and the client ids of changes that had nothing to do. A repeat of
// such a change does nothing either, although the ticket may have changed since.
type modelState struct {
	log     []modelEntry
	nothing []string
}

func (s modelState) equal(other modelState) bool {
	return slices.Equal(s.log, other.log) && slices.Equal(s.nothing, other.nothing)
}

// logModel returns the model: an append-only log with sequential clients. With
// rejectWhenClosed a closed ticket accepts no messages.
func logModel(first modelEntry, rejectWhenClosed bool) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return modelState{log: []modelEntry{first}} },
		Step: func(state, input, output any) (bool, any) {
			now, op, a := state.(modelState), input.(operation), output.(result)
			log := now.log
			if op.kind == "read" {
				return op.matchesRead(log, a.entries), now
			}
			added, code := op.apply(log, rejectWhenClosed)
			if pos := slices.IndexFunc(log, func(e modelEntry) bool { return e.clientID == op.clientID }); pos >= 0 {
				// A repeat. A repeated message returns its sequence number; a repeated
				// change may return none.
				return a.lost || a.code == "" && (a.seq == pos+1 || a.seq == 0 && op.kind != "post" && op.kind != "note"), now
			}
			if slices.Contains(now.nothing, op.clientID) {
				return a.lost || a.code == "" && a.seq == 0, now
			}
			switch {
			case code != "":
				return a.lost || a.code == code && a.seq == 0, now
			case added == nil:
				return a.lost || a.code == "" && a.seq == 0, modelState{log, append(slices.Clip(now.nothing), op.clientID)}
			}
			return a.lost || a.code == "" && a.seq == len(log)+1, modelState{append(slices.Clip(log), *added), now.nothing}
		},
		Equal: func(a, b any) bool { return a.(modelState).equal(b.(modelState)) },
		DescribeOperation: func(input, output any) string {
			op, a := input.(operation), output.(result)
			return fmt.Sprintf("%s %s by %s (%s, after %d): %+v", op.kind, op.clientID, op.actor.Name, op.status, op.after, a)
		},
	}
}

// apply returns the entry that the operation adds to the log, or nil if it changes
// nothing.
func (op operation) apply(log []modelEntry, rejectWhenClosed bool) (*modelEntry, apperr.Code) {
	now := log[len(log)-1]
	next := modelEntry{string(ticket.KindStatus), op.clientID, op.actor.UserID, now.status, now.assigneeID}
	switch op.kind {
	case "note":
		next.kind = string(ticket.KindNote)
		return &next, ""
	case "post":
		if next.kind = string(ticket.KindMessage); now.status == ticket.StatusClosed && rejectWhenClosed {
			return nil, apperr.TicketClosed
		}
		next.status = op.statusAfterMessage(now.status)
		return &next, ""
	case "claim", "release":
		return op.assign(now, next)
	}
	to := op.status
	if op.kind == "close" {
		to = ticket.StatusClosed
	}
	switch {
	case to == now.status:
		return nil, ""
	case now.status == ticket.StatusClosed && to != ticket.StatusOpen:
		return nil, apperr.StatusNotAllowed
	}
	next.status = to
	return &next, ""
}

func (op operation) statusAfterMessage(s ticket.Status) ticket.Status {
	staff := op.actor.Role.IsStaff()
	if s == ticket.StatusClosed || staff && s == ticket.StatusNew || !staff && (s == ticket.StatusPending || s == ticket.StatusResolved) {
		return ticket.StatusOpen
	}
	return s
}

// assign returns the entry of a claim or a release.
func (op operation) assign(now, next modelEntry) (*modelEntry, apperr.Code) {
	to := ""
	if op.kind == "claim" {
		to = op.actor.UserID
	}
	switch {
	case to == now.assigneeID:
		return nil, ""
	case to != "" && now.assigneeID != "":
		return nil, apperr.AlreadyAssigned
	}
	if next.kind, next.assigneeID = string(ticket.KindAssignment), to; to != "" && now.status == ticket.StatusNew {
		next.status = ticket.StatusOpen
	}
	return &next, ""
}

// matchesRead reports whether a read of the log returns these entries.
func (op operation) matchesRead(log []modelEntry, entries []seqEntry) bool {
	for i := op.after; i < len(log); i++ {
		if log[i].isNote() && !op.actor.Role.IsStaff() {
			continue
		}
		if len(entries) == 0 || entries[0] != (seqEntry{i + 1, log[i]}) {
			return false
		}
		entries = entries[1:]
	}
	return len(entries) == 0
}
