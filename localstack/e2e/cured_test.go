package e2e

import (
	"testing"

	"ticketsystem/localstack/client"
)

// TestPeopleKeepTheirAddress: what administrators do not send stays, and who is
// refused leaves no account behind.
func TestPeopleKeepTheirAddress(t *testing.T) {
	t.Parallel()
	boss, number := staff(t, adminPhone), client.RandomPhone()
	fields := object{"phone": number, "role": "boss", "email": "reza@example.com"}
	refused(t, boss.call("POST", "/users", fields), 422)
	fields["role"] = "support"
	var m member
	boss.must(201, "POST", "/users", fields, &m)
	same(t, "e-mail of who was entered", m.Email, "reza@example.com")
	same(t, "e-mail after another change", boss.edit(m.ID, object{"name": "Reza"}).Email, "reza@example.com")
	boss.get("/users/"+m.ID, &m)
	same(t, "e-mail that is stored", m.Email, "reza@example.com")
}

// TestTicketsOfRemovedPeopleAreAnswered like any other.
func TestTicketsOfRemovedPeopleAreAnswered(t *testing.T) {
	t.Parallel()
	me, agent := officer(t, "user"), support(t)
	ticket := me.open(nil)
	staff(t, adminPhone).must(204, "DELETE", "/users/"+me.User.ID, nil, nil)
	same(t, "seq of the answer", agent.post(ticket.ID, "for the record", nil).Seq, 2)
	same(t, "status", agent.change(ticket.ID, "close", nil).Status, "closed")
}
