package app_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"ticketsystem/pkg/app"
)

func newEnv(values map[string]string) *app.Env {
	return app.NewEnv(func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	})
}

func TestEnv_Values(t *testing.T) {
	e := newEnv(map[string]string{"TABLE_NAME": "t", "REOPEN_WINDOW_DAYS": "9", "ALLOWED_ORIGINS": " https://a.ir, ,https://b.ir ", "EMPTY": ""})
	if got := e.Required("TABLE_NAME"); got != "t" {
		t.Errorf("Required: got %q", got)
	}
	if got := e.String("EMPTY", "x") + e.String("ABSENT", "y") + e.String("TABLE_NAME", "z"); got != "xyt" {
		t.Errorf("String: got %q, want %q", got, "xyt")
	}
	if got := e.Int("REOPEN_WINDOW_DAYS", 7); got != 9 {
		t.Errorf("Int: got %d, want 9", got)
	}
	if got := e.Int("EMPTY", 7); got != 7 {
		t.Errorf("Int, empty: got %d, want 7", got)
	}
	if got, want := e.List("ALLOWED_ORIGINS"), []string{"https://a.ir", "https://b.ir"}; !slices.Equal(got, want) {
		t.Errorf("List: got %q, want %q", got, want)
	}
	if got := e.List("EMPTY"); got != nil {
		t.Errorf("List, empty: got %q", got)
	}
	if err := e.Err(); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestEnv_ErrReportsAll(t *testing.T) {
	e := newEnv(map[string]string{"REOPEN_WINDOW_DAYS": "soon", "LIMIT": "-1", "EMPTY": ""})
	e.Required("TABLE_NAME")
	e.Required("EMPTY")
	e.Int("REOPEN_WINDOW_DAYS", 7)
	e.Int("LIMIT", 1)
	e.Fail("APP_KEY", errors.New("is not a key"))
	err := e.Err()
	if err == nil {
		t.Fatal("no error")
	}
	for _, name := range []string{"TABLE_NAME", "EMPTY", "REOPEN_WINDOW_DAYS", "LIMIT", "APP_KEY"} {
		if !strings.Contains(err.Error(), "environment variable "+name+":") {
			t.Errorf("%s is not in %q", name, err)
		}
	}
}
