package conformance

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/localstack/testkit/report"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/worker"
)

func automationPolicy() ticket.AutomationPolicy {
	return ticket.AutomationPolicy{RemindAfter: 72 * time.Hour, ResolveAfter: 168 * time.Hour, CloseAfter: 120 * time.Hour}
}

// projectionHandlers returns the stream handlers whose results a replay rebuilds.
func (w *workload) projectionHandlers(store *dynamo.Store) []stream.Handler {
	return []stream.Handler{
		stream.ProjectTickets(w.service(store, fixedNow)), stream.ScheduleTimers(store, automationPolicy()), stream.ProjectStats(&stats.Aggregator{Store: store}),
		stream.ProjectActivity(store), stream.IndexSearch(w.searchIndex(store)),
	}
}

// projectEntries runs the handlers for the entries of a ticket from a sequence number
// on, and returns the next one.
func (w *workload) projectEntries(ctx context.Context, handlers []stream.Handler, id string, from int) (int, error) {
	log, err := w.store.ReadLogFrom(ctx, id, from)
	if err != nil {
		return from, err
	}
	for _, e := range log.Entries {
		for _, handle := range handlers {
			if err := handle(ctx, event.EntryAppended{Entry: e}); err != nil {
				return from, err
			}
		}
		from = e.Seq + 1
	}
	for reader, marker := range log.ReadMarkers {
		update := ticket.ReadMarker{TicketID: id, Reader: ticket.Author{ID: reader}, Seq: marker}
		if err := handlers[0](ctx, event.ReadMarkerMoved{Marker: update}); err != nil {
			return from, err
		}
	}
	return from, nil
}

func (w *workload) projectAll(t *testing.T) {
	t.Helper()
	userIDs, _, err := w.store.ListUserIDs(t.Context(), nil, 1000)
	must(t, err)
	for _, id := range userIDs {
		u, err := w.store.User(t.Context(), id)
		must(t, err)
		must(t, stream.IndexSearch(w.store)(t.Context(), event.UserCreated{User: u}))
	}
	for _, id := range w.ticketIDs {
		_, err := w.projectEntries(t.Context(), w.projectionHandlers(w.store), id, 1)
		must(t, err)
	}
}

// replay runs a complete replay page by page.
func (w *workload) replay(t *testing.T, store *dynamo.Store) (sum worker.ReplayResult) {
	t.Helper()
	r := &worker.Replay{
		Store: store, Index: w.searchIndex(store), Tickets: w.service(store, fixedNow), Stats: &stats.Aggregator{Store: store}, Policy: automationPolicy(), Log: slog.New(slog.DiscardHandler),
	}
	for {
		out, err := r.Run(t.Context(), sum.Cursor, time.Time{})
		must(t, err)
		sum.Tickets, sum.Repaired, sum.Users, sum.Cursor = sum.Tickets+out.Tickets, sum.Repaired+out.Repaired, sum.Users+out.Users, out.Cursor
		if sum.Cursor == "" {
			return sum
		}
	}
}

// damage deletes and corrupts parts of the projections, and returns the number of
// changed items.
func (w *workload) damage(t *testing.T) (damaged int) {
	t.Helper()
	var writes []types.WriteRequest
	ticketCount := 0
	for _, it := range w.items(t) {
		pk, sk := it["PK"].(string), it["SK"].(string)
		k := map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: pk}, "SK": &types.AttributeValueMemberS{Value: sk}}
		// Without the record of the fields ("~") the rows of an old title are not found.
		deleted := sk == "~T" || strings.HasPrefix(pk, "ACT") || strings.HasPrefix(pk, "K#") && sk != "~" && len(writes)%3 > 0
		switch {
		case sk == "~H":
			ticketCount++
			deleted = ticketCount == 1
		case sk == "~S":
			deleted = ticketCount%4 == 2
		case strings.HasPrefix(sk, "D#") || sk == "~B":
			k["s_open"], k["n_created"] = &types.AttributeValueMemberN{Value: "77"}, &types.AttributeValueMemberN{Value: "-3"}
			writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: k}})
		}
		if deleted {
			writes = append(writes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: k}})
		}
	}
	w.batchWrite(t, writes...)
	return len(writes)
}

