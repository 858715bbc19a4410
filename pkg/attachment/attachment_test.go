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
		name string
		file attachment.Attachment
		who  user.Principal
		want bool
	}{
		{"own, in no ticket", attachment.Attachment{Owner: "c"}, customer, true},
		{"another's, in no ticket", attachment.Attachment{Owner: "c"}, other, false},
		{"a customer's, in no ticket, to staff", attachment.Attachment{Owner: "c"}, agent, false},
		{"the customer's, in his ticket, to staff", attachment.Attachment{Owner: "c", TicketID: "t", CustomerID: "c"}, agent, true},
		{"an agent's, in his ticket", attachment.Attachment{Owner: "s", TicketID: "t", CustomerID: "c"}, customer, true},
		{"an agent's, in a note on his ticket", attachment.Attachment{Owner: "s", TicketID: "t", CustomerID: "c", Internal: true}, customer, false},
		{"in a note, to staff", attachment.Attachment{Owner: "x", TicketID: "t", CustomerID: "c", Internal: true}, agent, true},
		{"in another's ticket", attachment.Attachment{Owner: "s", TicketID: "t", CustomerID: "c"}, other, false},
	}
	for _, c := range cases {
		if got := c.file.VisibleTo(c.who); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
