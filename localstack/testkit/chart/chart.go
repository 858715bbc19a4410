// Package plot draws lines over a logarithmic scale as SVG, which is all that
// the report needs of pictures.
package chart

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Point is one measurement.
type Point struct{ X, Y float64 }

// Series is a named row of points, in the order of X. A dashed one is a
// reference or a goal.
type Series struct {
	Name   string
	Points []Point
	Dashed bool
}

// Chart is a picture of lines. X must be above zero: its scale is logarithmic,
// and that of Y as well where LogY says so.
type Chart struct {
	Title, X, Y string
	LogY        bool
	Series      []Series
}

// The picture's size and the frame of the lines within it.
const (
	width, height            = 760.0, 420.0
	left, right, top, bottom = 70.0, 200.0, 40.0, 50.0
)

// scale maps values of one axis to places on it.
type scale struct {
	low, high float64
	log       bool
	from, to  float64
}

func (s scale) position(v float64) float64 {
	low, high := s.low, s.high
	if s.log {
		low, high, v = math.Log10(low), math.Log10(high), math.Log10(max(v, s.low))
	}
	if high == low {
		return (s.from + s.to) / 2
	}
	return s.from + (v-low)/(high-low)*(s.to-s.from)
}

// ticks are round values between the ends of an axis.
func (s scale) ticks() []float64 {
	var ticks []float64
	if s.log {
		for v := math.Pow(10, math.Floor(math.Log10(s.low))); v <= s.high*1.001; v *= 10 {
			if v >= s.low*0.999 {
				ticks = append(ticks, v)
			}
		}
		return ticks
	}
	step := math.Pow(10, math.Floor(math.Log10(max(s.high, 1e-9))))
	if s.high/step < 3 {
		step /= 4
	} else if s.high/step < 6 {
		step /= 2
	}
	for v := 0.0; v <= s.high*1.001; v += step {
		ticks = append(ticks, v)
	}
	return ticks
}

// SVG is the picture.
func (c Chart) SVG() []byte {
	x, y := c.scales()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%.0f" height="%.0f" fill="#fff"/><text x="%.0f" y="22" font-size="15">%s</text>`+"\n", width, height, left, html.EscapeString(c.Title))
	for _, v := range x.ticks() {
		fmt.Fprintf(&b, `<path d="M%.1f %.1fV%.1f" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n", x.position(v), y.from, y.to, x.position(v), y.from+16, formatNumber(v))
	}
	for _, v := range y.ticks() {
		fmt.Fprintf(&b, `<path d="M%.1f %.1fH%.1f" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="end">%s</text>`+"\n", x.from, y.position(v), x.to, x.from-6, y.position(v)+4, formatNumber(v))
	}
	fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n", (x.from+x.to)/2, height-12, html.EscapeString(c.X))
	fmt.Fprintf(&b, `<text transform="translate(16 %.1f) rotate(-90)" text-anchor="middle">%s</text>`+"\n", (y.from+y.to)/2, html.EscapeString(c.Y))
	for i, s := range c.Series {
		s.draw(&b, x, y, i)
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

// scales take in all points; that of Y begins at zero unless it is logarithmic.
func (c Chart) scales() (x, y scale) {
	var xs, ys []float64
	for _, s := range c.Series {
		for _, p := range s.Points {
			xs, ys = append(xs, p.X), append(ys, p.Y)
		}
	}
	if len(xs) == 0 {
		xs, ys = []float64{1, 10}, []float64{1, 10}
	}
	x = scale{slices.Min(xs), slices.Max(xs), true, left, width - right}
	y = scale{0, slices.Max(ys) * 1.05, c.LogY, height - bottom, top}
	if c.LogY {
		y.low = math.Pow(10, math.Floor(math.Log10(max(slices.Min(ys), 1e-6))))
		y.high = math.Pow(10, math.Ceil(math.Log10(max(slices.Max(ys), y.low*10))))
	}
	return x, y
}

// draw adds a line, its points and its entry in the legend.
func (s Series) draw(b *strings.Builder, x, y scale, index int) {
	colours := []string{"#1b6ca8", "#c0392b", "#27803b", "#8e44ad", "#b9770e", "#117a8b", "#555555", "#a04070"}
	colour, dash := colours[index%len(colours)], ""
	if s.Dashed {
		dash = ` stroke-dasharray="6 4"`
	}
	var path []string
	for _, p := range s.Points {
		path = append(path, fmt.Sprintf("%.1f,%.1f", x.position(p.X), y.position(p.Y)))
		if !s.Dashed {
			fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", x.position(p.X), y.position(p.Y), colour)
		}
	}
	fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"%s/>`+"\n", strings.Join(path, " "), colour, dash)
	row := top + 10 + 20*float64(index)
	fmt.Fprintf(b, `<path d="M%.1f %.1fh22" stroke="%s" stroke-width="2"%s/><text x="%.1f" y="%.1f">%s</text>`+"\n",
		width-right+14, row, colour, dash, width-right+42, row+4, html.EscapeString(s.Name))
}

// formatNumber writes a value of an axis shortly.
func formatNumber(v float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e6, " M"}, {1e3, " k"}} {
		if v >= unit.size {
			return strconv.FormatFloat(v/unit.size, 'g', 4, 64) + unit.name
		}
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
