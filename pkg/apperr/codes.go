package apperr

import (
	"net/http"
	"slices"

	"ticketsystem/pkg/locale"
)

// The codes of the API. Each has an entry in definitions.
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
	// UnsupportedMediaType (HTTP 415): the content type is not JSON.
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
	// ResetNotAllowed (HTTP 403): staff cannot reset their password by code.
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

// Definition holds the HTTP status and the titles of a code.
type Definition struct {
	// Status is the HTTP status code.
	Status int
	// En and Fa are the titles in English and Persian.
	En, Fa string
}

// Title returns the title in the language of a BCP 47 tag, English by default.
func (d Definition) Title(tag string) string { return locale.Pick(tag, d.En, d.Fa) }

// Lookup returns the definition of a code. ok is false for an undeclared code, which
// the API treats as Internal.
func Lookup(code Code) (definition Definition, ok bool) {
	definition, ok = definitions[code]
	return definition, ok
}

// Codes returns all codes in alphabetical order.
func Codes() []Code {
	codes := make([]Code, 0, len(definitions))
	for code := range definitions {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// definitions is never written to.
var definitions = map[Code]Definition{
	BadJSON:              {http.StatusBadRequest, "The body is not valid JSON", "متن درخواست JSON معتبری نیست"},
	BadRequest:           {http.StatusBadRequest, "The request contains an invalid value", "مقداری در درخواست نادرست است"},
	BadCursor:            {http.StatusBadRequest, "The cursor is not valid for this list, or has expired", "نشانگر صفحه برای این فهرست معتبر نیست یا منقضی شده است"},
	InvalidBody:          {http.StatusUnprocessableEntity, "Some fields are invalid", "برخی از فیلدها درست نیستند"},
	BodyTooLarge:         {http.StatusRequestEntityTooLarge, "The body is too large", "حجم درخواست بیش از حد مجاز است"},
	UnsupportedMediaType: {http.StatusUnsupportedMediaType, "The body must be JSON", "متن درخواست باید JSON باشد"},

	Unauthenticated: {http.StatusUnauthorized, "Please sign in", "لطفاً وارد شوید"},
	TokenExpired:    {http.StatusUnauthorized, "The access token has expired", "توکن دسترسی منقضی شده است"},
	RefreshReused:   {http.StatusUnauthorized, "The refresh token was used before; please sign in again", "این توکن تازه‌سازی پیش‌تر استفاده شده است؛ لطفاً دوباره وارد شوید"},
	SessionEnded:    {http.StatusUnauthorized, "The session has ended; please sign in again", "نشست شما پایان یافته است؛ لطفاً دوباره وارد شوید"},
	LoginWrong:      {http.StatusUnauthorized, "The phone number or the password is wrong", "شمارهٔ تلفن یا گذرواژه نادرست است"},
	CodeWrong:       {http.StatusUnprocessableEntity, "The code is wrong or has expired", "کد نادرست یا منقضی است"},
	CodeLocked:      {http.StatusTooManyRequests, "Too many wrong codes; please ask for a new one", "کد چند بار نادرست وارد شد؛ لطفاً کد تازه‌ای بگیرید"},
	LoginLocked:     {http.StatusTooManyRequests, "Too many failed attempts to sign in; please try again later", "تلاش‌های ناموفق برای ورود زیاد بود؛ لطفاً کمی بعد دوباره تلاش کنید"},
	RateLimited:     {http.StatusTooManyRequests, "You are doing this too often; please wait a little", "این کار را بیش از اندازه تکرار کرده‌اید؛ لطفاً کمی صبر کنید"},
	TooManyRequests: {http.StatusTooManyRequests, "Too many requests; please wait a little", "تعداد درخواست‌ها زیاد است؛ لطفاً کمی صبر کنید"},
	AccountDisabled: {http.StatusForbidden, "This account has been disabled; please contact us", "این حساب غیرفعال شده است؛ لطفاً با ما تماس بگیرید"},
	PhoneTaken:      {http.StatusConflict, "This phone number already has an account", "با این شماره پیش‌تر حساب ساخته شده است"},
	EmailMissing:    {http.StatusConflict, "There is no e-mail address in your profile", "نشانی ایمیلی در نمایهٔ شما نیست"},
	PhoneCountry:    {http.StatusUnprocessableEntity, "No codes are sent to numbers of this country", "به شماره‌های این کشور کد فرستاده نمی‌شود"},
	WeakPassword:    {http.StatusUnprocessableEntity, "The password is too easy to guess", "این گذرواژه به‌آسانی حدس زده می‌شود"},
	Forbidden:       {http.StatusForbidden, "You are not allowed to do this", "شما اجازهٔ این کار را ندارید"},
	CSRF:            {http.StatusForbidden, "The CSRF token is missing or wrong", "توکن CSRF فرستاده نشده یا نادرست است"},

	SecondFactorRequired: {http.StatusUnauthorized, "Staff sign in with a password and a code", "کارکنان با گذرواژه و کد با هم وارد می‌شوند"},
	PasswordWrong:        {http.StatusUnprocessableEntity, "The password is wrong", "گذرواژه نادرست است"},
	EmailSuppressed:      {http.StatusConflict, "Mail to this address was returned; please enter another address", "ایمیل‌های این نشانی برگشت خورده است؛ لطفاً نشانی دیگری وارد کنید"},
	ResetNotAllowed:      {http.StatusForbidden, "Staff passwords are set by an administrator", "گذرواژهٔ کارکنان را مدیر تعیین می‌کند"},

	OriginNotAllowed: {http.StatusForbidden, "Pages of this origin may not sign in with a cookie", "صفحه‌های این مبدأ اجازهٔ ورود با کوکی را ندارند"},

	NotFound:            {http.StatusNotFound, "Not found", "چیزی در این نشانی نیست"},
	TicketNotFound:      {http.StatusNotFound, "There is no such ticket", "چنین تیکتی پیدا نشد"},
	CategoryNotFound:    {http.StatusNotFound, "There is no such category", "چنین دسته‌ای پیدا نشد"},
	AttachmentNotFound:  {http.StatusNotFound, "There is no such attachment", "چنین پیوستی پیدا نشد"},
	UserNotFound:        {http.StatusNotFound, "There is no such user", "چنین کاربری پیدا نشد"},
	SessionNotFound:     {http.StatusNotFound, "There is no such session", "چنین نشستی پیدا نشد"},
	SuppressionNotFound: {http.StatusNotFound, "Mail to this address is not suppressed", "ارسال نامه به این نشانی متوقف نشده است"},
	BroadcastNotFound:   {http.StatusNotFound, "There is no such broadcast", "چنین پیام همگانی پیدا نشد"},
	MethodNotAllowed:    {http.StatusMethodNotAllowed, "This address does not take that method", "این نشانی چنین متدی را نمی‌پذیرد"},

	AlreadyAssigned:   {http.StatusConflict, "Someone else already has this ticket", "این تیکت را پیش‌تر همکار دیگری برداشته است"},
	TicketClosed:      {http.StatusConflict, "The ticket is closed; please open a follow-up ticket", "این تیکت بسته شده است؛ لطفاً تیکت تازه‌ای در ادامهٔ آن باز کنید"},
	TicketDeleted:     {http.StatusConflict, "The ticket that was opened with this clientId has been deleted", "تیکتی که با این clientId باز شده بود حذف شده است"},
	LastAdmin:         {http.StatusConflict, "The last administrator cannot be removed, demoted or disabled", "آخرین مدیر را نمی‌توان حذف، تنزل یا غیرفعال کرد"},
	NameTaken:         {http.StatusConflict, "Another category already has this name", "دستهٔ دیگری همین نام را دارد"},
	StatusNotAllowed:  {http.StatusConflict, "This status change is not allowed", "تیکت از وضعیت کنونی به این وضعیت نمی‌رود"},
	BroadcastFinished: {http.StatusConflict, "The broadcast has been sent already", "این پیام همگانی پیش‌تر فرستاده شده است"},
	AttachmentRefused: {http.StatusUnprocessableEntity, "The attachment was refused", "پیوست پذیرفته نشد"},
	AttachmentExpired: {http.StatusUnprocessableEntity, "The attachment was not uploaded in time; please attach the file again", "پیوست در زمان مقرر نرسید؛ لطفاً فایل را دوباره پیوست کنید"},
	ThumbnailNotFound: {http.StatusNotFound, "This file has no thumbnail", "این فایل تصویر کوچک ندارد"},
	AttachmentPending: {http.StatusConflict, "The attachment has not arrived or is still being checked", "پیوست هنوز نرسیده یا در حال بررسی است"},
	AttachmentInUse:   {http.StatusConflict, "The attachment already belongs to another message", "این پیوست به پیام دیگری تعلق دارد"},
	VersionStale:      {http.StatusPreconditionFailed, "The ticket has changed since you read it", "تیکت پس از آخرین خواندن شما تغییر کرده است"},

	IdempotencyMismatch:   {http.StatusUnprocessableEntity, "This Idempotency-Key was used with another request", "این Idempotency-Key با درخواست دیگری استفاده شده است"},
	IdempotencyInProgress: {http.StatusConflict, "The first request with this Idempotency-Key is still running", "نخستین درخواست با این Idempotency-Key هنوز در حال اجراست"},
	Conflict:              {http.StatusConflict, "Others are changing this at the same moment; please try again", "دیگران هم‌زمان در حال تغییر این مورد هستند؛ لطفاً دوباره تلاش کنید"},
	Unavailable:           {http.StatusServiceUnavailable, "The service is not available at the moment", "سرویس در این لحظه در دسترس نیست"},
	Internal:              {http.StatusInternalServerError, "Something went wrong on our side", "خطایی از سوی ما رخ داد"},

	UnknownAction: {http.StatusBadRequest, "There is no such action", "چنین عملی وجود ندارد"},
	FrameInvalid:  {http.StatusBadRequest, "The frame is invalid", "قاب فرستاده‌شده معتبر نیست"},
	TopicUnknown:  {http.StatusNotFound, "Unknown topic", "چنین موضوعی پیدا نشد"},
}
