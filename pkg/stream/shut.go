package stream

import (
	"context"

	"ticketsystem/pkg/table"
)

// Gate keeps out whose rights have changed or ended.
type Gate interface {
	Shut(ctx context.Context, userID string, out bool) error
}

// Shut ends what a person had opened with rights of before. The function that
// changed them has done so already; here it is done for what slipped in
// meanwhile, and when that function died half-way.
func Shut(gate Gate) Effect {
	return func(ctx context.Context, c table.Change) error {
		if c.Shut == nil {
			return nil
		}
		return gate.Shut(ctx, c.Shut.UserID, c.Shut.Out)
	}
}
