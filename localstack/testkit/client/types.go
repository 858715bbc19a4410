package client

import "time"

// Tokens is the response to a sign-up, login or refresh.
type Tokens struct {
	User         UserProfile `json:"user"`
	AccessToken  string      `json:"accessToken"`
	RefreshToken string      `json:"refreshToken"`
	ExpiresIn    int         `json:"expiresIn"` // seconds
}

// UserProfile is a user's own profile.
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

// NotificationPreferences are the channels that a user wants.
type NotificationPreferences struct {
	Email    bool `json:"email"`
	SMS      bool `json:"sms"`
	Push     bool `json:"push"`
	PushText bool `json:"pushText"`
}

// Ref refers to an object by id and name.
type Ref struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Author is the author of an entry or event.
type Author struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role string `json:"role"`
}

// Province is a province with its cities, in both languages.
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

// Category is a ticket category with its name in the language of the request.
type Category struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Active      bool   `json:"active"`
}

// Ticket is a ticket as the caller sees it.
type Ticket struct {
	ID             string      `json:"id"`
	Number         string      `json:"number"`
	Title          string      `json:"title"`
	Status         string      `json:"status"`
	Priority       string      `json:"priority"`
	Category       *Ref        `json:"category"`
	Customer       *Ref        `json:"customer"`
	OpenedBy       *string     `json:"openedBy"`
	Assignee       *Ref        `json:"assignee"`
	Tags           []string    `json:"tags"`
	FollowUpOf     *TicketRef  `json:"followUpOf"`
	FollowUps      []TicketRef `json:"followUps"`
	LastSeq        int         `json:"lastSeq"`
	Unread         int         `json:"unread"`
	Preview        string      `json:"preview"`
	CreatedAt      time.Time   `json:"createdAt"`
	LastActivityAt time.Time   `json:"lastActivityAt"`
	Description    string      `json:"description"` // in responses about one ticket
	WaitingSince   *time.Time  `json:"waitingSince"`
	FirstReplyAt   *time.Time  `json:"firstReplyAt"`
	ResolvedAt     *time.Time  `json:"resolvedAt"`
	ReopenUntil    *time.Time  `json:"reopenUntil"`
	ClosedAt       *time.Time  `json:"closedAt"`
	Version        any         `json:"version"` // opaque
}

// TicketRef is a reference to a ticket.
type TicketRef struct {
	ID     string `json:"id"`
	Number string `json:"number"`
}

// Detail is a ticket with its newest entries in ascending order.
type Detail struct {
	Ticket  Ticket   `json:"ticket"`
	Opening Entry    `json:"opening"`
	Entries []Entry  `json:"entries"`
	HasMore bool     `json:"hasMore"`
	Readers []Reader `json:"readers"`
}

// Reader is a user and the newest entry that they have read.
type Reader struct {
	Author
	Seq int `json:"seq"`
}

// Entry is one entry of a ticket's log.
type Entry struct {
	TicketID    string       `json:"ticketId"`
	Seq         int          `json:"seq"`
	Prev        int          `json:"prev"` // the visible entry before it
	Kind        string       `json:"kind"`
	Author      Author       `json:"author"`
	Body        string       `json:"body"`
	Attachments []Attachment `json:"attachments"`
	Change      *Change      `json:"change"`
	ClientID    string       `json:"clientId"`
	CreatedAt   time.Time    `json:"createdAt"`
	State       State        `json:"state"`
}

// Attachment is an attachment of an entry.
type Attachment struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Type  string `json:"type"`
	Size  int    `json:"size"`  // bytes
	State string `json:"state"` // pending, ready, refused or expired

	Width  int `json:"width"` // of images, else 0
	Height int `json:"height"`
}

// Change is a change of a ticket field.
type Change struct {
	Field    string `json:"field"`
	From     any    `json:"from"`
	To       any    `json:"to"`
	FromName string `json:"fromName"`
	ToName   string `json:"toName"`
}

// State is a ticket's state after an entry.
type State struct {
	Status     string `json:"status"`
	Priority   string `json:"priority"`
	CategoryID string `json:"categoryId"`
	AssigneeID string `json:"assigneeId"`
}

// Page holds the cursor of the next page.
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

// Upload is an attachment whose content is not uploaded yet.
type Upload struct {
	ID     string `json:"id"`
	Upload struct {
		URL    string            `json:"url"`
		Fields map[string]string `json:"fields"`
	} `json:"upload"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// ConnectToken is a single-use token for a WebSocket handshake. The API calls it a
// ticket.
type ConnectToken struct {
	Ticket    string    `json:"ticket"`
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// Problem is an error response (RFC 9457) with the extensions of this API.
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

// ProblemError describes one invalid field.
type ProblemError struct {
	Pointer string `json:"pointer"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Broadcast is a broadcast with its progress.
type Broadcast struct {
	ID       string   `json:"id"`
	State    string   `json:"state"`
	Channels []string `json:"channels"`
	Counts   struct {
		Total int `json:"total"`
		App   struct {
			Sent int `json:"sent"`
		} `json:"app"`
		Email, SMS, Push struct{ Sent, Failed, Skipped int }
	} `json:"counts"`
	FinishedAt *string `json:"finishedAt"`
}
