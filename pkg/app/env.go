// Package app builds the dependencies of the Lambda functions from their environment.
package app

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Env reads environment variables and collects the missing and invalid ones, so that
// a failed start reports all of them. Read all variables before calling Err.
type Env struct {
	lookup func(name string) (string, bool)
	errs   []error
}

// NewEnv returns an Env that reads variables with lookup, such as os.LookupEnv.
func NewEnv(lookup func(name string) (string, bool)) *Env {
	return &Env{lookup: lookup}
}

// Err returns the errors of all variables that were read so far, or nil.
func (e *Env) Err() error { return errors.Join(e.errs...) }

// Required returns a variable that must be set and not empty.
func (e *Env) Required(name string) string {
	value, _ := e.lookup(name)
	if value == "" {
		e.Fail(name, errors.New("is missing"))
	}
	return value
}

// String returns a variable, or the fallback if it is missing or empty.
func (e *Env) String(name, fallback string) string {
	if value, _ := e.lookup(name); value != "" {
		return value
	}
	return fallback
}

// Int returns a positive integer, or the fallback if the variable is missing or empty.
func (e *Env) Int(name string, fallback int) int {
	text := e.String(name, "")
	if text == "" {
		return fallback
	}
	number, err := strconv.Atoi(text)
	if err != nil || number <= 0 {
		e.Fail(name, fmt.Errorf("must be a positive integer, is %q", text))
		return fallback
	}
	return number
}

// Days returns a duration given as a positive, possibly fractional, number of days.
// fallback is in days.
func (e *Env) Days(name string, fallback float64) time.Duration {
	days := fallback
	if text := e.String(name, ""); text != "" {
		parsed, err := strconv.ParseFloat(text, 64)
		if err != nil || !(parsed > 0 && parsed < 10_000) {
			e.Fail(name, fmt.Errorf("must be a positive number of days, is %q", text))
		} else {
			days = parsed
		}
	}
	return time.Duration(days * 24 * float64(time.Hour))
}

// List returns the parts of a comma-separated variable, trimmed and without empty
// ones.
func (e *Env) List(name string) []string {
	var parts []string
	for part := range strings.SplitSeq(e.String(name, ""), ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// Fail records that a variable is invalid. Callers that parse a value use it.
func (e *Env) Fail(name string, err error) {
	e.errs = append(e.errs, fmt.Errorf("environment variable %s: %w", name, err))
}
