package table

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
	skHead        = "~H"
	skCounted     = "~S" // behind the head: reads of the log end before it
	skUser        = "~U"
	skConnection  = "C"
	skPulse       = "~P"
	prefixEntry   = "M#"
	prefixMark    = "P#"
	configPK      = "CONFIG"
	auditPK       = "AUDIT"
	prefixCatalog = "CATEGORY#"
	prefixSession = "S#"
	prefixNotice  = "N#" // of a partition
	skUnread      = "~"
)

func ticketPK(ticketID string) string { return "T#" + ticketID }

func headKey(ticketID string) key { return key{ticketPK(ticketID), skHead} }

func entryKey(ticketID string, seq int) key { return key{ticketPK(ticketID), entrySK(seq)} }

func entrySK(seq int) string { return fmt.Sprintf("%s%010d", prefixEntry, seq) }

func markKey(ticketID, userID string) key { return key{ticketPK(ticketID), prefixMark + userID} }

func userKey(userID string) key { return key{"U#" + userID, skUser} }

func loginKey(phone string) key { return key{"L#" + phone, "A"} }

// triesKey counts the passwords that were tried on a number.
func triesKey(phone string) key { return key{loginKey(phone).PK, "T"} }

func sessionKey(userID, family string) key { return key{"U#" + userID, prefixSession + family} }

func codeKey(phoneMAC, purpose string) key { return key{"O#" + phoneMAC, purpose} }

func limitKey(scope string, window int64) key {
	return key{"R#" + scope, strconv.FormatInt(window, 10)}
}

// catalogueKey is the lock of the whole catalogue.
func catalogueKey() key { return key{configPK, "CATEGORY"} }

// adminsKey holds the ids of all administrators who may come in.
func adminsKey() key { return key{configPK, "ADMINS"} }

func auditKey(recordID string) key { return key{auditPK, recordID} }

func categoryKey(categoryID string) key { return key{configPK, prefixCatalog + categoryID} }

func fileKey(attachmentID string) key { return key{"F#" + attachmentID, "F"} }

func connectionKey(connectionID string) key { return key{"C#" + connectionID, skConnection} }

func watcherKey(topic, connectionID string) key { return key{"W#" + topic, connectionID} }

func passKey(hash string) key { return key{"X#" + hash, "X"} }

// noticesPK is where a person's notifications lie. Their ids sort before the
// counter, so that one descending read gives the counter and the newest.
func noticesPK(userID string) string { return prefixNotice + userID }

func noticeKey(userID, id string) key { return key{noticesPK(userID), id} }

func unreadKey(userID string) key { return key{noticesPK(userID), skUnread} }

func suppressionKey(address string) key { return key{"M#" + address, "M"} }

// broadcastPK is where all broadcasts lie, each with its segments behind it.
const broadcastPK = "BROADCAST"

func broadcastKey(id string) key { return key{broadcastPK, id} }

func segmentKey(id string, segment int) key {
	return key{broadcastPK, fmt.Sprintf("%s#%d", id, segment)}
}

func namedKey(id string, page int) key { return key{"B#" + id, fmt.Sprintf("U#%03d", page)} }

// timerKey sorts behind the head: who reads the log does not meet it.
func timerKey(ticketID string) key { return key{ticketPK(ticketID), "~T"} }

// timers is where timers lie in an index, by the time they are due.
const timers = "TIMER"

// spendKey counts what a day's text messages may cost.
func spendKey(day string) key { return key{"SPEND", day} }

const revocationPK = "REVOKED"

// revocationKey sorts by time.
func revocationKey(subject string, r user.Revocation) key {
	return key{revocationPK, strings.Join([]string{ticket.TimeKey(r.At), subject, string(r.Role), r.Phone}, "#")}
}

// revocation reads what revocationKey wrote.
func (k key) revocation() (subject string, r user.Revocation) {
	at, rest, _ := strings.Cut(k.SK, "#")
	subject, rest, _ = strings.Cut(rest, "#")
	role, phone, _ := strings.Cut(rest, "#")
	return subject, user.Revocation{At: timeOfKey(at), Role: user.Role(role), Phone: phone}
}

// timeOfKey reads what ticket.TimeKey wrote.
func timeOfKey(millis string) time.Time {
	ms, _ := strconv.ParseInt(millis, 10, 64)
	return fromMillis(ms)
}

func idempotencyKey(hash string) key { return key{"I#" + hash, "I"} }

// The numbers of the house lie in one partition, so that a report is one read:
// the days in their order, then the backlog, then the open sockets.
const (
	statsPK     = "STAT"
	prefixDay   = "D#"
	skBacklog   = "~B"
	prefixOpen  = "~C#"
	statsEnd    = "~D" // behind all of them
	activityPK  = "ACT"
	socketParts = 16 // of the list of open sockets: a write costs by the size of its part
)

func countedKey(ticketID string) key { return key{ticketPK(ticketID), skCounted} }

