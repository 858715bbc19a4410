package stats

import (
	"time"

	"ticketsystem/pkg/ticket"
)

// ActivityTTL is how long an entry is kept in the list of recent activity.
const ActivityTTL = 30 * 24 * time.Hour

// Activity is a recent entry with the title of its ticket.
type Activity struct {
	Entry ticket.Entry
	Title string
}
