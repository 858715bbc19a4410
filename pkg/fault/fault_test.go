package fault_test

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"testing"
	"time"

	"ticketsystem/pkg/fault"
)

// TestEveryKindHasARow reads the constants out of the source: a kind without a
// row would reach clients as a 500.
func TestEveryKindHasARow(t *testing.T) {
	source, err := os.ReadFile("table.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`Kind = "([a-z_]+)"`).FindAllStringSubmatch(string(source), -1)
	if got, want := len(fault.Kinds()), len(declared); got != want {
		t.Errorf("rows in the table: got %d, want %d", got, want)
	}
	persian := regexp.MustCompile(`\p{Arabic}`)
	arabicLetters := regexp.MustCompile(`[كي]`)
	for _, match := range declared {
		entry, ok := fault.Lookup(fault.Kind(match[1]))
		if !ok {
			t.Errorf("%s has no row", match[1])
			continue
		}
		if entry.Status < 400 || entry.Status > 599 {
			t.Errorf("%s: status %d is no error", match[1], entry.Status)
		}
		if entry.En == "" || persian.MatchString(entry.En) {
			t.Errorf("%s: English title %q", match[1], entry.En)
		}
		if !persian.MatchString(entry.Fa) || arabicLetters.MatchString(entry.Fa) {
			t.Errorf("%s: Persian title %q (Arabic kaf and yeh are not Persian)", match[1], entry.Fa)
		}
	}
}

func TestStatusOfKinds(t *testing.T) {
	for kind, want := range map[fault.Kind]int{
		fault.BadJSON: 400, fault.InvalidBody: 422, fault.BodyTooLarge: 413, fault.TokenExpired: 401,
		fault.CodeWrong: 422, fault.CodeLocked: 429, fault.PhoneTaken: 409, fault.CSRF: 403,
		fault.TicketNotFound: 404, fault.MethodNotAllowed: 405, fault.TicketClosed: 409,
		fault.VersionStale: 412, fault.IdempotencyMismatch: 422, fault.Unavailable: 503, fault.Internal: 500,
	} {
		if entry, _ := fault.Lookup(kind); entry.Status != want {
			t.Errorf("%s: got %d, want %d", kind, entry.Status, want)
		}
	}
	if _, ok := fault.Lookup("no_such_kind"); ok {
		t.Error("an undeclared kind has a row")
	}
}

func TestTitleFollowsTheLocale(t *testing.T) {
	entry := fault.Entry{En: "english", Fa: "persian"}
	for locale, want := range map[string]string{
		"": "english", "en": "english", "de": "english", "fa": "persian", "fa-IR": "persian", "fa_IR": "persian", "FA": "persian", "fax": "english",
	} {
		if got := entry.Title(locale); got != want {
			t.Errorf("Title(%q): got %q, want %q", locale, got, want)
		}
	}
}

func TestErrorKeepsTheCauseForTheLog(t *testing.T) {
	cause := errors.New("disk on fire")
	failure := fault.Wrap(fault.Unavailable, cause).WithDetail("try later").WithRetryAfter(3 * time.Second)
	wrapped := fmt.Errorf("posting: %w", failure)

	if !fault.Is(wrapped, fault.Unavailable) || fault.Is(wrapped, fault.Internal) || fault.Is(cause, fault.Internal) {
		t.Error("Is does not tell the kind of a wrapped error")
	}
	if !errors.Is(wrapped, cause) {
		t.Error("the cause is lost")
	}
	if got, want := failure.Error(), "unavailable: try later: disk on fire"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := fault.From(wrapped); got.RetryAfter != 3*time.Second || got.Detail != "try later" {
		t.Errorf("From lost something: %+v", got)
	}
}

func TestFromHidesUnknownErrors(t *testing.T) {
	cause := errors.New("secret host name")
	got := fault.From(cause)
	if got.Kind != fault.Internal || got.Detail != "" || !errors.Is(got, cause) {
		t.Errorf("got %+v", got)
	}
	if fault.From(nil) != nil {
		t.Error("From(nil) is not nil")
	}
}

func TestWithCopies(t *testing.T) {
	first := fault.Invalid(fault.Field{Pointer: "/a", Code: "required", Message: "needed"})
	second := first.WithFields(fault.Field{Pointer: "/b", Code: "too_long"})
	_ = first.WithCause(errors.New("x")).WithDetail("y")
	if len(first.Fields) != 1 || len(second.Fields) != 2 || first.Detail != "" || first.Unwrap() != nil {
		t.Errorf("first %+v, second %+v", first, second)
	}
	if got, want := second.Error(), "invalid_body; /a required; /b too_long"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
