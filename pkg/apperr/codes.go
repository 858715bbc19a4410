package apperr

import (
	"net/http"
	"slices"

	"ticketsystem/pkg/locale"
)

// The codes of the API. Each has an entry in statuses, and a title in pkg/locale/texts.
const (
	// BadJSON (HTTP 400): the body is not valid JSON.
	BadJSON Code = "bad_json"
	// BadRequest (HTTP 400): a query parameter or a header is invalid.
	BadRequest Code = "bad_request"
	// BadCursor (HTTP 400): the cursor is malformed, expired or of another list.
	BadCursor Code = "bad_cursor"
	// InvalidBody (HTTP 422): fields of the body are invalid; Fields names them.
	InvalidBody Code = "invalid_body"
	// BodyTooLarge (HTTP 413): the body exceeds the size limit.
	BodyTooLarge Code = "body_too_large"
	// UnsupportedMediaType (HTTP 415): the content is not JSON in UTF-8, or is compressed.
	UnsupportedMediaType Code = "unsupported_media_type"

	// Unauthenticated (HTTP 401): the request has no valid credentials.
	Unauthenticated Code = "unauthenticated"
	// TokenExpired (HTTP 401): the access token is expired or revoked.
	TokenExpired Code = "token_expired"
	// RefreshReused (HTTP 401): the refresh token was already used.
	RefreshReused Code = "refresh_reused"
	// SessionEnded (HTTP 401): the session has ended or expired.
	SessionEnded Code = "session_ended"
	// LoginWrong (HTTP 401): the phone number or the password is wrong.
	LoginWrong Code = "login_wrong"
	// SecondFactorRequired (HTTP 401): staff sign in with password and code; one is missing.
	SecondFactorRequired Code = "second_factor_required"
	// CodeWrong (HTTP 422): the one-time code is wrong or has expired.
	CodeWrong Code = "code_wrong"
	// CodeLocked (HTTP 429): too many wrong codes were entered.
	CodeLocked Code = "code_locked"
	// LoginLocked (HTTP 429): too many logins failed for the phone number.
	LoginLocked Code = "login_locked"
	// TooManyRequests (HTTP 429): a limit of codes or logins is exceeded.
	TooManyRequests Code = "too_many_requests"
	// RateLimited (HTTP 429): a signed-in user exceeded a limit of pkg/limit.
	RateLimited Code = "rate_limited"
	// AccountDisabled (HTTP 403): the account is disabled.
	AccountDisabled Code = "account_disabled"
	// ResetNotAllowed (HTTP 403): staff cannot reset their password by a code alone.
	ResetNotAllowed Code = "reset_not_allowed"
	// PhoneTaken (HTTP 409): the phone number belongs to another account.
	PhoneTaken Code = "phone_taken"
	// PhoneCountry (HTTP 422): no codes are sent to the country of the phone number.
	PhoneCountry Code = "phone_country"
	// PasswordWrong (HTTP 422): the password that confirms a change is wrong.
	PasswordWrong Code = "password_wrong"
	// WeakPassword (HTTP 422): the password is too easy to guess.
	WeakPassword Code = "weak_password"
	// EmailMissing (HTTP 409): the profile has no e-mail address to confirm.
	EmailMissing Code = "email_missing"
	// EmailSuppressed (HTTP 409): mail to the address was returned or reported as unwanted.
	EmailSuppressed Code = "email_suppressed"
	// Forbidden (HTTP 403): the role of the user does not permit the operation.
	Forbidden Code = "forbidden"
	// CSRF (HTTP 403): the CSRF token is missing or wrong.
	CSRF Code = "csrf"
	// OriginNotAllowed (HTTP 403): the page's origin may not set a session cookie.
	OriginNotAllowed Code = "origin_not_allowed"

	// NotFound (HTTP 404): no route has this path.
	NotFound Code = "not_found"
	// TicketNotFound (HTTP 404): the ticket does not exist or is not visible to the user.
	TicketNotFound Code = "ticket_not_found"
	// CategoryNotFound (HTTP 404): the category does not exist.
	CategoryNotFound Code = "category_not_found"
	// AttachmentNotFound (HTTP 404): the attachment does not exist or is not visible to the user.
	AttachmentNotFound Code = "attachment_not_found"
	// UserNotFound (HTTP 404): the user does not exist.
	UserNotFound Code = "user_not_found"
	// SessionNotFound (HTTP 404): the session does not exist.
	SessionNotFound Code = "session_not_found"
	// SuppressionNotFound (HTTP 404): mail to the address is not suppressed.
	SuppressionNotFound Code = "suppression_not_found"
	// DeliveryNotFound (HTTP 404): no delivery of the notification was attempted on the channel.
	DeliveryNotFound Code = "delivery_not_found"
	// DeliveryNotFailed (HTTP 409): the delivery has not failed.
	DeliveryNotFailed Code = "delivery_not_failed"
	// BroadcastNotFound (HTTP 404): the broadcast does not exist.
	BroadcastNotFound Code = "broadcast_not_found"
	// MethodNotAllowed (HTTP 405): the path does not support the method.
	MethodNotAllowed Code = "method_not_allowed"

	// AlreadyAssigned (HTTP 409): the ticket is assigned to another agent.
	AlreadyAssigned Code = "already_assigned"
	// TicketClosed (HTTP 409): the ticket is closed.
	TicketClosed Code = "ticket_closed"
	// TicketDeleted (HTTP 409): the ticket created with this clientId was deleted.
	TicketDeleted Code = "ticket_deleted"
	// LastAdmin (HTTP 409): the operation would leave no active administrator.
	LastAdmin Code = "last_admin"
	// OwnAccount (HTTP 409): users delete their own account with DELETE /me.
	OwnAccount Code = "own_account"
	// NameTaken (HTTP 409): another category has this name.
	NameTaken Code = "name_taken"
	// StatusNotAllowed (HTTP 409): the status transition is not allowed.
	StatusNotAllowed Code = "status_not_allowed"
	// BroadcastFinished (HTTP 409): the broadcast was already sent.
	BroadcastFinished Code = "broadcast_over"
	// AttachmentRefused (HTTP 422): the attachment failed its validation.
	AttachmentRefused Code = "attachment_refused"
	// AttachmentExpired (HTTP 422): the upload did not arrive while it was permitted.
	AttachmentExpired Code = "attachment_expired"
	// ThumbnailNotFound (HTTP 404): the attachment has no thumbnail.
	ThumbnailNotFound Code = "thumbnail_not_found"
	// AttachmentPending (HTTP 409): the attachment is not uploaded or not validated yet.
	AttachmentPending Code = "attachment_pending"
	// AttachmentInUse (HTTP 409): the attachment belongs to another message.
	AttachmentInUse Code = "attachment_in_use"
	// VersionStale (HTTP 412): the ticket changed after the version in If-Match.
	VersionStale Code = "version_stale"

	// IdempotencyMismatch (HTTP 422): the Idempotency-Key was used with another request.
	IdempotencyMismatch Code = "idempotency_mismatch"
	// IdempotencyInProgress (HTTP 409): the first request with the Idempotency-Key is not finished.
	IdempotencyInProgress Code = "idempotency_running"
	// Conflict (HTTP 409): concurrent writes exceeded the retry limit; the request may be repeated.
	Conflict Code = "conflict"
	// Unavailable (HTTP 503): a dependency is not available.
	Unavailable Code = "unavailable"
	// Internal (HTTP 500): an unexpected error occurred; the cause is in the log only.
	Internal Code = "internal"

	// UnknownAction (HTTP 400): a WebSocket frame names an unknown action.
	UnknownAction Code = "unknown_action"
	// FrameInvalid (HTTP 400): a WebSocket frame is invalid.
	FrameInvalid Code = "frame_invalid"
	// TopicUnknown (HTTP 404): the topic of a subscription does not exist.
	TopicUnknown Code = "topic_unknown"
)

