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

// A picture's address names the person, not the file: a list of tickets then
// shows today's pictures without reading anybody, and no copy of a picture's id
// has to be brought up to date. The address is signed and stands for an hour at
// most; within half an hour it stays the same, so that browsers keep the image.
const (
	pictureTTL      = time.Hour
	pictureTimeSlot = 30 * time.Minute
)

// defaultAvatar is shown for somebody without a picture.
const defaultAvatar = rawText(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" fill="#d5dae0"/>` +
	`<g fill="#8a94a0"><circle cx="32" cy="25" r="12"/><path d="M8 64a24 20 0 0 1 48 0z"/></g></svg>`)

// pictureURL signs the address of a person's picture; nil in a function that has
// no key, and for a caller who has not said how they call the API.
func (r *Request) pictureURL(userID string) *string {
	base := r.baseURL()
	if userID == "" || base == "" || !r.key.IsSet() {
		return nil
	}
	until := strconv.FormatInt(r.now().Truncate(pictureTimeSlot).Add(pictureTTL).Unix(), 10)
	address := base + "/pictures/" + userID + "?until=" + until + "&seal=" + r.pictureSignature(userID, until)
	return &address
}

func (r *Request) pictureSignature(userID, until string) string {
	return base64.RawURLEncoding.EncodeToString(r.key.MAC("picture", userID, until)[:16])
}

// baseURL is the address of the API as the caller has it; "" when that is unknown.
func (r *Request) baseURL() string {
	at := url.URL{Scheme: "https", Host: r.header("host")}
	if r.isPlainHTTP() {
		at.Scheme = "http"
	}
	if at.Host == "" {
		at.Host = r.event.RequestContext.DomainName
	}
	if at.Host == "" {
		return ""
	}
	if stage := r.event.RequestContext.Stage; stage != "" && stage != "$default" {
		at.Path = "/" + stage
	}
	return at.String()
}

// GetPicture is GET /pictures/{id}: to the image of a person, or a stand-in.
func GetPicture(accounts *account.Auth, attachments *attachment.Service) Endpoint {
	return Endpoint{Public, func(ctx context.Context, r *Request) (Response, error) {
		id, until := r.pathID(), r.query.Get("until")
		expiresAt, _ := strconv.ParseInt(until, 10, 64)
		if subtle.ConstantTimeCompare([]byte(r.query.Get("seal")), []byte(r.pictureSignature(id, until))) != 1 || r.now().Unix() >= expiresAt {
			return Response{}, apperr.New(apperr.AttachmentNotFound, "")
		}
		owner := user.Principal{UserID: id}
		u, err := accounts.Profile(ctx, owner)
		if err != nil && !apperr.Is(err, apperr.UserNotFound) {
			return Response{}, err
		}
		if u.PictureID == "" {
			return ok(defaultAvatar).with("content-type", "image/svg+xml").with("cache-control", "private, max-age=300"), nil
		}
		location, err := attachments.DownloadURL(ctx, owner, u.PictureID)
		return Response{Status: http.StatusFound}.with("location", location).with("cache-control", "private, max-age=60"), err
	}}
}
