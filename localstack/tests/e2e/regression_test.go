package e2e

import (
	"testing"

	"ticketsystem/localstack/testkit/client"
)

// TestUpdateUser_KeepsEmail checks that fields missing in an update stay, and that a
// rejected create stores no account.
func TestUpdateUser_KeepsEmail(t *testing.T) {
	t.Parallel()
	admin, phone := staff(t, adminPhone), client.RandomPhone()
	fields := object{"phone": phone, "role": "boss", "email": "reza@example.com"}
	wantProblem(t, admin.call("POST", "/users", fields), 422)
	fields["role"] = "support"
	var account adminUserView
	admin.mustCall(201, "POST", "/users", fields, &account)
	equal(t, "email after create", account.Email, "reza@example.com")
	equal(t, "email after another update", admin.updateUser(account.ID, object{"name": "Reza"}).Email, "reza@example.com")
	admin.get("/users/"+account.ID, &account)
	equal(t, "stored email", account.Email, "reza@example.com")
}

// TestTicketOfDeletedUser checks that agents can reply to tickets of deleted users.
func TestTicketOfDeletedUser(t *testing.T) {
	t.Parallel()
	me, agent := newStaff(t, "user"), support(t)
	ticket := me.openTicket(nil)
	staff(t, adminPhone).mustCall(204, "DELETE", "/users/"+me.Profile.ID, nil, nil)
	equal(t, "seq of the reply", agent.post(ticket.ID, "for the record", nil).Seq, 2)
	equal(t, "status", agent.change(ticket.ID, "close", nil).Status, "closed")
}
