package notification

import (
	"context"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/idna"

	"ticketsystem/pkg/audit"
)

// MailFeedback reports a permanent bounce of an address, or a complaint of its
// owner.
type MailFeedback struct {
	Address string
	Reason  string // ReasonBounce or ReasonComplaint
	UserID  string // the recipient; "" if the report does not contain it
	// Unconfirmed says that the user had not confirmed the address when the mail was sent, so
	// that it may be the address of somebody else.
	Unconfirmed bool
}

// The reasons of a suppression.
const (
	ReasonBounce    = "bounce"
	ReasonComplaint = "complaint"
)

// EndsWithUser reports whether the deletion of the user lifts the suppression. The complaint of
// somebody who got mail for a user stays.
func (f MailFeedback) EndsWithUser() bool {
	return f.UserID != "" && !(f.Unconfirmed && f.Reason == ReasonComplaint)
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

// NormalizeAddress returns the form in which addresses are compared: lower case, and the domain
// as in ASCIIDomain.
func NormalizeAddress(address string) string {
	ascii, _ := ASCIIDomain(strings.TrimSpace(address))
	return strings.ToLower(ascii)
}

// SameAddress reports whether two addresses differ in the form of their domain at most.
func SameAddress(a, b string) bool {
	a, _ = ASCIIDomain(a)
	b, _ = ASCIIDomain(b)
	return a == b
}

// UnicodeDomain returns an address with its domain as people read it: in Unicode, in lower case and
// without compatibility forms, such as full-width letters. Mail goes to ASCIIDomain of it.
func UnicodeDomain(address string) string {
	at := strings.LastIndexByte(address, '@') + 1
	domain, err := idna.Lookup.ToUnicode(address[at:])
	if err != nil {
		return address
	}
	return address[:at] + domain
}

// ASCIIDomain returns an address with its domain in the form of mail servers, "xn--…" if it has
// letters beyond ASCII. valid is false if such a domain has no such form.
func ASCIIDomain(address string) (ascii string, valid bool) {
	at := strings.LastIndexByte(address, '@') + 1
	domain, err := idna.Lookup.ToASCII(address[at:])
	if err != nil {
		return address, !strings.ContainsFunc(address[at:], func(r rune) bool { return r > unicode.MaxASCII })
	}
	return address[:at] + domain, true
}
