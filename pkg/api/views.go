package api

import (
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/geo"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// The shapes of the API, as docs and clients know them. Each view makes one of
// a domain value, for one person.

type UserRefView struct {
	ID         string  `json:"id"`
	Name       string  `json:"name"`
	PictureURL *string `json:"pictureUrl"`
}

type CategoryRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type TicketView struct {
	ID             string          `json:"id"`
	Number         string          `json:"number"`
	Title          string          `json:"title"`
	Status         ticket.Status   `json:"status"`
	Priority       ticket.Priority `json:"priority"`
	Category       *CategoryRef    `json:"category"`
	Customer       UserRefView     `json:"customer"`
	Assignee       *UserRefView    `json:"assignee"`
	Tags           []string        `json:"tags"`
	LastSeq        int             `json:"lastSeq"`
	Unread         int             `json:"unread"`
	Preview        string          `json:"preview"`
	CreatedAt      *string         `json:"createdAt"`
	LastActivityAt *string         `json:"lastActivityAt"`
	ClosedAt       *string         `json:"closedAt"`
	Version        int             `json:"version"`
}

// viewTicket shows a ticket to the caller.
func (r *Request) viewTicket(tk ticket.Ticket) TicketView {
	v := ViewTicket(tk, r.Principal, r.Locale())
	v.Customer.PictureURL = r.pictureURL(v.Customer.ID)
	if v.Assignee != nil {
		v.Assignee.PictureURL = r.pictureURL(v.Assignee.ID)
	}
	return v
}

func ViewTicket(tk ticket.Ticket, actor user.Principal, locale string) TicketView {
	tk = tk.ForRole(actor.Role)
	v := TicketView{
		ID: tk.ID, Number: id.Number(tk.ID), Title: tk.Title, Status: tk.State.Status, Priority: tk.State.Priority,
		Customer: UserRefView{ID: tk.Customer.ID, Name: user.DisplayName(tk.Customer.Name, locale)}, Tags: tk.Tags,
		LastSeq: tk.LastSeqFor(actor), Unread: tk.UnreadFor(actor), Preview: tk.Preview,
		CreatedAt: FormatTime(tk.CreatedAt), LastActivityAt: FormatTime(tk.LastActivityAt), ClosedAt: FormatTime(tk.ClosedAt),
		Version: ticket.Version(tk, actor),
	}
	if tk.Category.ID != "" {
		v.Category = &CategoryRef{tk.Category.ID, category.Localized(tk.Category.Names, locale)}
	}
	if tk.Assignee.ID != "" {
		v.Assignee = &UserRefView{ID: tk.Assignee.ID, Name: user.DisplayName(tk.Assignee.Name, locale)}
	}
	if v.Tags == nil {
		v.Tags = []string{}
	}
	return v
}

type EntryView struct {
	TicketID    string           `json:"ticketId"`
	Seq         int              `json:"seq"`
	Kind        ticket.Kind      `json:"kind"`
	Author      authorView       `json:"author"`
	Body        string           `json:"body"`
	Attachments []attachmentView `json:"attachments"`
	Change      *changeView      `json:"change"`
	ClientID    *string          `json:"clientId"`
	CreatedAt   *string          `json:"createdAt"`
	State       stateView        `json:"state"`
}

type authorView struct {
	ID   string    `json:"id"`
	Name string    `json:"name"`
	Role user.Role `json:"role"`
}

type attachmentView struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Type  string `json:"type"`
	Size  int64  `json:"size"`
	State string `json:"state"`
}

type changeView struct {
	Field string  `json:"field"`
	From  *string `json:"from"`
	To    *string `json:"to"`
}

type stateView struct {
	Status     ticket.Status   `json:"status"`
	Priority   ticket.Priority `json:"priority"`
	CategoryID string          `json:"categoryId"`
	AssigneeID *string         `json:"assigneeId"`
}

func ViewEntry(e ticket.Entry, role user.Role) EntryView {
	e = e.ForRole(role)
	v := EntryView{
		TicketID: e.TicketID, Seq: e.Seq, Kind: e.Kind, Author: authorView(e.Author), Body: e.Body,
		Attachments: MapSlice(e.Attachments, func(a ticket.Attachment) attachmentView { return attachmentView(a) }),
		ClientID:    NilIfEmpty(e.ClientID), CreatedAt: FormatTime(e.CreatedAt),
		State: stateView{e.State.Status, e.State.Priority, e.State.CategoryID, NilIfEmpty(e.State.AssigneeID)},
	}
	if e.Change != nil {
		v.Change = &changeView{e.Change.Field, NilIfEmpty(e.Change.From), NilIfEmpty(e.Change.To)}
	}
	return v
}

func ViewEntries(entries []ticket.Entry, role user.Role) []EntryView {
	return MapSlice(entries, func(e ticket.Entry) EntryView { return ViewEntry(e, role) })
}

func NilIfEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

type userView struct {
	ID            string                      `json:"id"`
	Phone         string                      `json:"phone"`
	Role          user.Role                   `json:"role"`
	Name          string                      `json:"name"`
	Email         *string                     `json:"email"`
	EmailVerified bool                        `json:"emailVerified"`
	Province      *regionView                 `json:"province"`
	City          *regionView                 `json:"city"`
	PictureURL    *string                     `json:"pictureUrl"`
	Locale        string                      `json:"locale"`
	Notifications notificationPreferencesView `json:"notifications"`
	CreatedAt     *string                     `json:"createdAt"`
}

type regionView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type notificationPreferencesView struct {
	Email bool `json:"email"`
	SMS   bool `json:"sms"`
}

// viewUser shows a person to the caller.
func (r *Request) viewUser(u user.User) userView {
	v := viewUser(u, r.Locale())
	if u.PictureID != "" {
		v.PictureURL = r.pictureURL(u.ID)
	}
	return v
}

func viewUser(u user.User, language string) userView {
	v := userView{
		ID: u.ID, Phone: u.Phone, Role: u.Role, Name: u.Name, Email: NilIfEmpty(u.Email), EmailVerified: u.EmailVerified,
		Locale: u.Locale, Notifications: notificationPreferencesView(u.Notifications), CreatedAt: FormatTime(u.CreatedAt),
	}
	if province, city, ok := geo.Find(u.Province, u.City); ok {
		v.Province = &regionView{province.ID, locale.Pick(language, province.Name, province.NameFa)}
		if city.ID != "" {
			v.City = &regionView{city.ID, locale.Pick(language, city.Name, city.NameFa)}
		}
	}
	return v
}

type attachmentCreatedView struct {
	ID        string           `json:"id"`
	State     attachment.State `json:"state"`
	Upload    uploadView       `json:"upload"`
	ExpiresAt *string          `json:"expiresAt"`
}

type uploadView struct {
	URL    string            `json:"url"`
	Fields map[string]string `json:"fields"`
}
