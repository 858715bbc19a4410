package dynamo

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// All keys are built and parsed in this file. infra/access-patterns.md lists them
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

// Sort keys and prefixes. In a ticket's partition "M" < "P" < "~", so one descending
// query reads the ticket, its read markers and the newest entries.
const (
	skTicket           = "~H"
	skCheckpoint       = "~S" // sorts after the ticket, so that reads of the log exclude it
	skUser             = "~U"
	skExport           = "~E"
	skNameUpdate       = "~J"
	skPush             = "~D"
	skConnection       = "C"
	skHeartbeat        = "~P"
	skPushRound        = "~Q"
	skAttachment       = "F"
	prefixEntry        = "M#"
	prefixReadMarker   = "P#"
	configPK           = "CONFIG"
	auditPK            = "AUDIT"
	prefixCategory     = "CATEGORY#"
	prefixSession      = "S#"
	prefixNotification = "N#" // of the partition key
	prefixTicket       = "T#" // of the partition key
	skUnread           = "~"
)

func ticketPK(ticketID string) string { return prefixTicket + ticketID }

func ticketKey(ticketID string) key { return key{ticketPK(ticketID), skTicket} }

func entryKey(ticketID string, seq int) key { return key{ticketPK(ticketID), entrySK(seq)} }

func entrySK(seq int) string { return fmt.Sprintf("%s%010d", prefixEntry, seq) }

func readMarkerKey(ticketID, userID string) key {
	return key{ticketPK(ticketID), prefixReadMarker + userID}
}

func userKey(userID string) key { return key{"U#" + userID, skUser} }

// exportKey is the newest export of a user's data.
func exportKey(userID string) key { return key{userKey(userID).PK, skExport} }

// nameUpdateKey is the progress of the update of a user's name in tickets.
func nameUpdateKey(userID string) key { return key{userKey(userID).PK, skNameUpdate} }

// nameReferenceKey records that a ticket contains the name of an agent.
func nameReferenceKey(userID, ticketID string) key { return key{"A#" + userID, ticketID} }

// Prefixes of the other records in this partition. They sort after the ids of tickets.
const (
	prefixOwnTicket   = "~T#"
	prefixOwnFile     = "~F#"
	prefixSuppression = "~S#"
)

// ownTicketKey records that a user has opened a ticket.
func ownTicketKey(userID, ticketID string) key {
	return nameReferenceKey(userID, prefixOwnTicket+ticketID)
}

// numberKey records that a ticket has its number. Numbers are shorter than ids of users.
func numberKey(ticketID string) key { return nameReferenceKey(id.Number(ticketID), ticketID) }

// userSuppressionKey records that mail to an address of a user was returned.
func userSuppressionKey(userID, address string) key {
	return nameReferenceKey(userID, prefixSuppression+address)
}

// ownFileKey records that a user has an attachment.
func ownFileKey(userID, attachmentID string) key {
	return nameReferenceKey(userID, prefixOwnFile+attachmentID)
}

func loginKey(phone string) key { return key{"L#" + phone, "A"} }

// loginAttemptsKey is in the partition of the login.
func loginAttemptsKey(phone string) key { return key{loginKey(phone).PK, "T"} }

// loginBlockKey is in the partition of the login.
func loginBlockKey(phone string) key { return key{loginKey(phone).PK, "B"} }

func sessionKey(userID, family string) key { return key{"U#" + userID, prefixSession + family} }

// pushKey is the list of a user's push subscriptions.
func pushKey(userID string) key { return key{userKey(userID).PK, skPush} }

func codeKey(recipientMAC, purpose, id string) key {
	return key{"O#" + recipientMAC, purpose + "#" + id}
}

func rateLimitKey(scope string, window int64) key {
	return key{"R#" + scope, strconv.FormatInt(window, 10)}
}

// categoryRevisionKey is the optimistic lock of the category list. It sorts before the categories.
func categoryRevisionKey() key { return key{configPK, "CATEGORY"} }

// adminsKey is the set of the ids of all active administrators.
func adminsKey() key { return key{configPK, "ADMINS"} }

func auditKey(recordID string) key { return key{auditPK, recordID} }

