package stats

import (
	"time"

	"ticketsystem/pkg/ticket"
)

// ActivityTTL is how long an entry is listed among the newest of the house.
const ActivityTTL = 30 * 24 * time.Hour

// Activity is an entry with the title of its ticket.
type Activity struct {
	Entry ticket.Entry
	Title string
}
