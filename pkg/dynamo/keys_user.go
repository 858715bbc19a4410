package dynamo

import (
	"strconv"
	"strings"
	"time"

	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

func userKey(userID string) key { return key{"U#" + userID, skUser} }

// exportKey is the newest export of a user's data.
func exportKey(userID string) key { return key{userKey(userID).PK, skExport} }

// userPropagationKey is the progress of the propagation of a user's change or deletion.
func userPropagationKey(userID string) key { return key{userKey(userID).PK, skUserPropagation} }

// nameReferenceKey records that a ticket contains the name of an agent.
func nameReferenceKey(userID, ticketID string) key { return key{"A#" + userID, ticketID} }

// Prefixes of the other records in this partition. They sort after the ids of tickets.
const (
	prefixOwnTicket   = "~T#"
	prefixOwnFile     = "~F#"
	prefixSuppression = "~S#"
)

// ownTicketKey records that a user is the customer of a ticket.
func ownTicketKey(userID, ticketID string) key {
	return nameReferenceKey(userID, prefixOwnTicket+ticketID)
}

// userSuppressionKey records that the suppression of an address ends with a user.
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

// adminsKey is the set of the ids of all active administrators.
func adminsKey() key { return key{configPK, "ADMINS"} }

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
