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

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// ReplayStore is where everything stands that can be made anew.
type ReplayStore interface {
	SearchIndex
	ActivityStore
	stats.Generations
	ticket.TimerStore
	TouchTombstone(ctx context.Context, ticketID string) error
	ReindexTicket(ctx context.Context, tk ticket.Ticket, terms []dynamo.EntryTerms) error
	ListTicketIDs(ctx context.Context, since time.Time, after map[string]string, n int) (ids []string, next map[string]string, err error)
	ListUserIDs(ctx context.Context, after map[string]string, n int) (ids []string, next map[string]string, err error)
}

// Replay makes from the logs anew what follows from them: heads, numbers, the
// index of words, timers and the list of the newest entries. Everybody may go
// on working meanwhile. Notifications are left alone: they have been sent.
type Replay struct {
	Store   ReplayStore
	Tickets *ticket.Service
	Stats   *stats.Aggregator
	Policy  ticket.AutomationPolicy
	Log     *slog.Logger
}

// ReplayResult is what one run has done, and where the next one goes on.
type ReplayResult struct {
	Cursor   string `json:"cursor,omitempty"` // "" when all is done
	Tickets  int    `json:"tickets"`
	Repaired int    `json:"mended"` // heads that were not what their log says
	Users    int    `json:"people"`
}

// replayCursor is how far a replay has come.
type replayCursor struct {
	Generation int               `json:"edition"`
	StartedAt  time.Time         `json:"begun"`
	Phase      int               `json:"part"`
	After      map[string]string `json:"after,omitempty"`
}

// The parts of a replay. The last looks once more at tickets that were opened
// shortly before it began: the index that lists them may have lagged behind.
const (
	phaseTickets = iota
	phaseUsers
	phaseRecent
	phaseDone
)

const (
	replayTimeLimit   = 40 * time.Second // of one run; the next one goes on
	replayPageSize    = 32               // tickets between two looks at the clock
	indexLagAllowance = 10 * time.Minute // more than an index ever lags behind
)

// Handler makes the handler behind `make replay`.
func (r *Replay) Handler() func(context.Context, struct {
	Cursor string `json:"cursor"`
}) (ReplayResult, error) {
	return func(ctx context.Context, in struct {
		Cursor string `json:"cursor"`
	}) (ReplayResult, error) {
		return r.Run(ctx, in.Cursor, r.Tickets.Now().Add(replayTimeLimit))
	}
}

// Run goes on from a cursor, "" for a new replay, until all is done or the time
// is over. A run that failed may be repeated with its cursor.
func (r *Replay) Run(ctx context.Context, cursor string, deadline time.Time) (ReplayResult, error) {
	pos, err := r.startOrResume(ctx, cursor)
	if err != nil {
		return ReplayResult{}, err
	}
	var out ReplayResult
	for pos.Phase < phaseDone {
		if pos, err = r.runPage(ctx, pos, &out); err != nil {
			return ReplayResult{}, err
		}
		if pos.Phase < phaseDone && r.Tickets.Now().After(deadline) {
			out.Cursor, err = pos.encode()
			return out, err
		}
	}
	return out, r.Store.DeleteStatsGenerationsBefore(ctx, pos.Generation)
}

func (r *Replay) startOrResume(ctx context.Context, cursor string) (replayCursor, error) {
	if cursor == "" {
		generation, err := r.Store.BeginStatsGeneration(ctx)
		return replayCursor{Generation: generation, StartedAt: r.Tickets.Now()}, err
	}
	var pos replayCursor
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(text, &pos)
	}
	if err == nil && (pos.Generation < 1 || pos.Phase < phaseTickets || pos.Phase >= phaseDone) {
		err = errors.New("it leads nowhere")
	}
	if err != nil {
		return pos, fmt.Errorf("cursor: %w", err)
	}
	return pos, nil
}

func (pos replayCursor) encode() (string, error) {
	text, err := json.Marshal(pos)
	return base64.RawURLEncoding.EncodeToString(text), err
}

