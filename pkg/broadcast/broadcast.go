// Package broadcast sends one message to many users: to listed users, to roles
// or to all. A broadcast is written in pages, each in one transaction with the
// progress. It can therefore be interrupted anywhere, and a resumed run
// notifies every user exactly once.
package broadcast

import (
	"cmp"
	"context"
	"slices"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

// State is the processing state of a broadcast.
type State string

// The states of a broadcast. Enqueued is internal: all notifications are
// stored, and their deliveries on other channels may still be in progress.
const (
	Queued    State = "queued"
	Sending   State = "sending"
	Enqueued  State = "written"
	Done      State = "done"
	Cancelled State = "cancelled"
)

// PageSize is the number of users per transaction. Each needs two writes, of
// the 100 items that a DynamoDB transaction may contain.
const PageSize = 45

// MaxRecipients is the maximum number of listed users. They are stored in one
// transaction with the broadcast.
const MaxRecipients = 80 * PageSize

// CounterShards is the number of items that share the delivery counters.
const CounterShards = 8

// Audience selects the recipients by one of three criteria.
type Audience struct {
	UserIDs   []string    // only set on creation; see Store.BroadcastRecipients
	UserCount int         // number of listed users
	Roles     []user.Role // sorted and unique
	All       bool
}

// Progress is the position of the next page.
type Progress struct {
	Part   int               `json:"p"` // index of the role, or page of the listed users
	Cursor map[string]string `json:"c,omitempty"`
	Page   int               `json:"n"`
}

// DeliveryCounts counts the deliveries on one channel.
type DeliveryCounts struct {
	Planned int // queued when their page was written
	Sent    int
	Failed  int // includes deliveries that will be retried
	Skipped int // the user opted out or has no address
}

// Broadcast is a message to many users.
type Broadcast struct {
	ID       string
	AuthorID string            // user who created it
	Title    string            // for languages without a text in Titles
	Body     string            // for languages without a text in Bodies
	Titles   map[string]string // by language
	Bodies   map[string]string // by language
	Audience Audience
	InApp    bool                   // shown in the app
	Channels []notification.Channel // besides the app
	State    State
	Progress Progress
	Total    int // users notified so far
	Counts   map[notification.Channel]DeliveryCounts

	CreatedAt  time.Time
	FinishedAt time.Time // when it was fully enqueued or cancelled; zero before
}

// PublicState returns the state shown to administrators. It is Done once all
// deliveries on other channels than the app have ended.
func (b Broadcast) PublicState() State {
	if b.State != Enqueued {
		return b.State
	}
	for _, counts := range b.Counts {
		if counts.Sent+counts.Failed < counts.Planned {
			return Sending
		}
	}
	return Done
}

// Cancellable reports whether recipients are still to be notified. Afterwards only deliveries of stored
// notifications are in progress, which a cancellation does not stop: workers do not read the broadcast.
func (b Broadcast) Cancellable() bool {
	return b.State == Queued || b.State == Sending
}

// TextIn returns the title and the body in a language.
func (b Broadcast) TextIn(language string) (title, body string) {
	return cmp.Or(b.Titles[language], b.Title), cmp.Or(b.Bodies[language], b.Body)
}

// Store stores broadcasts.
type Store interface {
	// CreateBroadcast stores a broadcast, its listed users and an audit record.
	// The stream handler then enqueues it.
	CreateBroadcast(ctx context.Context, b Broadcast, r audit.Record) error
	// Broadcast returns a broadcast, or apperr.BroadcastNotFound.
	Broadcast(ctx context.Context, id string) (Broadcast, error)
	// ListBroadcasts returns broadcasts with an ID below before, newest first.
	ListBroadcasts(ctx context.Context, before string, limit int) ([]Broadcast, error)
	// CancelBroadcast cancels a queued or sending broadcast and reports whether
	// it did. It is safe to repeat.
	CancelBroadcast(ctx context.Context, id string, at time.Time, r audit.Record) (cancelled bool, err error)
	// BroadcastRecipients returns one page of the listed users.
	BroadcastRecipients(ctx context.Context, id string, page int) ([]string, error)
	// WriteBroadcastPage stores the notifications of a page and the new progress in one
	// transaction, which also counts the notifications that it adds: those that exist were
	// counted with an earlier page. written is false if the stored progress differs from
	// before or the broadcast was cancelled.
	WriteBroadcastPage(ctx context.Context, before, after Broadcast, page []notification.Notification) (written bool, err error)
}

// UserStore reads the recipients.
type UserStore interface {
	// ListUsers returns a page of users; role "" is every role. next is nil on
	// the last page.
	ListUsers(ctx context.Context, role user.Role, limit int, cursor map[string]string) (users []user.User, next map[string]string, err error)
	// UsersByID returns the users that exist, in no defined order.
	UsersByID(ctx context.Context, ids []string) ([]user.User, error)
}

// RecipientStore counts the recipients of a broadcast.
type RecipientStore interface {
	// CountUsers counts the users of a role who are not disabled; role "" is every role. complete
	// is false if there are more than it counts, about a million.
	CountUsers(ctx context.Context, role user.Role) (n int, complete bool, err error)
	// UsersByID returns the users that exist, in no defined order.
	UsersByID(ctx context.Context, ids []string) ([]user.User, error)
}

// Service creates and cancels broadcasts.
type Service struct {
	Store    Store
	Users    RecipientStore
	Recorder audit.Recorder
}

// Count returns how many users a broadcast to the audience would notify now. complete is false
// if there are more.
func (s *Service) Count(ctx context.Context, a Audience) (total int, complete bool, err error) {
	roles := slices.Compact(slices.Sorted(slices.Values(a.Roles)))
	if a.All {
		roles = []user.Role{""}
	}
	complete = true
	for _, role := range roles {
		n, all, err := s.Users.CountUsers(ctx, role)
		if err != nil {
			return 0, false, err
		}
		total, complete = total+n, complete && all
	}
	if len(a.UserIDs) == 0 {
		return total, complete, nil
	}
	found, err := s.Users.UsersByID(ctx, slices.Compact(slices.Sorted(slices.Values(a.UserIDs))))
	for _, u := range found {
		if !u.Disabled {
			total++
		}
	}
	return total, complete, err
}

// Create stores a validated broadcast, which the stream then starts.
func (s *Service) Create(ctx context.Context, actor audit.Actor, b Broadcast) (Broadcast, error) {
	b.ID, b.AuthorID, b.State, b.CreatedAt = s.Recorder.NewID(), actor.ID, Queued, s.Recorder.Now()
	slices.Sort(b.Audience.UserIDs)
	b.Audience.UserIDs = slices.Compact(b.Audience.UserIDs)
	b.Audience.UserCount = len(b.Audience.UserIDs)
	slices.Sort(b.Audience.Roles)
	b.Audience.Roles = slices.Compact(b.Audience.Roles)
	r := s.Recorder.NewRecord(actor, audit.BroadcastStarted, b.ID, nil, audit.Fields{"title": b.Title})
	return b, s.Store.CreateBroadcast(ctx, b, r)
}

// Cancel stops a broadcast. Notifications already stored are still delivered.
// It returns apperr.BroadcastNotFound, or apperr.BroadcastFinished if all pages
// were written. Cancelling again is not an error.
func (s *Service) Cancel(ctx context.Context, actor audit.Actor, id string) (Broadcast, error) {
	r := s.Recorder.NewRecord(actor, audit.BroadcastCancelled, id, nil, nil)
	cancelled, err := s.Store.CancelBroadcast(ctx, id, s.Recorder.Now(), r)
	if err != nil {
		return Broadcast{}, err
	}
	b, err := s.Store.Broadcast(ctx, id)
	if err == nil && !cancelled && b.State != Cancelled {
		err = apperr.New(apperr.BroadcastFinished, "")
	}
	return b, err
}
