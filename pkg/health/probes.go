package health

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Answers makes a probe of something that answers or does not.
func Answers(name string, vital bool, ask func(ctx context.Context) error) Probe {
	return Probe{Name: name, Vital: vital, Look: func(ctx context.Context) (string, bool, error) {
		return "", false, ask(ctx)
	}}
}

// Queue makes a probe of a queue. What lies in a queue of failures was given
// up, which somebody has to look at.
func Queue(name string, failures bool, depth func(ctx context.Context) (int, error)) Probe {
	return Probe{Name: name, Look: func(ctx context.Context) (string, bool, error) {
		n, err := depth(ctx)
		return fmt.Sprintf("%d waiting", n), failures && n > 0, err
	}}
}

// Pulse is a mark that runs through the stream.
type Pulse interface {
	// Beat writes a mark.
	Beat(ctx context.Context, at time.Time) error

	// Echo is the newest mark that a follower of the stream has answered, and
	// when it did; zero times when there is none.
	Echo(ctx context.Context, follower string) (beat, at time.Time, err error)
}

// lookAgain is how often a probe looks for the echo, and late how old an echo
// may be before its follower is behind.
const (
	lookAgain = 50 * time.Millisecond
	late      = 2500 * time.Millisecond
)

// Stream makes a probe that sends a mark through the stream and waits for the
// follower's echo: what it says is the way a ticket's entry takes as well.
func Stream(follower string, pulse Pulse, now func() time.Time) Probe {
	return Probe{Name: follower, Look: func(ctx context.Context) (string, bool, error) {
		sent := now()
		if err := pulse.Beat(ctx, sent); err != nil {
			return "", false, err
		}
		for {
			beat, at, err := pulse.Echo(ctx, follower)
			switch {
			case err != nil && !errors.Is(err, context.DeadlineExceeded):
				return "", false, err
			case err == nil && !beat.Before(sent):
				return fmt.Sprintf("%d ms behind", max(0, at.Sub(beat).Milliseconds())), false, nil
			case now().Sub(sent) > late && at.IsZero():
				return "has never answered", true, nil
			case now().Sub(sent) > late:
				return fmt.Sprintf("more than %d ms behind; answered last at %s", late.Milliseconds(), at.Format(time.RFC3339)), true, nil
			}
			select {
			case <-ctx.Done():
			case <-time.After(lookAgain):
			}
		}
	}}
}