// auditIndexKeys index an audit record by action (u), actor (uc) and target (qc). The range keys
// contain everything that the filters compare.
type auditIndexKeys struct {
	U  string `dynamodbav:"u"`
	A  string `dynamodbav:"a"`
	UC string `dynamodbav:"uc,omitempty"`
	QC string `dynamodbav:"qc"`
	N  string `dynamodbav:"n"`
}

func indexKeysOfAudit(r audit.Record) auditIndexKeys {
	n := strings.Join([]string{r.ID, r.Action, r.Actor.ID, r.Target}, "#")
	k := auditIndexKeys{U: auditIndexPK(r.Action), A: n, QC: auditIndexPK(r.Target), N: n}
	if r.Actor.ID != "" {
		k.UC = auditIndexPK(r.Actor.ID)
	}
	return k
}

// auditIndexPK is the partition of an actor, action or target in its index.
func auditIndexPK(value string) string { return auditPK + "#" + value }

// auditRecordOf parses a range key of indexKeysOfAudit.
func auditRecordOf(sortKey string) audit.Record {
	parts := append(strings.SplitN(sortKey, "#", 4), "", "", "")
	return audit.Record{ID: parts[0], Action: parts[1], Actor: audit.Actor{ID: parts[2]}, Target: parts[3]}
}

func categoryKey(categoryID string) key { return key{configPK, prefixCategory + categoryID} }

func attachmentKey(attachmentID string) key { return key{"F#" + attachmentID, skAttachment} }

func connectionKey(connectionID string) key { return key{"C#" + connectionID, skConnection} }

func subscriptionKey(topic, connectionID string) key { return key{"W#" + topic, connectionID} }

func connectTokenKey(hash string) key { return key{"X#" + hash, "X"} }

// notificationsPK is a user's partition of notifications. Ids sort before the unread
// counter, so one descending query reads the counter and the newest notifications.
func notificationsPK(userID string) string { return prefixNotification + userID }

func notificationKey(userID, id string) key { return key{notificationsPK(userID), id} }

func unreadKey(userID string) key { return key{notificationsPK(userID), skUnread} }

// failedDeliveriesPK is the index partition of notifications with a failed delivery, by id.
const failedDeliveriesPK = "FAILED"

// attemptedPK is the index partition of a notification with a delivery that was attempted.
func attemptedPK(id string) string { return "D#" + id }

const suppressionsPK = "SUPPRESSED"

func suppressionKey(address string) key { return key{suppressionsPK, address} }

// broadcastPK is the partition of all broadcasts, each followed by its counter shards.
const broadcastPK = "BROADCAST"

func broadcastKey(id string) key { return key{broadcastPK, id} }

func broadcastShardKey(id string, shard int) key {
	return key{broadcastPK, fmt.Sprintf("%s#%d", id, shard)}
}

// isBroadcastShard reports whether k is of a counter shard or pushRoundKey, not of a broadcast.
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

// timerKey sorts after the ticket, so that reads of the log exclude it.
func timerKey(ticketID string) key { return key{ticketPK(ticketID), "~T"} }

// timersPK is the index partition of all timers, sorted by due time.
const timersPK = "TIMER"

// timerShard is the index partition of a ticket's timer.
func (n Shards) timerShard(ticketID string) string {
	return shardKey(timersPK, shardOf(ticketID, n.Queue.Writes()))
}

// smsQuotaKey counts the SMS of a day.
func smsQuotaKey(day string) key { return key{"SPEND", day} }

const revocationPK = "REVOKED"

// publicKeysKey sorts after all revocations, so that each read of these contains it.
func publicKeysKey() key { return key{revocationPK, "keys"} }

// revocationKey sorts by time.
func revocationKey(subject string, r user.Revocation) key {
	return key{revocationPK, strings.Join([]string{ticket.TimeSortKey(r.At), subject, string(r.Role), strconv.Itoa(r.PhoneVersion)}, "#")}
}

// roleBlocked stands for the role in the key of a block.
const roleBlocked = "blocked"

// blockKey is among the revocations, which all function instances read.
func blockKey(b limit.Block) key {
	return key{revocationPK, strings.Join([]string{ticket.TimeSortKey(b.At), b.UserID, roleBlocked, b.Rule.Name}, "#")}
}