// TestReplay_DeletedTicket checks that a replay makes the stream purge a ticket whose deletion it
// has not handled.
func TestReplay_DeletedTicket(t *testing.T) {
	t.Parallel()
	w := newWorkload(t, 12)
	w.runRandom(t, 3, 2)
	w.projectAll(t)
	must(t, (&ticket.Deleter{Store: w.store, Audit: recorder}).Delete(t.Context(), adminActor, w.ticketIDs[1]))
	w.replay(t, w.store)
	var again []string
	for _, it := range w.items(t) {
		if it["again"] != nil {
			again = append(again, it["PK"].(string))
		}
	}
	if want := []string{"T#" + w.ticketIDs[1]}; !slices.Equal(again, want) {
		t.Errorf("got tombstones written again of %v, want %v", again, want)
	}
}

// TestReplay_UnderTraffic damages tickets, statistics, search terms and timers, and
// rebuilds them while operations and their projections continue. Afterwards all must
// equal the logs.
func TestReplay_UnderTraffic(t *testing.T) {
	t.Parallel()
	w := newWorkload(t, 11)
	w.runRandom(t, report.ShortOrFull(16, 400), 6)
	w.projectAll(t)
	damaged := w.damage(t)
	var (
		wg     sync.WaitGroup
		done   atomic.Bool
		events atomic.Int64
		fresh  = make(chan string, 10_000)
	)
	for worker := range 3 {
		wg.Go(func() { events.Add(int64(w.traffic(t, worker, fresh, &done))) })
	}
	out := w.replay(t, dynamo.New(env.config, w.tableName, fixedNow))
	done.Store(true)
	wg.Wait()
	close(fresh)
	for id := range fresh {
		w.ticketIDs = append(w.ticketIDs, id)
	}
	compared, diffs := w.compareWithLogs(t)
	must(t, report.Record(report.Result{
		Check: "stream", Name: "replay under traffic", Value: fmt.Sprintf("%d of %d items differ", len(diffs), compared), Target: "0 differ", Pass: len(diffs) == 0,
		Note: fmt.Sprintf("%d tickets, %d items damaged before, %d tickets repaired, %d concurrent operations projected.", len(w.ticketIDs), damaged, out.Repaired, events.Load()),
	}))
	if len(diffs) > 0 {
		t.Fatalf("%d of %d differ: %s", len(diffs), compared, strings.Join(diffs[:min(5, len(diffs))], "\n"))
	}
	if out.Repaired == 0 || events.Load() == 0 {
		t.Errorf("got %+v with %d concurrent operations: nothing was tested", out, events.Load())
	}
	// A new instance starts with generation 0 and must find the current one.
	lateStart := newWorkload(t, 12)
	lateStart.tableName, lateStart.store, lateStart.now, lateStart.categoryIDs = w.tableName, dynamo.New(env.config, w.tableName, fixedNow), w.now, w.categoryIDs
	lateStart.sara, lateStart.mina, lateStart.ali, lateStart.reza = w.sara, w.mina, w.ali, w.reza // the users of this table
	lateStart.runRandom(t, 2, 3)
	lateStart.projectAll(t)
	w.ticketIDs = append(w.ticketIDs, lateStart.ticketIDs...)
	if _, diffs := w.compareTickets(t, w.items(t)); len(diffs) > 0 {
		t.Errorf("after a late start %d differ: %s", len(diffs), diffs[0])
	}
	w.replay(t, w.store)
	for k, it := range w.items(t) {
		sk := it["SK"].(string)
		parts := map[string]int{"C#": 4, "D#": 4, "~A": 3, "~K": 2}[sk[:min(2, len(sk))]] // with the generation
		if strings.Contains(sk, "#a") {
			parts++ // of a category and an agent
		}
		if k == "STAT|~B" && len(it) != 3 || parts > strings.Count(sk, "#")+1 {
			t.Errorf("%s is left of an older generation: %v", k, it)
		}
	}
	if _, diffs := w.compareTickets(t, w.items(t)); len(diffs) > 0 {
		t.Errorf("after a second replay %d differ: %s", len(diffs), diffs[0])
	}
}

