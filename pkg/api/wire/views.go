package wire

import (
	"time"

	"ticketsystem/pkg/category"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// UserRefView is a reference to a user.
type UserRefView struct {
	ID         string  `json:"id"`
	Name       string  `json:"name"`
	PictureURL *string `json:"pictureUrl"`
}

// CategoryRef is a reference to a category, in one language.
type CategoryRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// TicketRef is a reference to a ticket.
type TicketRef struct {
	ID     string `json:"id"`
	Number string `json:"number"`
}

func ticketRef(ticketID string) TicketRef { return TicketRef{ticketID, id.Number(ticketID)} }

// TicketView is a ticket as one caller sees it.
type TicketView struct {
	ID             string          `json:"id"`
	Number         string          `json:"number"`
	Title          string          `json:"title"`
	Description    *string         `json:"description,omitempty"` // where the opening was read
	Status         ticket.Status   `json:"status"`
	Priority       ticket.Priority `json:"priority"`
	Category       *CategoryRef    `json:"category"`
	Customer       UserRefView     `json:"customer"`
	OpenedBy       *string         `json:"openedBy"`
	Assignee       *UserRefView    `json:"assignee"`
	Tags           []string        `json:"tags"`
	FollowUpOf     *TicketRef      `json:"followUpOf"`
	FollowUps      []TicketRef     `json:"followUps"`
	LastSeq        int             `json:"lastSeq"`
	Unread         int             `json:"unread"`
	Preview        string          `json:"preview"`
	CreatedAt      *string         `json:"createdAt"`
	LastActivityAt *string         `json:"lastActivityAt"`
	WaitingSince   *string         `json:"waitingSince"`
	FirstReplyAt   *string         `json:"firstReplyAt"`
	ResolvedAt     *string         `json:"resolvedAt"`
	ClosedAt       *string         `json:"closedAt"`
	ReopenUntil    *string         `json:"reopenUntil"`
	Version        int             `json:"version"`
}

// ViewTicket returns the view of a ticket for actor, with names in a language. reopenWindow
// is that of ticket.Service.
func ViewTicket(tk ticket.Ticket, actor user.Principal, language string, reopenWindow time.Duration) TicketView {
	tk = tk.ForRole(actor.Role)
	v := TicketView{
		ID: tk.ID, Number: id.Number(tk.ID), Title: tk.Title, Description: NilIfEmpty(tk.Description), Status: tk.State.Status, Priority: tk.State.Priority,
		Customer: UserRefView{ID: tk.Customer.ID, Name: user.DisplayName(tk.Customer.Name, language)}, OpenedBy: NilIfEmpty(tk.OpenedBy), Tags: tk.Tags,
		LastSeq: tk.LastSeqFor(actor), Unread: tk.UnreadFor(actor), Preview: tk.Preview,
		CreatedAt: FormatTime(tk.CreatedAt), LastActivityAt: FormatTime(tk.LastActivityAt), ClosedAt: FormatTime(tk.ClosedAt),
		WaitingSince: FormatTime(tk.WaitingSince), FirstReplyAt: FormatTime(tk.FirstReplyAt), ResolvedAt: FormatTime(tk.ResolvedAt),
		ReopenUntil: FormatTime(tk.ReopenUntil(reopenWindow)), Version: tk.LastSeqFor(actor), FollowUps: MapSlice(tk.FollowUps, ticketRef),
	}
	if tk.FollowUpOf != "" {
		ref := ticketRef(tk.FollowUpOf)
		v.FollowUpOf = &ref
	}
	if tk.Category.ID != "" {
		v.Category = &CategoryRef{tk.Category.ID, category.Localized(tk.Category.Names, language)}
	}
	if tk.Assignee.ID != "" {
		v.Assignee = &UserRefView{ID: tk.Assignee.ID, Name: user.DisplayName(tk.Assignee.Name, language)}
	}
	if v.Tags == nil {
		v.Tags = []string{}
	}
	return v
}

// EntryView is an entry of a ticket's log as one role sees it.
type EntryView struct {
	TicketID    string           `json:"ticketId"`
	Seq         int              `json:"seq"`
	Prev        int              `json:"prev"`
	Kind        ticket.Kind      `json:"kind"`
	Author      AuthorView       `json:"author"`
	Body        string           `json:"body"`
	Attachments []attachmentView `json:"attachments"`
	Change      *ChangeView      `json:"change"`
	ClientID    *string          `json:"clientId"`
	CreatedAt   *string          `json:"createdAt"`
	State       StateView        `json:"state"`
}

// ReaderView is a user and the newest entry that they have read.
type ReaderView struct {
	AuthorView
	Seq int `json:"seq"`
}

// ViewReader returns the view of a read marker, with names in a language.
func ViewReader(m ticket.ReadMarker, language string) ReaderView {
	m.Reader.Name = user.DisplayName(m.Reader.Name, language)
	return ReaderView{AuthorView(m.Reader), m.Seq}
}

// AuthorView is a user with the role in which they act.
type AuthorView struct {
	ID   string    `json:"id"`
	Name string    `json:"name"`
	Role user.Role `json:"role"`
}

type attachmentView struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Type   string `json:"type"`
	Size   int64  `json:"size"`
	State  string `json:"state"`
	Width  *int   `json:"width"`
	Height *int   `json:"height"`
}

