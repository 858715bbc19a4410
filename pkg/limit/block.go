package limit

import (
	"context"
	"time"

	"ticketsystem/pkg/user"
)

// Block refuses the writes of a user to tickets, or the moves of read markers, until a time,
// because the user exceeded a rule. Function instances read it with the revocations.
type Block struct {
	UserID string
	Rule   Rule
	At     time.Time
	Until  time.Time
}

// BlockStore counts entries and stores blocks.
type BlockStore interface {
	// CountEntries adds n entries that a user wrote in a minute, and returns the sums of
	// that minute and its day (UTC).
	CountEntries(ctx context.Context, userID string, minute time.Time, n int) (inMinute, inDay int, err error)
	// AddBlock stores a block. It is safe to repeat.
	AddBlock(ctx context.Context, b Block) error
}

// Names of the rules for entries and read markers.
const (
	entriesPerMinute = "messages-per-minute"
	entriesPerDay    = "messages-per-day"
	readsPerMinute   = "reads-per-minute"
)

// OfReads reports whether the block refuses moves of read markers, and not entries.
func (b Block) OfReads() bool { return b.Rule.Name == readsPerMinute }

// EntryLimits bounds the entries that a user writes to tickets, and the moves of read markers.
// They are counted after they were written, so that a message costs no additional request.
type EntryLimits struct {
	PerMinute, PerDay int // for customers
	StaffFactor       int // how many times as much staff may write
	Store             BlockStore
	Now               func() time.Time

	reads WindowCounts[string] // moves of read markers by user
}

const (
	// Block times are truncated to blockInterval. The time is in the key, so a user gets
	// at most one block of a rule in it.
	blockInterval = 10 * time.Second
	// maxBlock bounds the duration of a block. It is shorter than the time for which
	// revocations are read; a user who goes on is blocked again.
	maxBlock = time.Hour
)

// Count adds n entries of a user in a minute. It blocks a user who exceeds a limit: for
// about a minute (PerMinute), or for an hour, at most until the end of the day (PerDay).
func (l *EntryLimits) Count(ctx context.Context, userID string, role user.Role, minute time.Time, n int) error {
	inMinute, inDay, err := l.Store.CountEntries(ctx, userID, minute, n)
	if err != nil {
		return err
	}
	now := l.Now()
	daily := Rule{entriesPerDay, l.PerDay, 24 * time.Hour}.forRole(role, l.StaffFactor)
	short := Rule{entriesPerMinute, l.PerMinute, time.Minute}.forRole(role, l.StaffFactor)
	b := Block{UserID: userID, At: now.Truncate(blockInterval)}
	switch endOfDay := minute.Truncate(24 * time.Hour).Add(24 * time.Hour); {
	case inDay > daily.Max && now.Before(endOfDay):
		b.Rule, b.Until = daily, b.At.Add(maxBlock)
		if endOfDay.Before(b.Until) {
			b.Until = endOfDay
		}
	case inMinute > short.Max && now.Sub(minute) < 2*time.Minute:
		b.Rule, b.Until = short, b.At.Add(blockInterval+time.Minute)
	default:
		return nil
	}
	return l.Store.AddBlock(ctx, b)
}

// readsPerEntry is how many times a user may move read markers for each entry of PerMinute.
const readsPerEntry = 5

// CountReads adds n moves of read markers of a user in this minute. Each instance counts for
// itself, so that a read marker costs no write. It blocks a user who exceeds the limit for about a
// minute.
func (l *EntryLimits) CountReads(ctx context.Context, userID string, role user.Role, n int) error {
	now := l.Now()
	rule := Rule{readsPerMinute, readsPerEntry * l.PerMinute, time.Minute}.forRole(role, l.StaffFactor)
	if l.reads.Add(now.Truncate(time.Minute), userID, n, 0) <= rule.Max {
		return nil
	}
	at := now.Truncate(blockInterval)
	return l.Store.AddBlock(ctx, Block{UserID: userID, Rule: rule, At: at, Until: at.Add(blockInterval + time.Minute)})
}
