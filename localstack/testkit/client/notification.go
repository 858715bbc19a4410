package client

import (
	"context"
	"net/http"
	"time"
)

// Notification is a notification of the signed-in user.
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

// Delivery is the state of a notification's delivery on one channel.
type Delivery struct {
	State    string `json:"state"` // queued, sending, sent, failed or skipped
	Reason   string `json:"reason"`
	Attempts int    `json:"attempts"`
}

// NotificationPage is a page of notifications with the total number of unread ones.
type NotificationPage struct {
	List[Notification]
	Unread int `json:"unread"`
}

// Notifications returns the newest notifications; query is the query string.
func (u *User) Notifications(ctx context.Context, query string) (NotificationPage, error) {
	var page NotificationPage
	err := u.do(ctx, http.MethodGet, "/notifications?"+query, nil, http.StatusOK, &page)
	return page, err
}

// TicketCounts are the numbers of tickets for an agent.
type TicketCounts struct {
	Mine       int            `json:"mine"`
	Unassigned int            `json:"unassigned"`
	Unread     int            `json:"unread"`
	ByStatus   map[string]int `json:"byStatus"`
	ByPriority map[string]int `json:"byPriority"`
	ByCategory []struct {
		ID    string `json:"id"`
		Name  string `json:"name"`
		Count int    `json:"count"`
	} `json:"byCategory"`
}
