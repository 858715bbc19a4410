package ticket

import (
	"strings"
	"unicode/utf8"
)

// previewRunes keeps list rows small: 25 of them shall cost one read unit.
const previewRunes = 60

// Fold applies entries to the head in order and returns the new head. Entries
// the head already holds are skipped, so doubled and overlapping stretches are
// harmless; a stretch that begins beyond the head's next entry must not be
// folded (see Gap).
func Fold(h Head, entries []Entry) Head {
	h = h.clone()
	for _, e := range entries {
		if e.Seq == h.LastSeq+1 {
			h.apply(e)
		}
	}
	return h
}

// Gap says whether entries are missing between the head and the stretch.
func Gap(h Head, entries []Entry) bool {
	return len(entries) > 0 && entries[0].Seq > h.LastSeq+1
}

func (h *Head) apply(e Entry) {
	h.LastSeq = e.Seq
	h.State = e.State
	if e.Kind == KindOpened {
		h.open(e)
	}
	if e.Kind != KindNote {
		h.PublicSeq = e.Seq
		h.LastActivityAt = e.CreatedAt
	}
	if e.IsMessage() {
		h.count(e)
	}
	if e.Change != nil {
		h.change(*e.Change)
	}
	h.clocks(e)
}

// open sets what only the first entry tells.
func (h *Head) open(e Entry) {
	h.ID = e.TicketID
	h.Customer = Person{ID: e.Author.ID, Name: e.Author.Name}
	h.CreatedAt = e.CreatedAt
	h.WaitingSince = e.CreatedAt
	h.Preview = preview(e.Body)
	if e.Opening != nil {
		h.Title, h.Category = e.Opening.Title, e.Opening.Category
	}
}

// count keeps the unread numbers of everybody but the author.
func (h *Head) count(e Entry) {
	if h.Readers == nil {
		h.Readers = map[string]Reader{}
	}
	if _, known := h.Readers[e.Author.ID]; !known {
		// Everything so far came from others, or the author would be known.
		unread := h.Messages
		if e.Author.Role.Staff() {
			unread += h.Notes
		}
		h.Readers[e.Author.ID] = Reader{Unread: unread}
	}
	for id, r := range h.Readers {
		if id != e.Author.ID && (e.Kind == KindMessage || id != h.Customer.ID) {
			r.Unread++
			h.Readers[id] = r
		}
	}
	if e.Kind == KindNote {
		h.Notes++
		return
	}
	h.Messages++
	h.Preview = preview(e.Body)
}

func (h *Head) change(c Change) {
	switch c.Field {
	case "title":
		h.Title = c.To
	case "tags":
		h.Tags = nil
		if c.To != "" {
			h.Tags = strings.Split(c.To, ",")
		}
	case "category":
		h.Category = Category{ID: c.To, Names: c.Names}
	case "assignee":
		h.Assignee = Person{ID: c.To, Name: c.Name}
	}
}

// clocks keeps the times that the queue and the statistics are made from.
func (h *Head) clocks(e Entry) {
	byCustomer := e.Author.ID == h.Customer.ID
	switch {
	case e.Kind == KindMessage && byCustomer && h.WaitingSince.IsZero():
		h.WaitingSince = e.CreatedAt
	case e.Kind == KindMessage && !byCustomer:
		h.WaitingSince = zeroTime
		if h.FirstReplyAt.IsZero() {
			h.FirstReplyAt = e.CreatedAt
		}
	}
	switch e.State.Status {
	case StatusResolved:
		if h.ResolvedAt.IsZero() {
			h.ResolvedAt = e.CreatedAt
		}
		h.WaitingSince = zeroTime
	case StatusClosed:
		if h.ClosedAt.IsZero() {
			h.ClosedAt = e.CreatedAt
		}
		h.WaitingSince = zeroTime
	default:
		h.ResolvedAt, h.ClosedAt = zeroTime, zeroTime
	}
}

// MarkRead moves a person's read mark forward. entries must reach from behind
// the mark to the head's newest entry; staff says whether the person sees notes.
func MarkRead(h Head, userID string, seq int, staff bool, entries []Entry) Head {
	h = h.clone()
	if h.Readers == nil {
		h.Readers = map[string]Reader{}
	}
	unread := 0
	for _, e := range entries {
		if e.Seq > seq && e.Seq <= h.LastSeq && e.Author.ID != userID && (e.Kind == KindMessage || staff && e.Kind == KindNote) {
			unread++
		}
	}
	h.Readers[userID] = Reader{Read: seq, Unread: unread}
	return h
}

func preview(body string) string {
	body = strings.Join(strings.Fields(body), " ")
	if utf8.RuneCountInString(body) <= previewRunes {
		return body
	}
	return string([]rune(body)[:previewRunes-1]) + "…"
}
