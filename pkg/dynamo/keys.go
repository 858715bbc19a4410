package dynamo

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"ticketsystem/pkg/search"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// This file is the only one that makes keys. infra/access-patterns.md shows
// them with the access patterns that they serve.

// The indexes of the table, as template.yaml declares them.
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

// queueShard is the one shard of the queue's partition. A partition of an index
// takes 1,000 write units a second, and a head that moves in it costs two; a
// busier house spreads heads over more shards here and merges their pages in
// List.
const queueShard = "0"

// key is the primary key of an item.
type key struct {
	PK string `dynamodbav:"PK"`
	SK string `dynamodbav:"SK"`
}

// Sort keys and prefixes. In a ticket's partition "~" sorts behind "P" and
// "P" behind "M", so one descending read gives the head, the read marks and
// the newest entries.
const (
	skTicket           = "~H"
	skCheckpoint       = "~S" // behind the head: reads of the log end before it
	skUser             = "~U"
	skConnection       = "C"
	skHeartbeat        = "~P"
	prefixEntry        = "M#"
	prefixReadMarker   = "P#"
	configPK           = "CONFIG"
	auditPK            = "AUDIT"
	prefixCategory     = "CATEGORY#"
	prefixSession      = "S#"
	prefixNotification = "N#" // of a partition
	skUnread           = "~"
)

func ticketPK(ticketID string) string { return "T#" + ticketID }

func ticketKey(ticketID string) key { return key{ticketPK(ticketID), skTicket} }

func entryKey(ticketID string, seq int) key { return key{ticketPK(ticketID), entrySK(seq)} }

func entrySK(seq int) string { return fmt.Sprintf("%s%010d", prefixEntry, seq) }

func readMarkerKey(ticketID, userID string) key {
	return key{ticketPK(ticketID), prefixReadMarker + userID}
}

func userKey(userID string) key { return key{"U#" + userID, skUser} }

func loginKey(phone string) key { return key{"L#" + phone, "A"} }

// loginAttemptsKey counts the passwords that were tried on a number.
func loginAttemptsKey(phone string) key { return key{loginKey(phone).PK, "T"} }

func sessionKey(userID, family string) key { return key{"U#" + userID, prefixSession + family} }

func codeKey(phoneMAC, purpose string) key { return key{"O#" + phoneMAC, purpose} }

func rateLimitKey(scope string, window int64) key {
	return key{"R#" + scope, strconv.FormatInt(window, 10)}
}

// categoryRevisionKey is the lock of the whole catalogue.
func categoryRevisionKey() key { return key{configPK, "CATEGORY"} }

// adminsKey holds the ids of all administrators who may come in.
func adminsKey() key { return key{configPK, "ADMINS"} }

func auditKey(recordID string) key { return key{auditPK, recordID} }

func categoryKey(categoryID string) key { return key{configPK, prefixCategory + categoryID} }

func attachmentKey(attachmentID string) key { return key{"F#" + attachmentID, "F"} }

func connectionKey(connectionID string) key { return key{"C#" + connectionID, skConnection} }

func subscriptionKey(topic, connectionID string) key { return key{"W#" + topic, connectionID} }

func connectTokenKey(hash string) key { return key{"X#" + hash, "X"} }

// notificationsPK is where a person's notifications lie. Their ids sort before the
// counter, so that one descending read gives the counter and the newest.
func notificationsPK(userID string) string { return prefixNotification + userID }

func notificationKey(userID, id string) key { return key{notificationsPK(userID), id} }

func unreadKey(userID string) key { return key{notificationsPK(userID), skUnread} }

func suppressionKey(address string) key { return key{"M#" + address, "M"} }

// broadcastPK is where all broadcasts lie, each with its segments behind it.
const broadcastPK = "BROADCAST"

func broadcastKey(id string) key { return key{broadcastPK, id} }

func broadcastShardKey(id string, shard int) key {
	return key{broadcastPK, fmt.Sprintf("%s#%d", id, shard)}
}

func recipientsKey(id string, page int) key { return key{"B#" + id, fmt.Sprintf("U#%03d", page)} }

// timerKey sorts behind the head: who reads the log does not meet it.
func timerKey(ticketID string) key { return key{ticketPK(ticketID), "~T"} }

// timersPK is where timers lie in an index, by the time they are due.
const timersPK = "TIMER"

// smsQuotaKey counts what a day's text messages may cost.
func smsQuotaKey(day string) key { return key{"SPEND", day} }

const revocationPK = "REVOKED"

// revocationKey sorts by time.
func revocationKey(subject string, r user.Revocation) key {
	return key{revocationPK, strings.Join([]string{ticket.TimeSortKey(r.At), subject, string(r.Role), r.Phone}, "#")}
}

// revocation reads what revocationKey wrote.
func (k key) revocation() (subject string, r user.Revocation) {
	at, rest, _ := strings.Cut(k.SK, "#")
	subject, rest, _ = strings.Cut(rest, "#")
	role, phone, _ := strings.Cut(rest, "#")
	return subject, user.Revocation{At: timeFromKey(at), Role: user.Role(role), Phone: phone}
}

// timeFromKey reads what ticket.TimeKey wrote.
func timeFromKey(millis string) time.Time {
	ms, _ := strconv.ParseInt(millis, 10, 64)
	return fromMillis(ms)
}

func idempotencyKey(hash string) key { return key{"I#" + hash, "I"} }

// The numbers of the house lie in one partition, so that a report is one read:
// the days in their order, then the backlog, then the open sockets.
const (
	statsPK           = "STAT"
	prefixDay         = "D#"
	skBacklog         = "~B"
	prefixOpenSockets = "~C#"
	statsEnd          = "~D" // behind all of them
	activityPK        = "ACT"
	openSocketShards  = 16 // of the list of open sockets: a write costs by the size of its part
)

