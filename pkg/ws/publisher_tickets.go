package ws

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// topicsFor returns the topics of a ticket: the ticket, its customer, its assignee, and the previous
// assignee, who may be "" or the same.
func topicsFor(tk ticket.Ticket, previousAssignee string) []string {
	topics := []string{realtime.TicketTopic(tk.ID)}
	for _, id := range []string{tk.Customer.ID, tk.State.AssigneeID, previousAssignee} {
		if topic := realtime.UserTopic(id); id != "" && !slices.Contains(topics, topic) {
			topics = append(topics, topic)
		}
	}
	return topics
}

// topicsOfEntry returns the topics of an entry: those of its ticket, and of the assignee whom it
// has replaced.
func topicsOfEntry(tk ticket.Ticket, e ticket.Entry) []string {
	if e.Change != nil && e.Change.Field == "assignee" {
		return topicsFor(tk, e.Change.From)
	}
	return topicsFor(tk, "")
}

// entryAudience returns the audience of an entry. The topic of the assignee does not imply access:
// the assignee may have lost the role since.
func entryAudience(tk ticket.Ticket, e ticket.Entry) audience {
	return func(p user.Principal) bool { return tk.VisibleTo(p) && e.VisibleTo(p.Role) }
}

// PublishEntry pushes an entry to all subscribers that may read it, except to one connection
// (the author's, which gets an ack). It logs failures.
func (p *Publisher) PublishEntry(ctx context.Context, tk ticket.Ticket, e ticket.Entry, except string) {
	frames := map[entryReader]func() any{} // encoded when the first connection needs it
	for _, language := range locale.Supported() {
		for _, role := range []user.Role{user.RoleUser, user.RoleSupport} {
			frames[entryReader{role.IsStaff(), language}] = sync.OnceValue(func() any {
				return encodeOnce(entryFrame{"entry", wire.ViewEntry(e, role, language, p.Hub.Now()), positionOf(e, role)})
			})
		}
	}
	err := p.publish(ctx, topicsOfEntry(tk, e), entryAudience(tk, e), func(sub realtime.Subscriber) any {
		if sub.ConnectionID == except {
			return nil
		}
		return frames[entryReader{sub.Role.IsStaff(), locale.Resolve(sub.Locale)}]()
	})
	if err != nil {
		p.logFailure(ctx, err)
	}
}

// entryReader is what the view of an entry depends on.
type entryReader struct {
	staff    bool
	language string
}

// PublishTicketChange pushes a ticket to the subscribers of the queue who see a change: that one
// user has read something changes nothing for the others. A ticket that was not listed before has
// changed for all, and one that is not listed yet is not pushed. Those who may see new entries get
// a hint that they exist, in case the function that wrote them failed before PublishEntry. The
// ticket on the queue says the same, so there only subscribers of the ticket itself get the hint.
func (p *Publisher) PublishTicketChange(ctx context.Context, before, tk ticket.Ticket) error {
	queue, err := p.subscribers(ctx, []string{realtime.QueueTopic}, staffOnly)
	var hinted []realtime.Subscriber
	if err == nil && tk.LastSeq > before.LastSeq {
		hinted, err = p.subscribers(ctx, topicsFor(tk, before.State.AssigneeID), tk.VisibleTo)
	}
	if err != nil {
		return err
	}
	onQueue := map[string]bool{}
	for _, sub := range queue {
		onQueue[sub.ConnectionID] = true
	}
	p.send(ctx, queue, func(sub realtime.Subscriber) any { return p.queueFrame(before, tk, sub) })
	connections := map[string]int{} // of each user
	for _, sub := range hinted {
		connections[sub.UserID]++
	}
	p.send(ctx, hinted, func(sub realtime.Subscriber) any {
		if onQueue[sub.ConnectionID] && sub.Topic != realtime.TicketTopic(tk.ID) {
			return nil
		}
		return entryHint(before, tk, sub, connections[sub.UserID] == 1)
	})
	return nil
}

// queueFrame returns the ticket as a subscriber of the queue sees it, or nil if that is as before.
func (p *Publisher) queueFrame(before, tk ticket.Ticket, sub realtime.Subscriber) any {
	if !tk.IsListed() {
		return nil
	}
	view := wire.ViewTicket(tk, sub.Principal, sub.Locale, p.ReopenWindow)
	if before.IsListed() && reflect.DeepEqual(view, wire.ViewTicket(before, sub.Principal, sub.Locale, p.ReopenWindow)) {
		return nil
	}
	return ticketFrame{"ticket", view}
}

// entryHint returns the hint that the newest entry exists, or nil if there is no new one that the
// subscriber may see, or the user has read it. One of several connections may have read it, and the
// others not.
func entryHint(before, tk ticket.Ticket, sub realtime.Subscriber, only bool) any {
	prev, seq := before.LastSeqFor(sub.Principal), tk.LastSeqFor(sub.Principal)
	if seq <= prev || only && tk.Readers[sub.UserID].Read >= seq {
		return nil
	}
	return entryHintFrame{"head", tk.ID, seq, position{prev, seq}}
}

// PublishReadMarker pushes a read marker to the subscribers of the ticket and to the reader's
// connections, except to the one that moved it. Customers get public, the newest entry read that
// they may see, and nothing if it is 0: that somebody has read a note stays invisible.
func (p *Publisher) PublishReadMarker(ctx context.Context, tk ticket.Ticket, m ticket.ReadMarker, public int) error {
	topics := []string{realtime.TicketTopic(m.TicketID), realtime.UserTopic(m.Reader.ID)}
	return p.publish(ctx, topics, tk.VisibleTo, func(sub realtime.Subscriber) any {
		seq := m.Seq
		if !sub.Role.IsStaff() {
			seq = public
		}
		if sub.ConnectionID == m.Connection || seq == 0 {
			return nil
		}
		reader := m.Reader
		reader.Name = user.DisplayName(reader.Name, sub.Locale)
		return userFrame{"read", m.TicketID, wire.AuthorView(reader), seq}
	})
}

// PublishAttachments pushes the states of attachments to those who may read their entry.
func (p *Publisher) PublishAttachments(ctx context.Context, tk ticket.Ticket, e ticket.Entry, changed []ticket.Attachment) error {
	for _, a := range changed {
		frame := encodeOnce(attachmentFrame{"attachment", a.ID, e.TicketID, e.Seq, a.State})
		if err := p.publish(ctx, topicsOfEntry(tk, e), entryAudience(tk, e), func(realtime.Subscriber) any { return frame }); err != nil {
			return err
		}
	}
	return nil
}

// PublishGone pushes that a ticket was deleted to all who may have seen it in a list or
// open: its subscribers and those of the queue, its customer and its assignee.
func (p *Publisher) PublishGone(ctx context.Context, tk ticket.Ticket) error {
	topics := append(topicsFor(tk, ""), realtime.QueueTopic)
	frame := encodeOnce(goneFrame{"gone", tk.ID})
	return p.publish(ctx, topics, tk.VisibleTo, func(realtime.Subscriber) any { return frame })
}

// EndSubscriptions removes the subscriptions to a deleted ticket, so that its subscribers get no
// more typing and presence frames of each other.
func (p *Publisher) EndSubscriptions(ctx context.Context, ticketID string) error {
	topic := realtime.TicketTopic(ticketID)
	subscribers, err := p.Hub.Store.Subscribers(ctx, topic)
	for _, sub := range subscribers {
		err = errors.Join(err, p.Hub.Store.Unsubscribe(ctx, sub.ConnectionID, topic))
	}
	return err
}
