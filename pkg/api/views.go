package api

import (
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/place"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// The shapes of the API, as docs and clients know them. Each view makes one of
// a domain value, for one person.

type personView struct {
	ID         string  `json:"id"`
	Name       string  `json:"name"`
	PictureURL *string `json:"pictureUrl"`
}

type categoryRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type ticketView struct {
	ID             string          `json:"id"`
	Number         string          `json:"number"`
	Title          string          `json:"title"`
	Status         ticket.Status   `json:"status"`
	Priority       ticket.Priority `json:"priority"`
	Category       *categoryRef    `json:"category"`
	Customer       personView      `json:"customer"`
	Assignee       *personView     `json:"assignee"`
	Tags           []string        `json:"tags"`
	LastSeq        int             `json:"lastSeq"`
	Unread         int             `json:"unread"`
	Preview        string          `json:"preview"`
	CreatedAt      *string         `json:"createdAt"`
	LastActivityAt *string         `json:"lastActivityAt"`
	ClosedAt       *string         `json:"closedAt"`
	Version        int             `json:"version"`
}

// show shows a ticket to the caller.
func (r *Request) show(h ticket.Head) ticketView {
	v := viewTicket(h, r.Who, r.Locale())
	v.Customer.PictureURL = r.picture(v.Customer.ID)
	if v.Assignee != nil {
		v.Assignee.PictureURL = r.picture(v.Assignee.ID)
	}
	return v
}

func viewTicket(h ticket.Head, who user.Principal, locale string) ticketView {
	h = h.ForRole(who.Role)
	v := ticketView{
		ID: h.ID, Number: id.Number(h.ID), Title: h.Title, Status: h.State.Status, Priority: h.State.Priority,
		Customer: personView{ID: h.Customer.ID, Name: user.Shown(h.Customer.Name, locale)}, Tags: h.Tags,
		LastSeq: h.LastSeqFor(who), Unread: h.UnreadFor(who), Preview: h.Preview,
		CreatedAt: timeOf(h.CreatedAt), LastActivityAt: timeOf(h.LastActivityAt), ClosedAt: timeOf(h.ClosedAt),
		Version: ticket.Version(h, who),
	}
	if h.Category.ID != "" {
		v.Category = &categoryRef{h.Category.ID, category.In(h.Category.Names, locale)}
	}
	if h.Assignee.ID != "" {
		v.Assignee = &personView{ID: h.Assignee.ID, Name: user.Shown(h.Assignee.Name, locale)}
	}
	if v.Tags == nil {
		v.Tags = []string{}
	}
	return v
}

type entryView struct {
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

func viewEntry(e ticket.Entry, role user.Role) entryView {
	e = e.ForRole(role)
	v := entryView{
		TicketID: e.TicketID, Seq: e.Seq, Kind: e.Kind, Author: authorView(e.Author), Body: e.Body,
		Attachments: list(e.Attachments, func(a ticket.Attachment) attachmentView { return attachmentView(a) }),
		ClientID:    orNull(e.ClientID), CreatedAt: timeOf(e.CreatedAt),
		State: stateView{e.State.Status, e.State.Priority, e.State.CategoryID, orNull(e.State.AssigneeID)},
	}
	if e.Change != nil {
		v.Change = &changeView{e.Change.Field, orNull(e.Change.From), orNull(e.Change.To)}
	}
	return v
}

func viewEntries(entries []ticket.Entry, role user.Role) []entryView {
	return list(entries, func(e ticket.Entry) entryView { return viewEntry(e, role) })
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

type userView struct {
	ID            string     `json:"id"`
	Phone         string     `json:"phone"`
	Role          user.Role  `json:"role"`
	Name          string     `json:"name"`
	Email         *string    `json:"email"`
	EmailVerified bool       `json:"emailVerified"`
	Province      *placeView `json:"province"`
	City          *placeView `json:"city"`
	PictureURL    *string    `json:"pictureUrl"`
	Locale        string     `json:"locale"`
	Notifications notifyView `json:"notifications"`
	CreatedAt     *string    `json:"createdAt"`
}

type placeView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type notifyView struct {
	Email bool `json:"email"`
	SMS   bool `json:"sms"`
}

// user shows a person to the caller.
func (r *Request) user(u user.User) userView {
	v := viewUser(u, r.Locale())
	if u.PictureID != "" {
		v.PictureURL = r.picture(u.ID)
	}
	return v
}

func viewUser(u user.User, locale string) userView {
	v := userView{
		ID: u.ID, Phone: u.Phone, Role: u.Role, Name: u.Name, Email: orNull(u.Email), EmailVerified: u.EmailVerified,
		Locale: u.Locale, Notifications: notifyView(u.Notify), CreatedAt: timeOf(u.CreatedAt),
	}
	if province, city, ok := place.Find(u.Province, u.City); ok {
		v.Province = &placeView{province.ID, inLanguage(locale, province.Name, province.NameFa)}
		if city.ID != "" {
			v.City = &placeView{city.ID, inLanguage(locale, city.Name, city.NameFa)}
		}
	}
	return v
}

func inLanguage(locale, en, fa string) string {
	if locale == "fa" {
		return fa
	}
	return en
}

type attachmentMade struct {
	ID        string           `json:"id"`
	State     attachment.State `json:"state"`
	Upload    uploadView       `json:"upload"`
	ExpiresAt *string          `json:"expiresAt"`
}

type uploadView struct {
	URL    string            `json:"url"`
	Fields map[string]string `json:"fields"`
}
