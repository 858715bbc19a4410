package stats

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"ticketsystem/pkg/ticket"
)

// MostDays is how long a period may be.
const MostDays = 366

// Period is a stretch of whole days, UTC, both ends within.
type Period struct {
	From, To time.Time // midnights
}

// Month is the last 30 days, today within.
func Month(now time.Time) Period {
	today := midnight(now)
	return Period{From: today.AddDate(0, 0, -29), To: today}
}

func midnight(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour) }

// Days is how many days the period has; below 1 when it is the wrong way round.
func (p Period) Days() int { return int(p.To.Sub(p.From).Hours()/24) + 1 }

// Record is what the store holds for a report.
type Record struct {
	Days    map[string]Numbers // the period's, and those from YoungSince on
	Backlog Numbers
	Names   map[string]map[string]string // of categories, as they were last chosen
	Sockets int                          // open now
}

// Report is a period in numbers, and what stands open now.
type Report struct {
	Days          []Day
	Status        map[ticket.Status]int // live tickets
	Categories    []Category            // live tickets, most first
	Age           Age
	FirstResponse Spread // from opening to the first public answer of staff, by the day of the answer
	Resolution    Spread // from opening to the first end, by the day of that end
	Sockets       int
}

// Day counts what happened on one day.
type Day struct {
	Day                                 string
	Created, Resolved, Closed, Reopened int
}

// Category counts the live tickets of one.
type Category struct {
	ID    string
	Names map[string]string
	Count int
}

// Age counts live tickets by how long ago they were opened. An hour counts as a
// whole, from its beginning.
type Age struct {
	UnderDay, UnderThree, UnderWeek, Older int
}

// week is the age behind which live tickets are no longer told apart.
const week = 7 * 24 * time.Hour

// YoungSince is the first day whose live tickets may be younger than a week.
func YoungSince(now time.Time) time.Time { return midnight(now.Add(-week)) }

// Make reads a report from the record.
func Make(p Period, now time.Time, r Record) Report {
	out := Report{Status: map[ticket.Status]int{}, Sockets: r.Sockets}
	all := Numbers{}
	for day := p.From; !day.After(p.To); day = day.AddDate(0, 0, 1) {
		n := r.Days[DayOf(day)]
		out.Days = append(out.Days, Day{DayOf(day), n[created], n[resolved], n[closed], n[reopened]})
		all.Add(n)
	}
	out.FirstResponse, out.Resolution = spread(all, responsePrefix), spread(all, resolutionPrefix)
	live := 0
	for _, status := range []ticket.Status{ticket.StatusNew, ticket.StatusOpen, ticket.StatusPending, ticket.StatusOnHold} {
		out.Status[status] = r.Backlog[statusName(status)]
		live += out.Status[status]
	}
	out.Categories = categories(r)
	out.Age = ages(r.Days, live, now)
	return out
}

func categories(r Record) []Category {
	var out []Category
	for name, count := range r.Backlog {
		if id, ok := strings.CutPrefix(name, categoryPrefix); ok && count > 0 {
			out = append(out, Category{id, r.Names[id], count})
		}
	}
	slices.SortFunc(out, func(a, b Category) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// ages reads the ages of the live tickets from the days they were opened on;
// those older than a week are the rest.
func ages(days map[string]Numbers, live int, now time.Time) Age {
	a := Age{Older: live}
	for day := YoungSince(now); !day.After(now); day = day.AddDate(0, 0, 1) {
		for name, count := range days[DayOf(day)] {
			hour, ok := strings.CutPrefix(name, hourPrefix)
			if !ok {
				continue
			}
			number, _ := strconv.Atoi(hour)
			age := now.Sub(day.Add(time.Duration(number) * time.Hour))
			switch {
			case age < week/7:
				a.UnderDay += count
			case age < 3*week/7:
				a.UnderThree += count
			case age < week:
				a.UnderWeek += count
			default:
				continue
			}
			a.Older -= count
		}
	}
	return a
}
