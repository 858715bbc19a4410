package notification

import (
	"context"
	"strings"
)

// MailFeedback is what a mailbox said about mail to an address: that there is
// none (a permanent bounce), or that its owner does not want it.
type MailFeedback struct {
	Address string
	Reason  string // bounce or complaint
	UserID  string // who the mail was for; "" when the report does not say
}

// SuppressionStore keeps the addresses that mail no longer goes to.
type SuppressionStore interface {
	// Suppress stops mail to the address. The person's address is no longer
	// confirmed, if it is still that one.
	Suppress(ctx context.Context, c MailFeedback) error
}

// NormalizeAddress is the form under which an address is kept and compared.
func NormalizeAddress(address string) string { return strings.ToLower(strings.TrimSpace(address)) }
