package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/export"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// ExportStore reads what an export consists of.
type ExportStore interface {
	export.Store
	// User returns a user. It fails with user_not_found.
	User(ctx context.Context, id string) (user.User, error)
	// ListSessions returns a page of a user's sessions, newest first.
	ListSessions(ctx context.Context, userID, after string, limit int) (page []account.Session, more bool, err error)
	// ListNotifications returns a page of a user's notifications, newest first.
	ListNotifications(ctx context.Context, userID string, q notification.Query) (notification.Page, error)
	// PushSubscriptions returns a user's push subscriptions, the oldest first.
	PushSubscriptions(ctx context.Context, userID string) (live, ended []notification.PushSubscription, err error)
	// AddAttachment stores a new attachment.
	AddAttachment(ctx context.Context, a attachment.Attachment) error
	// SetAttachmentState moves a pending attachment to ready.
	SetAttachmentState(ctx context.Context, id string, to attachment.Result) error
	// ExpireAttachment lets an attachment expire at a time.
	ExpireAttachment(ctx context.Context, id string, at time.Time) error
}

// ExportQueue takes the exports to run.
type ExportQueue interface {
	SendText(ctx context.Context, text string) error
}

// Exporter exports all data of a user: in the response if it is small, otherwise as a file that
// export-run makes.
type Exporter struct {
	Store   ExportStore
	Tickets *ticket.Service
	Objects attachment.ObjectStore
	Queue   ExportQueue    // of the endpoint
	Limiter *limit.Limiter // of the endpoint; nil permits all
	Now     func() time.Time
	NewID   func() string
}

// ExportAccount returns the endpoint GET /me/export: the caller's data, or 202 while a file is made
// because they are too long, and its address when it is ready.
func ExportAccount(x *Exporter) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		now := x.Now()
		job, found, err := x.Store.Export(ctx, r.Principal.UserID)
		if err == nil && found && job.Current(now) {
			return x.jobResponse(ctx, job)
		}
		if err == nil {
			_, err = x.Limiter.Take(ctx, r.Principal, 1)
		}
		if err != nil {
			return Response{}, err
		}
		u, err := x.Store.User(ctx, r.Principal.UserID)
		if err != nil {
			return Response{}, asUnauthenticated(err)
		}
		data, err := x.collect(ctx, u, r.Principal.Session, inlineBudget())
		if err != nil || data.Complete {
			return ok(data).with("cache-control", "no-store"), err
		}
		job = export.Export{UserID: u.ID, FileID: x.NewID(), StartedAt: now}
		started, err := x.Store.StartExport(ctx, job, now.Add(-export.RunTimeout))
		if err == nil && started {
			err = x.Queue.SendText(ctx, job.UserID+" "+job.FileID)
		}
		if err != nil {
			return Response{}, err
		}
		return x.jobResponse(ctx, job)
	})
}

func (x *Exporter) jobResponse(ctx context.Context, job export.Export) (Response, error) {
	view := exportJobView{State: "running"}
	if !job.Ready {
		return Response{Status: http.StatusAccepted, Body: view}.with("retry-after", "2"), nil
	}
	file := exportFile(job)
	address, err := x.Objects.PresignGet(ctx, file.Key(), file.Name, file.Type, attachment.DownloadTTL)
	return ok(exportJobView{"ready", &address, wire.FormatTime(job.ExpiresAt())}), err
}

// Run makes the file of a queued export. It is safe to repeat. A file exists no longer than its
// attachment, which is stored before it, and is erased if the user was deleted meanwhile.
func (x *Exporter) Run(ctx context.Context, order string) error {
	userID, fileID, _ := strings.Cut(order, " ")
	u, err := x.Store.User(ctx, userID)
	if apperr.Is(err, apperr.UserNotFound) { // possibly during an attempt that was interrupted
		return x.erase(ctx, fileID)
	}
	if err != nil {
		return err
	}
	job, found, err := x.Store.Export(ctx, userID)
	if err != nil || !found || job.FileID != fileID || !job.Current(x.Now()) || job.Ready {
		return err
	}
	data, err := x.collect(ctx, u, "", fileBudget())
	if err != nil {
		return err
	}
	text, err := wire.Marshal(data)
	if err != nil {
		return err
	}
	file := exportFile(job)
	file.Size = int64(len(text))
	if err := x.Store.AddAttachment(ctx, file); err != nil {
		return err
	}
	if err := x.Objects.Put(ctx, file.Key(), file.Type, text); err != nil {
		return err
	}
	if _, err := x.Store.User(ctx, userID); apperr.Is(err, apperr.UserNotFound) {
		return x.erase(ctx, fileID)
	} else if err != nil {
		return err
	}
	if err := x.Store.SetAttachmentState(ctx, fileID, attachment.Result{State: attachment.Ready}); err != nil {
		return err
	}
	return x.Store.FinishExport(ctx, job)
}

// erase deletes the file of a deleted user. Its attachment may have been erased before the file was
// stored, so that nothing else deletes the file.
func (x *Exporter) erase(ctx context.Context, fileID string) error {
	file := attachment.Attachment{ID: fileID}
	return errors.Join(x.Store.ExpireAttachment(ctx, fileID, x.Now()), x.Objects.Delete(ctx, file.Key()))
}

// exportFile returns the attachment that holds the file of an export.
func exportFile(job export.Export) attachment.Attachment {
	return attachment.Attachment{
		ID: job.FileID, Owner: job.UserID, Name: "export.json", Type: attachment.ExportType, State: attachment.Pending, CreatedAt: job.StartedAt,
	}
}
