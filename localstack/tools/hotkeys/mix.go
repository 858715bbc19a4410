package main

import (
	"context"
	"fmt"

	"ticketsystem/localstack/testkit/mix"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// messagesPerTicket is the number of messages of the standard mix.
func messagesPerTicket() int { return len(mix.Dialog()) }

// description describes playTickets.
const description = "create, assign, 6 messages by turns, 2 changes of the status; 5 read markers, 4 details, 3 own lists, 6 lists of agents; for 10 tickets one list by creation, one of the activity and one report"

// playTickets plays the standard mix for n tickets, each of another customer: one step of all
// tickets after the other.
func (p *player) playTickets(ctx context.Context, n int) error {
	for i := range n {
		customer, err := p.newUser(ctx, user.RoleUser, fmt.Sprintf("+98913%07d", i))
		if err != nil {
			return err
		}
		p.played = append(p.played, played{customer: customer, agent: p.agents[i%len(p.agents)]})
	}
	if err := p.settle(ctx); err != nil {
		return err
	}
	p.recorder.Reset()
	steps := []func(ctx context.Context, i int, t *played) error{p.create, p.assign}
	for m, text := range mix.Dialog() {
		steps = append(steps, func(ctx context.Context, _ int, t *played) error { return p.message(ctx, t, m%2 == 0, text) })
	}
	steps = append(steps, p.status(ticket.StatusPending), p.status(ticket.StatusResolved), p.overview)
	for _, step := range steps {
		for i := range p.played {
			if err := step(ctx, i, &p.played[i]); err != nil {
				return err
			}
		}
		if err := p.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (p *player) create(ctx context.Context, i int, t *played) error {
	tk, _, err := p.tickets.Create(ctx, t.customer, ticket.CreateParams{
		ClientID: p.newID(), Title: mix.Title, Description: mix.Description, CategoryID: p.categoryIDs[i%len(p.categoryIDs)],
	})
	t.id, t.lastSeq = tk.ID, 1
	p.objects = append(p.objects, tk.ID)
	if err != nil {
		return err
	}
	return p.list(ctx, ticket.Query{CustomerID: t.customer.UserID, Sort: ticket.SortActivity, Limit: 20})
}

// assign is what an agent does who takes a ticket from the queue.
func (p *player) assign(ctx context.Context, _ int, t *played) error {
	for _, q := range []ticket.Query{
		{Sort: ticket.SortWaiting}, {AssigneeID: ticket.Unassigned, Sort: ticket.SortWaiting}, {Sort: ticket.SortActivity},
	} {
		if err := p.list(ctx, q); err != nil {
			return err
		}
	}
	if err := p.read(ctx, t.agent, t); err != nil {
		return err
	}
	t.lastSeq++
	_, err := p.tickets.Claim(ctx, t.agent, t.id, p.newID())
	return err
}

// message posts a message, and the other side reads the two newest.
func (p *player) message(ctx context.Context, t *played, byAgent bool, body string) error {
	author, reader := t.customer, t.agent
	if byAgent {
		author, reader = t.agent, t.customer
	}
	posted, err := p.tickets.Post(ctx, author, ticket.Message{TicketID: t.id, ClientID: p.newID(), Body: body, After: t.lastSeq})
	if err != nil {
		return err
	}
	if t.lastSeq = posted.Entry.Seq; t.lastSeq%2 == 0 {
		return nil
	}
	return p.read(ctx, reader, t)
}

func (p *player) read(ctx context.Context, actor user.Principal, t *played) error {
	if _, err := p.tickets.Detail(ctx, actor, t.id); err != nil {
		return err
	}
	return p.tickets.MarkRead(ctx, actor, t.id, t.lastSeq)
}

func (p *player) status(to ticket.Status) func(ctx context.Context, i int, t *played) error {
	return func(ctx context.Context, _ int, t *played) error {
		if _, err := p.tickets.SetStatus(ctx, t.agent, t.id, p.newID(), to); err != nil {
			return err
		}
		return p.list(ctx, ticket.Query{AssigneeID: t.agent.UserID, Sort: ticket.SortWaiting})
	}
}

// overview is what the customer, an agent and, for ten tickets, an administrator look at.
func (p *player) overview(ctx context.Context, i int, t *played) error {
	for _, q := range []ticket.Query{
		{CustomerID: t.customer.UserID, Sort: ticket.SortActivity, Limit: 20}, {CustomerID: t.customer.UserID, Sort: ticket.SortCreated, Limit: 20},
		{Statuses: []ticket.Status{ticket.StatusOpen}, Sort: ticket.SortWaiting},
	} {
		if err := p.list(ctx, q); err != nil {
			return err
		}
	}
	if i%10 != 0 {
		return nil
	}
	if err := p.list(ctx, ticket.Query{Sort: ticket.SortCreated}); err != nil {
		return err
	}
	if _, _, err := p.store.Activity(ctx, 20, ""); err != nil {
		return err
	}
	_, err := p.store.StatsSnapshot(ctx, stats.Last30Days(p.now(), p.now().Location()))
	return err
}

// list reads a page, of 25 unless the query says otherwise.
func (p *player) list(ctx context.Context, q ticket.Query) error {
	if q.Limit == 0 {
		q.Limit = 25
	}
	_, _, err := p.store.ListTickets(ctx, q, nil)
	return err
}
