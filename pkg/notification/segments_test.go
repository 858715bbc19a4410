package notification_test

import (
	"strings"
	"testing"

	"ticketsystem/pkg/notification"
)

func TestSegments(t *testing.T) {
	for _, c := range []struct {
		text string
		want int
	}{
		{"", 1},
		{strings.Repeat("a", 160), 1}, {strings.Repeat("a", 161), 2}, {strings.Repeat("a", 306), 2}, {strings.Repeat("a", 307), 3},
		{strings.Repeat("€", 80), 1}, {strings.Repeat("€", 81), 2}, {strings.Repeat("a", 152) + strings.Repeat("€", 77), 3},
		{strings.Repeat("س", 70), 1}, {strings.Repeat("س", 71), 2}, {strings.Repeat("س", 134), 2}, {strings.Repeat("س", 135), 3},
		{strings.Repeat("a", 70) + "س", 2}, {strings.Repeat("😀", 35), 1}, {strings.Repeat("😀", 36), 2}, {strings.Repeat("😀", 67), 3},
		{strings.Repeat("س", 1100), 17},
	} {
		if got := notification.Segments(c.text); got != c.want {
			t.Errorf("%d of %.4q…: got %d, want %d", len([]rune(c.text)), c.text, got, c.want)
		}
	}
}
