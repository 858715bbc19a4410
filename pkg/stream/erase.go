package stream

import (
	"context"
	"errors"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
)

// Graveyard is what a deleted ticket has left behind.
type Graveyard interface {
	Tail(ctx context.Context, ticketID string, from int) (ticket.Log, error)
	Erase(ctx context.Context, ticketID string, log ticket.Log) error
}

// Bytes are the contents of attachments.
type Bytes interface {
	Delete(ctx context.Context, key string) error
}

// Erase erases deleted tickets: the files first and the log last. A crash on
// the way loses nothing: the record comes again, and the log still tells what
// is to be done. What was derived from the log is forgotten by those who did.
func Erase(graves Graveyard, files Bytes) Effect {
	return func(ctx context.Context, c table.Change) error {
		if c.Gone == "" {
			return nil
		}
		log, err := graves.Tail(ctx, c.Gone, 1)
		if err != nil || !log.Gone {
			return err
		}
		var errs []error
		for _, e := range log.Entries {
			for _, a := range e.Attachments {
				errs = append(errs, files.Delete(ctx, attachment.Attachment{ID: a.ID}.Key()))
			}
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
		return graves.Erase(ctx, c.Gone, log)
	}
}
