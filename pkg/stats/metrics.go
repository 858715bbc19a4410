package stats

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"ticketsystem/pkg/ticket"
)

// Metrics of a day are counted by the quarter hour in which they happened, because
// the days of a time zone begin at one of them.
const (
	created  = "created"
	resolved = "resolved"
	closed   = "closed"
	reopened = "reopened"
	replies  = "replies"
)

// The names of counts are attribute names in DynamoDB: all start with a letter and
// contain an underscore, and none is a reserved word.
const (
	metricPrefix     = "n"  // n<quarter hour>_<metric>
	responsePrefix   = "f_" // histogram of first response times, see bucket
	resolutionPrefix = "r_" // histogram of first resolution times
	createdPrefix    = "l_" // l_<quarter hour>: active tickets by the quarter hour of this day in which they were created

	statusPrefix   = "s_" // of the backlog
	priorityPrefix = "p_"
	unassigned     = "h_none"

	activeTickets = "t_open" // of an agent, a category or a customer
	unreadTickets = "t_unread"
	allTickets    = "t_all"
)

func statusName(s ticket.Status) string { return statusPrefix + string(s) }

func priorityName(p ticket.Priority) string { return priorityPrefix + string(p) }

func metricName(metric string, at time.Time) string {
	return fmt.Sprintf("%s%02d_%s", metricPrefix, quarterHourIndex(at), metric)
}

// parseMetric parses a name of metricName.
func parseMetric(name string) (metric string, index int, ok bool) {
	number, metric, found := strings.Cut(strings.TrimPrefix(name, metricPrefix), "_")
	index, err := strconv.Atoi(number)
	return metric, index, found && err == nil && strings.HasPrefix(name, metricPrefix)
}

func createdName(at time.Time) string {
	return fmt.Sprintf("%s%02d", createdPrefix, quarterHourIndex(at))
}

func bucketName(prefix string, took time.Duration) string {
	return prefix + strconv.Itoa(bucket(took))
}

// DayOf returns the UTC day of a time as yyyy-mm-dd.
func DayOf(at time.Time) string { return at.UTC().Format(time.DateOnly) }

// quarterLength divides the offset from UTC of every time zone since 1972.
const (
	quarterLength     = 15 * time.Minute
	quarterHourLayout = "2006-01-02T15:04"
)

func quarterHourOf(at time.Time) string {
	return at.UTC().Truncate(quarterLength).Format(quarterHourLayout)
}

// quarterHourIndex returns the number of a quarter hour in its UTC day, from 0 to 95.
func quarterHourIndex(at time.Time) int {
	return int(at.Sub(midnight(at)) / quarterLength)
}

// A histogram has buckets that grow by 5%. Percentiles are then exact to 2.5%,
// and 10 years need 400 buckets.
const (
	bucketRatio = 1.05
	lastBucket  = 450
)

// bucket returns the bucket of a duration: 0 for less than a second.
func bucket(took time.Duration) int {
	if took < time.Second {
		return 0
	}
	return min(1+int(math.Log(took.Seconds())/math.Log(bucketRatio)), lastBucket)
}

// bucketSeconds returns the middle of a bucket in seconds.
func bucketSeconds(bucket int) int {
	if bucket == 0 {
		return 0
	}
	return int(math.Round(math.Pow(bucketRatio, float64(bucket)-0.5)))
}

// Percentiles summarizes Count durations. Median and P90 are in seconds.
type Percentiles struct {
	Count       int
	Median, P90 int
}

// percentiles evaluates the histogram with a prefix.
func percentiles(c Counts, prefix string) Percentiles {
	var out Percentiles
	counts := map[int]int{}
	for name, count := range c {
		if bucket, ok := strings.CutPrefix(name, prefix); ok && count > 0 {
			number, _ := strconv.Atoi(bucket)
			counts[number] += count
			out.Count += count
		}
	}
	buckets := make([]int, 0, len(counts))
	for bucket := range counts {
		buckets = append(buckets, bucket)
	}
	slices.Sort(buckets)
	at := func(part float64) int {
		rank := int(math.Ceil(part * float64(out.Count)))
		for _, bucket := range buckets {
			if rank -= counts[bucket]; rank <= 0 {
				return bucketSeconds(bucket)
			}
		}
		return 0
	}
	out.Median, out.P90 = at(0.5), at(0.9)
	return out
}
