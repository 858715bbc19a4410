package requestlog_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/requestlog"
)

func TestWrite(t *testing.T) {
	var out bytes.Buffer
	now := time.UnixMilli(0)
	l := &requestlog.Logger{Log: slog.New(slog.NewJSONHandler(&out, nil)), Percent: 100, Now: func() time.Time { return now }}
	for range 2 {
		start := l.Start()
		now = now.Add(12_900 * time.Microsecond)
		l.Write(t.Context(), requestlog.Line{ID: "r1", Route: "GET /tickets", UserID: "u1", Status: 200, Start: start})
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("got %d lines, want 2", len(lines))
	}
	for i, line := range lines {
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		delete(got, "time")
		want := map[string]any{"level": "INFO", "msg": "request", "requestId": "r1", "route": "GET /tickets", "status": 200.0, "ms": 12.0, "user": "u1", "cold": i == 0}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

// TestWrite_Sample checks the size of a sample, and that two functions choose the same requests.
func TestWrite_Sample(t *testing.T) {
	for percent, limits := range map[int][2]int{0: {0, 0}, 10: {50, 150}, 100: {1000, 1000}} {
		var logs [2]bytes.Buffer
		for i := range logs {
			l := &requestlog.Logger{Log: slog.New(slog.NewTextHandler(&logs[i], &slog.HandlerOptions{ReplaceAttr: idOnly})), Percent: percent, Now: time.Now}
			for n := range 1000 {
				l.Write(t.Context(), requestlog.Line{ID: fmt.Sprintf("JKJaXmPLvHc%04d=", n)})
			}
		}
		if n := strings.Count(logs[0].String(), "\n"); n < limits[0] || n > limits[1] {
			t.Errorf("%d %%: got %d of 1000, want %v", percent, n, limits)
		}
		if logs[0].String() != logs[1].String() {
			t.Errorf("%d %%: got two samples that differ", percent)
		}
	}
	var none *requestlog.Logger
	none.Write(t.Context(), requestlog.Line{})
}

func idOnly(_ []string, a slog.Attr) slog.Attr {
	if a.Key == "requestId" {
		return a
	}
	return slog.Attr{}
}
