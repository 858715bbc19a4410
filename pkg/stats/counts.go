package stats

import "ticketsystem/pkg/ticket"

// TicketCounts are the current numbers of tickets. Those by category and priority, Mine,
// Unassigned and Unread are of active tickets.
type TicketCounts struct {
	Mine, Unassigned int
	Unread           int // of Mine, with a message of another user that the agent has not read
	ByStatus         map[ticket.Status]int
	ByCategory       []Category // largest count first
	ByPriority       map[ticket.Priority]int
}

// NewTicketCounts returns the counts for an agent.
func NewTicketCounts(snap Snapshot, agentID string) TicketCounts {
	agent := snap.Slots[Slot{AgentID: agentID}]
	out := TicketCounts{
		Mine: max(agent[activeTickets], 0), Unread: max(agent[unreadTickets], 0), Unassigned: max(snap.Backlog[unassigned], 0),
		ByStatus: map[ticket.Status]int{}, ByCategory: categories(snap), ByPriority: map[ticket.Priority]int{},
	}
	for _, status := range ticket.Statuses() {
		out.ByStatus[status] = max(snap.Backlog[statusName(status)], 0)
	}
	for _, priority := range []ticket.Priority{ticket.PriorityLow, ticket.PriorityMedium, ticket.PriorityHigh, ticket.PriorityUrgent} {
		out.ByPriority[priority] = max(snap.Backlog[priorityName(priority)], 0)
	}
	return out
}

// ActiveTickets returns the number of active tickets that are assigned to an agent.
func ActiveTickets(snap Snapshot, agentID string) int {
	return max(snap.Slots[Slot{AgentID: agentID}][activeTickets], 0)
}

// CustomerCounts are the numbers of tickets of a customer.
type CustomerCounts struct{ Active, All int }

// NewCustomerCounts returns the counts of a customer from its stored ones.
func NewCustomerCounts(c Counts) CustomerCounts {
	return CustomerCounts{Active: max(c[activeTickets], 0), All: max(c[allTickets], 0)}
}
