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

// Period is a range of days of a time zone that includes both ends.
type Period struct {
	From, To time.Time // dates: midnights, UTC
	Zone     *time.Location
}

// Last30Days returns the period of the last 30 days, which includes today.
func Last30Days(now time.Time, zone *time.Location) Period {
	today := DateOf(now, zone)
	return Period{From: today.AddDate(0, 0, -29), To: today, Zone: zone}
}

// DateOf returns the date of a time in a time zone, as a midnight in UTC.
func DateOf(at time.Time, zone *time.Location) time.Time {
	year, month, day := at.In(zone).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// StartOf returns the first instant of a date in a time zone, which DateOf has returned. It is not
// midnight if the clock is set forward at midnight, and the first midnight if there are two.
func StartOf(date time.Time, zone *time.Location) time.Time {
	year, month, day := date.Date()
	start := time.Date(year, month, day, 0, 0, 0, 0, zone)
	if DateOf(start, zone).Before(date) {
		_, start = start.ZoneBounds()
		return start
	}
	if setBack, _ := start.ZoneBounds(); !setBack.IsZero() {
		_, offset := start.Zone()
		_, before := setBack.Add(-1).Zone()
		if first := start.Add(time.Duration(offset-before) * time.Second); first.Before(setBack) && DateOf(first, zone).Equal(date) {
			return first
		}
	}
	return start
}

func midnight(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour) }

// Days returns the number of days; it is below 1 if From is after To.
func (p Period) Days() int { return int(p.To.Sub(p.From).Hours()/24) + 1 }

func (p Period) contains(at time.Time) bool {
	date := DateOf(at, p.Zone)
	return !date.Before(p.From) && !date.After(p.To)
}

// Range returns the first and the last UTC day that can have an event of the period.
func (p Period) Range() (first, last time.Time) {
	return p.From.AddDate(0, 0, -1), p.To.AddDate(0, 0, 1)
}

// coverage returns whether events of a UTC day up to now can be inside and outside of the
// period.
func (p Period) coverage(day, now time.Time) (inside, outside bool) {
	last := day.Add(24*time.Hour - quarterLength)
	if end := now.UTC().Truncate(quarterLength); end.Before(day) {
		return false, false
	} else if end.Before(last) {
		last = end
	}
	for _, at := range []time.Time{day, last} {
		inside, outside = inside || p.contains(at), outside || !p.contains(at)
	}
	return inside, outside
}

// PartialDays returns the UTC days that are partly in the period: at most two at each end.
// A report needs the quarter hours of these days.
func (p Period) PartialDays(now time.Time) (days []time.Time) {
	first, last := p.Range()
	for _, day := range []time.Time{first, p.From, p.To, last} {
		if inside, outside := p.coverage(day, now); inside && outside && !slices.Contains(days, day) {
			days = append(days, day)
		}
	}
	return days
}

// Snapshot is the stored data of a report.
type Snapshot struct {
	At            time.Time
	Slots         map[Slot]Counts // of the days of Range and from FirstDayWithin7Days on, and of the quarter hours of PartialDays
	Backlog       Counts
	CategoryNames map[string]map[string]string // of categories, by id and language
	OpenSockets   int
	OnlineAgents  map[string]bool
}

// NewSnapshot returns a Snapshot without counts.
func NewSnapshot(at time.Time) Snapshot {
	return Snapshot{At: at, Slots: map[Slot]Counts{}, Backlog: Counts{}, CategoryNames: map[string]map[string]string{}, OnlineAgents: map[string]bool{}}
}

// Report has the events of a period and the current backlog.
type Report struct {
	Days        []Day
	Total       Events
	Categories  []CategoryEvents      // by id
	Agents      []AgentEvents         // by id
	Status      map[ticket.Status]int // active tickets
	Backlog     []Category            // active tickets, largest count first
	Age         Age
	OpenSockets int
}

// Day counts the events of one day.
type Day struct {
	Day                                 string
	Created, Resolved, Closed, Reopened int
}

// Events are the events of a period.
type Events struct {
	Created, Resolved, Closed, Reopened, Replies int

	FirstResponse Percentiles // from creation to the first public message of staff, at the time of that message
	Resolution    Percentiles // from creation to the first time resolved or closed, at that time
}

// CategoryEvents are the events of tickets that had a category at the time.
type CategoryEvents struct {
	ID    string
	Names map[string]string
	Events
}

// AgentEvents are the events that an agent caused.
type AgentEvents struct {
	ID string
	Events
}

// Category counts the active tickets of one category.
type Category struct {
	ID    string
	Names map[string]string
	Count int
}

// Age counts active tickets by their age, rounded up to full quarter hours: under
// 1 day, 3 days, 7 days, and older.
type Age struct {
	UnderDay, UnderThree, UnderWeek, Older int
}

// oneWeek is the age from which active tickets are counted together.
const oneWeek = 7 * 24 * time.Hour

// FirstDayWithin7Days returns the first UTC day on which tickets younger than a week
// can have been created.
func FirstDayWithin7Days(now time.Time) time.Time { return midnight(now.Add(-oneWeek)) }

