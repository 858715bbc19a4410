package worker

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
	"ticketsystem/pkg/parallel"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// ReplayStore stores the projections that a replay rebuilds.
type ReplayStore interface {
	stream.UserReader
	stream.ActivityStore
	stats.Generations
	ticket.TimerStore
	// AddNameReference records that a ticket contains the name of an agent.
	AddNameReference(ctx context.Context, userID, ticketID string) (added bool, err error)
	// AddOwnTicket records that a user is the customer of a ticket, and the number of the ticket.
	AddOwnTicket(ctx context.Context, userID, ticketID string) error
	// TouchTombstone writes the tombstone of a deleted ticket again, so that the
	// stream handlers remove what was derived from the ticket since.
	TouchTombstone(ctx context.Context, ticketID string) error
	// ReindexTicket replaces the indexed terms of a ticket's entries with those of the
	// given entries. Terms of later entries are kept.
	ReindexTicket(ctx context.Context, tk ticket.Ticket, terms []search.EntryTerms) error
	// ListTicketIDs returns a page of the tickets created since a time, and the
	// cursor of the next page; nil after the last.
	ListTicketIDs(ctx context.Context, since time.Time, after map[string]string, n int) (ids []string, next map[string]string, err error)
	// IndexUser adds the index keys of a user.
	IndexUser(ctx context.Context, userID string) error
	// IndexAuditRecords adds the index keys of a page of audit records. It returns the users whose
	// removal they record, and the cursor of the next page; nil after the last.
	IndexAuditRecords(ctx context.Context, after map[string]string, n int) (removedUsers []string, next map[string]string, err error)
	// RestartUserPropagations starts the propagation of users again that has not ended, of
	// removed users their erasure.
	RestartUserPropagations(ctx context.Context, userIDs []string) error
	// ListUserIDs returns a page of the users, and the cursor of the next page; nil
	// after the last.
	ListUserIDs(ctx context.Context, after map[string]string, n int) (ids []string, next map[string]string, err error)
}

// Replay rebuilds projections from the ticket logs while the system is in use:
// tickets, statistics, search index, timers, recent entries and the index keys of users and audit
// records. The terms of fields and users are rebuilt by the search index queue, in order with its
// other changes. It also unassigns active tickets of former agents and restarts interrupted
// erasures. It does not create notifications, because the original ones were sent.
type Replay struct {
	Store   ReplayStore
	Index   stream.SearchIndex
	Tickets *ticket.Service
	Stats   *stats.Aggregator
	Policy  ticket.AutomationPolicy
	Log     *slog.Logger
}

// ReplayResult reports what one run has done, and where the next run continues.
type ReplayResult struct {
	Cursor   string `json:"cursor,omitempty"` // empty when the replay is complete
	Tickets  int    `json:"tickets"`
	Repaired int    `json:"repaired"` // tickets that differed from their log
	Users    int    `json:"users"`
}

// replayCursor is the progress of a replay.
type replayCursor struct {
	Generation int               `json:"edition"`
	StartedAt  time.Time         `json:"begun"`
	Phase      int               `json:"part"`
	After      map[string]string `json:"after,omitempty"`
}

// The phases of a replay. phaseRecent repeats the tickets that were created shortly
// before the start, because the index that lists tickets is eventually consistent.
const (
	phaseTickets = iota
	phaseUsers
	phaseRecent
	phaseCleanup
	phaseAudit
	phaseDone
)

const (
	replayTimeLimit   = 40 * time.Second // of one run
	replayPageSize    = 32               // items between two checks of the time limit
	replayConcurrency = 8
	indexLagAllowance = 10 * time.Minute // exceeds the lag of a global secondary index
)

// ReplayRequest is the input of a replay.
type ReplayRequest struct {
	Cursor string `json:"cursor"` // empty to start a new replay
}

// Handler returns the handler behind `make replay`.
func (r *Replay) Handler() func(context.Context, ReplayRequest) (ReplayResult, error) {
	return func(ctx context.Context, in ReplayRequest) (ReplayResult, error) {
		return r.Run(ctx, in.Cursor, r.Tickets.Now().Add(replayTimeLimit))
	}
}

// Run starts a replay, or continues one from a cursor, until the deadline. A failed
// run may be repeated with its cursor.
func (r *Replay) Run(ctx context.Context, cursor string, deadline time.Time) (ReplayResult, error) {
	pos, err := r.startOrResume(ctx, cursor)
	if err != nil {
		return ReplayResult{}, err
	}
	var out ReplayResult
	for pos.Phase < phaseDone {
		switch pos.Phase {
		case phaseCleanup:
			pos, err = advance(pos, func(after map[string]string) (map[string]string, error) {
				return r.Store.DeleteStatsGenerationsBefore(ctx, pos.Generation, after)
			})
		case phaseAudit:
			pos, err = advance(pos, func(after map[string]string) (map[string]string, error) {
				return r.indexAudit(ctx, after)
			})
		default:
			pos, err = r.runPage(ctx, pos, &out)
		}
		if err != nil {
			return ReplayResult{}, err
		}
		if pos.Phase < phaseDone && r.Tickets.Now().After(deadline) {
			out.Cursor, err = pos.encode()
			return out, err
		}
	}
	return out, nil
}

// advance runs one page of a phase and returns the position after it.
func advance(pos replayCursor, page func(after map[string]string) (next map[string]string, err error)) (replayCursor, error) {
	var err error
	if pos.After, err = page(pos.After); pos.After == nil {
		pos.Phase++
	}
	return pos, err
}

