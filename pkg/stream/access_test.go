package stream_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/user"
)

type fakeCloser struct{ closed []string }

func (closer *fakeCloser) CloseSession(_ context.Context, userID, session string) error {
	closer.closed = append(closer.closed, userID+" "+session)
	return nil
}

// TestCloseEndedSession checks that a deleted session has its sockets closed, and a
// refreshed one keeps them.
func TestCloseEndedSession(t *testing.T) {
	closer := &fakeCloser{}
	h := stream.NewBatchHandler(slog.New(slog.DiscardHandler), nil, dynamo.DecodeRecord, stream.CloseEndedSession(closer))
	session := item("U#sara", "S#one")
	if failed := failures(t, h, batch(insert(session), modify(session), removeWithImage(session), removeWithImage(item("U#sara", "other")))); failed != nil {
		t.Errorf("failed %v", failed)
	}
	if len(closer.closed) != 1 || closer.closed[0] != "sara one" {
		t.Errorf("closed %q", closer.closed)
	}
}

// fakeUsers returns one user or error, and records revocations.
type fakeUsers struct {
	user    user.User
	err     error
	revoked string
}

func (users *fakeUsers) User(context.Context, string) (user.User, error) {
	return users.user, users.err
}

func (users *fakeUsers) RevokeAccess(_ context.Context, userID string, inactive bool) error {
	users.revoked = fmt.Sprint(userID, " ", inactive)
	return nil
}

// TestRevokeChangedRights checks that the current state of the account decides
// whether its sessions end.
func TestRevokeChangedRights(t *testing.T) {
	sara := user.User{ID: "sara", Role: user.RoleUser}
	agent, renamed, moved, disabled := sara, sara, sara, sara
	agent.Role, renamed.Name, moved.Phone, disabled.Disabled = user.RoleSupport, "Sara", "2", true
	movedSelf, repassworded := sara.WithPhone("2", "s"), sara
	promoted := movedSelf
	promoted.Role, repassworded.PasswordVersion = user.RoleSupport, 1
	changed := event.UserChanged{Old: agent, New: sara}
	errBroken := errors.New("unavailable")
	for name, c := range map[string]struct {
		fakeUsers
		want    error
		revoked string
	}{
		"active":     {fakeUsers{user: user.User{Role: user.RoleUser}}, nil, "sara false"},
		"disabled":   {fakeUsers{user: user.User{Role: user.RoleUser, Disabled: true}}, nil, "sara true"},
		"deleted":    {fakeUsers{err: apperr.New(apperr.UserNotFound, "")}, nil, "sara true"},
		"read fails": {fakeUsers{err: errBroken}, errBroken, ""},
	} {
		users := c.fakeUsers
		if err := stream.RevokeChangedRights(&users, &users)(t.Context(), changed); !errors.Is(err, c.want) || users.revoked != c.revoked {
			t.Errorf("%s: got %v, revoked %q", name, err, users.revoked)
		}
	}
	for name, c := range map[string]struct {
		event   event.Event
		revoked string
	}{
		"other phone":                  {event.UserChanged{Old: sara, New: moved}, "sara true"},
		"own move":                     {event.UserChanged{Old: sara, New: movedSelf}, ""},
		"other role after an own move": {event.UserChanged{Old: movedSelf, New: promoted}, "sara true"},
		"new password":                 {event.UserChanged{Old: sara, New: repassworded}, ""},
		"disabled":                     {event.UserChanged{Old: sara, New: disabled}, "sara true"},
		"enabled":                      {event.UserChanged{Old: disabled, New: sara}, "sara true"},
		"same rights":                  {event.UserChanged{Old: sara, New: renamed}, ""},
		"new user":                     {event.UserCreated{User: sara}, ""},
		"other event":                  {event.TicketDeleted{TicketID: "t"}, ""},
		"deleted":                      {event.UserDeleted{User: sara}, "sara true"},
	} {
		users := fakeUsers{err: apperr.New(apperr.UserNotFound, "")}
		if err := stream.RevokeChangedRights(&users, &users)(t.Context(), c.event); err != nil || users.revoked != c.revoked {
			t.Errorf("%s: got %v, revoked %q, want %q", name, err, users.revoked, c.revoked)
		}
	}
}

