// Package broadcast sends one message to many people: to some by name, to
// roles, or to all. It goes out in pages, each of them one transaction with the
// place where the next begins; so it may be stopped and taken up again
// anywhere, and nobody is told twice.
//
// The package knows no technology; pkg/table keeps what it keeps.
package broadcast

import (
	"context"
	"slices"
	"time"

	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/fault"
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
	Written   State = "written"
	Done      State = "done"
	Cancelled State = "cancelled"
)

// PageSize is how many people are told in one transaction: two writes each of
// the hundred that DynamoDB takes, and the place where the next page begins.
const PageSize = 45

// MostNamed bounds how many people may be named one by one: they are stored in
// one transaction with the broadcast.
const MostNamed = 80 * PageSize

// Segments is how many counters share the counting of deliveries.
const Segments = 8

// Audience is who is addressed; one of the three.
type Audience struct {
	UserIDs []string    // not kept with the broadcast: see Store.Named
	Named   int         // how many there were
	Roles   []user.Role // in a fixed order, each once
	All     bool
}

// Place is where the next page begins.
type Place struct {
	Part   int               `json:"p"` // role, or page of the named
	Cursor map[string]string `json:"c,omitempty"`
	Page   int               `json:"n"`
}

// Tally counts deliveries on one channel.
type Tally struct {
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
	Place    Place
	Total    int // people addressed so far
	Tallies  map[notification.Channel]Tally

	CreatedAt  time.Time
	FinishedAt time.Time // of the last delivery, or of the cancelling; zero while it runs
}

// Shown is the state as administrators see it: done is when the last mail and
// text message is.
func (b Broadcast) Shown() State {
	if b.State != Written {
		return b.State
	}
	for _, t := range b.Tallies {
		if t.Sent+t.Failed < t.Planned {
			return Sending
		}
	}
	return Done
}

// Store keeps broadcasts.
type Store interface {
	// StartBroadcast stores a broadcast with its named people and its audit
	// record. The stream has it run.
	StartBroadcast(ctx context.Context, b Broadcast, r audit.Record) error
	// Broadcast reads one. Errors: broadcast_not_found.
	Broadcast(ctx context.Context, id string) (Broadcast, error)
	// Broadcasts reads a page, the newest first, of those older than before.
	Broadcasts(ctx context.Context, before string, limit int) ([]Broadcast, error)
	// CancelBroadcast stops one that is not written yet; cancelled says whether.
	CancelBroadcast(ctx context.Context, id string, at time.Time, r audit.Record) (cancelled bool, err error)
	// Named reads a page of the people who were named.
	Named(ctx context.Context, id string, page int) ([]string, error)
	// WritePage stores the notifications of a page and moves the broadcast from
	// the place it was read at, all or nothing; moved is false when it was
	// somewhere else, or cancelled.
	WritePage(ctx context.Context, was, now Broadcast, page []notification.Notification) (moved bool, err error)
}

// People finds those who are addressed.
type People interface {
	Users(ctx context.Context, role user.Role, limit int, cursor map[string]string) (people []user.User, next map[string]string, err error)
	UsersByID(ctx context.Context, ids []string) ([]user.User, error)
}

// Desk is where administrators send broadcasts.
type Desk struct {
	Store Store
	Pen   audit.Pen
}

// Start begins a broadcast. It has been validated.
func (d *Desk) Start(ctx context.Context, by audit.Actor, b Broadcast) (Broadcast, error) {
	b.ID, b.State, b.CreatedAt = d.Pen.NewID(), Queued, d.Pen.Now()
	slices.Sort(b.Audience.UserIDs)
	b.Audience.UserIDs = slices.Compact(b.Audience.UserIDs)
	b.Audience.Named = len(b.Audience.UserIDs)
	slices.Sort(b.Audience.Roles)
	b.Audience.Roles = slices.Compact(b.Audience.Roles)
	r := d.Pen.Note(by, audit.BroadcastStarted, b.ID, nil, audit.Facts{"title": b.Title})
	return b, d.Store.StartBroadcast(ctx, b, r)
}

// Cancel stops a broadcast. Who has been told stays told, and what is on its
// way to them arrives. Errors: broadcast_not_found, broadcast_over.
func (d *Desk) Cancel(ctx context.Context, by audit.Actor, id string) (Broadcast, error) {
	r := d.Pen.Note(by, audit.BroadcastCancelled, id, nil, nil)
	cancelled, err := d.Store.CancelBroadcast(ctx, id, d.Pen.Now(), r)
	if err != nil {
		return Broadcast{}, err
	}
	b, err := d.Store.Broadcast(ctx, id)
	if err == nil && !cancelled && b.State != Cancelled {
		err = fault.New(fault.BroadcastOver, "")
	}
	return b, err
}
