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
// once per pictureTimeSlot, so that browsers can cache the image. Where the user has been read,
// it also changes with the picture: a page shows a new image only at a new URL.
const (
	pictureTTL      = time.Hour
	pictureTimeSlot = 30 * time.Minute

	pictureVersionLength = 8 // characters at the start of a seal
)

// defaultAvatar is the image of users without a picture.
const defaultAvatar = rawText(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" fill="#d5dae0"/>` +
	`<g fill="#8a94a0"><circle cx="32" cy="25" r="12"/><path d="M8 64a24 20 0 0 1 48 0z"/></g></svg>`)

// pictureURL returns the signed URL of the current picture of a user. Returns nil if the function
// has no key or the URL of the API is unknown.
func (r *Request) pictureURL(userID string) *string {
	if known := r.pictures[userID]; known != nil {
		return known
	}
	r.pictures[userID] = r.signPicture(userID, "")
	return r.pictures[userID]
}

// signPicture returns the result of pictureURL for a known picture.
func (r *Request) signPicture(userID, pictureID string) *string {
	if userID == "" || r.baseURL == "" || !r.key.IsSet() {
		return nil
	}
	until := strconv.FormatInt(r.now().Truncate(pictureTimeSlot).Add(pictureTTL).Unix(), 10)
	version := base64.RawURLEncoding.EncodeToString(r.key.MAC("picture version", pictureID))[:pictureVersionLength]
	signed := r.baseURL + "/pictures/" + userID + "?until=" + until + "&seal=" + r.pictureSeal(userID, until, version)
	return &signed
}

// pictureSeal returns the version of a picture URL and the URL's MAC, truncated to 128 bits.
func (r *Request) pictureSeal(userID, until, version string) string {
	return version + base64.RawURLEncoding.EncodeToString(r.key.MAC("picture", userID, until, version)[:16])
}

// isPictureSeal reports whether a picture URL has been signed.
func (r *Request) isPictureSeal(seal, userID, until string) bool {
	version := seal[:min(len(seal), pictureVersionLength)]
	return subtle.ConstantTimeCompare([]byte(seal), []byte(r.pictureSeal(userID, until, version))) == 1
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
		if !r.isPictureSeal(r.query.Get("seal"), id, until) || r.now().Unix() >= expiresAt {
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
