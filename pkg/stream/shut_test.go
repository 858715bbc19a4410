package stream_test

import (
	"context"
	"log/slog"
	"testing"

	"ticketsystem/pkg/stream"
)

type exit struct{ closed []string }

func (e *exit) CloseSession(_ context.Context, userID, session string) error {
	e.closed = append(e.closed, userID+" "+session)
	return nil
}

// TestEnded: a session that is no more has its sockets closed; one that moves
// on keeps them.
func TestEnded(t *testing.T) {
	e := &exit{}
	h := stream.Handle(slog.New(slog.DiscardHandler), stream.Ended(e))
	session := item("U#sara", "S#one")
	if failed := failures(t, h, batch(insert(session), modify(session), removed(session), removed(item("U#sara", "other")))); failed != nil {
		t.Errorf("failed %v", failed)
	}
	if len(e.closed) != 1 || e.closed[0] != "sara one" {
		t.Errorf("closed %q", e.closed)
	}
}