// TestCloseFormerNumber checks that a user who changed the phone number keeps only the sockets that
// were opened after it, and that the handlers of other changes close theirs.
func TestCloseFormerNumber(t *testing.T) {
	sara := user.User{ID: "sara", Role: user.RoleUser, Phone: "1"}
	moved, renamed := sara.WithPhone("2", "s"), sara
	renamed.Name = "Sara"
	for name, c := range map[string]struct {
		event  event.Event
		closed string
	}{
		"own move":                  {event.UserChanged{Old: sara, New: moved}, "sara except user 1"},
		"moved by an administrator": {event.UserChanged{Old: sara, New: sara.WithPhone("2", "")}, ""},
		"renamed":                   {event.UserChanged{Old: sara, New: renamed}, ""},
		"without an old image":      {event.UserChanged{New: moved}, ""},
	} {
		var closer closedUsers
		if err := stream.CloseFormerNumber(&closer)(t.Context(), c.event); err != nil || string(closer) != c.closed {
			t.Errorf("%s: got %v, closed %q, want %q", name, err, closer, c.closed)
		}
	}
}

// closedUsers has the last user whose sockets were closed, and the rights of those that were not.
type closedUsers string

func (c *closedUsers) CloseUser(_ context.Context, userID string, r user.Revocation) error {
	*c = closedUsers(fmt.Sprintf("%s except %s %d", userID, r.Role, r.PhoneVersion))
	return nil
}

// endedSessions are the families of ended sessions.
type endedSessions map[string]bool

func (s endedSessions) EndSession(_ context.Context, _, family string, _ time.Time) (bool, error) {
	s[family] = true
	return true, nil
}

// TestVerifyNewSession checks that a session with outdated rights is revoked.
func TestVerifyNewSession(t *testing.T) {
	sara := user.User{ID: "sara", Role: user.RoleSupport, Phone: "1", Name: "Sara"}
	repassworded := sara
	repassworded.PasswordVersion = 1
	errBroken := errors.New("unavailable")
	for name, c := range map[string]struct {
		fakeUsers
		want    error
		revoked string
	}{
		"unchanged":                {fakeUsers{user: sara}, nil, ""},
		"renamed":                  {fakeUsers{user: user.User{ID: "sara", Role: user.RoleSupport, Phone: "1"}}, nil, ""},
		"disabled":                 {fakeUsers{user: user.User{ID: "sara", Role: user.RoleSupport, Phone: "1", Disabled: true}}, nil, "sara true"},
		"deleted":                  {fakeUsers{err: apperr.New(apperr.UserNotFound, "")}, nil, "sara true"},
		"demoted":                  {fakeUsers{user: user.User{ID: "sara", Role: user.RoleUser, Phone: "1"}}, nil, "sara false"},
		"other phone":              {fakeUsers{user: user.User{ID: "sara", Role: user.RoleSupport, Phone: "2"}}, nil, "sara false"},
		"moved":                    {fakeUsers{user: sara.WithPhone("2", "")}, nil, "sara false"},
		"moved by another session": {fakeUsers{user: sara.WithPhone("2", "other")}, nil, "sara false, ended s"},
		"moved by this session":    {fakeUsers{user: sara.WithPhone("2", "s")}, nil, "sara false"},
		"new password":             {fakeUsers{user: repassworded}, nil, ", ended s"},
		"disabled, new password":   {fakeUsers{user: user.User{ID: "sara", Role: user.RoleSupport, Phone: "1", Disabled: true, PasswordVersion: 1}}, nil, "sara true"},
		"read fails":               {fakeUsers{err: errBroken}, errBroken, ""},
	} {
		users, ended := c.fakeUsers, endedSessions{}
		verify := stream.VerifyNewSession(&users, &users, ended, time.Now)
		err := verify(t.Context(), event.SessionStarted{User: sara, SessionID: "s"})
		for family := range ended {
			users.revoked += ", ended " + family
		}
		if !errors.Is(err, c.want) || users.revoked != c.revoked {
			t.Errorf("%s: got %v, revoked %q", name, err, users.revoked)
		}
		users.revoked = ""
		if err := verify(t.Context(), event.UserCreated{User: sara}); err != nil || users.revoked != "" {
			t.Errorf("other event: got %v, revoked %q", err, users.revoked)
		}
	}
}
