package conformance

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// TestReplay_RemovedUsers checks that a replay erases removed users whose erasure has stopped at any
// step because its stream records were given up, and unassigns their tickets.
func TestReplay_RemovedUsers(t *testing.T) {
	t.Parallel()
	for handled := range 4 { // batches of stream records before the lost one
		w := newWorkload(t, uint64(50+handled))
		collector := newRecordCollector(t, w)
		sara, ali := w.person(t, "Zarathustra", user.RoleUser), w.person(t, "Xenophon", user.RoleSupport)
		tk := w.writeEverything(t, sara, ali)
		w.handleStream(t, collector)
		w.deleteUsers(t, sara, ali)
		for range handled {
			w.handleBatch(t, collector)
		}
		if lost := collector.drain(t); len(lost) == 0 {
			t.Fatalf("after %d batches: no record is lost", handled)
		}
		w.replay(t, w.store)
		w.handleStream(t, collector)
		for _, u := range []user.User{sara, ali} {
			traces := slices.DeleteFunc(w.tracesOf(t, u), func(trace string) bool { return strings.Contains(trace, " in L#") }) // login attempts expire
			for _, trace := range traces {
				t.Errorf("after %d batches: %s", handled, trace)
			}
		}
		log, err := w.store.ReadLogFrom(t.Context(), tk.ID, 1)
		must(t, err)
		equal(t, fmt.Sprintf("after %d batches: assignee", handled), log.Ticket.State.AssigneeID, "")
	}
}

// TestReplay_FormerAgent checks that a replay unassigns the active tickets of a former agent, and
// neither the closed ones nor those of others.
func TestReplay_FormerAgent(t *testing.T) {
	t.Parallel()
	w := newWorkload(t, 54)
	collector := newRecordCollector(t, w)
	ava := w.person(t, "Ava", user.RoleSupport)
	service := w.service(w.store, w.tick)
	assigned := func(agentID string) ticket.Ticket {
		tk, _, err := service.Create(t.Context(), w.sara, ticket.CreateParams{ClientID: newID(), Title: "Parcel", Description: "x", CategoryID: w.categoryIDs[0]})
		must(t, err)
		_, err = service.Assign(t.Context(), w.reza, tk.ID, newID(), agentID)
		must(t, err)
		return tk
	}
	active, closed, other := assigned(ava.ID), assigned(ava.ID), assigned(w.reza.UserID)
	_, err := service.Close(t.Context(), w.reza, closed.ID, newID())
	must(t, err)
	w.handleStream(t, collector)
	demoted := ava
	demoted.Role = user.RoleUser
	must(t, w.store.AdminUpdateUser(t.Context(), ava, demoted, nil, audit.Record{ID: newID(), Action: audit.UserUpdated, Target: ava.ID}))
	collector.drain(t) // the records are lost
	w.replay(t, w.store)
	w.handleStream(t, collector)
	for id, want := range map[string]string{active.ID: "", closed.ID: ava.ID, other.ID: w.reza.UserID} {
		log, err := w.store.ReadLogFrom(t.Context(), id, 1)
		must(t, err)
		equal(t, "assignee", log.Ticket.State.AssigneeID, want)
	}
}
