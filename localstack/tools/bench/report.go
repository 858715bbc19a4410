package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"ticketsystem/localstack/testkit/report"
)

// recordResults prints and records results. It joins their errors with detail, the
// error of recording details.
func recordResults(detail error, results ...report.Result) error {
	errs := []error{detail}
	for _, result := range results {
		status := "pass"
		if !result.Pass {
			status = "fail"
		}
		fmt.Printf("%-52s %-44s %-24s %s\n", result.Name, result.Value, result.Target, status)
		errs = append(errs, report.Record(result))
	}
	return errors.Join(errs...)
}

// percentile returns the p-quantile of durations, such as 0.5 for the median.
func percentile(all []time.Duration, p float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, int(p*float64(len(sorted))))]
}

func median(all []time.Duration) time.Duration { return percentile(all, 0.5) }

// ms formats a duration in milliseconds, with a decimal below 20.
func ms(d time.Duration) string {
	v := float64(d) / float64(time.Millisecond)
	if v >= 20 {
		return fmt.Sprintf("%.0f ms", v)
	}
	return fmt.Sprintf("%.1f ms", v)
}

// must panics on an error that cannot occur, such as one of encoding plain values.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
