package dynamo

import (
	"strings"
	"time"

	"ticketsystem/pkg/ticket"
)

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
