package worker

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"path"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/attachment"
)

// HandleUploads returns a handler that validates objects created in the bucket. If
// one fails, Lambda retries the whole event; ProcessUpload is safe to repeat.
func HandleUploads(attachments *attachment.Service, log *slog.Logger) func(context.Context, events.S3Event) error {
	return func(ctx context.Context, event events.S3Event) error {
		var errs []error
		for _, record := range event.Records {
			key, err := url.QueryUnescape(record.S3.Object.Key) // S3 encodes keys in events
			if err == nil {
				err = attachments.ProcessUpload(ctx, path.Base(key))
			}
			if err != nil {
				log.ErrorContext(ctx, "upload validation failed", slog.String("key", record.S3.Object.Key), slog.Any("error", err))
				errs = append(errs, err)
			}
		}
		return errors.Join(errs...)
	}
}
