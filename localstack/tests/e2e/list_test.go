package e2e

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
)

// awaitList waits until a list contains exactly the wanted ones of the given tickets,
// and returns them in list order.
func awaitList(u testUser, path string, of, want []string) []client.Ticket {
	u.t.Helper()
	var mine []client.Ticket
	eventually(u.t, path, func() error {
		tickets, _, err := readAllPages(u, path)
		if err != nil {
			return err
		}
		mine = slices.DeleteFunc(tickets, func(ticket client.Ticket) bool { return !slices.Contains(of, ticket.ID) })
		found := ticketIDs(mine)
		wanted := slices.Clone(want)
		slices.Sort(found)
		slices.Sort(wanted)
		if !slices.Equal(found, wanted) {
			return mismatch("tickets", found, wanted)
		}
		return nil
	})
	return mine
}

func ticketIDs(tickets []client.Ticket) []string {
	var all []string
	for _, ticket := range tickets {
		all = append(all, ticket.ID)
	}
	return all
}

func TestCustomerList_Filters(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	category := seededCategory(t, 3)
	plain := me.openTicket(nil).ID
	urgent := me.openTicket(object{"priority": "urgent", "categoryId": category.ID}).ID
	closed := me.openTicket(nil).ID
	me.change(closed, "close", nil)
	held := me.openTicket(nil).ID
	agent.change(held, "status", object{"status": "on_hold"})
	all := []string{plain, urgent, closed, held}
	otherUser := customer(t).openTicket(nil).ID

	of := append(slices.Clone(all), otherUser)
	awaitList(me, "/tickets", of, all)
	awaitList(me, "/tickets?status=new", of, []string{plain, urgent})
	awaitList(me, "/tickets?status=closed", of, []string{closed})
	awaitList(me, "/tickets?status=open", of, []string{held})
	awaitList(me, "/tickets?priority=urgent", of, []string{urgent})
	awaitList(me, "/tickets?category="+category.ID, of, []string{urgent})
	awaitList(me, "/tickets?category="+category.ID+"&priority=low", of, nil)
	if response := me.call("GET", "/tickets?status=on_hold", nil); response.Status == 200 {
		awaitList(me, "/tickets?status=on_hold", of, nil)
	}
}

func TestCustomerList_Sort(t *testing.T) {
	t.Parallel()
	me := customer(t)
	var all []string
	for range 3 {
		all = append(all, me.openTicket(nil).ID)
	}
	me.post(all[0], "again", nil)
	byActivity := []string{all[0], all[2], all[1]}
	for _, path := range []string{"/tickets", "/tickets?sort=-lastActivityAt"} {
		eventually(t, path, func() error {
			tickets, _, err := readAllPages(me, path)
			if err == nil && !slices.Equal(ticketIDs(tickets), byActivity) {
				err = mismatch("order", ticketIDs(tickets), byActivity)
			}
			return err
		})
	}
	created := awaitList(me, "/tickets?sort=-createdAt", all, all)
	equal(t, "order by -createdAt", fmt.Sprint(ticketIDs(created)), fmt.Sprint([]string{all[2], all[1], all[0]}))
}

func TestListAndGetAgree(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(object{"priority": "low"})
	agent.post(ticket.ID, "How can I help you?", nil)
	eventually(t, "the list shows the reply", func() error {
		tickets, _, err := readAllPages(me, "/tickets")
		if err != nil || len(tickets) != 1 {
			return mismatch("tickets", len(tickets), fmt.Sprintf("1 (%v)", err))
		}
		listed, read := tickets[0], me.detail(ticket.ID).Ticket
		read.Description = "" // the detail alone has it
		if listed.LastSeq != 2 || listed.Unread != 1 || listed.Preview != "How can I help you?" || listed.Status != "open" {
			return mismatch("listed ticket", toJSON(listed), "lastSeq 2, unread 1, the preview, open")
		}
		if toJSON(listed) != toJSON(read) {
			return mismatch("listed ticket", toJSON(listed), toJSON(read))
		}
		return nil
	})
}

func TestStaffList_Filters(t *testing.T) {
	t.Parallel()
	me, agent, colleague := customer(t), support(t), support2(t)
	category := seededCategory(t, 2)
	waiting := me.openTicket(nil).ID
	mine := me.openTicket(object{"categoryId": category.ID}).ID
	agent.change(mine, "assign", object{"assigneeId": "me"})
	theirs := me.openTicket(object{"priority": "urgent"}).ID
	agent.change(theirs, "assign", object{"assigneeId": colleague.Profile.ID})
	pending := me.openTicket(nil).ID
	agent.change(pending, "status", object{"status": "pending"})
	closed := me.openTicket(nil).ID
	me.change(closed, "close", nil)
	of := []string{waiting, mine, theirs, pending, closed}

	awaitList(agent, "/tickets?limit=100&status=new", of, []string{waiting})
	awaitList(agent, "/tickets?limit=100&status=pending", of, []string{pending})
	awaitList(agent, "/tickets?limit=100&assignee=me", of, []string{mine})
	awaitList(agent, "/tickets?limit=100&assignee="+colleague.Profile.ID, of, []string{theirs})
	awaitList(colleague, "/tickets?limit=100&assignee=me", of, []string{theirs})
	awaitList(agent, "/tickets?limit=100&assignee=me&status=pending", of, nil)
	awaitList(agent, "/tickets?limit=100&category="+category.ID+"&assignee=me", of, []string{mine})
	awaitList(agent, "/tickets?limit=100&priority=urgent&assignee="+colleague.Profile.ID, of, []string{theirs})
	awaitList(agent, "/tickets?limit=100&assignee=none&status=new", of, []string{waiting})
	awaitList(agent, "/tickets?limit=100&status=closed&sort=-lastActivityAt", of, []string{closed})

	agent.change(mine, "assign", object{"assigneeId": nil})
	awaitList(agent, "/tickets?limit=100&assignee=me", of, nil)
}

