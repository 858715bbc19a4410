package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// TestSVG: the picture is well-formed, whatever is in the names, and the points
// stand where the scales put them.
func TestSVG(t *testing.T) {
	svg := string(Chart{Title: "a < b & c", X: "tickets", Y: "ms", Series: []Series{
		{Name: "list", Points: []Point{{1, 0}, {10, 50}, {100, 100}}},
		{Name: "goal", Points: []Point{{1, 40}, {100, 40}}, Dashed: true},
	}}.SVG())
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
	}
	if n := strings.Count(svg, "<circle"); n != 3 {
		t.Errorf("got %d points, want 3", n)
	}
	// Ten stands halfway between one and a hundred.
	if want := `<circle cx="315.0"`; !strings.Contains(svg, want) {
		t.Errorf("no %s in\n%s", want, svg)
	}
}

func TestSVG_Empty(t *testing.T) {
	for _, c := range []Chart{{}, {LogY: true}, {Series: []Series{{Name: "one", Points: []Point{{5, 5}}}}}} {
		if svg := string(c.SVG()); strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
			t.Errorf("%+v: got %s", c, svg)
		}
	}
}

func TestFormatNumber(t *testing.T) {
	for v, want := range map[float64]string{0.5: "0.5", 20: "20", 1000: "1 k", 1e7: "10 M"} {
		if got := formatNumber(v); got != want {
			t.Errorf("%v: got %s, want %s", v, got, want)
		}
	}
}
