package client

import "time"

// Tokens is the answer to a sign-up, a login and a refresh.
type Tokens struct {
	User         UserProfile `json:"user"`
	AccessToken  string      `json:"accessToken"`
	RefreshToken string      `json:"refreshToken"`
	ExpiresIn    int         `json:"expiresIn"` // seconds
}

// UserProfile is a person's own profile.
type UserProfile struct {
	ID            string                  `json:"id"`
	Phone         string                  `json:"phone"` // E.164
	Role          string                  `json:"role"`  // user, support or admin
	Name          string                  `json:"name"`
	Email         string                  `json:"email"`
	EmailVerified bool                    `json:"emailVerified"`
	Province      *Ref                    `json:"province"`
	City          *Ref                    `json:"city"`
	PictureURL    string                  `json:"pictureUrl"`
	Locale        string                  `json:"locale"`
	Notifications NotificationPreferences `json:"notifications"`
	CreatedAt     time.Time               `json:"createdAt"`
}

// NotificationPreferences are a person's choices of channels.
type NotificationPreferences struct {
	Email bool `json:"email"`
	SMS   bool `json:"sms"`
}

// Ref is anything that is shown by id and name.
type Ref struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Author is who wrote an entry, typed or read.
type Author struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role string `json:"role"`
}

// Province is one province with its cities, in both languages.
type Province struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	NameFa string `json:"nameFa"`
	Cities []struct {
		ID     string `json:"id"`
		Name   string `json:"name"`
		NameFa string `json:"nameFa"`
	} `json:"cities"`
}

// Category is a kind of ticket; its name is in the caller's language.
type Category struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Active      bool   `json:"active"`
}

// Ticket is a ticket as its caller may see it.
type Ticket struct {
	ID             string     `json:"id"`
	Number         string     `json:"number"`
	Title          string     `json:"title"`
	Status         string     `json:"status"`
	Priority       string     `json:"priority"`
	Category       *Ref       `json:"category"`
	Customer       *Ref       `json:"customer"`
	Assignee       *Ref       `json:"assignee"`
	Tags           []string   `json:"tags"`
	LastSeq        int        `json:"lastSeq"`
	Unread         int        `json:"unread"`
	Preview        string     `json:"preview"`
	CreatedAt      time.Time  `json:"createdAt"`
	LastActivityAt time.Time  `json:"lastActivityAt"`
	ClosedAt       *time.Time `json:"closedAt"`
	Version        any        `json:"version"` // to compare, not to count with
}

// Detail is a ticket with its newest entries, ascending.
type Detail struct {
	Ticket  Ticket  `json:"ticket"`
	Entries []Entry `json:"entries"`
	HasMore bool    `json:"hasMore"`
}

// Entry is one entry of a ticket's log.
type Entry struct {
	TicketID    string       `json:"ticketId"`
	Seq         int          `json:"seq"`
	Kind        string       `json:"kind"`
	Author      Author       `json:"author"`
	Body        string       `json:"body"`
	Attachments []Attachment `json:"attachments"`
	Change      *Change      `json:"change"`
	ClientID    string       `json:"clientId"`
	CreatedAt   time.Time    `json:"createdAt"`
	State       State        `json:"state"`
}

// Attachment is a file as an entry shows it.
type Attachment struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Type  string `json:"type"`
	Size  int    `json:"size"`  // bytes
	State string `json:"state"` // pending, ready or refused
}

// Change is what an entry changed on its ticket.
type Change struct {
	Field string `json:"field"`
	From  any    `json:"from"`
	To    any    `json:"to"`
}

// State is a ticket's state after an entry.
type State struct {
	Status     string `json:"status"`
	Priority   string `json:"priority"`
	CategoryID string `json:"categoryId"`
	AssigneeID string `json:"assigneeId"`
}

// Page says how a list goes on.
type Page struct {
	Next    string `json:"next"`
	HasMore bool   `json:"hasMore"`
}

// List is one page of a list.
type List[T any] struct {
	Data []T  `json:"data"`
	Page Page `json:"page"`
}

// EntryPage is one page of a ticket's entries.
type EntryPage struct {
	List[Entry]
	LastSeq int `json:"lastSeq"`
}

// Upload is an attachment that waits for its bytes.
type Upload struct {
	ID     string `json:"id"`
	Upload struct {
		URL    string            `json:"url"`
		Fields map[string]string `json:"fields"`
	} `json:"upload"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// ConnectToken is a single-use permission to open a socket.
type ConnectToken struct {
	Ticket    string    `json:"ticket"`
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// Problem is an error as RFC 9457 shapes it, with this API's own members.
type Problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`
	Instance  string         `json:"instance"`
	Code      string         `json:"code"`
	RequestID string         `json:"requestId"`
	Errors    []ProblemError `json:"errors"`
}

// ProblemError names one field that is wrong.
type ProblemError struct {
	Pointer string `json:"pointer"`
	Code    string `json:"code"`
	Message string `json:"message"`
}