// revocation parses a key of revocationKey or blockKey. rule is "" for a revocation.
func (k key) revocation() (subject string, r user.Revocation, rule string) {
	at, rest, _ := strings.Cut(k.SK, "#")
	subject, rest, _ = strings.Cut(rest, "#")
	role, last, _ := strings.Cut(rest, "#")
	if role == roleBlocked {
		return subject, user.Revocation{At: timeFromKey(at)}, last
	}
	version, _ := strconv.Atoi(last)
	return subject, user.Revocation{At: timeFromKey(at), Role: user.Role(role), PhoneVersion: version}, ""
}

// timeFromKey parses a key of ticket.TimeSortKey.
func timeFromKey(millis string) time.Time {
	ms, _ := strconv.ParseInt(millis, 10, 64)
	return fromMillis(ms)
}

func idempotencyKey(hash string) key { return key{"I#" + hash, "I"} }

// Statistics are in one partition: the quarter hours, the days, the active tickets of agents, the
// backlog, the open sockets. A report reads from a day to the end in one query.
const (
	statsPK           = "STAT"
	prefixQuarterHour = "C#"
	prefixDay         = "D#"
	prefixAgentStats  = "~A#"
	skBacklog         = "~B"
	prefixOpenSockets = "~C#"
	statsEnd          = "~D" // sorts after all of them
	skCustomerStats   = "~K"
	activityPK        = "ACT"
	openSocketShards  = 16 // a write is charged by the size of its shard
)

func checkpointKey(ticketID string) key { return key{ticketPK(ticketID), skCheckpoint} }

// slotKey is the item of counts in one shard and generation, which has no suffix for generation 0.
// The generations of a slot are adjacent. The counts of customers have no shards.
func slotKey(shard, generation int, slot stats.Slot) key {
	suffix := generationSuffix(generation)
	switch {
	case slot.CustomerID != "":
		return key{userKey(slot.CustomerID).PK, skCustomerStats + suffix}
	case slot.At == "":
		return key{shardKey(statsPK, shard), prefixAgentStats + slot.AgentID + suffix}
	}
	prefix, of := prefixDay, "c"+slot.CategoryID
	if len(slot.At) > len(time.DateOnly) {
		prefix = prefixQuarterHour
	}
	if slot.AgentID != "" {
		of = "a" + slot.AgentID
	}
	return key{shardKey(statsPK, shard), prefix + slot.At + "#" + of + suffix}
}

