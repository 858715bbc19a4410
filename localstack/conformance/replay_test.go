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

	"ticketsystem/localstack/judge/verdict"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
)

func patience() ticket.Patience {
	return ticket.Patience{Reminder: 72 * time.Hour, Pending: 168 * time.Hour, Resolved: 120 * time.Hour}
}

// fromTheLog are the effects that make what a replay makes anew.
func (p *plant) fromTheLog(store *table.Table) []stream.Effect {
	return []stream.Effect{
		stream.Heads(p.desk(store, still)), stream.Timers(store, patience()), stream.Counts(&stats.Counter{Store: store}),
		stream.Present(store), stream.Search(store),
	}
}

// followed runs effects for the entries of a ticket from a seq on, and gives
// the seq behind them.
func (p *plant) followed(ctx context.Context, effects []stream.Effect, id string, from int) (int, error) {
	log, err := p.store.Tail(ctx, id, from)
	if err != nil {
		return from, err
	}
	for _, e := range log.Entries {
		for _, effect := range effects {
			if err := effect(ctx, table.Change{Created: true, Entry: &e}); err != nil {
				return from, err
			}
		}
		from = e.Seq + 1
	}
	for reader, mark := range log.Marks {
		m := ticket.Mark{TicketID: id, Reader: ticket.Author{ID: reader}, Seq: mark}
		if err := effects[0](ctx, table.Change{Mark: &m}); err != nil {
			return from, err
		}
	}
	return from, nil
}

func (p *plant) followAll(t *testing.T) {
	t.Helper()
	people, _, err := p.store.EveryUser(t.Context(), nil, 1000)
	must(t, err)
	for _, id := range people {
		u, err := p.store.User(t.Context(), id)
		must(t, err)
		must(t, stream.Search(p.store)(t.Context(), table.Change{Created: true, Is: &u}))
	}
	for _, id := range p.tickets {
		_, err := p.followed(t.Context(), p.fromTheLog(p.store), id, 1)
		must(t, err)
	}
}

// replay runs a whole replay, one page at a time.
func (p *plant) replay(t *testing.T, store *table.Table) (sum stream.Replayed) {
	t.Helper()
	r := &stream.Replay{
		Shelf: store, Desk: p.desk(store, still), Counter: &stats.Counter{Store: store}, Patience: patience(), Log: slog.New(slog.DiscardHandler),
	}
	for {
		out, err := r.Run(t.Context(), sum.Cursor, time.Time{})
		must(t, err)
		sum.Tickets, sum.Mended, sum.People, sum.Cursor = sum.Tickets+out.Tickets, sum.Mended+out.Mended, sum.People+out.People, out.Cursor
		if sum.Cursor == "" {
			return sum
		}
	}
}

// damage spoils what was made from the log: a part is lost, a part is wrong.
func (p *plant) damage(t *testing.T) (spoilt int) {
	t.Helper()
	var writes []types.WriteRequest
	heads := 0
	for _, r := range p.rows(t) {
		pk, sk := r["PK"].(string), r["SK"].(string)
		k := map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: pk}, "SK": &types.AttributeValueMemberS{Value: sk}}
		gone := sk == "~T" || pk == "ACT" || strings.HasPrefix(pk, "K#") && len(writes)%3 > 0
		switch {
		case sk == "~H":
			heads++
			gone = heads == 1
		case sk == "~S":
			gone = heads%4 == 2
		case strings.HasPrefix(sk, "D#") || sk == "~B":
			k["s_open"], k["n_created"] = &types.AttributeValueMemberN{Value: "77"}, &types.AttributeValueMemberN{Value: "-3"}
			writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: k}})
		}
		if gone {
			writes = append(writes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: k}})
		}
	}
	p.write(t, writes...)
	return len(writes)
}

// TestReplayUnderTraffic: heads, numbers, words and timers are lost and wrong;
// they are made anew while people go on working and the stream goes on
// following. In the end all is what the logs say.
func TestReplayUnderTraffic(t *testing.T) {
	t.Parallel()
	p := newPlant(t, 11)
	p.live(t, verdict.Pick(16, 400), 6)
	p.followAll(t)
	spoilt := p.damage(t)
	var (
		wait   sync.WaitGroup
		over   atomic.Bool
		events atomic.Int64
		fresh  = make(chan string, 10_000)
	)
	for w := range 3 {
		wait.Go(func() { events.Add(int64(p.traffic(t, w, fresh, &over))) })
	}
	out := p.replay(t, table.New(house.config, p.name, still))
	over.Store(true)
	wait.Wait()
	close(fresh)
	for id := range fresh {
		p.tickets = append(p.tickets, id)
	}
	compared, differ := p.likeTheLogs(t)
	must(t, verdict.Record(verdict.Line{
		Item: "stream", Name: "replay under traffic", Figure: fmt.Sprintf("%d of %d items differ", len(differ), compared), Goal: "0 differ", Holds: len(differ) == 0,
		Cause: fmt.Sprintf("%d tickets, %d items spoilt before, %d heads mended, %d changes made and followed meanwhile.", len(p.tickets), spoilt, out.Mended, events.Load()),
	}))
	if len(differ) > 0 {
		t.Fatalf("%d of %d differ: %s", len(differ), compared, strings.Join(differ[:min(5, len(differ))], "\n"))
	}
	if out.Mended == 0 || events.Load() == 0 {
		t.Errorf("got %+v with %d changes beside it: nothing was tried", out, events.Load())
	}
	// Whoever starts now knows of no edition, and finds it.
	late := newPlant(t, 12)
	late.name, late.store, late.now, late.shelves = p.name, table.New(house.config, p.name, still), p.now, p.shelves
	late.live(t, 2, 3)
	late.followAll(t)
	p.tickets = append(p.tickets, late.tickets...)
	if _, differ := p.headsAndSums(t, p.rows(t)); len(differ) > 0 {
		t.Errorf("after a late start %d differ: %s", len(differ), differ[0])
	}
	p.replay(t, p.store)
	for k, r := range p.rows(t) {
		if edition := strings.Count(k, "#"); r["PK"] == "STAT" && (k == "STAT|~B" && len(r) != 3 || strings.HasPrefix(k, "STAT|D#") && edition < 2) {
			t.Errorf("%s is left of an edition before: %v", k, r)
		}
	}
	if _, differ := p.headsAndSums(t, p.rows(t)); len(differ) > 0 {
		t.Errorf("after a second replay %d differ: %s", len(differ), differ[0])
	}
}

