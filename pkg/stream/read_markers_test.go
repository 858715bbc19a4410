package stream_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/stream"
)

// TestBatchHandler_MovesOfAReadMarker checks that the moves of a read marker that follow each other
// are handled as one, which is repeated from the first of them.
func TestBatchHandler_MovesOfAReadMarker(t *testing.T) {
	move := func(ticketID, reader string, before, after int) (old, now attributes) {
		old, now = readMarkerOf(ticketID, before), readMarkerOf(ticketID, after)
		old["SK"], now["SK"] = stringAttr("P#"+reader), stringAttr("P#"+reader)
		return old, now
	}
	b := batch(
		changed(move("t", "ali", 0, 3)), changed(move("t", "ali", 3, 90)), changed(move("u", "ali", 0, 1)), changed(move("t", "ali", 90, 5)),
		changed(move("t", "sara", 0, 2)), changed(move("t", "sara", 2, 4)),
		insert(entryOf("t", 6, "message")), changed(move("t", "sara", 4, 6)),
	)
	for _, c := range []struct {
		fail   string
		want   []string
		failed []string
	}{
		{"", []string{"t: ali 0 to 5", "t: sara 0 to 4", "t: entry 6", "t: sara 4 to 6", "u: ali 0 to 1"}, nil},
		{"t: sara 0 to 4", []string{"t: ali 0 to 5", "t: sara 0 to 4", "u: ali 0 to 1"}, []string{"5"}},
	} {
		f := &fixture{}
		h := stream.NewBatchHandler(slog.New(slog.DiscardHandler), nil, dynamo.DecodeRecord, func(_ context.Context, e event.Event, _ ...event.Event) error {
			call := ""
			switch e := e.(type) {
			case event.ReadMarkerMoved:
				call = fmt.Sprintf("%s: %s %d to %d", e.Marker.TicketID, e.Marker.Reader.ID, e.Before, e.Marker.Seq)
			case event.EntryAppended:
				call = fmt.Sprintf("%s: entry %d", e.Entry.TicketID, e.Entry.Seq)
			}
			if f.record(call); call == c.fail {
				return errUnavailable
			}
			return nil
		})
		if failed := failures(t, h, b); !slices.Equal(failed, c.failed) {
			t.Errorf("failed %v, want %v", failed, c.failed)
		}
		slices.SortStableFunc(f.calls, func(a, b string) int { return int(a[0]) - int(b[0]) }) // partitions are handled at once
		if !slices.Equal(f.calls, c.want) {
			t.Errorf("got %q, want %q", f.calls, c.want)
		}
	}
}
