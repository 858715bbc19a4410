package stream

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// Shelf is where everything stands that can be made anew.
type Shelf interface {
	Index
	Lists
	stats.Editions
	ticket.TimerStore
	Bury(ctx context.Context, ticketID string) error
	RelearnTicket(ctx context.Context, h ticket.Head, said []table.Said) error
	EveryTicket(ctx context.Context, since time.Time, after map[string]string, n int) (ids []string, next map[string]string, err error)
	EveryUser(ctx context.Context, after map[string]string, n int) (ids []string, next map[string]string, err error)
}

// Replay makes from the logs anew what follows from them: heads, numbers, the
// index of words, timers and the list of the newest entries. Everybody may go
// on working meanwhile. Notifications are left alone: they have been sent.
type Replay struct {
	Shelf    Shelf
	Desk     *ticket.Desk
	Counter  *stats.Counter
	Patience ticket.Patience
	Log      *slog.Logger
}

// Replayed is what one run has done, and where the next one goes on.
type Replayed struct {
	Cursor  string `json:"cursor,omitempty"` // "" when all is done
	Tickets int    `json:"tickets"`
	Mended  int    `json:"mended"` // heads that were not what their log says
	People  int    `json:"people"`
}

// place is how far a replay has come.
type place struct {
	Edition int               `json:"edition"`
	Begun   time.Time         `json:"begun"`
	Part    int               `json:"part"`
	After   map[string]string `json:"after,omitempty"`
}

// The parts of a replay. The last looks once more at tickets that were opened
// shortly before it began: the index that lists them may have lagged behind.
const (
	partTickets = iota
	partPeople
	partLate
	partEnd
)

const (
	replayTime = 40 * time.Second // of one run; the next one goes on
	replayPage = 32               // tickets between two looks at the clock
	replayLag  = 10 * time.Minute // more than an index ever lags behind
)

// Handler makes the handler behind `make replay`.
func (r *Replay) Handler() func(context.Context, struct {
	Cursor string `json:"cursor"`
}) (Replayed, error) {
	return func(ctx context.Context, in struct {
		Cursor string `json:"cursor"`
	}) (Replayed, error) {
		return r.Run(ctx, in.Cursor, r.Desk.Now().Add(replayTime))
	}
}

// Run goes on from a cursor, "" for a new replay, until all is done or the time
// is over. A run that failed may be repeated with its cursor.
func (r *Replay) Run(ctx context.Context, cursor string, until time.Time) (Replayed, error) {
	at, err := r.begin(ctx, cursor)
	if err != nil {
		return Replayed{}, err
	}
	var out Replayed
	for at.Part < partEnd {
		if at, err = r.page(ctx, at, &out); err != nil {
			return Replayed{}, err
		}
		if at.Part < partEnd && r.Desk.Now().After(until) {
			out.Cursor, err = at.cursor()
			return out, err
		}
	}
	return out, r.Shelf.EndEditions(ctx, at.Edition)
}

func (r *Replay) begin(ctx context.Context, cursor string) (place, error) {
	if cursor == "" {
		edition, err := r.Shelf.BeginEdition(ctx)
		return place{Edition: edition, Begun: r.Desk.Now()}, err
	}
	var at place
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(text, &at)
	}
	if err == nil && (at.Edition < 1 || at.Part < partTickets || at.Part >= partEnd) {
		err = errors.New("it leads nowhere")
	}
	if err != nil {
		return at, fmt.Errorf("cursor: %w", err)
	}
	return at, nil
}

func (at place) cursor() (string, error) {
	text, err := json.Marshal(at)
	return base64.RawURLEncoding.EncodeToString(text), err
}

