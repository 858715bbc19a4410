package dynamo

import (
	"context"
	"crypto/rand"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/parallel"
)

// userPropagationItem is the progress of the propagation of a user's change or deletion. Each
// write of this item makes the stream continue. It holds no personal data.
type userPropagationItem struct {
	key
	Run   string            `dynamodbav:"rn"`           // random; a later change of the user starts a new run
	Step  int               `dynamodbav:"st"`           // number of writes in this run
	Phase int               `dynamodbav:"ph"`           // one of the phases of pkg/event
	After map[string]string `dynamodbav:"af,omitempty"` // start key of the next page
	Seq   int               `dynamodbav:"sq,omitempty"` // next entry of the current log
}

func (i userPropagationItem) event() event.UserPropagation {
	return event.UserPropagation{UserID: idOf(i.PK), Run: i.Run, Step: i.Step, Phase: i.Phase, After: i.After, Seq: i.Seq}
}

func newUserPropagation(userID string) userPropagationItem {
	return userPropagationItem{key: userPropagationKey(userID), Run: rand.Text()[:8]}
}

// StartUserPropagation implements stream.UserPropagationStore. It restarts a running update.
func (s *Store) StartUserPropagation(ctx context.Context, userID string) error {
	_, err := s.put(ctx, newUserPropagation(userID), "", nil)
	return err
}

// RestartUserPropagations implements worker.ReplayStore with one read, and a write for each update.
func (s *Store) RestartUserPropagations(ctx context.Context, userIDs []string) error {
	unfinished, err := getAll[key](ctx, s, keysOf(userIDs, userPropagationKey), true)
	if err != nil {
		return err
	}
	return parallel.ForEach(unfinished, eraseConcurrency, func(k key) error { return s.StartUserPropagation(ctx, idOf(k.PK)) })
}

// SaveUserPropagation implements stream.UserPropagationStore.
func (s *Store) SaveUserPropagation(ctx context.Context, from, to event.UserPropagation) error {
	condition, vals := "rn = :run AND st = :step", values{"run": from.Run, "step": from.Step}
	if to.Phase == event.PropagationDone {
		_, err := s.remove(ctx, userPropagationKey(from.UserID), condition, vals)
		return err
	}
	_, err := s.put(ctx, userPropagationItem{
		key: userPropagationKey(from.UserID), Run: from.Run, Step: from.Step + 1, Phase: to.Phase, After: to.After, Seq: to.Seq,
	}, condition, vals)
	return err
}

// SetNameInTicket implements stream.UserPropagationStore. It increments the revision of the
// ticket, so that a concurrent projection cannot restore the old name.
func (s *Store) SetNameInTicket(ctx context.Context, ticketID, userID, name string) error {
	for _, c := range []struct {
		key            key
		path, owner    string
		set, condition string
	}{
		{key: ticketKey(ticketID), path: "#row.un", owner: "#row.u = :id", set: " ADD rev :one"},
		{key: ticketKey(ticketID), path: "#row.hn", owner: "#row.h = :id", set: " ADD rev :one"},
		{key: readMarkerKey(ticketID, userID), path: "bn", owner: "attribute_exists(PK)"},
	} {
		vals := values{"name": name}
		if c.set != "" {
			vals["id"], vals["one"] = userID, 1
		}
		_, _, err := s.update(ctx, updateSpec{
			key: c.key, set: "SET " + c.path + " = :name" + c.set, values: vals,
			condition: c.owner + " AND (attribute_not_exists(" + c.path + ") OR " + c.path + " <> :name)",
		})
		if err != nil {
			return err
		}
	}
	return nil
}
