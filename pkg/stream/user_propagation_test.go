package stream_test

import (
	"context"
	"fmt"
	"testing"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// agentNames is a stream.UserPropagationStore that has one agent, and panics if a name is changed.
type agentNames struct {
	stream.UserPropagationStore
	fakeUsers
}

func (f *agentNames) User(ctx context.Context, id string) (user.User, error) {
	return f.fakeUsers.User(ctx, id)
}

// TestRecordNameReferences_System checks that entries of the system keep the name of their author, which
// is no user, and is therefore not deleted.
func TestRecordNameReferences_System(t *testing.T) {
	system := ticket.SystemPrincipal()
	author := ticket.Author{ID: system.UserID, Name: system.Name, Role: system.Role}
	for name, e := range map[string]ticket.Entry{
		"a status":      {TicketID: "t", Seq: 2, Kind: ticket.KindStatus, Author: author, Change: &ticket.Change{Field: "status", From: "pending", To: "resolved"}},
		"an assignment": {TicketID: "t", Seq: 2, Kind: ticket.KindAssignment, Author: author, Change: &ticket.Change{Field: "assignee", From: "ali", FromName: "Ali"}},
		"a lost link":   {TicketID: "t", Seq: 2, Kind: ticket.KindUnlinked, Author: author},
	} {
		users := fakeUsers{user: user.User{ID: "ali", Name: "Ali", Role: user.RoleUser}}
		if err := stream.RecordNameReferences(&agentNames{fakeUsers: users})(t.Context(), event.EntryAppended{Entry: e}); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// notifiedNames is a stream.UserPropagationStore of a user with notifications. It has no names.
type notifiedNames struct {
	stream.UserPropagationStore
	fakeUsers
	page notification.Page
	read []string
	next event.UserPropagation
}

func (f *notifiedNames) User(ctx context.Context, id string) (user.User, error) {
	return f.fakeUsers.User(ctx, id)
}

func (f *notifiedNames) ListNotifications(context.Context, string, notification.Query) (notification.Page, error) {
	return f.page, nil
}

func (f *notifiedNames) MarkNotificationsRead(_ context.Context, _ string, ids []string) error {
	f.read = append(f.read, ids...)
	return nil
}

func (f *notifiedNames) SaveUserPropagation(_ context.Context, _, to event.UserPropagation) error {
	f.next = to
	return nil
}

// TestPropagateUser_FormerAgent checks that the notifications that only staff may get are marked as
// read page by page when the user is not staff.
func TestPropagateUser_FormerAgent(t *testing.T) {
	for name, c := range map[string]struct {
		user  user.User
		next  string
		read  string
		phase int
	}{
		"customer":       {user.User{ID: "ali", Role: user.RoleUser}, "", "[1 3]", event.PropagationDone},
		"first page":     {user.User{ID: "ali", Role: user.RoleUser}, "3", "[1 3]", event.PropagationNotifications},
		"agent":          {user.User{ID: "ali", Role: user.RoleSupport}, "", "[]", event.PropagationDone},
		"disabled agent": {user.User{ID: "ali", Role: user.RoleSupport, Disabled: true}, "", "[]", event.PropagationDone},
	} {
		store := &notifiedNames{fakeUsers: fakeUsers{user: c.user}, page: notification.Page{Next: c.next, Notifications: []notification.Notification{
			{ID: "1", Kind: notification.KindAssignment}, {ID: "2", Kind: notification.KindReply}, {ID: "3", Kind: notification.KindCustomerReply},
		}}}
		if err := stream.PropagateUser(store, nil, nil)(t.Context(), event.UserPropagation{UserID: "ali", Phase: event.PropagationNotifications}); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
		if got := fmt.Sprint(store.read); got != c.read || store.next.Phase != c.phase || store.next.After["before"] != c.next {
			t.Errorf("%s: got %s read, next %+v", name, got, store.next)
		}
	}
}