// indexAudit indexes one page of audit records, and erases what is left of the users whose removal
// they record.
func (r *Replay) indexAudit(ctx context.Context, after map[string]string) (next map[string]string, err error) {
	removed, next, err := r.Store.IndexAuditRecords(ctx, after, replayPageSize)
	if err != nil {
		return nil, err
	}
	if err := parallel.ForEach(removed, replayConcurrency, func(id string) error { return r.Index.RefreshUser(ctx, id) }); err != nil {
		return nil, err
	}
	return next, r.Store.RestartUserPropagations(ctx, removed)
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
		err = errors.New("generation or phase out of range")
	}
	if err != nil {
		return pos, fmt.Errorf("invalid cursor: %w", err)
	}
	return pos, nil
}

func (pos replayCursor) encode() (string, error) {
	text, err := json.Marshal(pos)
	return base64.RawURLEncoding.EncodeToString(text), err
}

// runPage rebuilds one page, adds it to out and returns the next position.
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
	err = parallel.ForEach(ids, replayConcurrency, func(id string) error {
		if pos.Phase == phaseUsers {
			return errors.Join(r.Index.RefreshUser(ctx, id), r.Store.IndexUser(ctx, id), r.Store.DeleteCustomerStatsBefore(ctx, pos.Generation, id))
		}
		repaired, err := r.rebuildTicket(ctx, id, pos.Generation)
		if err != nil {
			r.Log.ErrorContext(ctx, "ticket rebuild failed", slog.String("ticket", id), slog.Any("error", err))
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
		err = errors.Join(err, r.Store.RestartUserPropagations(ctx, ids))
	}
	if pos.After == nil {
		pos.Phase++
	}
	return pos, err
}

// rebuildTicket rebuilds all projections of one log, and reports whether the stored
// ticket was wrong. If the log grows meanwhile, the stream handlers may have
// projected the new entries onto outdated items, so it starts again.
func (r *Replay) rebuildTicket(ctx context.Context, id string, generation int) (repaired bool, err error) {
	if err := r.Stats.MigrateTicket(ctx, id, generation); err != nil {
		return false, err
	}
	for rebuiltUpTo := 0; ; {
		log, changed, err := r.Tickets.Rebuild(ctx, id, r.nameOf)
		if err != nil {
			return repaired, err
		}
		repaired = repaired || changed
		switch n := len(log.Entries); n {
		case 0: // deleted: remove what is left, or what the loop has just written
			return repaired, r.Store.TouchTombstone(ctx, id)
		case rebuiltUpTo:
			return repaired, nil
		default:
			rebuiltUpTo = n
		}
		if err := r.rebuildDerived(ctx, log); err != nil {
			return repaired, err
		}
	}
}

func (r *Replay) nameOf(ctx context.Context, userID string) (string, error) {
	u, err := r.Store.User(ctx, userID)
	if apperr.Is(err, apperr.UserNotFound) {
		return user.DeletedName, nil
	}
	return u.Name, err
}

// rebuildDerived rebuilds the search terms, the timer and the recent entries of a
// ticket.
func (r *Replay) rebuildDerived(ctx context.Context, log ticket.Log) error {
	terms := make([]search.EntryTerms, 0, len(log.Entries))
	recent := r.Tickets.Now().Add(-stats.ActivityTTL)
	agents := map[string]bool{}
	var lastPublic ticket.Entry
	for _, e := range log.Entries {
		terms = append(terms, stream.EntryTerms(e))
		agents[e.Author.ID] = e.Author.ID != log.Ticket.Customer.ID
		if e.Change != nil && e.Change.Field == "assignee" {
			agents[e.Change.To] = true
		}
		if e.VisibleTo(user.RoleUser) {
			lastPublic = e
		}
		if e.CreatedAt.After(recent) {
			if err := r.Store.RecordActivity(ctx, e); err != nil {
				return err
			}
		}
	}
	for reader := range log.ReadMarkers {
		agents[reader] = reader != log.Ticket.Customer.ID
	}
	if err := r.recordAgents(ctx, log.Ticket.ID, agents); err != nil {
		return err
	}
	if err := r.Store.AddOwnTicket(ctx, log.Ticket.Customer.ID, log.Ticket.ID); err != nil {
		return err
	}
	if err := r.releaseFormerAgent(ctx, log.Ticket); err != nil {
		return err
	}
	if err := r.Store.ReindexTicket(ctx, log.Ticket, terms); err != nil {
		return err
	}
	if err := r.Index.RefreshTicket(ctx, log.Ticket.ID); err != nil {
		return err
	}
	if due, ok := r.Policy.Due(lastPublic.State.Status, lastPublic.CreatedAt); ok {
		return r.Store.SetTimer(ctx, ticket.Timer{TicketID: lastPublic.TicketID, Due: due}, lastPublic.Seq)
	}
	return r.Store.DeleteTimer(ctx, lastPublic.TicketID, lastPublic.Seq)
}

// releaseFormerAgent unassigns an active ticket whose assignee is no agent any more.
func (r *Replay) releaseFormerAgent(ctx context.Context, tk ticket.Ticket) error {
	agentID := tk.State.AssigneeID
	if agentID == "" || !tk.State.Status.IsActive() {
		return nil
	}
	assignee, err := r.Store.User(ctx, agentID)
	if assignee.IsAgent() || err != nil && !apperr.Is(err, apperr.UserNotFound) {
		return err
	}
	return r.Tickets.Release(ctx, tk.ID, agentID)
}

// recordAgents records the agents whose names a ticket contains.
func (r *Replay) recordAgents(ctx context.Context, ticketID string, agents map[string]bool) error {
	for id, agent := range agents {
		if !agent || id == "" {
			continue
		}
		if _, err := r.Store.AddNameReference(ctx, id, ticketID); err != nil {
			return err
		}
	}
	return nil
}
