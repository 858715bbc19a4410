package notification

import (
	"context"
	"strings"
)

// MailFeedback reports a permanent bounce of an address, or a complaint of its
// owner.
type MailFeedback struct {
	Address string
	Reason  string // bounce or complaint
	UserID  string // the recipient; "" if the report does not contain it
}

// SuppressionStore stores addresses that must not receive mail.
type SuppressionStore interface {
	// Suppress stops mail to an address. If it is still the address of the
	// user, it becomes unverified. It is safe to repeat.
	Suppress(ctx context.Context, c MailFeedback) error
}

// NormalizeAddress returns the form in which addresses are stored and compared.
func NormalizeAddress(address string) string { return strings.ToLower(strings.TrimSpace(address)) }
