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

// The names of the numbers of a day. A number's name is an attribute in the
// table: all begin with a letter and an underscore, and none is a reserved word.
const (
	created  = "n_created"
	resolved = "n_resolved"
	closed   = "n_closed"
	reopened = "n_reopened"

	responsePrefix   = "f_" // first responses by how long they took, see bucket
	resolutionPrefix = "r_" // first resolutions, likewise
	hourPrefix       = "l_" // live tickets by the hour of this day that they were opened in
)

// The names of the numbers of the backlog.
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

// DayOf is the day that a time falls on: yyyy-mm-dd, UTC.
func DayOf(at time.Time) string { return at.UTC().Format(time.DateOnly) }

// A histogram has buckets that each are 5% wider than the one before: what is
// read from it is wrong by 2.5% at most, and ten years need 400 of them.
const (
	bucketRatio = 1.05
	lastBucket  = 450
)

// bucket is the place of a length of time: 0 for less than a second.
func bucket(took time.Duration) int {
	if took < time.Second {
		return 0
	}
	return min(1+int(math.Log(took.Seconds())/math.Log(bucketRatio)), lastBucket)
}

// bucketSeconds is the middle of a bucket.
func bucketSeconds(bucket int) int {
	if bucket == 0 {
		return 0
	}
	return int(math.Round(math.Pow(bucketRatio, float64(bucket)-0.5)))
}

// Percentiles is how long something took: of Count times, half took no longer than
// Median and nine of ten no longer than P90, both in seconds.
type Percentiles struct {
	Count       int
	Median, P90 int
}

// percentiles reads the histogram under a prefix.
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
