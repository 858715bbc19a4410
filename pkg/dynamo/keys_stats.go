package dynamo

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"ticketsystem/pkg/stats"
)

// Statistics are in one partition: the quarter hours, the days, the active tickets of agents and
// of categories, the backlog, the open sockets. A report reads from a day to the end in one query.
const (
	statsPK             = "STAT"
	prefixQuarterHour   = "C#"
	prefixDay           = "D#"
	ofAgent             = "#a" // after the category; alone in the days from before both were together
	prefixAgentStats    = "~A#"
	prefixCategoryStats = "~AC#" // of categories
	skBacklog           = "~B"
	prefixOpenSockets   = "~C#"
	statsEnd            = "~D" // sorts after all of them
	skCustomerStats     = "~K"
	activityPK          = "ACT"
	openSocketShards    = 16 // a write is charged by the size of its shard
)

// slotKey is the item of counts in one shard and generation, which has no suffix for generation 0.
// The generations of a slot are adjacent. The counts of customers have no shards.
func slotKey(shard, generation int, slot stats.Slot) key {
	suffix := generationSuffix(generation)
	switch {
	case slot.CustomerID != "":
		return key{userKey(slot.CustomerID).PK, skCustomerStats + suffix}
	case slot.At == "" && slot.AgentID != "":
		return key{shardKey(statsPK, shard), prefixAgentStats + slot.AgentID + suffix}
	case slot.At == "":
		return key{shardKey(statsPK, shard), prefixCategoryStats + slot.CategoryID + suffix}
	}
	prefix, of := prefixDay, "#c"+slot.CategoryID
	if len(slot.At) > len(time.DateOnly) {
		prefix = prefixQuarterHour
	}
	if slot.AgentID != "" {
		of += ofAgent + slot.AgentID
	}
	return key{shardKey(statsPK, shard), prefix + slot.At + of + suffix}
}

// statsSlot parses a key of slotKey in the partition of the statistics.
func (k key) statsSlot() (slot stats.Slot, generation int, ok bool) {
	if agent, found := strings.CutPrefix(k.SK, prefixAgentStats); found {
		slot.AgentID, generation = splitGeneration(agent)
		return slot, generation, true
	}
	if category, found := strings.CutPrefix(k.SK, prefixCategoryStats); found {
		slot.CategoryID, generation = splitGeneration(category)
		return slot, generation, true
	}
	rest, day := strings.CutPrefix(k.SK, prefixDay)
	rest, quarterHour := strings.CutPrefix(rest, prefixQuarterHour)
	at, of, found := strings.Cut(rest, "#")
	if slot.At = at; !found || of == "" || !day && !quarterHour {
		return slot, 0, false
	}
	category, agent, hasAgent := strings.Cut("#"+of, ofAgent)
	category, hasCategory := strings.CutPrefix(category, "#c")
	slot.CategoryID, generation = splitGeneration(category)
	if hasAgent {
		slot.AgentID, generation = splitGeneration(agent)
	}
	return slot, generation, hasCategory || hasAgent
}

// dayPrefix begins the keys of a UTC day; of its quarter hours if quarterHours is true.
func dayPrefix(day time.Time, quarterHours bool) string {
	if quarterHours {
		return prefixQuarterHour + stats.DayOf(day)
	}
	return prefixDay + stats.DayOf(day)
}

func backlogKey(shard, generation int) key {
	return key{shardKey(statsPK, shard), skBacklog + generationSuffix(generation)}
}

func generationSuffix(generation int) string {
	if generation == 0 {
		return ""
	}
	return "#" + strconv.Itoa(generation)
}

// afterGenerations is a suffix that sorts after all generations of an item.
const afterGenerations = "#~"

// splitGeneration splits what follows a prefix into a name and generationSuffix.
func splitGeneration(text string) (name string, generation int) {
	name, suffix, _ := strings.Cut(text, "#")
	generation, _ = strconv.Atoi(suffix)
	return name, generation
}

// statsGeneration returns the generation of an item of the statistics.
func (k key) statsGeneration() int {
	if strings.HasPrefix(k.SK, skBacklog) {
		_, generation := splitGeneration(k.SK)
		return generation
	}
	_, generation, _ := k.statsSlot()
	return generation
}

// openSocketsKey is the set of open sockets that expire in an hour since 1970.
func openSocketsKey(hour int64, connectionID string, shards int) key {
	return key{shardKey(statsPK, shardOf(connectionID, shards)), fmt.Sprintf("%s%d#%d", prefixOpenSockets, hour, shardOf(connectionID, openSocketShards))}
}

// isTicketCounts reports whether k is of the current counts of tickets.
func (k key) isTicketCounts() bool {
	partition, _, _ := strings.Cut(k.PK, "#")
	return partition == statsPK && (strings.HasPrefix(k.SK, prefixAgentStats) || strings.HasPrefix(k.SK, prefixCategoryStats) || strings.HasPrefix(k.SK, skBacklog))
}
