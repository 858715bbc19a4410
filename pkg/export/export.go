// Package export has the state of the exports of users' own data.
package export

import (
	"context"
	"time"

	"ticketsystem/pkg/attachment"
)

const (
	// FileTTL is how long the file of an export exists.
	FileTTL = attachment.UnusedTTL
	// RunTimeout is how long an export may take. One that takes longer has failed.
	RunTimeout = attachment.UploadTTL
)

// Export is the newest export of a user that is too large for one response. Its file is an
// attachment of the user that belongs to no message, so it expires, and the stream erases it
// with its owner.
type Export struct {
	UserID    string
	FileID    string
	Ready     bool
	StartedAt time.Time
}

// ExpiresAt is when the file of the export is deleted.
func (e Export) ExpiresAt() time.Time { return e.StartedAt.Add(FileTTL) }

// Current reports whether the export is running or its file exists.
func (e Export) Current(now time.Time) bool {
	if e.Ready {
		return now.Before(e.ExpiresAt())
	}
	return now.Before(e.StartedAt.Add(RunTimeout))
}

// Store stores exports.
type Store interface {
	// Export returns the newest export of a user. found is false if there is none.
	Export(ctx context.Context, userID string) (e Export, found bool, err error)
	// StartExport stores a new export, unless the newest one was started after cutoff.
	StartExport(ctx context.Context, e Export, cutoff time.Time) (started bool, err error)
	// FinishExport marks an export as ready. It does nothing if another one has replaced it.
	FinishExport(ctx context.Context, e Export) error
}
