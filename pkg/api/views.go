package api

import (
	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/geo"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// userView is a user's profile.
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
	Email    bool `json:"email"`
	SMS      bool `json:"sms"`
	Push     bool `json:"push"`
	PushText bool `json:"pushText"`
}

// viewUser returns the view of a user with their picture URL.
func (r *Request) viewUser(u user.User) userView {
	v := viewUser(u, r.Locale())
	if u.PictureID != "" {
		v.PictureURL = r.signPicture(u.ID, u.PictureID)
	}
	return v
}

func viewUser(u user.User, language string) userView {
	v := userView{
		ID: u.ID, Phone: u.Phone, Role: u.Role, Name: u.Name, Email: wire.NilIfEmpty(u.Email), EmailVerified: u.EmailVerified,
		Locale: u.Locale, Notifications: notificationPreferencesView(u.Notifications), CreatedAt: wire.FormatTime(u.CreatedAt),
	}
	if province, city, ok := geo.Find(u.Province, u.City); ok {
		v.Province = &regionView{province.ID, geo.NameIn(language, province.Name, province.NameFa)}
		if city.ID != "" {
			v.City = &regionView{city.ID, geo.NameIn(language, city.Name, city.NameFa)}
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

// viewTicket returns the view of a ticket for the caller, with picture URLs.
func (r *Request) viewTicket(tk ticket.Ticket) wire.TicketView {
	v := wire.ViewTicket(tk, r.Principal, r.Locale(), r.reopenWindow)
	v.Customer.PictureURL = r.pictureURL(v.Customer.ID)
	if v.Assignee != nil {
		v.Assignee.PictureURL = r.pictureURL(v.Assignee.ID)
	}
	return v
}