// runPage does one page and gives the place behind it.
func (r *Replay) runPage(ctx context.Context, pos replayCursor, out *ReplayResult) (replayCursor, error) {
	var (
		ids   []string
		err   error
		since time.Time
	)
	if pos.Phase == phaseRecent {
		since = pos.StartedAt.Add(-indexLagAllowance)
	}
	if pos.Phase == phaseUsers {
		ids, pos.After, err = r.Store.ListUserIDs(ctx, pos.After, replayPageSize)
	} else {
		ids, pos.After, err = r.Store.ListTicketIDs(ctx, since, pos.After, replayPageSize)
	}
	if err != nil {
		return pos, err
	}
	var mu sync.Mutex
	err = forEach(ids, func(id string) error {
		if pos.Phase == phaseUsers {
			return r.rebuildUser(ctx, id)
		}
		repaired, err := r.rebuildTicket(ctx, id, pos.Generation)
		if err != nil {
			r.Log.ErrorContext(ctx, "ticket not replayed", slog.String("ticket", id), slog.Any("error", err))
			return fmt.Errorf("ticket %s: %w", id, err)
		}
		mu.Lock()
		defer mu.Unlock()
		if repaired {
			out.Repaired++
		}
		return nil
	})
	switch pos.Phase {
	case phaseTickets:
		out.Tickets += len(ids)
	case phaseUsers:
		out.Users += len(ids)
	}
	if pos.After == nil {
		pos.Phase++
	}
	return pos, err
}

// forEach runs a piece of work for each id, several at once.
func forEach(ids []string, fn func(id string) error) error {
	var (
		wg        sync.WaitGroup
		semaphore = make(chan struct{}, maxPartitions)
		errs      = make([]error, len(ids))
	)
	for i, id := range ids {
		semaphore <- struct{}{}
		wg.Go(func() {
			defer func() { <-semaphore }()
			errs[i] = fn(id)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// rebuildTicket makes anew what follows from one log. When the log has grown
// meanwhile, what came was followed with an eye on what was just changed: so it
// is done once more.
func (r *Replay) rebuildTicket(ctx context.Context, id string, generation int) (repaired bool, err error) {
	if err := r.Stats.MigrateTicket(ctx, id, generation); err != nil {
		return false, err
	}
	for rebuiltUpTo := 0; ; {
		log, changed, err := r.Tickets.Rebuild(ctx, id, r.isDeletedUser)
		if err != nil {
			return repaired, err
		}
		repaired = repaired || changed
		switch n := len(log.Entries); n {
		case rebuiltUpTo:
			return repaired, nil
		case 0: // deleted meanwhile: what was just written has to go, too
			return repaired, r.Store.TouchTombstone(ctx, id)
		default:
			rebuiltUpTo = n
		}
		if err := r.rebuildDerived(ctx, log); err != nil {
			return repaired, err
		}
	}
}

// isDeletedUser tells whether a person is no more.
func (r *Replay) isDeletedUser(ctx context.Context, userID string) (bool, error) {
	_, err := r.Store.User(ctx, userID)
	if apperr.Is(err, apperr.UserNotFound) {
		return true, nil
	}
	return false, err
}

// rebuildDerived makes words, timer and pointers of a log.
func (r *Replay) rebuildDerived(ctx context.Context, log ticket.Log) error {
	perEntry := make([]dynamo.EntryTerms, 0, len(log.Entries))
	recent := r.Tickets.Now().Add(-stats.ActivityTTL)
	var lastPublic ticket.Entry
	for _, e := range log.Entries {
		terms, staffOnly, err := entryTerms(ctx, r.Store, e)
		if err != nil {
			return err
		}
		perEntry = append(perEntry, dynamo.EntryTerms{Cause: entryCause(e), Terms: terms, StaffOnly: staffOnly})
		if e.VisibleTo(user.RoleUser) {
			lastPublic = e
		}
		if e.CreatedAt.After(recent) {
			if err := r.Store.RecordActivity(ctx, e); err != nil {
				return err
			}
		}
	}
	if err := r.Store.ReindexTicket(ctx, log.Ticket, perEntry); err != nil {
		return err
	}
	if due, ok := r.Policy.Due(lastPublic.State.Status, lastPublic.CreatedAt); ok {
		return r.Store.SetTimer(ctx, ticket.Timer{TicketID: lastPublic.TicketID, Due: due}, lastPublic.Seq)
	}
	return r.Store.DeleteTimer(ctx, lastPublic.TicketID, lastPublic.Seq)
}

// rebuildUser makes anew the words that somebody is found by, until they are those
// of who the person is now.
func (r *Replay) rebuildUser(ctx context.Context, id string) error {
	var previous *user.User
	for {
		current, err := r.Store.User(ctx, id)
		switch {
		case apperr.Is(err, apperr.UserNotFound):
			if previous == nil {
				return nil
			}
			return r.Store.IndexUser(ctx, *previous, userTerms(previous), nil)
		case err != nil:
			return err
		case previous != nil && *previous == current:
			return nil
		}
		if err := r.Store.IndexUser(ctx, current, userTerms(previous), userTerms(&current)); err != nil {
			return err
		}
		previous = &current
	}
}
