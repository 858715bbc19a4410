// Package exports builds the service that exports the data of users.
package exports

import (
	"time"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/attachments"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/queue"
)

// perHour is how many exports a user may request in an hour.
const perHour = 10

// Exporter returns the service that makes the files of exports.
func Exporter(a *app.App) *api.Exporter {
	return &api.Exporter{Store: a.Store(), Tickets: a.Tickets(), Objects: attachments.Bucket(a), Now: app.Now, NewID: a.NewID}
}

// WithQueue returns the service with the queue of EXPORT_QUEUE_URL and the limit of requests.
func WithQueue(a *app.App) *api.Exporter {
	x := Exporter(a)
	x.Queue = queue.New(a.AWS("SQS"), a.Required("EXPORT_QUEUE_URL"))
	x.Limiter = &limit.Limiter{Rule: limit.Rule{Name: "exports", Max: perHour, Window: time.Hour}, Store: a.Store(), Now: app.Now}
	return x
}
