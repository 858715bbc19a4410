package stream

import (
	"context"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

// The limits of one step of a propagation, which keep it within the timeout of the
// function. A longer update continues with the next stream record.
const (
	maxTicketsPerStep = 20
	maxItemsPerStep   = 100
)

// PropagateUser returns a Handler that updates the copies of a user's name after a change,
// and removes all personal data and files after a deletion. It also unassigns all tickets of
// former agents, of which ReleaseTickets unassigns the first, and marks the notifications for
// staff of former staff as read. Each stream record makes one bounded step and stores the
// progress, which causes the next record.
func PropagateUser(store UserPropagationStore, index SearchIndex, tickets Releaser) Handler {
	return func(ctx context.Context, e event.Event, _ ...event.Event) error {
		switch e := e.(type) {
		case event.UserChanged:
			if e.Old.Name == e.New.Name && e.Old.Phone == e.New.Phone && e.Old.Email == e.New.Email && formerAgent(e) == "" {
				return nil
			}
			return store.StartUserPropagation(ctx, e.New.ID)
		case event.UserDeleted:
			if err := store.DeleteLoginAttempts(ctx, e.User.Phone); err != nil {
				return err
			}
			return store.StartUserPropagation(ctx, e.User.ID)
		case event.UserPropagation:
			next, err := (&userPropagation{store: store, index: index, tickets: tickets}).step(ctx, e)
			if err != nil {
				return err
			}
			return store.SaveUserPropagation(ctx, e, next)
		}
		return nil
	}
}

// userPropagation is one step of the propagation of a user's change or deletion.
type userPropagation struct {
	store   UserPropagationStore
	index   SearchIndex
	tickets Releaser

	name    string // user.DeletedName if the user was deleted
	deleted bool
	agent   bool // whether the user may be assigned to tickets
	staff   bool // also if disabled
}

// step makes one step and returns the new progress.
func (u *userPropagation) step(ctx context.Context, at event.UserPropagation) (event.UserPropagation, error) {
	current, err := u.store.User(ctx, at.UserID)
	u.name, u.deleted, u.agent = current.Name, apperr.Is(err, apperr.UserNotFound), current.IsAgent()
	u.staff = current.Role.IsStaff()
	if u.deleted {
		u.name, err = user.DeletedName, nil
	}
	if err != nil {
		return at, err
	}
	for range maxTicketsPerStep {
		if at.Phase > event.PropagationReferencedTickets {
			break
		}
		if at, err = u.updateNextTicket(ctx, at); err != nil || at.Seq > 0 {
			return at, err
		}
	}
	switch at.Phase {
	case event.PropagationNotifications:
		if !u.deleted {
			return u.markNextStaffNotifications(ctx, at)
		}
		more, err := u.store.DeleteNotifications(ctx, at.UserID, maxItemsPerStep)
		if !more {
			at = nextPhase(at, event.PropagationAudit)
		}
		return at, err
	case event.PropagationAudit:
		at.After, err = u.store.RemoveUserFromAudit(ctx, at.UserID, at.After, maxItemsPerStep)
		if at.After == nil {
			at = nextPhase(at, event.PropagationFiles)
		}
	case event.PropagationFiles:
		at.After, err = u.store.EraseAttachments(ctx, at.UserID, at.After, maxItemsPerStep)
		if err != nil || at.After != nil {
			return at, err
		}
		return nextPhase(at, event.PropagationDone), u.store.DeleteSuppressions(ctx, at.UserID)
	}
	return at, err
}

// markNextStaffNotifications marks the unread notifications that only staff may get as read if the
// user is not staff, so that they are no longer counted.
func (u *userPropagation) markNextStaffNotifications(ctx context.Context, at event.UserPropagation) (event.UserPropagation, error) {
	if u.staff {
		return nextPhase(at, event.PropagationDone), nil
	}
	page, err := u.store.ListNotifications(ctx, at.UserID, notification.Query{Unread: true, Before: at.After["before"], Limit: maxItemsPerStep})
	if err != nil {
		return at, err
	}
	var ids []string
	for _, n := range page.Notifications {
		if n.ForAgent() {
			ids = append(ids, n.ID)
		}
	}
	if at.After = map[string]string{"before": page.Next}; page.Next == "" {
		at = nextPhase(at, event.PropagationDone)
	}
	return at, u.store.MarkNotificationsRead(ctx, at.UserID, ids)
}

func nextPhase(at event.UserPropagation, phase int) event.UserPropagation {
	at.Phase, at.After, at.Seq = phase, nil, 0
	return at
}

// updateNextTicket updates one ticket, or a part of its log if the user was deleted.
// In the second case, it returns a progress with a Seq.
func (u *userPropagation) updateNextTicket(ctx context.Context, at event.UserPropagation) (event.UserPropagation, error) {
	list := u.store.OwnTicket
	if at.Phase == event.PropagationReferencedTickets {
		list = u.store.ReferencedTicket
	}
	ticketID, next, err := list(ctx, at.UserID, at.After)
	if err != nil {
		return at, err
	}
	if ticketID != "" {
		if at.Seq, err = u.updateTicket(ctx, at, ticketID); err != nil || at.Seq > 0 {
			return at, err
		}
	}
	if at.After = next; next == nil {
		at = nextPhase(at, at.Phase+1)
	}
	return at, nil
}

// updateTicket returns the entry at which the next call continues with the ticket, 0
// after the last.
func (u *userPropagation) updateTicket(ctx context.Context, at event.UserPropagation, ticketID string) (seq int, err error) {
	if err := u.store.SetNameInTicket(ctx, ticketID, at.UserID, u.name); err != nil {
		return at.Seq, err
	}
	if at.Phase == event.PropagationReferencedTickets && !u.agent {
		if err := u.tickets.Release(ctx, ticketID, at.UserID); err != nil {
			return at.Seq, err
		}
	}
	if u.deleted {
		seq, err = u.store.EraseNameInLog(ctx, ticketID, at.UserID, max(at.Seq, 1), maxItemsPerStep)
		if err != nil || seq > 0 {
			return seq, err
		}
	}
	remove := u.store.DeleteNameReference
	if at.Phase == event.PropagationOwnTickets {
		remove, err = u.store.DeleteOwnTicket, u.index.RefreshTicket(ctx, ticketID)
	}
	if err == nil && u.deleted {
		err = remove(ctx, at.UserID, ticketID)
	}
	return 0, err
}
