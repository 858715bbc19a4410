package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"ticketsystem/localstack/judge/verdict"
)

// tell prints findings and hands them to the judge. detail is the error of
// handing over what belongs to them.
func tell(detail error, lines ...verdict.Line) error {
	errs := []error{detail}
	for _, l := range lines {
		mark := "holds"
		if !l.Holds {
			mark = "falls short"
		}
		fmt.Printf("%-52s %-44s %-24s %s\n", l.Name, l.Figure, l.Goal, mark)
		errs = append(errs, verdict.Record(l))
	}
	return errors.Join(errs...)
}

// share is the duration that so much of all are within: 0.5 for the middle.
func share(all []time.Duration, of float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, int(of*float64(len(sorted))))]
}

func middle(all []time.Duration) time.Duration { return share(all, 0.5) }

// ms writes a duration in milliseconds, with a decimal where that says more.
func ms(d time.Duration) string {
	v := float64(d) / float64(time.Millisecond)
	if v >= 20 {
		return fmt.Sprintf("%.0f ms", v)
	}
	return fmt.Sprintf("%.1f ms", v)
}

// must is for what cannot fail: encoding plain values.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