// The numbers have editions, one beside the other while they are made anew. The
// first has no number of its own.
func dayKey(edition int, day string) key {
	return key{statsPK, prefixDay + day + editionSuffix(edition)}
}

func backlogKey(edition int) key { return key{statsPK, skBacklog + editionSuffix(edition)} }

func editionSuffix(edition int) string {
	if edition == 0 {
		return ""
	}
	return "#" + strconv.Itoa(edition)
}

// afterEditions is behind all editions of a day, or of the backlog.
const afterEditions = "#~"

// editionOf reads a key of the numbers.
func editionOf(sk, prefix string) (name string, edition int) {
	name, number, _ := strings.Cut(strings.TrimPrefix(sk, prefix), "#")
	edition, _ = strconv.Atoi(number)
	return name, edition
}

// openKey is where a socket is listed that expires in that hour.
func openKey(hour int64, part uint32) key {
	return key{statsPK, fmt.Sprintf("%s%d#%d", prefixOpen, hour, part%socketParts)}
}

// The pulse and its echoes lie apart from all else: a mark is no number.
func pulseKey() key { return key{"PULSE", skPulse} }

func echoKey(follower string) key { return key{"PULSE", "ECHO#" + follower} }

// activityKey is where an entry is listed by its time.
func activityKey(e ticket.Entry) key {
	return key{activityPK, fmt.Sprintf("%s#%s#%010d", ticket.TimeKey(e.CreatedAt), e.TicketID, e.Seq)}
}

// activityOf reads which entry an activity key lists.
func activityOf(sk string) (ticketID string, seq int) {
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
	wordsOfTickets = "s"
	wordsOfPeople  = "u"
)

func wordPK(scope, word string) string { return "K#" + scope + "#" + word + "$" }

func beginningPK(scope, beginning string) string { return "K#" + scope + "#" + beginning }

func ownWordsPK(customerID string) string { return "K#c#" + customerID }

func ownWordPrefix(word string) string { return word + "#" }

// learntKey is what an entry of a ticket has added to its words.
func learntKey(ticketID, cause string) key { return key{"K#t#" + ticketID, cause} }

// place is where something stands among all that were created. All places are
// of one length.
func place(created time.Time, id string) string { return ticket.TimeKey(created) + "#" + id }

// wordKeys adds the keys by which a place is found under the words.
func wordKeys(to map[key]bool, scope, place string, words []string) {
	for _, word := range words {
		to[key{wordPK(scope, word), place}] = true
		for _, beginning := range search.Beginnings(word) {
			to[key{beginningPK(scope, beginning), place}] = true
		}
	}
}

func ownWordKeys(to map[key]bool, customerID, place string, words []string) {
	for _, word := range words {
		to[key{ownWordsPK(customerID), ownWordPrefix(word) + place}] = true
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

// ownerOfTickets is a customer's partition of the owner indexes.
func ownerOfTickets(userID string) string { return "T#" + userID }

// listKeys are the index keys of a head. A ticket that has just been created
// is in its owner's list alone; the stream puts it into the lists of staff, so
// that creating costs no more than seven write units.
func listKeys(h ticket.Head, listed bool) headKeys {
	k := headKeys{U: ownerOfTickets(h.Customer.ID), A: ticket.TimeKey(h.LastActivityAt), W: ticket.WaitKey(h)}
	if !listed {
		return k
	}
	k.Q, k.LS, k.LC, k.LH = queueShard, string(h.State.Status), h.State.CategoryID, ticket.Nobody
	if h.State.AssigneeID != "" {
		k.LH = h.State.AssigneeID
	}
	return k
}

type headKeys struct {
	U  string `dynamodbav:"u,omitempty"`
	A  string `dynamodbav:"a,omitempty"`
	Q  string `dynamodbav:"q,omitempty"`
	W  string `dynamodbav:"w,omitempty"`
	LS string `dynamodbav:"ls,omitempty"`
	LH string `dynamodbav:"lh,omitempty"`
	LC string `dynamodbav:"lc,omitempty"`
}

// createdKeys are the index keys of a ticket's first entry. They never change,
// so they lie on the entry and not on the head, which is written often.
func createdKeys(e ticket.Entry) entryKeys {
	if e.Seq != 1 {
		return entryKeys{}
	}
	return entryKeys{UC: ownerOfTickets(e.Author.ID), QC: queueShard, N: ticket.TimeKey(e.CreatedAt)}
}

// userKeys are the index keys of a person: by role, and among all.
func userKeys(u user.User) entryKeys {
	return entryKeys{UC: usersOfRole(u.Role), QC: allUsers, N: ticket.TimeKey(u.CreatedAt)}
}

func usersOfRole(r user.Role) string { return "R#" + string(r) }

const allUsers = "USERS"

type entryKeys struct {
	UC string `dynamodbav:"uc,omitempty"`
	QC string `dynamodbav:"qc,omitempty"`
	N  string `dynamodbav:"n,omitempty"`
}