// NewReport computes the report of a period from the stored data.
func NewReport(p Period, snap Snapshot) Report {
	out := Report{Status: map[ticket.Status]int{}, OpenSockets: snap.OpenSockets}
	sums := newPeriodSums(p, snap.At)
	for slot, counts := range snap.Slots {
		sums.add(slot, counts)
	}
	for date := p.From; !date.After(p.To); date = date.AddDate(0, 0, 1) {
		c := sums.days[date]
		out.Days = append(out.Days, Day{DayOf(date), c[created], c[resolved], c[closed], c[reopened]})
	}
	out.Total = sums.total.events()
	for id, counts := range sums.categories {
		out.Categories = append(out.Categories, CategoryEvents{id, snap.CategoryNames[id], counts.events()})
	}
	slices.SortFunc(out.Categories, func(a, b CategoryEvents) int { return cmp.Compare(a.ID, b.ID) })
	for id, counts := range sums.agents {
		out.Agents = append(out.Agents, AgentEvents{id, counts.events()})
	}
	slices.SortFunc(out.Agents, func(a, b AgentEvents) int { return cmp.Compare(a.ID, b.ID) })
	active := 0
	for _, status := range ticket.Statuses() {
		if !status.IsActive() {
			continue
		}
		out.Status[status] = snap.Backlog[statusName(status)]
		active += out.Status[status]
	}
	out.Backlog = categories(snap)
	out.Age = ages(snap.Slots, active, snap.At)
	return out
}

// periodSums adds up the counts of a period. Its Counts have metrics without a quarter hour.
type periodSums struct {
	period             Period
	now                time.Time
	days               map[time.Time]Counts // by date in the time zone
	total              Counts
	categories, agents map[string]Counts
}

func newPeriodSums(p Period, now time.Time) *periodSums {
	return &periodSums{p, now, map[time.Time]Counts{}, Counts{}, map[string]Counts{}, map[string]Counts{}}
}

// add adds the counts of a slot as far as they are of the period. Histograms come from the
// day if it is in the period as a whole, and otherwise from its quarter hours.
func (s *periodSums) add(slot Slot, counts Counts) {
	if at, err := time.Parse(time.DateOnly, slot.At); err == nil {
		inside, outside := s.period.coverage(at, s.now)
		for name, count := range counts {
			if metric, index, ok := parseMetric(name); ok {
				s.addEvent(slot, at.Add(time.Duration(index)*quarterLength), metric, count)
			} else if inside && !outside {
				s.addTo(slot, name, count)
			}
		}
	} else if at, err := time.Parse(quarterHourLayout, slot.At); err == nil && s.period.contains(at) {
		if _, outside := s.period.coverage(midnight(at), s.now); outside {
			for name, count := range counts {
				s.addTo(slot, name, count)
			}
		}
	}
}

func (s *periodSums) addEvent(slot Slot, at time.Time, metric string, count int) {
	if !s.period.contains(at) {
		return
	}
	s.addTo(slot, metric, count)
	if slot.CategoryID != "" && metric != replies {
		add(s.days, DateOf(at, s.period.Zone), metric, count)
	}
}

// addTo adds to the sums of the slot's category and agent. The sum over all categories is the
// total. Replies are counted for agents alone, and created tickets for categories.
func (s *periodSums) addTo(slot Slot, name string, count int) {
	if strings.HasPrefix(name, createdPrefix) {
		return // not an event
	}
	if slot.AgentID != "" && name != created {
		add(s.agents, slot.AgentID, name, count)
	}
	if slot.CategoryID != "" && name != replies {
		s.total[name] += count
		add(s.categories, slot.CategoryID, name, count)
	}
}

func add[K comparable](sums map[K]Counts, key K, name string, count int) {
	if sums[key] == nil {
		sums[key] = Counts{}
	}
	sums[key][name] += count
}

func (c Counts) events() Events {
	return Events{
		Created: c[created], Resolved: c[resolved], Closed: c[closed], Reopened: c[reopened], Replies: c[replies],
		FirstResponse: percentiles(c, responsePrefix), Resolution: percentiles(c, resolutionPrefix),
	}
}

func categories(snap Snapshot) []Category {
	var out []Category
	for slot, counts := range snap.Slots {
		if count := counts[activeTickets]; slot == (Slot{CategoryID: slot.CategoryID}) && count > 0 {
			out = append(out, Category{slot.CategoryID, snap.CategoryNames[slot.CategoryID], count})
		}
	}
	slices.SortFunc(out, func(a, b Category) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// ages computes the ages of the active tickets from the quarter hours of their creation.
// The rest is older than a week.
func ages(slots map[Slot]Counts, active int, now time.Time) Age {
	a := Age{Older: active}
	for slot, counts := range slots {
		day, err := time.Parse(time.DateOnly, slot.At)
		if err != nil {
			continue
		}
		for name, count := range counts {
			index, ok := strings.CutPrefix(name, createdPrefix)
			if !ok {
				continue
			}
			number, _ := strconv.Atoi(index)
			switch age := now.Sub(day.Add(time.Duration(number) * quarterLength)); {
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
