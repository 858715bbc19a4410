package stream

import (
	"context"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
)

// UserPropagationStore finds and updates the copies of a user's name.
type UserPropagationStore interface {
	UserReader

	// StartUserPropagation stores the start of a propagation, which the stream reports as
	// event.UserPropagation.
	StartUserPropagation(ctx context.Context, userID string) error
	// SaveUserPropagation stores the progress of a propagation, or deletes it in phase
	// event.PropagationDone. It does nothing if from is not the stored progress.
	SaveUserPropagation(ctx context.Context, from, to event.UserPropagation) error
	// AddNameReference records that a ticket contains the name of an agent. added is
	// false if it is recorded already.
	AddNameReference(ctx context.Context, userID, ticketID string) (added bool, err error)
	// AddOwnTicket records that a user is the customer of a ticket, and the number of the ticket.
	// It is safe to repeat.
	AddOwnTicket(ctx context.Context, userID, ticketID string) error
	// DeleteNameReference deletes the record of AddNameReference.
	DeleteNameReference(ctx context.Context, userID, ticketID string) error
	// DeleteOwnTicket deletes the record of AddOwnTicket.
	DeleteOwnTicket(ctx context.Context, userID, ticketID string) error
	// OwnTicket returns the next ticket of AddOwnTicket, "" for none. next is nil after
	// the last ticket.
	OwnTicket(ctx context.Context, userID string, after map[string]string) (ticketID string, next map[string]string, err error)
	// ReferencedTicket returns the next ticket of AddNameReference, as OwnTicket does.
	ReferencedTicket(ctx context.Context, userID string, after map[string]string) (ticketID string, next map[string]string, err error)
	// SetNameInTicket sets the name of a customer, assignee and reader in a ticket.
	SetNameInTicket(ctx context.Context, ticketID, userID, name string) error
	// EraseNameInLog replaces the name of a deleted user in n entries of a log and in
	// the notifications of these entries. It returns the entry at which the next call
	// continues, 0 after the last.
	EraseNameInLog(ctx context.Context, ticketID, userID string, from, n int) (next int, err error)
	// DeleteLoginAttempts deletes the failed logins on the phone number of a deleted user.
	DeleteLoginAttempts(ctx context.Context, phone string) error
	// DeleteSuppressions deletes the suppressed addresses of a deleted user. It is safe to repeat.
	DeleteSuppressions(ctx context.Context, userID string) error
	// DeleteNotifications deletes n notifications of a user. more reports whether the
	// user has others.
	DeleteNotifications(ctx context.Context, userID string, n int) (more bool, err error)
	// ListNotifications and MarkNotificationsRead are methods of notification.Store.
	ListNotifications(ctx context.Context, userID string, q notification.Query) (notification.Page, error)
	MarkNotificationsRead(ctx context.Context, userID string, ids []string) error
	// RemoveUserFromAudit removes a user from n audit records. next is nil after the last.
	RemoveUserFromAudit(ctx context.Context, userID string, after map[string]string, n int) (next map[string]string, err error)
	// EraseAttachments deletes n of the user's attachments, but those that messages in tickets
	// of others contain, because they belong to these. Messages show an expired file without
	// its name. next is nil after the last. It is safe to repeat.
	EraseAttachments(ctx context.Context, userID string, after map[string]string, n int) (next map[string]string, err error)
}
