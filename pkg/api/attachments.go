package api

import (
	"context"
	"net/http"
	"strings"

	"ticketsystem/pkg/attachment"
)

// OfferAttachment is POST /attachments.
func OfferAttachment(desk *attachment.Desk) Endpoint {
	return Endpoint{SignedIn, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Name   string `json:"name"`
			Type   string `json:"type"`
			Size   int64  `json:"size"`
			SHA256 string `json:"sha256"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		a, upload, err := desk.Accept(ctx, r.Who, attachment.Offer(in))
		if err != nil {
			return Response{}, err
		}
		return Response{Status: http.StatusCreated, Body: attachmentMade{
			ID: a.ID, State: a.State, Upload: uploadView(upload), ExpiresAt: timeOf(a.CreatedAt.Add(attachment.UploadLife)),
		}}.with("location", "/attachments/"+a.ID), nil
	}}
}

// FetchAttachment is GET /attachments/{id}: a redirect, or the address as JSON
// for clients that ask for it.
func FetchAttachment(desk *attachment.Desk) Endpoint {
	return Endpoint{SignedIn, func(ctx context.Context, r *Request) (Response, error) {
		address, err := desk.Link(ctx, r.Who, r.pathID())
		if err != nil {
			return Response{}, err
		}
		if strings.Contains(r.header("accept"), "application/json") {
			return ok(map[string]string{"url": address}), nil
		}
		return Response{Status: http.StatusFound}.with("location", address), nil
	}}
}