// traffic works on a third of the tickets and on new ones, and follows what it
// did, until the replay is over.
func (p *plant) traffic(t *testing.T, worker int, fresh chan<- string, over *atomic.Bool) (events int) {
	store := table.New(house.config, p.name, still) // another instance
	desk, effects, next := p.desk(store, p.tick), p.fromTheLog(store), map[string]int{}
	own := []string{}
	for i, id := range p.tickets {
		if i%3 == worker {
			own, next[id] = append(own, id), 1
		}
	}
	for ; !over.Load() || events < 10; events++ {
		if events%6 == 0 {
			h, _, err := desk.Create(t.Context(), p.mina, ticket.Draft{ClientID: newID(), Title: "One more", Description: "please", CategoryID: p.shelves[0]})
			if err != nil {
				t.Error(err)
				return events
			}
			fresh <- h.ID
			own, next[h.ID] = append(own, h.ID), 1
		}
		id := own[events*7%len(own)]
		err := p.step(t.Context(), desk, id)
		if err == nil {
			next[id], err = p.followed(t.Context(), effects, id, next[id])
		}
		if err != nil {
			t.Errorf("traffic: %v", err)
			return events
		}
	}
	for _, id := range own {
		if _, err := p.followed(t.Context(), effects, id, next[id]); err != nil {
			t.Error(err)
		}
	}
	return events
}

// likeTheLogs compares what is made from the logs with the logs themselves: the
// heads and numbers with a plain fold, the rest with a house where each entry
// is followed once, in order.
func (p *plant) likeTheLogs(t *testing.T) (compared int, differ []string) {
	t.Helper()
	rows := p.rows(t)
	compared, differ = p.headsAndSums(t, rows)
	other := emptyPlant(t, 0)
	p.copyLogs(t, rows, other)
	other.followAll(t)
	derived := func(pk, sk string) bool { return strings.HasPrefix(pk, "K#") || sk == "~T" || pk == "ACT" }
	n, more := differences(rowsLike(rows, derived), rowsLike(other.rows(t), derived))
	return compared + n, append(differ, more...)
}

func (p *plant) headsAndSums(t *testing.T, rows map[string]row) (compared int, differ []string) {
	t.Helper()
	logs := p.logs(t)
	for id, log := range logs {
		compared++
		want := ticket.Fold(ticket.Head{}, log.Entries)
		for reader, mark := range log.Marks {
			want = ticket.MarkRead(want, reader, min(mark, want.LastSeq), reader != want.Customer.ID, log.Entries)
		}
		want.Revision = log.Head.Revision
		if got := fmt.Sprintf("%+v", log.Head); got != fmt.Sprintf("%+v", want) {
			differ = append(differ, fmt.Sprintf("head of %s:\ngot  %s\nwant %+v", id, got, want))
		}
	}
	got, want := sums(rows), counted(logs)
	for name := range want {
		got[name] += 0
	}
	for name, n := range got {
		compared++
		if want[name] != n {
			differ = append(differ, fmt.Sprintf("number %s: got %v, want %v", name, n, want[name]))
		}
	}
	return compared, differ
}

// copyLogs copies logs, read marks and people: what everything else is made from.
func (p *plant) copyLogs(t *testing.T, rows map[string]row, other *plant) {
	t.Helper()
	p.copyTo(t, other)
	var writes []types.WriteRequest
	for _, r := range rows {
		pk, sk := r["PK"].(string), r["SK"].(string)
		switch {
		case strings.HasPrefix(pk, "K#"), pk == "STAT", pk == "ACT", sk == "~S", sk == "~T":
			writes = append(writes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: map[string]types.AttributeValue{
				"PK": &types.AttributeValueMemberS{Value: pk}, "SK": &types.AttributeValueMemberS{Value: sk},
			}}})
		}
	}
	other.write(t, writes...)
}