// page does one page and gives the place behind it.
func (r *Replay) page(ctx context.Context, at place, out *Replayed) (place, error) {
	var (
		ids   []string
		err   error
		since time.Time
	)
	if at.Part == partLate {
		since = at.Begun.Add(-replayLag)
	}
	if at.Part == partPeople {
		ids, at.After, err = r.Shelf.EveryUser(ctx, at.After, replayPage)
	} else {
		ids, at.After, err = r.Shelf.EveryTicket(ctx, since, at.After, replayPage)
	}
	if err != nil {
		return at, err
	}
	var mu sync.Mutex
	err = sideBySide(ids, func(id string) error {
		if at.Part == partPeople {
			return r.person(ctx, id)
		}
		mended, err := r.ticket(ctx, id, at.Edition)
		if err != nil {
			r.Log.ErrorContext(ctx, "ticket not replayed", slog.String("ticket", id), slog.Any("error", err))
			return fmt.Errorf("ticket %s: %w", id, err)
		}
		mu.Lock()
		defer mu.Unlock()
		if mended {
			out.Mended++
		}
		return nil
	})
	switch at.Part {
	case partTickets:
		out.Tickets += len(ids)
	case partPeople:
		out.People += len(ids)
	}
	if at.After == nil {
		at.Part++
	}
	return at, err
}

// sideBySide runs a piece of work for each id, several at once.
func sideBySide(ids []string, work func(id string) error) error {
	var (
		wait   sync.WaitGroup
		places = make(chan struct{}, partitionsAtOnce)
		errs   = make([]error, len(ids))
	)
	for i, id := range ids {
		places <- struct{}{}
		wait.Go(func() {
			defer func() { <-places }()
			errs[i] = work(id)
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// ticket makes anew what follows from one log. When the log has grown
// meanwhile, what came was followed with an eye on what was just changed: so it
// is done once more.
func (r *Replay) ticket(ctx context.Context, id string, edition int) (mended bool, err error) {
	if err := r.Counter.Move(ctx, id, edition); err != nil {
		return false, err
	}
	for upTo := 0; ; {
		log, some, err := r.Desk.Rebuild(ctx, id, r.removed)
		if err != nil {
			return mended, err
		}
		mended = mended || some
		switch n := len(log.Entries); n {
		case upTo:
			return mended, nil
		case 0: // deleted meanwhile: what was just written has to go, too
			return mended, r.Shelf.Bury(ctx, id)
		default:
			upTo = n
		}
		if err := r.follow(ctx, log); err != nil {
			return mended, err
		}
	}
}

// removed tells whether a person is no more.
func (r *Replay) removed(ctx context.Context, userID string) (bool, error) {
	_, err := r.Shelf.User(ctx, userID)
	if fault.Is(err, fault.UserNotFound) {
		return true, nil
	}
	return false, err
}

// follow makes words, timer and pointers of a log.
func (r *Replay) follow(ctx context.Context, log ticket.Log) error {
	said := make([]table.Said, 0, len(log.Entries))
	recent := r.Desk.Now().Add(-stats.ActivityLife)
	var public ticket.Entry
	for _, e := range log.Entries {
		words, secret, err := entryWords(ctx, r.Shelf, e)
		if err != nil {
			return err
		}
		said = append(said, table.Said{Cause: causeOf(e), Words: words, Secret: secret})
		if e.VisibleTo(user.RoleUser) {
			public = e
		}
		if e.CreatedAt.After(recent) {
			if err := r.Shelf.NoteActivity(ctx, e); err != nil {
				return err
			}
		}
	}
	if err := r.Shelf.RelearnTicket(ctx, log.Head, said); err != nil {
		return err
	}
	if due, waits := r.Patience.Due(public.State.Status, public.CreatedAt); waits {
		return r.Shelf.SetTimer(ctx, ticket.Timer{TicketID: public.TicketID, Due: due}, public.Seq)
	}
	return r.Shelf.DropTimer(ctx, public.TicketID, public.Seq)
}

// person makes anew the words that somebody is found by, until they are those
// of who the person is now.
func (r *Replay) person(ctx context.Context, id string) error {
	var was *user.User
	for {
		is, err := r.Shelf.User(ctx, id)
		switch {
		case fault.Is(err, fault.UserNotFound):
			if was == nil {
				return nil
			}
			return r.Shelf.LearnUser(ctx, *was, userWords(was), nil)
		case err != nil:
			return err
		case was != nil && *was == is:
			return nil
		}
		if err := r.Shelf.LearnUser(ctx, is, userWords(was), userWords(&is)); err != nil {
			return err
		}
		was = &is
	}
}
