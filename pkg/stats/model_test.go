package stats_test

import (
	"maps"
	"math/rand/v2"
	"time"
	_ "time/tzdata" // the same database everywhere

	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

var start = time.Date(2026, 3, 1, 22, 30, 0, 0, time.UTC)

// randomLog returns a random log with messages, notes and all kinds of changes.
func randomLog(rng *rand.Rand, ticketID string, n int) []ticket.Entry {
	statuses := []ticket.Status{ticket.StatusOpen, ticket.StatusPending, ticket.StatusOnHold, ticket.StatusResolved, ticket.StatusClosed}
	authors := []ticket.Author{{ID: "sara", Role: user.RoleUser}, {ID: "ali", Role: user.RoleSupport}, {ID: "system", Role: "system"}}
	at := start.Add(time.Duration(rng.IntN(72)) * time.Hour)
	state := ticket.State{Status: ticket.StatusNew, Priority: ticket.PriorityHigh, CategoryID: "billing"}
	log := []ticket.Entry{{
		TicketID: ticketID, Seq: 1, Kind: ticket.KindOpened, Author: authors[0], CreatedAt: at, State: state,
		Opening: &ticket.Opening{Category: ticket.Category{ID: "billing", Names: map[string]string{"en": "Billing"}}},
	}}
	for seq := 2; seq <= n; seq++ {
		at = at.Add(time.Duration(rng.IntN(20*3600)) * time.Second)
		e := ticket.Entry{TicketID: ticketID, Seq: seq, Author: authors[rng.IntN(3)], CreatedAt: at}
		switch kind := rng.IntN(8); kind {
		case 0, 1:
			to := statuses[rng.IntN(len(statuses))]
			e.Kind, e.Change = ticket.KindStatus, &ticket.Change{Field: "status", From: string(state.Status), To: string(to)}
			state.Status = to
		case 2:
			state.CategoryID = []string{"billing", "technical"}[rng.IntN(2)]
			e.Kind, e.Change = ticket.KindCategory, &ticket.Change{Field: "category", To: state.CategoryID}
		case 3:
			e.Kind = ticket.KindNote
		case 4:
			state.AssigneeID = []string{"ali", "reza", ""}[rng.IntN(3)]
			e.Kind, e.Change = ticket.KindAssignment, &ticket.Change{Field: "assignee", To: state.AssigneeID}
		case 5:
			state.Priority = []ticket.Priority{ticket.PriorityLow, ticket.PriorityUrgent}[rng.IntN(2)]
			e.Kind, e.Change = ticket.KindPriority, &ticket.Change{Field: "priority", To: string(state.Priority)}
		default:
			e.Kind = ticket.KindMessage
			if e.Author.ID == "sara" && !state.Status.IsActive() {
				e.Change = &ticket.Change{Field: "status", From: string(state.Status), To: "open"}
				state.Status = ticket.StatusOpen
			}
		}
		e.State = state
		log = append(log, e)
	}
	return log
}

// model counts the totals of a period directly from the logs.
type model struct {
	period stats.Period
	totals map[string]int
}

func (m model) event(e ticket.Entry, name string) {
	if date := stats.DateOf(e.CreatedAt, m.period.Zone); !date.Before(m.period.From) && !date.After(m.period.To) {
		m.totals[name]++
	}
}

func modelTotals(logs map[string][]ticket.Entry, p stats.Period) map[string]int {
	m := model{p, map[string]int{}}
	for _, log := range logs {
		m.countEvents(log)
		m.countCurrent(log)
	}
	return m.totals
}

func (m model) countEvents(log []ticket.Entry) {
	was, replied, ended := ticket.Status(""), false, false
	for _, e := range log {
		day, now := stats.DayOf(stats.DateOf(e.CreatedAt, m.period.Zone)), e.State.Status
		byAli := e.Author.ID == "ali"
		if was == "" {
			m.event(e, day+" created")
			m.event(e, "created in "+e.State.CategoryID)
		}
		switch {
		case now == was:
		case !now.IsActive():
			m.event(e, day+" "+string(now))
			m.event(e, string(now)+" in "+e.State.CategoryID)
			if byAli {
				m.event(e, string(now)+" of ali")
			}
		case was == ticket.StatusResolved || was == ticket.StatusClosed:
			m.event(e, day+" reopened")
		}
		if e.Kind == ticket.KindMessage && byAli {
			m.event(e, "replies of ali")
			if !replied {
				replied = true
				m.event(e, "responses")
			}
		}
		if !now.IsActive() && !ended {
			ended = true
			m.event(e, "resolutions")
			if byAli {
				m.event(e, "resolutions of ali")
			}
		}
		was = now
	}
}

func (m model) countCurrent(log []ticket.Entry) {
	last := log[len(log)-1].State
	m.totals["all "+string(last.Status)]++
	m.totals["all of sara"]++
	if !last.Status.IsActive() {
		return
	}
	for _, name := range []string{string(last.Status), "in " + last.CategoryID, "active", "open of sara", "priority " + string(last.Priority), "held by " + last.AssigneeID} {
		m.totals[name]++
	}
	for _, e := range log {
		if last.AssigneeID != "" && e.IsMessage() && e.Author.ID != last.AssigneeID && e.Seq > readMarkers()[last.AssigneeID] {
			m.totals["unread by "+last.AssigneeID]++
			break
		}
	}
}

func readMarkers() map[string]int { return map[string]int{"ali": 4} }

// reportTotals returns the totals of a report and of the current counts.
func reportTotals(snap stats.Snapshot, p stats.Period) map[string]int {
	out := map[string]int{}
	r := stats.NewReport(p, snap)
	for _, d := range r.Days {
		out[d.Day+" created"], out[d.Day+" resolved"], out[d.Day+" closed"], out[d.Day+" reopened"] = d.Created, d.Resolved, d.Closed, d.Reopened
	}
	for _, c := range r.Categories {
		out["created in "+c.ID], out["resolved in "+c.ID], out["closed in "+c.ID] = c.Created, c.Resolved, c.Closed
	}
	for _, a := range r.Agents {
		out["resolved of "+a.ID], out["closed of "+a.ID], out["replies of "+a.ID], out["resolutions of "+a.ID] = a.Resolved, a.Closed, a.Replies, a.Resolution.Count
	}
	for status, n := range r.Status {
		out[string(status)] = n
	}
	for _, c := range r.Backlog {
		out["in "+c.ID] = c.Count
	}
	out["responses"], out["resolutions"] = r.Total.FirstResponse.Count, r.Total.Resolution.Count
	out["active"] = r.Age.UnderDay + r.Age.UnderThree + r.Age.UnderWeek + r.Age.Older
	ali, reza := stats.NewTicketCounts(snap, "ali"), stats.NewTicketCounts(snap, "reza")
	for status, n := range ali.ByStatus {
		out["all "+string(status)] = n
	}
	for priority, n := range ali.ByPriority {
		out["priority "+string(priority)] = n
	}
	out["held by ali"], out["held by reza"], out["held by "] = ali.Mine, reza.Mine, ali.Unassigned
	out["unread by ali"], out["unread by reza"] = ali.Unread, reza.Unread
	sara := stats.NewCustomerCounts(snap.Slots[stats.Slot{CustomerID: "sara"}])
	out["all of sara"], out["open of sara"] = sara.All, sara.Active
	maps.DeleteFunc(out, func(_ string, n int) bool { return n == 0 })
	return out
}