// Definition is a code with its HTTP status.
type Definition struct {
	Code   Code
	Status int
}

// Title returns the title in the language of a BCP 47 tag, English by default.
func (d Definition) Title(tag string) string { return locale.Text(tag, "error."+string(d.Code)) }

// Lookup returns the definition of a code. ok is false for an undeclared code, which
// the API treats as Internal.
func Lookup(code Code) (definition Definition, ok bool) {
	status, ok := statuses[code]
	return Definition{code, status}, ok
}

// Codes returns all codes in alphabetical order.
func Codes() []Code {
	codes := make([]Code, 0, len(statuses))
	for code := range statuses {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// statuses maps a code to its HTTP status. It is never written to.
var statuses = map[Code]int{
	BadJSON:              http.StatusBadRequest,
	BadRequest:           http.StatusBadRequest,
	BadCursor:            http.StatusBadRequest,
	InvalidBody:          http.StatusUnprocessableEntity,
	BodyTooLarge:         http.StatusRequestEntityTooLarge,
	UnsupportedMediaType: http.StatusUnsupportedMediaType,

	Unauthenticated: http.StatusUnauthorized,
	TokenExpired:    http.StatusUnauthorized,
	RefreshReused:   http.StatusUnauthorized,
	SessionEnded:    http.StatusUnauthorized,
	LoginWrong:      http.StatusUnauthorized,
	CodeWrong:       http.StatusUnprocessableEntity,
	CodeLocked:      http.StatusTooManyRequests,
	LoginLocked:     http.StatusTooManyRequests,
	RateLimited:     http.StatusTooManyRequests,
	TooManyRequests: http.StatusTooManyRequests,
	AccountDisabled: http.StatusForbidden,
	PhoneTaken:      http.StatusConflict,
	EmailMissing:    http.StatusConflict,
	PhoneCountry:    http.StatusUnprocessableEntity,
	WeakPassword:    http.StatusUnprocessableEntity,
	Forbidden:       http.StatusForbidden,
	CSRF:            http.StatusForbidden,

	SecondFactorRequired: http.StatusUnauthorized,
	PasswordWrong:        http.StatusUnprocessableEntity,
	EmailSuppressed:      http.StatusConflict,
	ResetNotAllowed:      http.StatusForbidden,

	OriginNotAllowed: http.StatusForbidden,

	NotFound:            http.StatusNotFound,
	TicketNotFound:      http.StatusNotFound,
	CategoryNotFound:    http.StatusNotFound,
	AttachmentNotFound:  http.StatusNotFound,
	UserNotFound:        http.StatusNotFound,
	SessionNotFound:     http.StatusNotFound,
	SuppressionNotFound: http.StatusNotFound,
	DeliveryNotFound:    http.StatusNotFound,
	DeliveryNotFailed:   http.StatusConflict,
	BroadcastNotFound:   http.StatusNotFound,
	MethodNotAllowed:    http.StatusMethodNotAllowed,

	AlreadyAssigned:   http.StatusConflict,
	TicketClosed:      http.StatusConflict,
	TicketDeleted:     http.StatusConflict,
	LastAdmin:         http.StatusConflict,
	OwnAccount:        http.StatusConflict,
	NameTaken:         http.StatusConflict,
	StatusNotAllowed:  http.StatusConflict,
	BroadcastFinished: http.StatusConflict,
	AttachmentRefused: http.StatusUnprocessableEntity,
	AttachmentExpired: http.StatusUnprocessableEntity,
	ThumbnailNotFound: http.StatusNotFound,
	AttachmentPending: http.StatusConflict,
	AttachmentInUse:   http.StatusConflict,
	VersionStale:      http.StatusPreconditionFailed,

	IdempotencyMismatch:   http.StatusUnprocessableEntity,
	IdempotencyInProgress: http.StatusConflict,
	Conflict:              http.StatusConflict,
	Unavailable:           http.StatusServiceUnavailable,
	Internal:              http.StatusInternalServerError,

	UnknownAction: http.StatusBadRequest,
	FrameInvalid:  http.StatusBadRequest,
	TopicUnknown:  http.StatusNotFound,
}
