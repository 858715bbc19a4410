package attachment_test

import (
	"testing"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/user"
)

func TestVisibleTo(t *testing.T) {
	customer := user.Principal{UserID: "c", Role: user.RoleUser}
	other := user.Principal{UserID: "o", Role: user.RoleUser}
	agent := user.Principal{UserID: "s", Role: user.RoleSupport}
	cases := []struct {
		name  string
		file  attachment.Attachment
		actor user.Principal
		want  bool
	}{
		{"own, no ticket", attachment.Attachment{Owner: "c"}, customer, true},
		{"other customer, no ticket", attachment.Attachment{Owner: "c"}, other, false},
		{"staff, no ticket", attachment.Attachment{Owner: "c"}, agent, false},
		{"staff, customer's file in a ticket", attachment.Attachment{Owner: "c", TicketID: "t", CustomerID: "c"}, agent, true},
		{"customer, agent's file in own ticket", attachment.Attachment{Owner: "s", TicketID: "t", CustomerID: "c"}, customer, true},
		{"customer, note on own ticket", attachment.Attachment{Owner: "s", TicketID: "t", CustomerID: "c", Internal: true}, customer, false},
		{"staff, note", attachment.Attachment{Owner: "x", TicketID: "t", CustomerID: "c", Internal: true}, agent, true},
		{"other customer, foreign ticket", attachment.Attachment{Owner: "s", TicketID: "t", CustomerID: "c"}, other, false},
	}
	for _, c := range cases {
		if got := c.file.VisibleTo(c.actor); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
