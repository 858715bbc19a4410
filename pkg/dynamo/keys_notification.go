package dynamo

import (
	"fmt"
	"strings"
)

// notificationsPK is a user's partition of notifications. Ids sort before the unread
// counter, so one descending query reads the counter and the newest notifications.
func notificationsPK(userID string) string { return prefixNotification + userID }

func notificationKey(userID, id string) key { return key{notificationsPK(userID), id} }

func unreadKey(userID string) key { return key{notificationsPK(userID), skUnread} }

// failedDeliveriesPK is the index partition of notifications with a failed delivery, by id.
const failedDeliveriesPK = "FAILED"

// attemptedPK is the index partition of a notification with a delivery that was attempted.
func attemptedPK(id string) string { return "D#" + id }

// maxAddressBytes limits an e-mail address in keys; users enter at most 254 bytes.
const maxAddressBytes = 320

const suppressionsPK = "SUPPRESSED"

func suppressionKey(address string) key { return key{suppressionsPK, address} }

// broadcastPK is the partition of all broadcasts, each followed by its counter shards.
const broadcastPK = "BROADCAST"

func broadcastKey(id string) key { return key{broadcastPK, id} }

func broadcastShardKey(id string, shard int) key {
	return key{broadcastPK, fmt.Sprintf("%s#%d", id, shard)}
}

// isBroadcastShard reports whether k is of a counter shard or publishRoundKey, not of a broadcast.
func isBroadcastShard(k key) bool { return k.PK == broadcastPK && strings.Contains(k.SK, "#") }

// broadcastID returns the broadcast of a key, or "".
func (k key) broadcastID() string {
	if k.PK != broadcastPK {
		return ""
	}
	id, _, _ := strings.Cut(k.SK, "#")
	return id
}

func recipientsKey(id string, page int) key { return key{"B#" + id, fmt.Sprintf("U#%03d", page)} }

// publishRoundKey is the request to publish a broadcast, or "" for the counts of tickets.
func publishRoundKey(broadcastID string) key {
	if broadcastID != "" {
		return key{broadcastPK, broadcastID + "#" + skPublishRound}
	}
	return key{"PULSE", skPublishRound}
}

// isPublishRound reports whether k is of publishRoundKey.
func (k key) isPublishRound() bool {
	return k == publishRoundKey("") || k.broadcastID() != "" && k == publishRoundKey(k.broadcastID())
}