func checkpointKey(ticketID string) key { return key{ticketPK(ticketID), skCheckpoint} }

// The numbers have editions, one beside the other while they are made anew. The
// first has no number of its own.
func dayKey(generation int, day string) key {
	return key{statsPK, prefixDay + day + generationSuffix(generation)}
}

func backlogKey(generation int) key { return key{statsPK, skBacklog + generationSuffix(generation)} }

func generationSuffix(generation int) string {
	if generation == 0 {
		return ""
	}
	return "#" + strconv.Itoa(generation)
}

// afterGenerations is behind all editions of a day, or of the backlog.
const afterGenerations = "#~"

// generationOf reads a key of the numbers.
func generationOf(sk, prefix string) (name string, generation int) {
	name, suffix, _ := strings.Cut(strings.TrimPrefix(sk, prefix), "#")
	generation, _ = strconv.Atoi(suffix)
	return name, generation
}

// openSocketsKey is where a socket is listed that expires in that hour.
func openSocketsKey(hour int64, shard uint32) key {
	return key{statsPK, fmt.Sprintf("%s%d#%d", prefixOpenSockets, hour, shard%openSocketShards)}
}

// The pulse and its echoes lie apart from all else: a mark is no number.
func heartbeatKey() key { return key{"PULSE", skHeartbeat} }

func heartbeatAckKey(consumer string) key { return key{"PULSE", "ECHO#" + consumer} }

// activityKey is where an entry is listed by its time.
func activityKey(e ticket.Entry) key {
	return key{activityPK, fmt.Sprintf("%s#%s#%010d", ticket.TimeSortKey(e.CreatedAt), e.TicketID, e.Seq)}
}

// parseActivityKey reads which entry an activity key lists.
func parseActivityKey(sk string) (ticketID string, seq int) {
	parts := strings.Split(sk, "#")
	if len(parts) != 3 {
		return "", 0
	}
	return parts[1], seqOf(parts[2])
}

// Words that things are found by. A row stands in the partition of its word and
// in one for each beginning of it; the sort key is the place of what has the
// word, so that a partition is in the order of creation. A customer's own words
// all lie in one partition: there are few.
const (
	ticketTermsScope = "s"
	userTermsScope   = "u"
)

func termPK(scope, term string) string { return "K#" + scope + "#" + term + "$" }

func prefixPK(scope, prefix string) string { return "K#" + scope + "#" + prefix }

func customerTermsPK(customerID string) string { return "K#c#" + customerID }

func customerTermPrefix(term string) string { return term + "#" }

// indexedTermsKey is what an entry of a ticket has added to its words.
func indexedTermsKey(ticketID, cause string) key { return key{"K#t#" + ticketID, cause} }

// postingKey is where something stands among all that were created. All places are
// of one length.
func postingKey(created time.Time, id string) string { return ticket.TimeSortKey(created) + "#" + id }

// addTermKeys adds the keys by which a place is found under the words.
func addTermKeys(to map[key]bool, scope, posting string, terms []string) {
	for _, term := range terms {
		to[key{termPK(scope, term), posting}] = true
		for _, prefix := range search.Prefixes(term) {
			to[key{prefixPK(scope, prefix), posting}] = true
		}
	}
}

func addCustomerTermKeys(to map[key]bool, customerID, posting string, terms []string) {
	for _, term := range terms {
		to[key{customerTermsPK(customerID), customerTermPrefix(term) + posting}] = true
	}
}

// idOf strips the prefix of a partition key.
func idOf(pk string) string {
	_, rest, _ := strings.Cut(pk, "#")
	return rest
}

func seqOf(sk string) int {
	seq, _ := strconv.Atoi(strings.TrimPrefix(sk, prefixEntry))
	return seq
}

// ticketOwnerKey is a customer's partition of the owner indexes.
func ticketOwnerKey(userID string) string { return "T#" + userID }

// indexKeysOfTicket are the index keys of a head. A ticket that has just been created
// is in its owner's list alone; the stream puts it into the lists of staff, so
// that creating costs no more than seven write units.
func indexKeysOfTicket(tk ticket.Ticket, listed bool) ticketIndexKeys {
	k := ticketIndexKeys{U: ticketOwnerKey(tk.Customer.ID), A: ticket.TimeSortKey(tk.LastActivityAt), W: ticket.QueueSortKey(tk)}
	if !listed {
		return k
	}
	k.Q, k.LS, k.LC, k.LH = queueShard, string(tk.State.Status), tk.State.CategoryID, ticket.Unassigned
	if tk.State.AssigneeID != "" {
		k.LH = tk.State.AssigneeID
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

// indexKeysOfEntry are the index keys of a ticket's first entry. They never change,
// so they lie on the entry and not on the head, which is written often.
func indexKeysOfEntry(e ticket.Entry) entryIndexKeys {
	if e.Seq != 1 {
		return entryIndexKeys{}
	}
	return entryIndexKeys{UC: ticketOwnerKey(e.Author.ID), QC: queueShard, N: ticket.TimeSortKey(e.CreatedAt)}
}

// indexKeysOfUser are the index keys of a person: by role, and among all.
func indexKeysOfUser(u user.User) entryIndexKeys {
	return entryIndexKeys{UC: roleUsersKey(u.Role), QC: allUsersKey, N: ticket.TimeSortKey(u.CreatedAt)}
}

func roleUsersKey(r user.Role) string { return "R#" + string(r) }

const allUsersKey = "USERS"

type entryIndexKeys struct {
	UC string `dynamodbav:"uc,omitempty"`
	QC string `dynamodbav:"qc,omitempty"`
	N  string `dynamodbav:"n,omitempty"`
}
