package dynamo

import (
	"context"
	"crypto/rand"

	"ticketsystem/pkg/event"
)

// nameUpdateItem is the progress of the update of a user's name in tickets. Each
// write of this item makes the stream continue. It holds no personal data.
type nameUpdateItem struct {
	key
	Run   string            `dynamodbav:"rn"`           // random; a later change of the user starts a new run
	Step  int               `dynamodbav:"st"`           // number of writes in this run
	Phase int               `dynamodbav:"ph"`           // one of the phases of pkg/event
	After map[string]string `dynamodbav:"af,omitempty"` // start key of the next page
	Seq   int               `dynamodbav:"sq,omitempty"` // next entry of the current log
}

func (i nameUpdateItem) event() event.NamesOutdated {
	return event.NamesOutdated{UserID: idOf(i.PK), Run: i.Run, Step: i.Step, Phase: i.Phase, After: i.After, Seq: i.Seq}
}

// StartNameUpdate implements stream.NameStore. It restarts a running update.
func (s *Store) StartNameUpdate(ctx context.Context, userID string) error {
	_, err := s.put(ctx, nameUpdateItem{key: nameUpdateKey(userID), Run: rand.Text()[:8]}, "", nil)
	return err
}

// SaveNameUpdate implements stream.NameStore.
func (s *Store) SaveNameUpdate(ctx context.Context, from, to event.NamesOutdated) error {
	condition, vals := "rn = :run AND st = :step", values{"run": from.Run, "step": from.Step}
	if to.Phase == event.NamesDone {
		_, err := s.remove(ctx, nameUpdateKey(from.UserID), condition, vals)
		return err
	}
	_, err := s.put(ctx, nameUpdateItem{
		key: nameUpdateKey(from.UserID), Run: from.Run, Step: from.Step + 1, Phase: to.Phase, After: to.After, Seq: to.Seq,
	}, condition, vals)
	return err
}

// SetNameInTicket implements stream.NameStore. It increments the revision of the
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