func viewAttachment(a ticket.Attachment) attachmentView {
	v := attachmentView{ID: a.ID, Name: a.Name, Type: a.Type, Size: a.Size, State: a.State}
	if a.Width > 0 {
		v.Width, v.Height = &a.Width, &a.Height
	}
	return v
}

// ChangeView is the change of an entry. It has names for an assignee and a category.
type ChangeView struct {
	Field    string  `json:"field"`
	From     *string `json:"from"`
	To       *string `json:"to"`
	FromName *string `json:"fromName"`
	ToName   *string `json:"toName"`
}

func viewChange(c ticket.Change, language string) *ChangeView {
	v := &ChangeView{Field: c.Field, From: NilIfEmpty(c.From), To: NilIfEmpty(c.To)}
	switch c.Field {
	case "assignee":
		v.FromName, v.ToName = NilIfEmpty(user.DisplayName(c.FromName, language)), NilIfEmpty(user.DisplayName(c.Name, language))
	case "category":
		v.FromName, v.ToName = NilIfEmpty(category.Localized(c.FromNames, language)), NilIfEmpty(category.Localized(c.Names, language))
	}
	return v
}

// StateView is the state of a ticket after an entry.
type StateView struct {
	Status     ticket.Status   `json:"status"`
	Priority   ticket.Priority `json:"priority"`
	CategoryID string          `json:"categoryId"`
	AssigneeID *string         `json:"assigneeId"`
}

// ViewEntry returns the view of an entry for a role in a language, at a time.
func ViewEntry(e ticket.Entry, role user.Role, language string, now time.Time) EntryView {
	e = e.ForRole(role).At(now)
	e.Author.Name = user.DisplayName(e.Author.Name, language)
	v := EntryView{
		TicketID: e.TicketID, Seq: e.Seq, Prev: e.PrevFor(role), Kind: e.Kind, Author: AuthorView(e.Author), Body: e.Body,
		Attachments: MapSlice(e.Attachments, viewAttachment),
		ClientID:    NilIfEmpty(e.ClientID), CreatedAt: FormatTime(e.CreatedAt),
		State: StateView{e.State.Status, e.State.Priority, e.State.CategoryID, NilIfEmpty(e.State.AssigneeID)},
	}
	if e.Change != nil {
		v.Change = viewChange(*e.Change, language)
	}
	return v
}

// ViewEntries returns the views of entries for a role in a language, at a time.
func ViewEntries(entries []ticket.Entry, role user.Role, language string, now time.Time) []EntryView {
	return MapSlice(entries, func(e ticket.Entry) EntryView { return ViewEntry(e, role, language, now) })
}

// NilIfEmpty returns nil for an empty text, which encodes as null.
func NilIfEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// MapSlice applies view to each element. The result is never nil, so it encodes as an array.
func MapSlice[From, To any](from []From, view func(From) To) []To {
	to := make([]To, len(from))
	for i, one := range from {
		to[i] = view(one)
	}
	return to
}

// FormatTime formats t in UTC (RFC 3339 with milliseconds). Returns nil for the zero time.
func FormatTime(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Format("2006-01-02T15:04:05.000Z")
	return &text
}
