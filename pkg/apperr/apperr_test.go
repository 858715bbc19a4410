package apperr_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
)

// TestDefinitions_Complete compares the definitions with the constants in the source.
// A code without a definition would be answered with status 500.
func TestDefinitions_Complete(t *testing.T) {
	source, err := os.ReadFile("codes.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`Code = "([a-z_]+)"`).FindAllStringSubmatch(string(source), -1)
	if got, want := len(apperr.Codes()), len(declared); got != want {
		t.Errorf("definitions: got %d, want %d", got, want)
	}
	persian := regexp.MustCompile(`\p{Arabic}`)
	arabicLetters := regexp.MustCompile(`[كي]`)
	for _, match := range declared {
		definition, ok := apperr.Lookup(apperr.Code(match[1]))
		if !ok {
			t.Errorf("%s has no definition", match[1])
			continue
		}
		if definition.Status < 400 || definition.Status > 599 {
			t.Errorf("%s: status %d is not an error status", match[1], definition.Status)
		}
		if title := definition.Title("en"); title == "" || persian.MatchString(title) {
			t.Errorf("%s: English title %q", match[1], title)
		}
		if title := definition.Title("fa"); !persian.MatchString(title) || arabicLetters.MatchString(title) {
			t.Errorf("%s: Persian title %q (Arabic kaf and yeh are not Persian)", match[1], title)
		}
	}
}

func TestLookup_Status(t *testing.T) {
	for code, want := range map[apperr.Code]int{
		apperr.BadJSON: 400, apperr.InvalidBody: 422, apperr.BodyTooLarge: 413, apperr.TokenExpired: 401,
		apperr.CodeWrong: 422, apperr.CodeLocked: 429, apperr.PhoneTaken: 409, apperr.CSRF: 403,
		apperr.TicketNotFound: 404, apperr.MethodNotAllowed: 405, apperr.TicketClosed: 409,
		apperr.VersionStale: 412, apperr.IdempotencyMismatch: 422, apperr.Unavailable: 503, apperr.Internal: 500,
	} {
		if definition, _ := apperr.Lookup(code); definition.Status != want {
			t.Errorf("%s: got %d, want %d", code, definition.Status, want)
		}
	}
	if _, ok := apperr.Lookup("no_such_code"); ok {
		t.Error("an undeclared code has a definition")
	}
}

func TestTitle_Locale(t *testing.T) {
	definition, _ := apperr.Lookup(apperr.TopicUnknown)
	const english, persian = "Unknown topic", "چنین موضوعی پیدا نشد"
	for locale, want := range map[string]string{
		"": english, "en": english, "de": english, "fa": persian, "fa-IR": persian, "fa_IR": persian, "FA": persian, "fax": english,
	} {
		if got := definition.Title(locale); got != want {
			t.Errorf("Title(%q): got %q, want %q", locale, got, want)
		}
	}
}

func TestError_KeepsCause(t *testing.T) {
	cause := errors.New("disk failed")
	appErr := apperr.Wrap(apperr.Unavailable, cause).WithDetail("try later").WithRetryAfter(3 * time.Second)
	wrapped := fmt.Errorf("posting: %w", appErr)

	if !apperr.Is(wrapped, apperr.Unavailable) || apperr.Is(wrapped, apperr.Internal) || apperr.Is(cause, apperr.Internal) {
		t.Error("Is does not find the code of a wrapped error")
	}
	if !errors.Is(wrapped, cause) {
		t.Error("the cause is not in the error chain")
	}
	if got, want := appErr.Error(), "unavailable: try later: disk failed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := apperr.From(wrapped); got.RetryAfter != 3*time.Second || got.Detail != "try later" {
		t.Errorf("From: got %+v, want detail and retry time of the wrapped error", got)
	}
}

func TestFrom_UnknownError(t *testing.T) {
	cause := errors.New("secret host name")
	got := apperr.From(cause)
	if got.Code != apperr.Internal || got.Detail != "" || !errors.Is(got, cause) {
		t.Errorf("got %+v", got)
	}
	if apperr.From(nil) != nil {
		t.Error("From(nil) is not nil")
	}
}

func TestWith_Copies(t *testing.T) {
	first := apperr.Validation(apperr.Field{Pointer: "/a", Code: "required", Message: "needed"})
	second := first.WithFields(apperr.Field{Pointer: "/b", Code: "too_long"})
	_ = first.WithCause(errors.New("x")).WithDetail("y")
	if len(first.Fields) != 1 || len(second.Fields) != 2 || first.Detail != "" || first.Unwrap() != nil {
		t.Errorf("first %+v, second %+v", first, second)
	}
	if got, want := second.Error(), "invalid_body; /a required; /b too_long"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestField_AllCodesHaveTexts compares the catalogue with the codes in the source.
func TestField_AllCodesHaveTexts(t *testing.T) {
	code := regexp.MustCompile(`\bField\{[^}]*\bCode: +"([a-z_]+)"|(?:v\.Add|errQuery|errFollowUpOf|errWeakPassword)\((?:[^\n]*?, )?"([a-z_]+)", |return "/\w+", "([a-z_]+)", `)
	found := 0
	err := filepath.WalkDir("..", func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, match := range code.FindAllStringSubmatch(string(source), -1) {
			found++
			name := strings.Join(match[1:], "")
			if got := (apperr.Field{Code: name, Message: "specific"}).In("fa"); got.Message == "specific" {
				t.Errorf("%s: field code %q has no text field.%s in the catalogues", path, name, name)
			}
		}
		return err
	})
	if err != nil || found < 30 {
		t.Errorf("got %d codes in the source, %v", found, err)
	}
	if got := (apperr.Field{Code: "too_long", Message: "At most 5 characters."}).In("en"); got.Message != "At most 5 characters." {
		t.Errorf("got %q, want the specific message", got.Message)
	}
}
