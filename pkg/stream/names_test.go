package stream_test

import (
	"context"
	"testing"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// agentNames is a stream.NameStore that has one agent, and panics if a name is changed.
type agentNames struct {
	stream.NameStore
	fakeUsers
}

func (f *agentNames) User(ctx context.Context, id string) (user.User, error) {
	return f.fakeUsers.User(ctx, id)
}

// TestRecordNames_System checks that entries of the system keep the name of their author, which
// is no user, and is therefore not deleted.
func TestRecordNames_System(t *testing.T) {
	system := ticket.SystemPrincipal()
	author := ticket.Author{ID: system.UserID, Name: system.Name, Role: system.Role}
	for name, e := range map[string]ticket.Entry{
		"a status":      {TicketID: "t", Seq: 2, Kind: ticket.KindStatus, Author: author, Change: &ticket.Change{Field: "status", From: "pending", To: "resolved"}},
		"an assignment": {TicketID: "t", Seq: 2, Kind: ticket.KindAssignment, Author: author, Change: &ticket.Change{Field: "assignee", From: "ali", FromName: "Ali"}},
		"a lost link":   {TicketID: "t", Seq: 2, Kind: ticket.KindUnlinked, Author: author},
	} {
		users := fakeUsers{user: user.User{ID: "ali", Name: "Ali", Role: user.RoleUser}}
		if err := stream.RecordNames(&agentNames{fakeUsers: users})(t.Context(), event.EntryAppended{Entry: e}); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