func TestStaffQueue_Sort(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	var all []string
	for _, priority := range []string{"low", "urgent", "medium", "urgent", "high"} {
		all = append(all, me.openTicket(object{"priority": priority}).ID)
	}
	for _, id := range all {
		agent.change(id, "assign", object{"assigneeId": "me"})
	}
	byWaiting := []string{all[1], all[3], all[4], all[2], all[0]}
	for _, path := range []string{"/tickets?assignee=me&limit=100", "/tickets?assignee=me&limit=100&sort=waiting"} {
		waiting := awaitList(agent, path, all, all)
		equal(t, path, fmt.Sprint(ticketIDs(waiting)), fmt.Sprint(byWaiting))
	}
	me.post(all[0], "news", nil)
	eventually(t, "the newest activity comes first", func() error {
		active := ticketIDs(awaitList(agent, "/tickets?limit=100&sort=-lastActivityAt", all, all))
		if active[0] != all[0] {
			return mismatch("first of -lastActivityAt", active[0], all[0])
		}
		return nil
	})
	created := ticketIDs(awaitList(agent, "/tickets?limit=100&sort=-createdAt", all, all))
	slices.Reverse(created)
	equal(t, "order by -createdAt, reversed", fmt.Sprint(created), fmt.Sprint(all))
}

// TestListTickets_Filters combines the filters of lists, for an agent and for a customer.
func TestListTickets_Filters(t *testing.T) {
	t.Parallel()
	me, other, agent := customer(t), customer(t), support(t)
	first, second, foreign := me.openTicket(object{"priority": "high"}), me.openTicket(object{"priority": "low"}), other.openTicket(nil)
	tag := strings.ToLower(client.NewID())
	agent.mustCall(200, "PATCH", "/tickets/"+first.ID, object{"tags": []string{tag, "vip"}}, nil)
	agent.post(first.ID, "unread", nil)
	customers := "customer=" + me.Profile.ID + "," + other.Profile.ID
	created := url.QueryEscape(second.CreatedAt.Format(time.RFC3339Nano))
	for _, c := range []struct {
		u     testUser
		query string
		want  []client.Ticket
	}{
		{agent, "customer=" + me.Profile.ID, []client.Ticket{first, second}},
		{agent, customers, []client.Ticket{first, second, foreign}},
		{agent, customers + "&priority=high,medium&sort=-createdAt", []client.Ticket{first, foreign}},
		{agent, "tag=" + strings.ToUpper(tag) + ",nothing", []client.Ticket{first}},
		{agent, "tag=" + tag + "&customer=" + other.Profile.ID, nil},
		{agent, "customer=" + me.Profile.ID + "&q=" + first.Number + "&priority=low", nil},
		{agent, customers + "&sort=-createdAt&from=" + created + "&to=" + created, []client.Ticket{second}},
		{me, "unread=true", []client.Ticket{first}},
		{me, "unread=true&priority=low", nil},
		{me, "tag=" + tag, nil},
		{me, "priority=low,high&status=new,open&category=" + first.Category.ID + "&from=2026-01-01&to=2100-01-01&timezone=Asia/Tehran", []client.Ticket{first, second}},
		{me, "to=2026-01-01", nil},
	} {
		var want []string
		for _, ticket := range c.want {
			want = append(want, ticket.ID)
		}
		awaitList(c.u, "/tickets?limit=100&"+c.query, []string{first.ID, second.ID, foreign.ID}, want)
	}
	for query, pointer := range map[string]string{
		"customer=x": "?customer", "priority=low,x": "?priority", "category=x": "?category", "tag=": "?tag", "unread=1": "?unread", "from=x": "?from", "to=x": "?to",
		"timezone=x": "?timezone", "tags=a": "?tags",
	} {
		problem := wantProblem(t, agent.call("GET", "/tickets?"+query, nil), 400)
		if len(problem.Errors) != 1 || problem.Errors[0].Pointer != pointer {
			t.Errorf("%s: got %+v, want an error at %s", query, problem, pointer)
		}
	}
	wantProblem(t, me.call("GET", "/tickets?customer="+me.Profile.ID, nil), 400)
}