// traffic runs operations on a third of the tickets and on new ones, and projects them,
// until the replay is done.
func (w *workload) traffic(t *testing.T, worker int, fresh chan<- string, done *atomic.Bool) (events int) {
	store := dynamo.New(env.config, w.tableName, fixedNow) // another instance
	service, handlers, next := w.service(store, w.tick), w.projectionHandlers(store), map[string]int{}
	own := []string{}
	for i, id := range w.ticketIDs {
		if i%3 == worker {
			own, next[id] = append(own, id), 1
		}
	}
	for ; !done.Load() || events < 10; events++ {
		if events%6 == 0 {
			tk, _, err := service.Create(t.Context(), w.mina, ticket.CreateParams{ClientID: newID(), Title: "One more", Description: "please", CategoryID: w.categoryIDs[0]})
			if err != nil {
				t.Error(err)
				return events
			}
			fresh <- tk.ID
			own, next[tk.ID] = append(own, tk.ID), 1
		}
		id := own[events*7%len(own)]
		err := w.step(t.Context(), service, id)
		if err == nil {
			next[id], err = w.projectEntries(t.Context(), handlers, id, next[id])
		}
		if err != nil {
			t.Errorf("traffic: %v", err)
			return events
		}
	}
	for _, id := range own {
		if _, err := w.projectEntries(t.Context(), handlers, id, next[id]); err != nil {
			t.Error(err)
		}
	}
	return events
}

// compareWithLogs compares all projections with the logs: tickets and statistics with a
// fold, the rest with a workload whose entries are projected once, in order.
func (w *workload) compareWithLogs(t *testing.T) (compared int, diffs []string) {
	t.Helper()
	items := w.items(t)
	compared, diffs = w.compareTickets(t, items)
	other := newEmptyWorkload(t, 0)
	w.copyLogs(t, items, other)
	other.projectAll(t)
	isDerived := func(pk, sk string) bool {
		return strings.HasPrefix(pk, "K#") || sk == "~T" || strings.HasPrefix(pk, "ACT")
	}
	n, more := diffItems(filterItems(items, isDerived), filterItems(other.items(t), isDerived))
	return compared + n, append(diffs, more...)
}

func (w *workload) compareTickets(t *testing.T, items map[string]item) (compared int, diffs []string) {
	t.Helper()
	logs := w.logs(t)
	for id, log := range logs {
		compared++
		want := ticket.Fold(ticket.Ticket{}, log.Entries)
		for reader, marker := range log.ReadMarkers {
			want = ticket.ApplyReadMarker(want, reader, min(marker, want.LastSeq), log.Entries)
		}
		want.Revision = log.Ticket.Revision
		if got := fmt.Sprintf("%+v", withReadPositions(log.Ticket, want)); got != fmt.Sprintf("%+v", want) {
			diffs = append(diffs, fmt.Sprintf("ticket %s:\ngot  %s\nwant %+v", id, got, want))
		}
	}
	got, want := statsTotals(items), expectedTotals(logs)
	for name := range want {
		got[name] += 0
	}
	for name, n := range got {
		compared++
		if want[name] != n {
			diffs = append(diffs, fmt.Sprintf("statistic %s: got %v, want %v", name, n, want[name]))
		}
	}
	return compared, diffs
}

// copyLogs copies logs, read markers and users, the sources of all projections.
func (w *workload) copyLogs(t *testing.T, items map[string]item, other *workload) {
	t.Helper()
	w.copyTo(t, other)
	var writes []types.WriteRequest
	for _, it := range items {
		pk, sk := it["PK"].(string), it["SK"].(string)
		switch {
		case strings.HasPrefix(pk, "K#"), strings.HasPrefix(pk, "STAT"), strings.HasPrefix(pk, "ACT"), sk == "~S", sk == "~T", strings.HasPrefix(sk, "~K"):
			writes = append(writes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: map[string]types.AttributeValue{
				"PK": &types.AttributeValueMemberS{Value: pk}, "SK": &types.AttributeValueMemberS{Value: sk},
			}}})
		}
	}
	other.batchWrite(t, writes...)
}
