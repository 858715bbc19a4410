package api

import (
	"encoding/csv"
	"mime"
	"strconv"
	"strings"
	"unicode"
)

// prefersCSV reports whether the Accept header ranks CSV above JSON. Of equal types the
// first one counts.
func (r *Request) prefersCSV() bool {
	best, prefers := 0.0, false
	for part := range strings.SplitSeq(r.header("accept"), ",") {
		mediaType, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		quality := 1.0
		if q, given := params["q"]; given {
			quality, _ = strconv.ParseFloat(q, 64)
		}
		switch mediaType {
		case "text/csv", "text/*", "application/json", "application/*", "*/*":
			if quality > best {
				best, prefers = quality, strings.HasPrefix(mediaType, "text/")
			}
		}
	}
	return prefers
}

// statsColumns is the header of the CSV. All rows have the same columns; those that do not
// apply are empty.
var statsColumns = []string{
	"group", "id", "name", "created", "resolved", "closed", "reopened", "replies",
	"firstResponseCount", "firstResponseMedianSeconds", "firstResponseP90Seconds",
	"resolutionCount", "resolutionMedianSeconds", "resolutionP90Seconds",
}

// csv returns the events of the report as one table: days, categories, agents and the total.
// It begins with a byte order mark, without which Excel does not read UTF-8.
func (v statsView) csv() (Response, error) {
	var text strings.Builder
	text.WriteString("\ufeff")
	w := csv.NewWriter(&text)
	w.UseCRLF = true // RFC 4180
	rows := [][]string{statsColumns}
	n := strconv.Itoa
	total := dayView{}
	for _, d := range v.Days {
		rows = append(rows, []string{"day", d.Day, "", n(d.Created), n(d.Resolved), n(d.Closed), n(d.Reopened), "", "", "", "", "", "", ""})
		total.Created, total.Resolved, total.Closed, total.Reopened = total.Created+d.Created, total.Resolved+d.Resolved, total.Closed+d.Closed, total.Reopened+d.Reopened
	}
	for _, c := range v.ByCategory {
		row := []string{"category", c.ID, textCell(c.Name), n(c.Created), n(c.Resolved), n(c.Closed), n(c.Reopened), ""}
		rows = append(rows, append(append(row, c.FirstResponse.cells()...), c.Resolution.cells()...))
	}
	replies := 0
	for _, a := range v.ByAgent {
		row := []string{"agent", a.ID, textCell(a.Name), "", n(a.Resolved), "", "", n(a.Replies)}
		rows = append(rows, append(append(row, a.FirstResponse.cells()...), a.Resolution.cells()...))
		replies += a.Replies
	}
	row := []string{"total", "", "", n(total.Created), n(total.Resolved), n(total.Closed), n(total.Reopened), n(replies)}
	rows = append(rows, append(append(row, v.FirstResponse.cells()...), v.Resolution.cells()...))
	if err := w.WriteAll(rows); err != nil {
		return Response{}, err
	}
	return ok(rawText(text.String())).with("content-type", "text/csv; charset=utf-8; header=present").
		with("content-disposition", `attachment; filename="stats-`+v.From+"-"+v.To+`.csv"`), nil
}

// cells returns the columns of percentiles.
func (d durationView) cells() []string {
	cells := []string{strconv.Itoa(d.Count), "", ""}
	for i, seconds := range []*int{d.Median, d.P90} {
		if seconds != nil {
			cells[i+1] = strconv.Itoa(*seconds)
		}
	}
	return cells
}

// textCell quotes a text that a spreadsheet would read as a formula. Blanks and invisible
// characters in front of the text are ignored, as some programs do.
func textCell(text string) string {
	first := strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	for _, sign := range []string{"=", "+", "-", "@", "\u2212", "\uff1d", "\uff0b", "\uff0d", "\uff20"} {
		if strings.HasPrefix(first, sign) {
			return "'" + text
		}
	}
	return text
}