// statsSlot parses a key of slotKey in the partition of the statistics.
func (k key) statsSlot() (slot stats.Slot, generation int, ok bool) {
	if agent, found := strings.CutPrefix(k.SK, prefixAgentStats); found {
		slot.AgentID, generation = splitGeneration(agent)
		return slot, generation, true
	}
	rest, day := strings.CutPrefix(k.SK, prefixDay)
	rest, quarterHour := strings.CutPrefix(rest, prefixQuarterHour)
	at, of, found := strings.Cut(rest, "#")
	if slot.At = at; !found || of == "" || !day && !quarterHour {
		return slot, 0, false
	}
	id, generation := splitGeneration(of[1:])
	switch of[0] {
	case 'a':
		slot.AgentID = id
	case 'c':
		slot.CategoryID = id
	default:
		return slot, 0, false
	}
	return slot, generation, true
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

func heartbeatKey() key { return key{"PULSE", skHeartbeat} }

// pushRoundKey is the request to push a broadcast, or "" for the counts of tickets.
func pushRoundKey(broadcastID string) key {
	if broadcastID != "" {
		return key{broadcastPK, broadcastID + "#" + skPushRound}
	}
	return key{"PULSE", skPushRound}
}

// isPushRound reports whether k is of pushRoundKey.
func (k key) isPushRound() bool {
	return k == pushRoundKey("") || k.broadcastID() != "" && k == pushRoundKey(k.broadcastID())
}

// isTicketCounts reports whether k is of the current counts of tickets.
func (k key) isTicketCounts() bool {
	partition, _, _ := strings.Cut(k.PK, "#")
	return partition == statsPK && (strings.HasPrefix(k.SK, prefixAgentStats) || strings.HasPrefix(k.SK, skBacklog))
}

func heartbeatAckKey(consumer string) key { return key{"PULSE", "ECHO#" + consumer} }

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

// Search postings. A word has a partition, and so has each beginning of two letters. The sort
// key is the posting key of the ticket or user, so a partition is sorted by creation time.
const (
	ticketTermsScope = "s"
	userTermsScope   = "u"
)

func termPK(scope, term string) string { return "K#" + scope + "#" + term + "$" }

func prefixPK(scope, prefix string) string { return "K#" + scope + "#" + prefix }

// wordKey is the record that tickets or users have a word of three or more letters.
func wordKey(scope, word string) key { return key{wordsPK(scope, word), word} }

func wordsPK(scope, prefix string) string {
	return "K#" + scope + "#" + string([]rune(prefix)[:wordsPrefixRunes]) + wordsSuffix
}

// Words of a partition begin with the same letters.
const (
	wordsPrefixRunes = 3
	wordsSuffix      = "%"
)

// postingsOfWord is the partition of the postings of a word.
func postingsOfWord(word key) string {
	scope, _, _ := strings.Cut(strings.TrimPrefix(word.PK, "K#"), "#")
	return termPK(scope, word.SK)
}

func (k key) isWord() bool { return strings.HasSuffix(k.PK, wordsSuffix) }

func customerTermsPK(customerID string) string { return "K#c#" + customerID }

// customerTermsKey is the copy of the customer's terms of a cause.
func customerTermsKey(customerID, posting, cause string) key {
	return key{customerTermsPK(customerID), posting + "#" + cause}
}

// parseCustomerTermsKey returns the posting of a copy.
func parseCustomerTermsKey(sk string) string { return sk[:max(strings.LastIndex(sk, "#"), 0)] }

// indexedTermsKey is the record of the terms that a cause added to a ticket or user.
func indexedTermsKey(subjectID, cause string) key { return key{"K#t#" + subjectID, cause} }

// causeFields is the cause of the terms of a ticket's fields, or of a user. It sorts after
// the entries.
const causeFields = "~"

// postingKey sorts by creation time. All posting keys have the same length.
func postingKey(created time.Time, id string) string { return ticket.TimeSortKey(created) + "#" + id }

// idOf returns a key without its prefix.
func idOf(pk string) string {
	_, rest, _ := strings.Cut(pk, "#")
	return rest
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

// userIndexKeys index a user by role and among all users: by creation (uc and qc, n), by the
// last time seen (u and q, a) and by name (ls and q, w). The range keys of a disabled user end
// with disabledMark.
type userIndexKeys struct {
	entryIndexKeys
	U  string `dynamodbav:"u,omitempty"`
	LS string `dynamodbav:"ls,omitempty"`
	Q  string `dynamodbav:"q,omitempty"`
	A  string `dynamodbav:"a,omitempty"`
	W  string `dynamodbav:"w,omitempty"`
}

func indexKeysOfUser(u user.User) userIndexKeys {
	role, mark := roleUsersKey(u.Role), ""
	if u.Disabled {
		mark = disabledMark
	}
	return userIndexKeys{
		entryIndexKeys: entryIndexKeys{UC: role, QC: allUsersKey, N: ticket.TimeSortKey(u.CreatedAt) + mark},
		U:              role, LS: role, Q: allUsersKey, A: lastSeenKey(u.LastSeenAt) + mark, W: userNameKey(u.Name) + mark,
	}
}

const disabledMark = "\td"

func lastSeenKey(at time.Time) string {
	if at.IsZero() {
		at = time.UnixMilli(0)
	}
	return ticket.TimeSortKey(at)
}

func userNameKey(name string) string { return user.SortKey(name) }

func roleUsersKey(r user.Role) string { return "R#" + string(r) }

const allUsersKey = "USERS"

type entryIndexKeys struct {
	UC string `dynamodbav:"uc,omitempty"`
	QC string `dynamodbav:"qc,omitempty"`
	N  string `dynamodbav:"n,omitempty"`
}
