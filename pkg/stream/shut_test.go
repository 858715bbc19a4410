package stream_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/user"
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

// members is one person as they are now, and notes who was shut out.
type members struct {
	now  user.User
	err  error
	shut string
}

func (m *members) User(context.Context, string) (user.User, error) { return m.now, m.err }

func (m *members) Shut(_ context.Context, userID string, out bool) error {
	m.shut = fmt.Sprint(userID, " ", out)
	return nil
}

// TestShut: whose rights have changed is shut out as who they are now.
func TestShut(t *testing.T) {
	broken := errors.New("no answer")
	for name, c := range map[string]struct {
		members
		want error
		shut string
	}{
		"may come in": {members{now: user.User{Role: user.RoleUser}}, nil, "sara false"},
		"disabled":    {members{now: user.User{Role: user.RoleUser, Disabled: true}}, nil, "sara true"},
		"removed":     {members{err: fault.New(fault.UserNotFound, "")}, nil, "sara true"},
		"unknown":     {members{err: broken}, broken, ""},
	} {
		m := c.members
		if err := stream.Shut(&m, &m)(t.Context(), table.Change{Shut: "sara"}); !errors.Is(err, c.want) || m.shut != c.shut {
			t.Errorf("%s: got %v, shut %q", name, err, m.shut)
		}
	}
	m := members{}
	if err := stream.Shut(&m, &m)(t.Context(), table.Change{UserID: "sara"}); err != nil || m.shut != "" {
		t.Errorf("another record: got %v, shut %q", err, m.shut)
	}
}

// TestBegun: a session with rights that have changed meanwhile does not last.
func TestBegun(t *testing.T) {
	sara := user.User{ID: "sara", Role: user.RoleSupport, Phone: "1", Name: "Sara"}
	broken := errors.New("no answer")
	for name, c := range map[string]struct {
		members
		want error
		shut string
	}{
		"as read":  {members{now: sara}, nil, ""},
		"renamed":  {members{now: user.User{ID: "sara", Role: user.RoleSupport, Phone: "1"}}, nil, ""},
		"disabled": {members{now: user.User{ID: "sara", Role: user.RoleSupport, Phone: "1", Disabled: true}}, nil, "sara true"},
		"removed":  {members{err: fault.New(fault.UserNotFound, "")}, nil, "sara true"},
		"demoted":  {members{now: user.User{ID: "sara", Role: user.RoleUser, Phone: "1"}}, nil, "sara false"},
		"moved":    {members{now: user.User{ID: "sara", Role: user.RoleSupport, Phone: "2"}}, nil, "sara false"},
		"unknown":  {members{err: broken}, broken, ""},
	} {
		m := c.members
		begun := stream.Begun(&m, &m)
		if err := begun(t.Context(), table.Change{Begun: &sara}); !errors.Is(err, c.want) || m.shut != c.shut {
			t.Errorf("%s: got %v, shut %q", name, err, m.shut)
		}
		m.shut = ""
		if err := begun(t.Context(), table.Change{}); err != nil || m.shut != "" {
			t.Errorf("another record: got %v, shut %q", err, m.shut)
		}
	}
}
