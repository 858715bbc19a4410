package conformance

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/localstack/testkit/report"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
)

func automationPolicy() ticket.AutomationPolicy {
	return ticket.AutomationPolicy{RemindAfter: 72 * time.Hour, ResolveAfter: 168 * time.Hour, CloseAfter: 120 * time.Hour}
}

// projectionHandlers are the effects that make what a replay makes anew.
func (w *workload) projectionHandlers(store *dynamo.Store) []stream.Handler {
	return []stream.Handler{
		stream.ProjectTickets(w.service(store, fixedNow)), stream.ScheduleTimers(store, automationPolicy()), stream.ProjectStats(&stats.Aggregator{Store: store}),
		stream.ProjectActivity(store), stream.IndexSearch(store),
	}
}

// projectEntries runs effects for the entries of a ticket from a seq on, and gives
// the seq behind them.
func (w *workload) projectEntries(ctx context.Context, handlers []stream.Handler, id string, from int) (int, error) {
	log, err := w.store.ReadLogFrom(ctx, id, from)
	if err != nil {
		return from, err
	}
	for _, e := range log.Entries {
		for _, handle := range handlers {
			if err := handle(ctx, dynamo.Change{Created: true, Entry: &e}); err != nil {
				return from, err
			}
		}
		from = e.Seq + 1
	}
	for reader, marker := range log.ReadMarkers {
		update := ticket.ReadMarker{TicketID: id, Reader: ticket.Author{ID: reader}, Seq: marker}
		if err := handlers[0](ctx, dynamo.Change{ReadMarker: &update}); err != nil {
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
		must(t, stream.IndexSearch(w.store)(t.Context(), dynamo.Change{Created: true, NewUser: &u}))
	}
	for _, id := range w.ticketIDs {
		_, err := w.projectEntries(t.Context(), w.projectionHandlers(w.store), id, 1)
		must(t, err)
	}
}

// replay runs a whole replay, one page at a time.
func (w *workload) replay(t *testing.T, store *dynamo.Store) (sum stream.ReplayResult) {
	t.Helper()
	r := &stream.Replay{
		Store: store, Tickets: w.service(store, fixedNow), Stats: &stats.Aggregator{Store: store}, Policy: automationPolicy(), Log: slog.New(slog.DiscardHandler),
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

// damage spoils what was made from the log: a part is lost, a part is wrong.
func (w *workload) damage(t *testing.T) (damaged int) {
	t.Helper()
	var writes []types.WriteRequest
	ticketCount := 0
	for _, it := range w.items(t) {
		pk, sk := it["PK"].(string), it["SK"].(string)
		k := map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: pk}, "SK": &types.AttributeValueMemberS{Value: sk}}
		deleted := sk == "~T" || pk == "ACT" || strings.HasPrefix(pk, "K#") && len(writes)%3 > 0
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

// TestReplay_UnderTraffic: heads, numbers, words and timers are lost and wrong;
// they are made anew while people go on working and the stream goes on
// following. In the end all is what the logs say.
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
		Note: fmt.Sprintf("%d tickets, %d items spoilt before, %d heads mended, %d changes made and followed meanwhile.", len(w.ticketIDs), damaged, out.Repaired, events.Load()),
	}))
	if len(diffs) > 0 {
		t.Fatalf("%d of %d differ: %s", len(diffs), compared, strings.Join(diffs[:min(5, len(diffs))], "\n"))
	}
	if out.Repaired == 0 || events.Load() == 0 {
		t.Errorf("got %+v with %d changes beside it: nothing was tried", out, events.Load())
	}
	// Whoever starts now knows of no edition, and finds it.
	lateStart := newWorkload(t, 12)
	lateStart.tableName, lateStart.store, lateStart.now, lateStart.categoryIDs = w.tableName, dynamo.New(env.config, w.tableName, fixedNow), w.now, w.categoryIDs
	lateStart.runRandom(t, 2, 3)
	lateStart.projectAll(t)
	w.ticketIDs = append(w.ticketIDs, lateStart.ticketIDs...)
	if _, diffs := w.compareTickets(t, w.items(t)); len(diffs) > 0 {
		t.Errorf("after a late start %d differ: %s", len(diffs), diffs[0])
	}
	w.replay(t, w.store)
	for k, it := range w.items(t) {
		if generation := strings.Count(k, "#"); it["PK"] == "STAT" && (k == "STAT|~B" && len(it) != 3 || strings.HasPrefix(k, "STAT|D#") && generation < 2) {
			t.Errorf("%s is left of an edition before: %v", k, it)
		}
	}
	if _, diffs := w.compareTickets(t, w.items(t)); len(diffs) > 0 {
		t.Errorf("after a second replay %d differ: %s", len(diffs), diffs[0])
	}
}

// traffic works on a third of the tickets and on new ones, and follows what it
// did, until the replay is over.
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

// compareWithLogs compares what is made from the logs with the logs themselves: the
// heads and numbers with a plain fold, the rest with a house where each entry
// is followed once, in order.
func (w *workload) compareWithLogs(t *testing.T) (compared int, diffs []string) {
	t.Helper()
	items := w.items(t)
	compared, diffs = w.compareTickets(t, items)
	other := newEmptyWorkload(t, 0)
	w.copyLogs(t, items, other)
	other.projectAll(t)
	isDerived := func(pk, sk string) bool { return strings.HasPrefix(pk, "K#") || sk == "~T" || pk == "ACT" }
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
			want = ticket.ApplyReadMarker(want, reader, min(marker, want.LastSeq), reader != want.Customer.ID, log.Entries)
		}
		want.Revision = log.Ticket.Revision
		if got := fmt.Sprintf("%+v", log.Ticket); got != fmt.Sprintf("%+v", want) {
			diffs = append(diffs, fmt.Sprintf("head of %s:\ngot  %s\nwant %+v", id, got, want))
		}
	}
	got, want := statsTotals(items), expectedTotals(logs)
	for name := range want {
		got[name] += 0
	}
	for name, n := range got {
		compared++
		if want[name] != n {
			diffs = append(diffs, fmt.Sprintf("number %s: got %v, want %v", name, n, want[name]))
		}
	}
	return compared, diffs
}

// copyLogs copies logs, read marks and people: what everything else is made from.
func (w *workload) copyLogs(t *testing.T, items map[string]item, other *workload) {
	t.Helper()
	w.copyTo(t, other)
	var writes []types.WriteRequest
	for _, it := range items {
		pk, sk := it["PK"].(string), it["SK"].(string)
		switch {
		case strings.HasPrefix(pk, "K#"), pk == "STAT", pk == "ACT", sk == "~S", sk == "~T":
			writes = append(writes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: map[string]types.AttributeValue{
				"PK": &types.AttributeValueMemberS{Value: pk}, "SK": &types.AttributeValueMemberS{Value: sk},
			}}})
		}
	}
	other.batchWrite(t, writes...)
}
