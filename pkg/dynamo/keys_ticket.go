package dynamo

import (
	"fmt"
	"strconv"
	"strings"

	"ticketsystem/pkg/id"
	"ticketsystem/pkg/ticket"
)

func ticketPK(ticketID string) string { return prefixTicket + ticketID }

func ticketKey(ticketID string) key { return key{ticketPK(ticketID), skTicket} }

func entryKey(ticketID string, seq int) key { return key{ticketPK(ticketID), entrySK(seq)} }

func entrySK(seq int) string { return fmt.Sprintf("%s%010d", prefixEntry, seq) }

func readMarkerKey(ticketID, userID string) key {
	return key{ticketPK(ticketID), prefixReadMarker + userID}
}

// numberKey records that a ticket has its number. Numbers are shorter than ids of users.
func numberKey(ticketID string) key { return nameReferenceKey(id.Number(ticketID), ticketID) }

// categoryRevisionKey is the optimistic lock of the category list. It sorts before the categories.
func categoryRevisionKey() key { return key{configPK, "CATEGORY"} }

func categoryKey(categoryID string) key { return key{configPK, prefixCategory + categoryID} }

func attachmentKey(attachmentID string) key { return key{"F#" + attachmentID, skAttachment} }

// timerKey sorts after the ticket, so that reads of the log exclude it.
func timerKey(ticketID string) key { return key{ticketPK(ticketID), "~T"} }

// unchangedKey sorts after the ticket, too.
func unchangedKey(ticketID, userID, clientID string) key {
	return key{ticketPK(ticketID), prefixUnchanged + userID + "#" + clientID}
}

// clockAheadKey is in the reads of the newest entries.
func clockAheadKey(ticketID, userID string) key {
	return key{ticketPK(ticketID), prefixClockAhead + userID}
}

// timersPK is the index partition of all timers, sorted by due time.
const timersPK = "TIMER"

// timerShard is the index partition of a ticket's timer.
func (n Shards) timerShard(ticketID string) string {
	return shardKey(timersPK, shardOf(ticketID, n.Queue.Writes()))
}

func checkpointKey(ticketID string) key { return key{ticketPK(ticketID), skCheckpoint} }

// activityKey sorts entries by time.
func activityKey(e ticket.Entry, shards int) key {
	return key{shardKey(activityPK, shardOf(e.TicketID, shards)), fmt.Sprintf("%s#%s#%010d", ticket.TimeSortKey(e.CreatedAt), e.TicketID, e.Seq)}
}

// parseActivityKey returns the entry of an activity key.
func parseActivityKey(sk string) (ticketID string, seq int) {
	parts := strings.Split(sk, "#")
	if len(parts) != 3 {
		return "", 0
	}
	return parts[1], seqOf(parts[2])
}

func seqOf(sk string) int {
	seq, _ := strconv.Atoi(strings.TrimPrefix(sk, prefixEntry))
	return seq
}

// ticketOwnerKey is a customer's partition in the owner indexes.
func ticketOwnerKey(userID string) string { return prefixTicket + userID }

// indexKeysOfTicket returns the index keys of a ticket. A new ticket (listed is
// false) is only in its owner's index; the stream adds it to the agents' indexes, so
// that creating it costs at most seven write units.
func (n Shards) indexKeysOfTicket(tk ticket.Ticket, listed bool) ticketIndexKeys {
	k := ticketIndexKeys{U: ticketOwnerKey(tk.Customer.ID), A: ticket.TimeSortKey(tk.LastActivityAt), W: ticket.QueueSortKey(tk)}
	if !listed {
		return k
	}
	shard := shardOf(tk.ID, n.Queue.Writes())
	k.Q, k.LS, k.LC = shardKey(queuePK, shard), shardKey(string(tk.State.Status), shard), shardKey(tk.State.CategoryID, shard)
	if k.LH = tk.State.AssigneeID; k.LH == "" {
		k.LH = shardKey(ticket.Unassigned, shard)
	}
	return k
}

type ticketIndexKeys struct {
	U  string `dynamodbav:"u,omitempty"`
	A  string `dynamodbav:"a,omitempty"`
	Q  string `dynamodbav:"q,omitempty"`
	W  string `dynamodbav:"w,omitempty"`
	LS string `dynamodbav:"ls,omitempty"`
	LH string `dynamodbav:"lh,omitempty"`
	LC string `dynamodbav:"lc,omitempty"`
}

// indexKeysOfEntry returns the index keys of a ticket's first entry, which index the
// ticket by creation time. The entry never changes, unlike the ticket item.
func (n Shards) indexKeysOfEntry(e ticket.Entry) entryIndexKeys {
	if e.Seq != 1 {
		return entryIndexKeys{}
	}
	return entryIndexKeys{UC: ticketOwnerKey(e.Customer().ID), QC: shardKey(queuePK, shardOf(e.TicketID, n.Queue.Writes())), N: ticket.TimeSortKey(e.CreatedAt)}
}

type entryIndexKeys struct {
	UC string `dynamodbav:"uc,omitempty"`
	QC string `dynamodbav:"qc,omitempty"`
	N  string `dynamodbav:"n,omitempty"`
}
