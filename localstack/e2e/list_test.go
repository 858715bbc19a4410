package e2e

import (
	"fmt"
	"slices"
	"testing"

	"ticketsystem/localstack/client"
)

// holds waits until a list holds of the given tickets exactly the wanted ones,
// and returns them in the list's order.
func holds(a actor, path string, of, want []string) []client.Ticket {
	a.t.Helper()
	var mine []client.Ticket
	eventually(a.t, path, func() error {
		tickets, _, err := walk(a, path)
		if err != nil {
			return err
		}
		mine = slices.DeleteFunc(tickets, func(ticket client.Ticket) bool { return !slices.Contains(of, ticket.ID) })
		found := ids(mine)
		wanted := slices.Clone(want)
		slices.Sort(found)
		slices.Sort(wanted)
		if !slices.Equal(found, wanted) {
			return wrong("tickets", found, wanted)
		}
		return nil
	})
	return mine
}

func ids(tickets []client.Ticket) []string {
	var all []string
	for _, ticket := range tickets {
		all = append(all, ticket.ID)
	}
	return all
}

func TestCustomersListFiltersTheirOwn(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	kind := category(t, 3)
	plain := me.open(nil).ID
	urgent := me.open(object{"priority": "urgent", "categoryId": kind.ID}).ID
	closed := me.open(nil).ID
	me.change(closed, "close", nil)
	held := me.open(nil).ID
	agent.change(held, "status", object{"status": "on_hold"})
	all := []string{plain, urgent, closed, held}
	stranger := customer(t).open(nil).ID

	of := append(slices.Clone(all), stranger)
	holds(me, "/tickets", of, all)
	holds(me, "/tickets?status=new", of, []string{plain, urgent})
	holds(me, "/tickets?status=closed", of, []string{closed})
	holds(me, "/tickets?status=open", of, []string{held})
	holds(me, "/tickets?priority=urgent", of, []string{urgent})
	holds(me, "/tickets?category="+kind.ID, of, []string{urgent})
	holds(me, "/tickets?category="+kind.ID+"&priority=low", of, nil)
	if answer := me.call("GET", "/tickets?status=on_hold", nil); answer.Status == 200 {
		holds(me, "/tickets?status=on_hold", of, nil)
	}
}

func TestCustomersListIsSorted(t *testing.T) {
	t.Parallel()
	me := customer(t)
	var all []string
	for range 3 {
		all = append(all, me.open(nil).ID)
	}
	me.post(all[0], "again", nil)
	byActivity := []string{all[0], all[2], all[1]}
	for _, path := range []string{"/tickets", "/tickets?sort=-lastActivityAt"} {
		eventually(t, path, func() error {
			tickets, _, err := walk(me, path)
			if err == nil && !slices.Equal(ids(tickets), byActivity) {
				err = wrong("order", ids(tickets), byActivity)
			}
			return err
		})
	}
	created := holds(me, "/tickets?sort=-createdAt", all, all)
	same(t, "order by -createdAt", fmt.Sprint(ids(created)), fmt.Sprint([]string{all[2], all[1], all[0]}))
}

func TestAListedTicketIsTheTicket(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.open(object{"priority": "low"})
	agent.post(ticket.ID, "How can I help you?", nil)
	eventually(t, "the list shows the answer", func() error {
		tickets, _, err := walk(me, "/tickets")
		if err != nil || len(tickets) != 1 {
			return wrong("tickets", len(tickets), fmt.Sprintf("1 (%v)", err))
		}
		listed, read := tickets[0], me.detail(ticket.ID).Ticket
		if listed.LastSeq != 2 || listed.Unread != 1 || listed.Preview != "How can I help you?" || listed.Status != "open" {
			return wrong("listed ticket", text(listed), "lastSeq 2, unread 1, the preview, open")
		}
		if text(listed) != text(read) {
			return wrong("listed ticket", text(listed), text(read))
		}
		return nil
	})
}

func TestStaffListsFilter(t *testing.T) {
	t.Parallel()
	me, agent, colleague := customer(t), support(t), support2(t)
	kind := category(t, 2)
	waiting := me.open(nil).ID
	mine := me.open(object{"categoryId": kind.ID}).ID
	agent.change(mine, "assign", object{"assigneeId": "me"})
	theirs := me.open(object{"priority": "urgent"}).ID
	agent.change(theirs, "assign", object{"assigneeId": colleague.User.ID})
	pending := me.open(nil).ID
	agent.change(pending, "status", object{"status": "pending"})
	closed := me.open(nil).ID
	me.change(closed, "close", nil)
	of := []string{waiting, mine, theirs, pending, closed}

	holds(agent, "/tickets?limit=100&status=new", of, []string{waiting})
	holds(agent, "/tickets?limit=100&status=pending", of, []string{pending})
	holds(agent, "/tickets?limit=100&assignee=me", of, []string{mine})
	holds(agent, "/tickets?limit=100&assignee="+colleague.User.ID, of, []string{theirs})
	holds(colleague, "/tickets?limit=100&assignee=me", of, []string{theirs})
	holds(agent, "/tickets?limit=100&assignee=me&status=pending", of, nil)
	holds(agent, "/tickets?limit=100&category="+kind.ID+"&assignee=me", of, []string{mine})
	holds(agent, "/tickets?limit=100&priority=urgent&assignee="+colleague.User.ID, of, []string{theirs})
	holds(agent, "/tickets?limit=100&assignee=none&status=new", of, []string{waiting})
	holds(agent, "/tickets?limit=100&status=closed&sort=-lastActivityAt", of, []string{closed})

	agent.change(mine, "assign", object{"assigneeId": nil})
	holds(agent, "/tickets?limit=100&assignee=me", of, nil)
}

func TestStaffQueueIsSorted(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	var all []string
	for _, priority := range []string{"low", "urgent", "medium", "urgent", "high"} {
		all = append(all, me.open(object{"priority": priority}).ID)
	}
	for _, id := range all {
		agent.change(id, "assign", object{"assigneeId": "me"})
	}
	byWaiting := []string{all[1], all[3], all[4], all[2], all[0]}
	for _, path := range []string{"/tickets?assignee=me&limit=100", "/tickets?assignee=me&limit=100&sort=waiting"} {
		waiting := holds(agent, path, all, all)
		same(t, path, fmt.Sprint(ids(waiting)), fmt.Sprint(byWaiting))
	}
	me.post(all[0], "news", nil)
	eventually(t, "the newest activity comes first", func() error {
		active := ids(holds(agent, "/tickets?limit=100&sort=-lastActivityAt", all, all))
		if active[0] != all[0] {
			return wrong("first of -lastActivityAt", active[0], all[0])
		}
		return nil
	})
	created := ids(holds(agent, "/tickets?limit=100&sort=-createdAt", all, all))
	slices.Reverse(created)
	same(t, "order by -createdAt, reversed", fmt.Sprint(created), fmt.Sprint(all))
}
