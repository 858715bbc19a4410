package dynamo

import (
	"hash/fnv"
	"strconv"
	"strings"
	"time"
)

// All keys are built and parsed in keys*.go. infra/access-patterns.md lists them
// with the access patterns that they serve.

// The indexes of the table, as declared in template.yaml, with their key attributes.
const (
	indexOwnerActivity   = "owner-activity"   // u, a
	indexOwnerCreated    = "owner-created"    // uc, n
	indexQueueWaiting    = "queue-waiting"    // q, w
	indexQueueActivity   = "queue-activity"   // q, a
	indexAllCreated      = "all-created"      // qc, n
	indexStatusWaiting   = "status-waiting"   // ls, w
	indexAssigneeWaiting = "assignee-waiting" // lh, w
	indexCategoryWaiting = "category-waiting" // lc, w
)

// queuePK is the index partition of all tickets.
const queuePK = "0"

// shardKey is a shard of a partition that would be too busy (ADR 0038). Shard 0 has no suffix.
func shardKey(partition string, shard int) string {
	if shard == 0 {
		return partition
	}
	return partition + "#" + strconv.Itoa(shard)
}

// shardKeys returns all shards of a partition.
func shardKeys(partition string, n int) []string {
	keys := make([]string, n)
	for shard := range keys {
		keys[shard] = shardKey(partition, shard)
	}
	return keys
}

// shardOf returns the shard of an object.
func shardOf(id string, n int) int {
	hash := fnv.New32a()
	hash.Write([]byte(id))
	return int(hash.Sum32() % uint32(n))
}

// key is the primary key of an item.
type key struct {
	PK string `dynamodbav:"PK"`
	SK string `dynamodbav:"SK"`
}

// Sort keys and prefixes. In a ticket's partition "M" < "N" < "P" < "~", so one descending
// query reads the ticket, its read markers and the newest entries.
const (
	skTicket           = "~H"
	skCheckpoint       = "~S" // sorts after the ticket, so that reads of the log exclude it
	skUser             = "~U"
	skExport           = "~E"
	skUserPropagation  = "~J"
	skPush             = "~D"
	skConnection       = "C"
	skHeartbeat        = "~P"
	skPublishRound     = "~Q"
	skAttachment       = "F"
	prefixEntry        = "M#"
	prefixReadMarker   = "P#"
	prefixUnchanged    = "~N#"
	prefixClockAhead   = "N#"
	configPK           = "CONFIG"
	auditPK            = "AUDIT"
	prefixCategory     = "CATEGORY#"
	prefixSession      = "S#"
	prefixNotification = "N#" // of the partition key
	prefixTicket       = "T#" // of the partition key
	skUnread           = "~"
)

func rateLimitKey(scope string, window int64) key {
	return key{"R#" + scope, strconv.FormatInt(window, 10)}
}

func connectionKey(connectionID string) key { return key{"C#" + connectionID, skConnection} }

func subscriptionKey(topic, connectionID string) key { return key{"W#" + topic, connectionID} }

func connectTokenKey(hash string) key { return key{"X#" + hash, "X"} }

// smsQuotaKey counts the SMS of a day.
func smsQuotaKey(day string) key { return key{"SPEND", day} }

// timeFromKey parses a key of ticket.TimeSortKey.
func timeFromKey(millis string) time.Time {
	ms, _ := strconv.ParseInt(millis, 10, 64)
	return fromMillis(ms)
}

func idempotencyKey(hash string) key { return key{"I#" + hash, "I"} }

func heartbeatKey() key { return key{"PULSE", skHeartbeat} }

func heartbeatAckKey(consumer string) key { return key{"PULSE", "ECHO#" + consumer} }

// idOf returns a key without its prefix.
func idOf(pk string) string {
	_, rest, _ := strings.Cut(pk, "#")
	return rest
}
