package stream

import (
	"context"

	"ticketsystem/pkg/table"
)

// Names are the copies of people's names on tickets.
type Names interface {
	Unname(ctx context.Context, userID string) error
}

// Unname takes the name of a removed person off their tickets.
func Unname(names Names) Effect {
	return func(ctx context.Context, c table.Change) error {
		if c.GoneUser == "" {
			return nil
		}
		return names.Unname(ctx, c.GoneUser)
	}
}
