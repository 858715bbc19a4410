package stream_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/user"
)

type fakeCloser struct{ closed []string }

func (closer *fakeCloser) CloseSession(_ context.Context, userID, session string) error {
	closer.closed = append(closer.closed, userID+" "+session)
	return nil
}

// TestCloseEndedSession: a session that is no more has its sockets closed; one that moves
// on keeps them.
func TestCloseEndedSession(t *testing.T) {
	closer := &fakeCloser{}
	h := stream.NewBatchHandler(slog.New(slog.DiscardHandler), stream.CloseEndedSession(closer))
	session := item("U#sara", "S#one")
	if failed := failures(t, h, batch(insert(session), modify(session), removeWithImage(session), removeWithImage(item("U#sara", "other")))); failed != nil {
		t.Errorf("failed %v", failed)
	}
	if len(closer.closed) != 1 || closer.closed[0] != "sara one" {
		t.Errorf("closed %q", closer.closed)
	}
}

// fakeUsers is one person as they are now, and notes who was shut out.
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

// TestRevokeChangedRights: whose rights have changed is shut out as who they are now.
func TestRevokeChangedRights(t *testing.T) {
	errBroken := errors.New("no answer")
	for name, c := range map[string]struct {
		fakeUsers
		want error
		shut string
	}{
		"may come in": {fakeUsers{user: user.User{Role: user.RoleUser}}, nil, "sara false"},
		"disabled":    {fakeUsers{user: user.User{Role: user.RoleUser, Disabled: true}}, nil, "sara true"},
		"removed":     {fakeUsers{err: apperr.New(apperr.UserNotFound, "")}, nil, "sara true"},
		"unknown":     {fakeUsers{err: errBroken}, errBroken, ""},
	} {
		users := c.fakeUsers
		if err := stream.RevokeChangedRights(&users, &users)(t.Context(), dynamo.Change{RightsChangedUserID: "sara"}); !errors.Is(err, c.want) || users.revoked != c.shut {
			t.Errorf("%s: got %v, shut %q", name, err, users.revoked)
		}
	}
	users := fakeUsers{}
	if err := stream.RevokeChangedRights(&users, &users)(t.Context(), dynamo.Change{UserChangedID: "sara"}); err != nil || users.revoked != "" {
		t.Errorf("another record: got %v, shut %q", err, users.revoked)
	}
}

// TestVerifyNewSession: a session with rights that have changed meanwhile does not last.
func TestVerifyNewSession(t *testing.T) {
	sara := user.User{ID: "sara", Role: user.RoleSupport, Phone: "1", Name: "Sara"}
	errBroken := errors.New("no answer")
	for name, c := range map[string]struct {
		fakeUsers
		want error
		shut string
	}{
		"as read":  {fakeUsers{user: sara}, nil, ""},
		"renamed":  {fakeUsers{user: user.User{ID: "sara", Role: user.RoleSupport, Phone: "1"}}, nil, ""},
		"disabled": {fakeUsers{user: user.User{ID: "sara", Role: user.RoleSupport, Phone: "1", Disabled: true}}, nil, "sara true"},
		"removed":  {fakeUsers{err: apperr.New(apperr.UserNotFound, "")}, nil, "sara true"},
		"demoted":  {fakeUsers{user: user.User{ID: "sara", Role: user.RoleUser, Phone: "1"}}, nil, "sara false"},
		"moved":    {fakeUsers{user: user.User{ID: "sara", Role: user.RoleSupport, Phone: "2"}}, nil, "sara false"},
		"unknown":  {fakeUsers{err: errBroken}, errBroken, ""},
	} {
		users := c.fakeUsers
		verify := stream.VerifyNewSession(&users, &users)
		if err := verify(t.Context(), dynamo.Change{SessionUser: &sara}); !errors.Is(err, c.want) || users.revoked != c.shut {
			t.Errorf("%s: got %v, shut %q", name, err, users.revoked)
		}
		users.revoked = ""
		if err := verify(t.Context(), dynamo.Change{}); err != nil || users.revoked != "" {
			t.Errorf("another record: got %v, shut %q", err, users.revoked)
		}
	}
}
