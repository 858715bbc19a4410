// Package attachments builds the attachment service and its S3 bucket.
package attachments

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/blob"
)

// Service returns the attachment service. The environment variables MAX_FILE_MIB
// (default 25) and PENDING_UPLOAD_MIB (default 512) limit the size of a file and of a
// customer's uploads within attachment.UploadTTL, in MiB.
func Service(a *app.App) *attachment.Service {
	return &attachment.Service{
		Store: a.Store(), Objects: Bucket(a), Now: app.Now, NewID: a.NewID, MaxSize: int64(a.MaxFileMiB()) << 20,
		UploadLimiter: a.Limiter("uploads", "PENDING_UPLOAD_MIB", 512, attachment.UploadTTL),
	}
}

// Bucket returns the object store of the bucket in BUCKET_NAME.
func Bucket(a *app.App) *blob.Store { return blob.New(a.AWS("S3"), a.Required("BUCKET_NAME")) }
