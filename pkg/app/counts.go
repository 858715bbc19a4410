package app

import (
	"context"

	"ticketsystem/pkg/category"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/stats"
)

// CountStore is a store whose counts of tickets have the current names of categories. The names
// that are stored with the counts are those of the tickets that were counted last.
type CountStore struct {
	*dynamo.Store
	Categories *category.Cache
}

// Counts returns the store of the counts of tickets.
func (a *App) Counts() CountStore { return CountStore{a.Store(), a.Categories()} }

// TicketCounts implements api.CountStore and stream.CountsPublishStore.
func (s CountStore) TicketCounts(ctx context.Context) (stats.Snapshot, error) {
	snapshot, err := s.Store.TicketCounts(ctx)
	if err == nil {
		err = s.Categories.UpdateNames(ctx, snapshot.CategoryNames)
	}
	return snapshot, err
}

// StatsSnapshot implements api.StatsStore.
func (s CountStore) StatsSnapshot(ctx context.Context, p stats.Period) (stats.Snapshot, error) {
	snapshot, err := s.Store.StatsSnapshot(ctx, p)
	if err == nil {
		err = s.Categories.UpdateNames(ctx, snapshot.CategoryNames)
	}
	return snapshot, err
}
