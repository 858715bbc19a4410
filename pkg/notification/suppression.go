package notification

import (
	"context"
	"strings"
	"time"

	"ticketsystem/pkg/audit"
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

// Suppression is an address that gets no mail.
type Suppression struct {
	Address string
	Reason  string // as in MailFeedback
	At      time.Time
}

// SuppressionAdminStore lists and deletes suppressions.
type SuppressionAdminStore interface {
	// Suppressions returns up to limit suppressions by address, after an address.
	Suppressions(ctx context.Context, after string, limit int) ([]Suppression, error)
	// DeleteSuppression allows mail to an address and stores the audit record. Returns
	// apperr.SuppressionNotFound.
	DeleteSuppression(ctx context.Context, address string, r audit.Record) error
}

// NormalizeAddress returns the form in which addresses are stored and compared.
func NormalizeAddress(address string) string { return strings.ToLower(strings.TrimSpace(address)) }
