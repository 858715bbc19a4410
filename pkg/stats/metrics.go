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

// The names of the counts of a day. They are attribute names in DynamoDB: all
// start with a letter and an underscore, and none is a reserved word.
const (
	created  = "n_created"
	resolved = "n_resolved"
	closed   = "n_closed"
	reopened = "n_reopened"

	responsePrefix   = "f_" // histogram of first response times, see bucket
	resolutionPrefix = "r_" // histogram of first resolution times
	hourPrefix       = "l_" // active tickets by the hour of this day in which they were created
)

// The prefixes of the names of the backlog counts.
const (
	statusPrefix   = "s_"
	categoryPrefix = "c_"
)

func statusName(s ticket.Status) string { return statusPrefix + string(s) }

func categoryName(id string) string { return categoryPrefix + id }

func hourName(at time.Time) string { return fmt.Sprintf("%s%02d", hourPrefix, at.UTC().Hour()) }

func bucketName(prefix string, took time.Duration) string {
	return prefix + strconv.Itoa(bucket(took))
}

// DayOf returns the UTC day of a time as yyyy-mm-dd.
func DayOf(at time.Time) string { return at.UTC().Format(time.DateOnly) }

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
