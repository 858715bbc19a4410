package stats

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"ticketsystem/pkg/ticket"
)

// MaxPeriodDays is how long a period may be.
const MaxPeriodDays = 366

// Period is a stretch of whole days, UTC, both ends within.
type Period struct {
	From, To time.Time // midnights
}

// Last30Days is the last 30 days, today within.
func Last30Days(now time.Time) Period {
	today := midnight(now)
	return Period{From: today.AddDate(0, 0, -29), To: today}
}

func midnight(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour) }

// Days is how many days the period has; below 1 when it is the wrong way round.
func (p Period) Days() int { return int(p.To.Sub(p.From).Hours()/24) + 1 }

// Snapshot is what the store holds for a report.
type Snapshot struct {
	Days          map[string]Counts // the period's, and those from YoungSince on
	Backlog       Counts
	CategoryNames map[string]map[string]string // of categories, as they were last chosen
	OpenSockets   int                          // open now
}

// Report is a period in numbers, and what stands open now.
type Report struct {
	Days          []Day
	Status        map[ticket.Status]int // live tickets
	Categories    []Category            // live tickets, most first
	Age           Age
	FirstResponse Percentiles // from opening to the first public answer of staff, by the day of the answer
	Resolution    Percentiles // from opening to the first end, by the day of that end
	OpenSockets   int
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

// oneWeek is the age behind which live tickets are no longer told apart.
const oneWeek = 7 * 24 * time.Hour

// FirstDayWithin7Days is the first day whose live tickets may be younger than a week.
func FirstDayWithin7Days(now time.Time) time.Time { return midnight(now.Add(-oneWeek)) }

// NewReport reads a report from the record.
func NewReport(p Period, now time.Time, snap Snapshot) Report {
	out := Report{Status: map[ticket.Status]int{}, OpenSockets: snap.OpenSockets}
	all := Counts{}
	for day := p.From; !day.After(p.To); day = day.AddDate(0, 0, 1) {
		c := snap.Days[DayOf(day)]
		out.Days = append(out.Days, Day{DayOf(day), c[created], c[resolved], c[closed], c[reopened]})
		all.Add(c)
	}
	out.FirstResponse, out.Resolution = percentiles(all, responsePrefix), percentiles(all, resolutionPrefix)
	live := 0
	for _, status := range []ticket.Status{ticket.StatusNew, ticket.StatusOpen, ticket.StatusPending, ticket.StatusOnHold} {
		out.Status[status] = snap.Backlog[statusName(status)]
		live += out.Status[status]
	}
	out.Categories = categories(snap)
	out.Age = ages(snap.Days, live, now)
	return out
}

func categories(snap Snapshot) []Category {
	var out []Category
	for name, count := range snap.Backlog {
		if id, ok := strings.CutPrefix(name, categoryPrefix); ok && count > 0 {
			out = append(out, Category{id, snap.CategoryNames[id], count})
		}
	}
	slices.SortFunc(out, func(a, b Category) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// ages reads the ages of the live tickets from the days they were opened on;
// those older than a week are the rest.
func ages(days map[string]Counts, live int, now time.Time) Age {
	a := Age{Older: live}
	for day := FirstDayWithin7Days(now); !day.After(now); day = day.AddDate(0, 0, 1) {
		for name, count := range days[DayOf(day)] {
			hour, ok := strings.CutPrefix(name, hourPrefix)
			if !ok {
				continue
			}
			number, _ := strconv.Atoi(hour)
			age := now.Sub(day.Add(time.Duration(number) * time.Hour))
			switch {
			case age < oneWeek/7:
				a.UnderDay += count
			case age < 3*oneWeek/7:
				a.UnderThree += count
			case age < oneWeek:
				a.UnderWeek += count
			default:
				continue
			}
			a.Older -= count
		}
	}
	return a
}
