package client

import (
	"context"
	"net/http"
	"time"
)

// Notification is what a person is told about.
type Notification struct {
	ID         string              `json:"id"`
	Kind       string              `json:"kind"`
	Title      string              `json:"title"`
	Body       string              `json:"body"`
	TicketID   string              `json:"ticketId"`
	Read       bool                `json:"read"`
	CreatedAt  time.Time           `json:"createdAt"`
	Deliveries map[string]Delivery `json:"deliveries"` // by channel: email, sms
}

// Delivery is what became of a notification on one channel.
type Delivery struct {
	State    string `json:"state"` // queued, sending, sent, failed or skipped
	Reason   string `json:"reason"`
	Attempts int    `json:"attempts"`
}

// NotificationPage is a page of notifications, and how many are unread
// altogether.
type NotificationPage struct {
	List[Notification]
	Unread int `json:"unread"`
}

// Notifications reads the newest notifications; query is what follows the "?".
func (u *User) Notifications(ctx context.Context, query string) (NotificationPage, error) {
	var page NotificationPage
	err := u.do(ctx, http.MethodGet, "/notifications?"+query, nil, http.StatusOK, &page)
	return page, err
}
