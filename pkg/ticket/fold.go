package ticket

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// previewRunes keeps list items small, so that 25 of them cost one read unit.
const previewRunes = 60

// Fold applies entries to the ticket in order and returns the new ticket.
// Entries that tk already includes are skipped, so repeated and overlapping
// ranges are safe. A range that begins after a gap must not be folded; see HasGap.
func Fold(tk Ticket, entries []Entry) Ticket {
	tk = tk.clone()
	for _, e := range entries {
		if e.Seq == tk.LastSeq+1 {
			tk.apply(e)
		}
	}
	return tk
}

// HasGap reports whether entries are missing between tk and the range.
func HasGap(tk Ticket, entries []Entry) bool {
	return len(entries) > 0 && entries[0].Seq > tk.LastSeq+1
}

func (tk *Ticket) apply(e Entry) {
	tk.LastSeq = e.Seq
	tk.State = e.State
	if e.Kind == KindOpened {
		tk.applyOpened(e)
	}
	if e.isPublic() {
		tk.PublicSeq = e.Seq
		tk.LastActivityAt = e.CreatedAt
	}
	if e.IsMessage() {
		tk.applyCounts(e)
	}
	if e.Change != nil {
		tk.applyChange(*e.Change)
	}
	tk.applyTimestamps(e)
}

// applyOpened sets the fields that only the first entry has.
func (tk *Ticket) applyOpened(e Entry) {
	tk.ID = e.TicketID
	tk.Customer = e.Customer()
	tk.CreatedAt = e.CreatedAt
	tk.WaitingSince = e.CreatedAt
	tk.Preview = preview(e.Body)
	if e.Opening != nil {
		tk.Title, tk.Category, tk.FollowUpOf = e.Opening.Title, e.Opening.Category, e.Opening.FollowUpOf
	}
	if tk.Customer.ID != e.Author.ID {
		tk.OpenedBy = e.Author.ID
	}
}

// applyCounts updates the message counts and the unread counts of all users but
// the author.
func (tk *Ticket) applyCounts(e Entry) {
	if tk.Readers == nil {
		tk.Readers = map[string]Reader{}
	}
	if _, known := tk.Readers[e.Author.ID]; !known {
		// All earlier messages are from other users: an author has an item in Readers.
		tk.Readers[e.Author.ID] = Reader{Unread: tk.visibleMessages(e.Author.ID)}
	}
	for id, r := range tk.Readers {
		if id != e.Author.ID && (e.Kind == KindMessage || tk.countsNotesFor(id)) {
			r.Unread++
			tk.Readers[id] = r
		}
	}
	if e.Kind == KindNote {
		tk.Notes++
		return
	}
	tk.Messages++
	tk.Preview = preview(e.Body)
}

func (tk *Ticket) applyChange(c Change) {
	switch c.Field {
	case "title":
		tk.Title = c.To
	case "tags":
		tk.Tags = nil
		if c.To != "" {
			tk.Tags = strings.Split(c.To, ",")
		}
	case "category":
		tk.Category = Category{ID: c.To, Names: c.Names}
	case "assignee":
		tk.Assignee = UserRef{ID: c.To, Name: c.Name}
	case "followUp":
		if c.To == "" {
			tk.FollowUps = slices.DeleteFunc(tk.FollowUps, func(id string) bool { return id == c.From })
			return
		}
		tk.FollowUps = append(tk.FollowUps, c.To)
	case "followUpOf":
		tk.FollowUpOf = c.To
	}
}

// applyTimestamps updates the times used by the queue order and the statistics.
func (tk *Ticket) applyTimestamps(e Entry) {
	byCustomer := e.Author.ID == tk.Customer.ID
	switch {
	case e.Kind == KindMessage && byCustomer && tk.WaitingSince.IsZero():
		tk.WaitingSince = e.CreatedAt
	case e.isReopening():
		tk.WaitingSince = e.CreatedAt
	case e.Kind == KindMessage && !byCustomer:
		tk.WaitingSince = time.Time{}
		if tk.FirstReplyAt.IsZero() {
			tk.FirstReplyAt = e.CreatedAt
		}
	}
	switch e.State.Status {
	case StatusResolved:
		if tk.ResolvedAt.IsZero() {
			tk.ResolvedAt = e.CreatedAt
		}
		tk.WaitingSince = time.Time{}
	case StatusClosed:
		if tk.ClosedAt.IsZero() {
			tk.ClosedAt = e.CreatedAt
		}
		tk.WaitingSince = time.Time{}
	default:
		tk.ResolvedAt, tk.ClosedAt = time.Time{}, time.Time{}
	}
}

// ApplyReadMarker sets a user's read marker to seq and counts the unread
// messages after it among entries, which must be the newest ones of tk.
func ApplyReadMarker(tk Ticket, userID string, seq int, entries []Entry) Ticket {
	tk = tk.clone()
	if tk.Readers == nil {
		tk.Readers = map[string]Reader{}
	}
	unread := 0
	for _, e := range entries {
		if e.Seq > seq && e.Seq <= tk.LastSeq && e.Author.ID != userID && (e.Kind == KindMessage || e.Kind == KindNote && tk.countsNotesFor(userID)) {
			unread++
		}
	}
	tk.Readers[userID] = Reader{Read: seq, Unread: unread}
	return tk
}

func preview(body string) string {
	body = strings.Join(strings.Fields(body), " ")
	if utf8.RuneCountInString(body) <= previewRunes {
		return body
	}
	return string([]rune(body)[:previewRunes-1]) + "…"
}
