package wire

import (
	"ticketsystem/pkg/notification"
)

// NotificationView is a notification as its owner sees it.
type NotificationView struct {
	ID         string                   `json:"id"`
	Kind       notification.Kind        `json:"kind"`
	Title      string                   `json:"title"`
	Body       string                   `json:"body"`
	TicketID   *string                  `json:"ticketId"`
	Read       bool                     `json:"read"`
	CreatedAt  *string                  `json:"createdAt"`
	Deliveries map[string]*deliveryView `json:"deliveries"`
}

type deliveryView struct {
	State    notification.State `json:"state"`
	Reason   *string            `json:"reason"`
	Attempts int                `json:"attempts"`
	At       *string            `json:"at"`
}

// ViewNotification returns n with its texts in a language.
func ViewNotification(n notification.Notification, language string) NotificationView {
	title, body := notification.Text(n, language)
	v := NotificationView{
		ID: n.ID, Kind: n.Kind, Title: title, Body: body, TicketID: NilIfEmpty(n.TicketID), Read: n.Read, CreatedAt: FormatTime(n.CreatedAt),
		Deliveries: map[string]*deliveryView{},
	}
	for channel, d := range n.Deliveries {
		v.Deliveries[string(channel)] = &deliveryView{d.State, NilIfEmpty(d.PublicReason()), d.Attempts, FormatTime(d.At)}
	}
	return v
}
