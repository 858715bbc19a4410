package requestlog_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"ticketsystem/pkg/requestlog"
)

// TestHandler checks that each line has the id of the request once.
func TestHandler(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(requestlog.Handler{Handler: slog.NewJSONHandler(&out, nil)})
	ctx := requestlog.WithID(t.Context(), "r1")
	for name, write := range map[string]func(){
		"a line":           func() { log.ErrorContext(ctx, "failed", slog.Int("n", 1)) },
		"a line with one":  func() { log.ErrorContext(ctx, "failed", slog.String("requestId", "r1")) },
		"a log of a scope": func() { log.With("scope", "x").ErrorContext(ctx, "failed") },
		"a step":           func() { (&requestlog.Logger{Log: log, Percent: 100}).Step(ctx, "done", slog.Int("n", 1)) },
	} {
		out.Reset()
		write()
		if strings.Count(out.String(), `"requestId":"r1"`) != 1 {
			t.Errorf("%s: got %s", name, out.String())
		}
	}
	out.Reset()
	log.ErrorContext(requestlog.WithID(t.Context(), ""), "failed")
	if strings.Contains(out.String(), "requestId") {
		t.Errorf("without an id: got %s", out.String())
	}
}

// TestStep_Sampled checks that steps are logged for the sample of the requests.
func TestStep_Sampled(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	for n, ctx := range []context.Context{t.Context(), requestlog.WithID(t.Context(), "r1")} {
		for percent, l := range []*requestlog.Logger{nil, {Log: log, Percent: 0}, {Log: log, Percent: 100}} {
			out.Reset()
			l.Step(ctx, "done")
			if got := out.Len() > 0; got != (n == 1 && percent == 2) {
				t.Errorf("%d, %d: got %s", n, percent, out.String())
			}
		}
	}
}
