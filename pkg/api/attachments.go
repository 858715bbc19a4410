package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/attachment"
)

// CreateAttachment returns the endpoint POST /attachments. The client uploads the file with
// the returned form.
func CreateAttachment(attachments *attachment.Service) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Name   string `json:"name"`
			Type   string `json:"type"`
			Size   int64  `json:"size"`
			SHA256 string `json:"sha256"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		a, upload, err := attachments.CreateUpload(ctx, r.Principal, attachment.UploadRequest(in))
		if err != nil {
			return Response{}, err
		}
		return Response{Status: http.StatusCreated, Body: attachmentCreatedView{
			ID: a.ID, State: a.State, Upload: uploadView(upload), ExpiresAt: wire.FormatTime(a.CreatedAt.Add(attachment.UploadTTL)),
		}}.with("location", "/attachments/"+a.ID), nil
	})
}

// GetAttachment returns the endpoint GET /attachments/{id}. It redirects to a signed URL of the
// file or, with ?size=480, of its thumbnail. It returns the URL as JSON if the client accepts
// application/json.
func GetAttachment(attachments *attachment.Service) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		signURL := attachments.DownloadURL
		if r.query.Has("size") {
			if r.query.Get("size") != strconv.Itoa(attachment.ThumbnailSize) {
				return Response{}, errQuery("size", "not_allowed", "size must be 480.")
			}
			signURL = attachments.ThumbnailURL
		}
		downloadURL, err := signURL(ctx, r.Principal, r.pathID())
		if err != nil {
			return Response{}, err
		}
		if strings.Contains(r.header("accept"), "application/json") {
			return ok(map[string]string{"url": downloadURL}), nil
		}
		return Response{Status: http.StatusFound}.with("location", downloadURL), nil
	})
}
