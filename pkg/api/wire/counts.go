package wire

import (
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
)

// CategoryCount is the number of tickets of a category.
type CategoryCount struct {
	CategoryRef
	Count int `json:"count"`
}

// ViewCategoryCounts returns the views of categories, with names in a language.
func ViewCategoryCounts(categories []stats.Category, language string) []CategoryCount {
	return MapSlice(categories, func(c stats.Category) CategoryCount {
		return CategoryCount{CategoryRef{c.ID, category.Localized(c.Names, language)}, c.Count}
	})
}

// TicketCountsView has the current numbers of tickets for one agent.
type TicketCountsView struct {
	Mine       int                     `json:"mine"`
	Unassigned int                     `json:"unassigned"`
	Unread     int                     `json:"unread"`
	ByStatus   map[ticket.Status]int   `json:"byStatus"`
	ByCategory []CategoryCount         `json:"byCategory"`
	ByPriority map[ticket.Priority]int `json:"byPriority"`
}

// ViewTicketCounts returns the view of the counts for an agent, with names in a language.
func ViewTicketCounts(snapshot stats.Snapshot, agentID, language string) TicketCountsView {
	c := stats.NewTicketCounts(snapshot, agentID)
	return TicketCountsView{c.Mine, c.Unassigned, c.Unread, c.ByStatus, ViewCategoryCounts(c.ByCategory, language), c.ByPriority}
}
