// Package broadcast sends one message to many people: to some by name, to
// roles, or to all. It goes out in pages, each of them one transaction with the
// place where the next begins; so it may be stopped and taken up again
// anywhere, and nobody is told twice.
//
// The package knows no technology; pkg/dynamo keeps what it keeps.
package broadcast

import (
	"context"
	"slices"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

// State is how far a broadcast has come.
type State string

// The states of a broadcast. Written is kept, not shown: all people are told
// in the app, and mail and text messages are on their way.
const (
	Queued    State = "queued"
	Sending   State = "sending"
	Enqueued  State = "written"
	Done      State = "done"
	Cancelled State = "cancelled"
)

// PageSize is how many people are told in one transaction: two writes each of
// the hundred that DynamoDB takes, and the place where the next page begins.
const PageSize = 45

// MaxRecipients bounds how many people may be named one by one: they are stored in
// one transaction with the broadcast.
const MaxRecipients = 80 * PageSize

// CounterShards is how many counters share the counting of deliveries.
const CounterShards = 8

// Audience is who is addressed; one of the three.
type Audience struct {
	UserIDs   []string    // not kept with the broadcast: see Store.Named
	UserCount int         // how many there were
	Roles     []user.Role // in a fixed order, each once
	All       bool
}

// Progress is where the next page begins.
type Progress struct {
	Part   int               `json:"p"` // role, or page of the named
	Cursor map[string]string `json:"c,omitempty"`
	Page   int               `json:"n"`
}

// DeliveryCounts counts deliveries on one channel.
type DeliveryCounts struct {
	Planned int // were to be sent when their page was written
	Sent    int
	Failed  int // so far: another attempt may mend it
	Skipped int // the person's own choice, or no way to them
}

// Broadcast is one message to many.
type Broadcast struct {
	ID       string
	Title    string
	Body     string
	Audience Audience
	InApp    bool                   // shown in the app
	Channels []notification.Channel // besides the app
	State    State
	Progress Progress
	Total    int // people addressed so far
	Counts   map[notification.Channel]DeliveryCounts

	CreatedAt  time.Time
	FinishedAt time.Time // of the last delivery, or of the cancelling; zero while it runs
}

// PublicState is the state as administrators see it: done is when the last mail and
// text message is.
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

// Store keeps broadcasts.
type Store interface {
	// CreateBroadcast stores a broadcast with its named people and its audit
	// record. The stream has it run.
	CreateBroadcast(ctx context.Context, b Broadcast, r audit.Record) error
	// Broadcast reads one. Errors: broadcast_not_found.
	Broadcast(ctx context.Context, id string) (Broadcast, error)
	// ListBroadcasts reads a page, the newest first, of those older than before.
	ListBroadcasts(ctx context.Context, before string, limit int) ([]Broadcast, error)
	// CancelBroadcast stops one that is not written yet; cancelled says whether.
	CancelBroadcast(ctx context.Context, id string, at time.Time, r audit.Record) (cancelled bool, err error)
	// BroadcastRecipients reads a page of the people who were named.
	BroadcastRecipients(ctx context.Context, id string, page int) ([]string, error)
	// WriteBroadcastPage stores the notifications of a page and moves the broadcast from
	// the place it was read at, all or nothing; moved is false when it was
	// somewhere else, or cancelled.
	WriteBroadcastPage(ctx context.Context, before, after Broadcast, page []notification.Notification) (written bool, err error)
}

// UserStore finds those who are addressed.
type UserStore interface {
	ListUsers(ctx context.Context, role user.Role, limit int, cursor map[string]string) (users []user.User, next map[string]string, err error)
	UsersByID(ctx context.Context, ids []string) ([]user.User, error)
}

// Service is where administrators send broadcasts.
type Service struct {
	Store    Store
	Recorder audit.Recorder
}

// Create begins a broadcast. It has been validated.
func (s *Service) Create(ctx context.Context, actor audit.Actor, b Broadcast) (Broadcast, error) {
	b.ID, b.State, b.CreatedAt = s.Recorder.NewID(), Queued, s.Recorder.Now()
	slices.Sort(b.Audience.UserIDs)
	b.Audience.UserIDs = slices.Compact(b.Audience.UserIDs)
	b.Audience.UserCount = len(b.Audience.UserIDs)
	slices.Sort(b.Audience.Roles)
	b.Audience.Roles = slices.Compact(b.Audience.Roles)
	r := s.Recorder.NewRecord(actor, audit.BroadcastStarted, b.ID, nil, audit.Fields{"title": b.Title})
	return b, s.Store.CreateBroadcast(ctx, b, r)
}

// Cancel stops a broadcast. Who has been told stays told, and what is on its
// way to them arrives. Errors: broadcast_not_found, broadcast_over.
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
