package conformance

import (
	"fmt"
	"slices"

	"github.com/anishathalye/porcupine"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// deed is something that a client asks of a ticket, as the model sees it.
type deed struct {
	kind   string // post, note, close, status, claim, release or read
	id     string // the clientId
	who    user.Principal
	status ticket.Status // of a status
	after  int           // of a read
}

// answer is what the client got. lost means that it got nothing: the deed was
// done, or was not.
type answer struct {
	lost    bool
	refusal fault.Kind
	seq     int        // of the entry that was added, or stood there already; 0 for none
	shown   []numbered // what a read showed
}

// line is an entry of the model's log.
type line struct {
	kind, id string
	author   string
	status   ticket.Status
	assignee string
}

func (l line) note() bool { return l.kind == string(ticket.KindNote) }

// numbered is a line as a read shows it.
type numbered struct {
	seq int
	line
}

func linesOf(entries []ticket.Entry) []numbered {
	var lines []numbered
	for _, e := range entries {
		lines = append(lines, numbered{e.Seq, line{string(e.Kind), e.ClientID, e.Author.ID, e.State.Status, e.State.AssigneeID}})
	}
	return lines
}

// sequential is the model: an append-only log that one client after the other
// works on. shut says that a closed ticket takes no more messages.
func sequential(first line, shut bool) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return []line{first} },
		Step: func(state, input, output any) (bool, any) {
			log, d, a := state.([]line), input.(deed), output.(answer)
			if d.kind == "read" {
				return d.looksLike(log, a.shown), log
			}
			added, refusal := d.do(log, shut)
			if at := slices.IndexFunc(log, func(l line) bool { return l.id == d.id }); at >= 0 {
				// A repeat. Of a message it tells the place; a change may say no more.
				return a.lost || a.refusal == "" && (a.seq == at+1 || a.seq == 0 && d.kind != "post" && d.kind != "note"), log
			}
			switch {
			case a.lost && (refusal != "" || added == nil):
				return true, log
			case a.lost:
				return true, append(slices.Clip(log), *added)
			case refusal != "" || added == nil:
				return a.refusal == refusal && a.seq == 0, log
			}
			return a.refusal == "" && a.seq == len(log)+1, append(slices.Clip(log), *added)
		},
		Equal: func(a, b any) bool { return slices.Equal(a.([]line), b.([]line)) },
		DescribeOperation: func(input, output any) string {
			d, a := input.(deed), output.(answer)
			return fmt.Sprintf("%s %s by %s (%s, after %d): %+v", d.kind, d.id, d.who.Name, d.status, d.after, a)
		},
	}
}

// do is the entry that a deed adds to a log; nil when it changes nothing.
func (d deed) do(log []line, shut bool) (*line, fault.Kind) {
	now := log[len(log)-1]
	next := line{string(ticket.KindStatus), d.id, d.who.UserID, now.status, now.assignee}
	switch d.kind {
	case "note":
		next.kind = string(ticket.KindNote)
		return &next, ""
	case "post":
		if next.kind = string(ticket.KindMessage); now.status == ticket.StatusClosed && shut {
			return nil, fault.TicketClosed
		}
		next.status = d.afterMessage(now.status)
		return &next, ""
	case "claim", "release":
		return d.hand(now, next)
	}
	to := d.status
	if d.kind == "close" {
		to = ticket.StatusClosed
	}
	switch {
	case to == now.status:
		return nil, ""
	case now.status == ticket.StatusClosed && to != ticket.StatusOpen:
		return nil, fault.StatusNotAllowed
	}
	next.status = to
	return &next, ""
}

func (d deed) afterMessage(s ticket.Status) ticket.Status {
	staff := d.who.Role.Staff()
	if s == ticket.StatusClosed || staff && s == ticket.StatusNew || !staff && (s == ticket.StatusPending || s == ticket.StatusResolved) {
		return ticket.StatusOpen
	}
	return s
}

// hand gives the ticket to whoever asks, or to nobody.
func (d deed) hand(now, next line) (*line, fault.Kind) {
	to := ""
	if d.kind == "claim" {
		to = d.who.UserID
	}
	switch {
	case to == now.assignee:
		return nil, ""
	case to != "" && now.assignee != "":
		return nil, fault.AlreadyAssigned
	}
	if next.kind, next.assignee = string(ticket.KindAssignment), to; to != "" && now.status == ticket.StatusNew {
		next.status = ticket.StatusOpen
	}
	return &next, ""
}

// looksLike says whether a read of the log shows that.
func (d deed) looksLike(log []line, shown []numbered) bool {
	for i := d.after; i < len(log); i++ {
		if log[i].note() && !d.who.Role.Staff() {
			continue
		}
		if len(shown) == 0 || shown[0] != (numbered{i + 1, log[i]}) {
			return false
		}
		shown = shown[1:]
	}
	return len(shown) == 0
}
