package report

import "testing"

func TestChart_Markdown(t *testing.T) {
	got := Chart{Title: "Latency", X: "clients", Y: "ms", Points: []string{"1", "10"}, Series: []Series{
		{Name: "list", Values: []float64{1.5, 20}}, {Name: "post", Values: []float64{2, 1234.56}},
	}}.Markdown()
	want := "Lines in this order: list, post.\n\n```mermaid\nxychart-beta\n    title \"Latency\"\n    x-axis \"clients\" [1, 10]\n    y-axis \"ms\"\n" +
		"    line [1.5, 20]\n    line [2, 1235]\n```\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
