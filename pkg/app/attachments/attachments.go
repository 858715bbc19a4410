// Package files wires what signs and checks uploads.
package attachments

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/blob"
)

// Service takes files in and hands them out, from BUCKET_NAME.
func Service(a *app.App) *attachment.Service {
	return &attachment.Service{Store: a.Store(), Objects: Bucket(a), Now: app.Now, NewID: a.NewID}
}

// Bucket keeps the bytes, in BUCKET_NAME.
func Bucket(a *app.App) *blob.Store { return blob.New(a.AWS("S3"), a.Required("BUCKET_NAME")) }
