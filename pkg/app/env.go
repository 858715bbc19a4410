// Package wiring puts a function together: it reads the environment and makes
// the adapters and services a main asks for.
package app

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Env reads the environment of a function and remembers all that is missing
// or wrong, so that one look at the log of a failed start tells everything.
// Ask for what is needed first, then for Err.
type Env struct {
	lookup func(name string) (string, bool)
	errs   []error
}

// NewEnv makes an Env from os.LookupEnv, or a test's stand-in.
func NewEnv(lookup func(name string) (string, bool)) *Env {
	return &Env{lookup: lookup}
}

// Err tells all that was missing or wrong so far; nil when nothing was.
func (e *Env) Err() error { return errors.Join(e.errs...) }

// Required gives a variable that must be there and not empty.
func (e *Env) Required(name string) string {
	value, _ := e.lookup(name)
	if value == "" {
		e.Fail(name, errors.New("is missing"))
	}
	return value
}

// String gives a variable, or a fallback where it is missing or empty.
func (e *Env) String(name, fallback string) string {
	if value, _ := e.lookup(name); value != "" {
		return value
	}
	return fallback
}

// Int gives a whole number above zero, or the fallback where there is none.
func (e *Env) Int(name string, fallback int) int {
	text := e.String(name, "")
	if text == "" {
		return fallback
	}
	number, err := strconv.Atoi(text)
	if err != nil || number <= 0 {
		e.Fail(name, fmt.Errorf("must be a whole number above 0, is %q", text))
		return fallback
	}
	return number
}

// Days gives a time in days, above zero and perhaps with a fraction, or the
// fallback where there is none.
func (e *Env) Days(name string, fallback float64) time.Duration {
	days := fallback
	if text := e.String(name, ""); text != "" {
		parsed, err := strconv.ParseFloat(text, 64)
		if err != nil || !(parsed > 0 && parsed < 10_000) {
			e.Fail(name, fmt.Errorf("must be a number of days above 0, is %q", text))
		} else {
			days = parsed
		}
	}
	return time.Duration(days * 24 * float64(time.Hour))
}

// List gives the parts of a comma-separated variable, trimmed, without the
// empty ones; nil where it is missing.
func (e *Env) List(name string) []string {
	var parts []string
	for part := range strings.SplitSeq(e.String(name, ""), ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// Fail notes that a variable has a wrong value, for those who parse one
// further.
func (e *Env) Fail(name string, err error) {
	e.errs = append(e.errs, fmt.Errorf("environment variable %s: %w", name, err))
}

// FailIf notes any other failure of a function's start; nil is none.
func (e *Env) FailIf(err error) {
	if err != nil {
		e.errs = append(e.errs, err)
	}
}
