package stats

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"ticketsystem/pkg/ticket"
)

// MaxPeriodDays is the maximum length of a period.
const MaxPeriodDays = 366

// Period is a range of UTC days that includes both ends.
type Period struct {
	From, To time.Time // midnights, UTC
}

// Last30Days returns the period of the last 30 days, which includes today.
func Last30Days(now time.Time) Period {
	today := midnight(now)
	return Period{From: today.AddDate(0, 0, -29), To: today}
}

func midnight(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour) }

// Days returns the number of days; it is below 1 if From is after To.
func (p Period) Days() int { return int(p.To.Sub(p.From).Hours()/24) + 1 }

// Snapshot is the stored data of a report.
type Snapshot struct {
	Days          map[string]Counts // of the period, and from FirstDayWithin7Days on
	Backlog       Counts
	CategoryNames map[string]map[string]string // of categories, by id and language
	OpenSockets   int
}

// Report has the events of a period and the current backlog.
type Report struct {
	Days          []Day
	Status        map[ticket.Status]int // active tickets
	Categories    []Category            // active tickets, largest count first
	Age           Age
	FirstResponse Percentiles // from creation to the first public message of staff, on the day of that message
	Resolution    Percentiles // from creation to the first time resolved or closed, on that day
	OpenSockets   int
}

// Day counts the events of one day.
type Day struct {
	Day                                 string
	Created, Resolved, Closed, Reopened int
}

// Category counts the active tickets of one category.
type Category struct {
	ID    string
	Names map[string]string
	Count int
}

// Age counts active tickets by their age, rounded up to full hours: under 1 day,
// 3 days, 7 days, and older.
type Age struct {
	UnderDay, UnderThree, UnderWeek, Older int
}

// oneWeek is the age from which active tickets are counted together.
const oneWeek = 7 * 24 * time.Hour

// FirstDayWithin7Days returns the first day on which tickets younger than a week
// can have been created.
func FirstDayWithin7Days(now time.Time) time.Time { return midnight(now.Add(-oneWeek)) }

// NewReport computes the report of a period from the stored data.
func NewReport(p Period, now time.Time, snap Snapshot) Report {
	out := Report{Status: map[ticket.Status]int{}, OpenSockets: snap.OpenSockets}
	all := Counts{}
	for day := p.From; !day.After(p.To); day = day.AddDate(0, 0, 1) {
		c := snap.Days[DayOf(day)]
		out.Days = append(out.Days, Day{DayOf(day), c[created], c[resolved], c[closed], c[reopened]})
		all.Add(c)
	}
	out.FirstResponse, out.Resolution = percentiles(all, responsePrefix), percentiles(all, resolutionPrefix)
	active := 0
	for _, status := range []ticket.Status{ticket.StatusNew, ticket.StatusOpen, ticket.StatusPending, ticket.StatusOnHold} {
		out.Status[status] = snap.Backlog[statusName(status)]
		active += out.Status[status]
	}
	out.Categories = categories(snap)
	out.Age = ages(snap.Days, active, now)
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

// ages computes the ages of the active tickets from the hours of their creation.
// The rest is older than a week.
func ages(days map[string]Counts, active int, now time.Time) Age {
	a := Age{Older: active}
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
