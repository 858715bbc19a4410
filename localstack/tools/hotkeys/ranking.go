package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"

	emulator "ticketsystem/localstack/emulator/dynamodb"
	"ticketsystem/pkg/dynamo"
)

// Units that one partition key takes in a second.
const (
	maxWriteUnits = 1000
	maxReadUnits  = 3000
)

// Rates that a stack must carry before one of its keys is full.
const (
	goalMessages = 5000
	goalTickets  = 700
)

// manyShards is how a stack for the goal is configured.
func manyShards() dynamo.Shards {
	return dynamo.Shards{Queue: dynamo.ShardCount{Write: 32}, Activity: dynamo.ShardCount{Write: 16}, Stats: dynamo.ShardCount{Write: 64}}
}

// hotKey is a partition key that many tickets share, or the shards of one.
type hotKey struct {
	emulator.PartitionKey
	shards      int     // 1 for a key without shards
	read, write float64 // units for one ticket, of one shard
}

// ceiling is the number of new tickets in a second at which the key is full.
func (k hotKey) ceiling() float64 {
	return min(maxWriteUnits/max(k.write, math.SmallestNonzeroFloat64), maxReadUnits/max(k.read, math.SmallestNonzeroFloat64))
}

func (k hotKey) name() string { return cmp.Or(k.Index, "table") + " " + k.Value }

// result is what one play has measured.
type result struct {
	shards  dynamo.Shards
	tickets int
	usage   emulator.Usage
	keys    []hotKey // the busiest first
}

// tickets and messages are the rates at which the busiest key is full.
func (r result) ceilings() (tickets, messages float64) {
	tickets = r.keys[0].ceiling()
	return tickets, tickets * float64(messagesPerTicket())
}

// measure plays n tickets and ranks the keys.
func measure(ctx context.Context, shards dynamo.Shards, n int) (r result, err error) {
	p, closeAll, err := newPlayer(ctx, shards)
	if err != nil {
		return result{}, err
	}
	defer closeAll()
	if err := p.playTickets(ctx, n); err != nil {
		return result{}, err
	}
	usage := p.recorder.Usage()
	return result{shards, n, usage, p.rank(usage, n)}, nil
}

// rank returns the keys that belong to no single ticket or user.
func (p *player) rank(usage emulator.Usage, tickets int) []hotKey {
	type group struct {
		keys        map[string]bool
		read, write float64
	}
	groups := map[emulator.PartitionKey]*group{}
	of := func(k emulator.PartitionKey) *group {
		name := emulator.PartitionKey{Index: k.Index, Value: withoutShard(k)}
		if groups[name] == nil {
			groups[name] = &group{keys: map[string]bool{}}
		}
		groups[name].keys[k.Value] = true
		return groups[name]
	}
	for k, units := range usage.Written {
		if p.isShared(k.Value) {
			of(k).write += units
		}
	}
	for k, units := range usage.Read {
		if p.isShared(k.Value) {
			of(k).read += units
		}
	}
	var all []hotKey
	for name, g := range groups {
		count := 1
		if len(g.keys) > 1 {
			count = shardCount(name, p.store.Shards)
		}
		n := float64(count * tickets)
		all = append(all, hotKey{name, count, g.read / n, g.write / n})
	}
	slices.SortFunc(all, func(a, b hotKey) int {
		return cmp.Or(cmp.Compare(a.ceiling(), b.ceiling()), cmp.Compare(a.Index+a.Value, b.Index+b.Value))
	})
	return slices.CompactFunc(all, func(a, b hotKey) bool { return isPosting(a) && isPosting(b) && a.ceiling() == b.ceiling() })
}

// isPosting reports whether a key has the tickets with a word or a beginning of words.
func isPosting(k hotKey) bool { return strings.HasPrefix(k.Value, "K#s#") }

// isShared reports whether a key has no id of a ticket, a user or a connection. The load of the
// heartbeat and of the pushes of counts grows with time and instances, not with tickets.
func (p *player) isShared(value string) bool {
	return value != "PULSE" && !slices.ContainsFunc(p.objects, func(id string) bool { return strings.Contains(value, id) })
}

var shardSuffix = regexp.MustCompile(`#[0-9]{1,2}$`)

// withoutShard returns the name that the shards of a key share.
func withoutShard(k emulator.PartitionKey) string {
	name := shardSuffix.ReplaceAllString(k.Value, "")
	if k.Index == "" && shardCount(emulator.PartitionKey{Value: name}, manyShards()) == 1 {
		return k.Value
	}
	return name
}

// shardCount is the configured number of shards. Few tickets do not reach all of them.
func shardCount(name emulator.PartitionKey, shards dynamo.Shards) int {
	switch {
	case name.Index != "":
		return shards.Queue.Writes()
	case name.Value == "ACT":
		return shards.Activity.Writes()
	case name.Value == "STAT":
		return shards.Stats.Writes()
	}
	return 1
}

// printRankings measures with one shard and with many.
func printRankings(ctx context.Context, out io.Writer) error {
	text := "For each ticket: " + description + ".\n"
	for _, shards := range []dynamo.Shards{{}, manyShards()} {
		r, err := measure(ctx, shards, playedTickets)
		if err != nil {
			return err
		}
		text += "\n" + r.String()
	}
	_, err := io.WriteString(out, text)
	return err
}

// playedTickets is more than the tickets of a list.
const playedTickets = 32

// shownKeys is the length of the ranking.
const shownKeys = 20

func (r result) String() string {
	var b strings.Builder
	tickets, messages := r.ceilings()
	fmt.Fprintf(&b, "Shards: queue %d, activity %d, statistics %d. %d tickets, %d calls, %.0f read and %.0f write units for one.\n",
		r.shards.Queue.Writes(), r.shards.Activity.Writes(), r.shards.Stats.Writes(), r.tickets, r.usage.Calls,
		r.usage.Read.Total()/float64(r.tickets), r.usage.Written.Total()/float64(r.tickets))
	fmt.Fprintf(&b, "The busiest key is full at %.0f new tickets and %.0f messages a second.\n\n", tickets, messages)
	fmt.Fprintf(&b, "%-18s %-32s %6s %14s %14s %14s\n", "index", "key", "shards", "write units", "read units", "tickets/s")
	for _, k := range r.keys[:min(shownKeys, len(r.keys))] {
		fmt.Fprintf(&b, "%-18s %-32s %6d %14.3f %14.3f %14.0f\n", cmp.Or(k.Index, "table"), cmp.Or(k.Value, "(all)"), k.shards, k.write, k.read, k.ceiling())
	}
	return b.String()
}
