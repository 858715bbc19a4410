package api

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/user"
)

// A picture URL contains the user id, not the file id, so that lists show the current picture
// without reading the users. The URL is signed and valid for at most pictureTTL. It changes
// once per pictureTimeSlot, so that browsers can cache the image.
const (
	pictureTTL      = time.Hour
	pictureTimeSlot = 30 * time.Minute
)

// defaultAvatar is the image of users without a picture.
const defaultAvatar = rawText(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" fill="#d5dae0"/>` +
	`<g fill="#8a94a0"><circle cx="32" cy="25" r="12"/><path d="M8 64a24 20 0 0 1 48 0z"/></g></svg>`)

// pictureURL returns the signed URL of a user's picture. Returns nil if the function has no
// key or the URL of the API is unknown.
func (r *Request) pictureURL(userID string) *string {
	if userID == "" || r.baseURL == "" || !r.key.IsSet() {
		return nil
	}
	if known := r.pictures[userID]; known != nil {
		return known
	}
	until := strconv.FormatInt(r.now().Truncate(pictureTimeSlot).Add(pictureTTL).Unix(), 10)
	signed := r.baseURL + "/pictures/" + userID + "?until=" + until + "&seal=" + r.pictureSignature(userID, until)
	r.pictures[userID] = &signed
	return &signed
}

// pictureSignature returns the MAC of a picture URL, truncated to 128 bits.
func (r *Request) pictureSignature(userID, until string) string {
	return base64.RawURLEncoding.EncodeToString(r.key.MAC("picture", userID, until)[:16])
}

// gatewayURL returns the URL of the API at API Gateway, "" if its domain is unknown. The Host
// header is not used, because the client chooses it.
func (r *Request) gatewayURL() string {
	at := url.URL{Scheme: "https", Host: r.event.RequestContext.DomainName}
	if at.Host == "" {
		return ""
	}
	if r.isPlainHTTP() {
		at.Scheme = "http"
	}
	if stage := r.event.RequestContext.Stage; stage != "" && stage != "$default" {
		at.Path = "/" + stage
	}
	return at.String()
}

// isMissingFile reports whether a picture is not uploaded yet, was refused or was deleted.
func isMissingFile(err error) bool {
	return apperr.Is(err, apperr.AttachmentPending) || apperr.Is(err, apperr.AttachmentExpired) ||
		apperr.Is(err, apperr.AttachmentRefused) || apperr.Is(err, apperr.AttachmentNotFound)
}

// GetPicture returns the endpoint GET /pictures/{id}. It redirects to the user's picture, or
// returns the default avatar.
func GetPicture(profiles *account.Profiles, attachments *attachment.Service) Endpoint {
	return Public(func(ctx context.Context, r *Request) (Response, error) {
		id, until := r.pathID(), r.query.Get("until")
		expiresAt, _ := strconv.ParseInt(until, 10, 64)
		if subtle.ConstantTimeCompare([]byte(r.query.Get("seal")), []byte(r.pictureSignature(id, until))) != 1 || r.now().Unix() >= expiresAt {
			return Response{}, apperr.New(apperr.AttachmentNotFound, "")
		}
		owner := user.Principal{UserID: id}
		u, err := profiles.Profile(ctx, owner)
		if err != nil && !apperr.Is(err, apperr.UserNotFound) {
			return Response{}, err
		}
		var location string
		if u.PictureID != "" {
			location, err = attachments.PictureURL(ctx, owner, u.PictureID)
		}
		if u.PictureID == "" || isMissingFile(err) {
			return ok(defaultAvatar).with("content-type", "image/svg+xml").with("cache-control", "private, max-age=60"), nil
		}
		return Response{Status: http.StatusFound}.with("location", location).with("cache-control", "private, max-age=60"), err
	})
}
