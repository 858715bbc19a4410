package api

import (
	"context"
	"encoding/json"
	"errors"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// exportBudget bounds one export. What exceeds it is left out, the oldest tickets first.
type exportBudget struct {
	bytes, reads int
}

func inlineBudget() exportBudget { return exportBudget{bytes: 1 << 20, reads: 40} }
func fileBudget() exportBudget   { return exportBudget{bytes: 64 << 20, reads: 20_000} }

// exportView is an export. The lists hold encoded views, so that their size is known.
type exportView struct {
	ExportedAt        *string            `json:"exportedAt"`
	Complete          bool               `json:"complete"`
	Profile           userView           `json:"profile"`
	Settings          exportSettingsView `json:"settings"`
	Sessions          []json.RawMessage  `json:"sessions"`
	PushSubscriptions []json.RawMessage  `json:"pushSubscriptions"`
	Tickets           []json.RawMessage  `json:"tickets"`
	Notifications     []json.RawMessage  `json:"notifications"`
	Attachments       []json.RawMessage  `json:"attachments"`
}

type exportSettingsView struct {
	Locale        string                      `json:"locale"`
	Notifications notificationPreferencesView `json:"notifications"`
}

type exportTicketView struct {
	Ticket  wire.TicketView   `json:"ticket"`
	Entries []json.RawMessage `json:"entries"`
}

// exportFileView links to a file; the address needs the caller's access token.
type exportFileView struct {
	ID       string  `json:"id"`
	Name     string  `json:"name"`
	TicketID *string `json:"ticketId"`
	URL      string  `json:"url"`
}

// exportJobView is the state of an export that is made as a file.
type exportJobView struct {
	State     string  `json:"state"`
	URL       *string `json:"url"`
	ExpiresAt *string `json:"expiresAt"`
}

// exportRun collects an export within a budget.
type exportRun struct {
	*Exporter
	user      user.User
	principal user.Principal
	current   string // session of the request
	left      exportBudget
	out       exportView
}

// errExportBudget stops an export that exceeds its budget.
var errExportBudget = errors.New("the export exceeds its budget")

// collect returns the user's data. Complete is false if the budget did not suffice.
func (x *Exporter) collect(ctx context.Context, u user.User, session string, budget exportBudget) (exportView, error) {
	r := &exportRun{Exporter: x, user: u, current: session, left: budget}
	r.principal = user.Principal{UserID: u.ID, Role: user.RoleUser, Name: u.Name, Locale: u.Locale} // staff see no more of their own tickets than customers
	r.out = exportView{
		ExportedAt: wire.FormatTime(x.Now()), Profile: viewUser(u, u.Locale),
		Settings: exportSettingsView{u.Locale, notificationPreferencesView(u.Notifications)},
		Sessions: []json.RawMessage{}, PushSubscriptions: []json.RawMessage{}, Tickets: []json.RawMessage{}, Notifications: []json.RawMessage{}, Attachments: []json.RawMessage{},
	}
	if u.PictureID != "" {
		if err := r.add(&r.out.Attachments, exportFileView{u.PictureID, "picture", nil, "/attachments/" + u.PictureID}); err != nil {
			return r.out, err
		}
	}
	for _, part := range []func(context.Context) error{r.sessions, r.pushSubscriptions, r.notifications, r.tickets} {
		switch err := part(ctx); {
		case errors.Is(err, errExportBudget):
			return r.out, nil
		case err != nil:
			return r.out, err
		}
	}
	r.out.Complete = true
	return r.out, nil
}

// read counts a read.
func (r *exportRun) read() error {
	if r.left.reads--; r.left.reads < 0 {
		return errExportBudget
	}
	return nil
}

// add encodes a view and adds it to a list.
func (r *exportRun) add(list *[]json.RawMessage, view any) error {
	text, err := wire.Marshal(view)
	if err != nil {
		return err
	}
	if r.left.bytes -= len(text) + 1; r.left.bytes < 0 {
		return errExportBudget
	}
	*list = append(*list, text)
	return nil
}

func (r *exportRun) sessions(ctx context.Context) error {
	for after, more := "", true; more; {
		if err := r.read(); err != nil {
			return err
		}
		var page []account.Session
		var err error
		if page, more, err = r.Store.ListSessions(ctx, r.user.ID, after, maxLimit); err != nil {
			return err
		}
		for _, s := range page {
			after = s.Family
			if err := r.add(&r.out.Sessions, viewSession(s, r.current)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *exportRun) pushSubscriptions(ctx context.Context) error {
	if err := r.read(); err != nil {
		return err
	}
	live, _, err := r.Store.PushSubscriptions(ctx, r.user.ID)
	if err != nil {
		return err
	}
	for _, s := range live {
		if err := r.add(&r.out.PushSubscriptions, pushSubscriptionView{s.ID, s.Platform, wire.FormatTime(s.CreatedAt)}); err != nil {
			return err
		}
	}
	return nil
}

func (r *exportRun) notifications(ctx context.Context) error {
	for before, more := "", true; more; more = before != "" {
		if err := r.read(); err != nil {
			return err
		}
		page, err := r.Store.ListNotifications(ctx, r.user.ID, notification.Query{Customer: !r.user.Role.IsStaff(), Before: before, Limit: maxLimit})
		if err != nil {
			return err
		}
		for _, n := range page.Notifications {
			if err := r.add(&r.out.Notifications, wire.ViewNotification(n, r.user.Locale)); err != nil {
				return err
			}
		}
		before = page.Next
	}
	return nil
}

// tickets adds the user's own tickets, newest first, with the entries that a customer may see.
func (r *exportRun) tickets(ctx context.Context) error {
	q := ticket.Query{CustomerID: r.user.ID, Sort: ticket.SortCreated, Limit: maxLimit}
	for from, more := map[string]string(nil), true; more; more = from != nil {
		if err := r.read(); err != nil {
			return err
		}
		page, next, err := r.Tickets.Store.ListTickets(ctx, q, from)
		if err != nil {
			return err
		}
		for _, tk := range page {
			if err := r.ticket(ctx, tk); err != nil {
				return err
			}
		}
		from = next
	}
	return nil
}

func (r *exportRun) ticket(ctx context.Context, tk ticket.Ticket) error {
	view := exportTicketView{Ticket: wire.ViewTicket(tk, r.principal, r.user.Locale, r.Tickets.ReopenWindow), Entries: []json.RawMessage{}}
	q := ticket.EntryQuery{Limit: maxLimit}
	for more := true; more; {
		if err := r.read(); err != nil {
			return err
		}
		page, err := r.Tickets.Entries(ctx, r.principal, tk.ID, q)
		if apperr.Is(err, apperr.TicketNotFound) { // deleted meanwhile
			return nil
		}
		if err != nil {
			return err
		}
		q.After, more = page.Next, page.HasMore
		for _, e := range page.Entries {
			if err := r.add(&view.Entries, wire.ViewEntry(e, user.RoleUser, r.user.Locale, r.Now())); err != nil {
				return err
			}
			for _, a := range e.Attachments {
				if err := r.add(&r.out.Attachments, exportFileView{a.ID, a.Name, &tk.ID, "/attachments/" + a.ID}); err != nil {
					return err
				}
			}
		}
	}
	text, err := wire.Marshal(view) // its entries are counted
	r.out.Tickets = append(r.out.Tickets, text)
	return err
}
