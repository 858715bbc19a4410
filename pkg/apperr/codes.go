package apperr

import (
	"net/http"
	"slices"

	"ticketsystem/pkg/locale"
)

// The kinds of the API. Each has its row in the table below.
const (
	BadJSON              Code = "bad_json"
	BadRequest           Code = "bad_request"
	BadCursor            Code = "bad_cursor"
	InvalidBody          Code = "invalid_body"
	BodyTooLarge         Code = "body_too_large"
	UnsupportedMediaType Code = "unsupported_media_type"

	Unauthenticated Code = "unauthenticated"
	TokenExpired    Code = "token_expired"
	RefreshReused   Code = "refresh_reused"
	SessionEnded    Code = "session_ended"
	LoginWrong      Code = "login_wrong"
	CodeWrong       Code = "code_wrong"
	CodeLocked      Code = "code_locked"
	LoginLocked     Code = "login_locked"
	TooManyRequests Code = "too_many_requests"
	AccountDisabled Code = "account_disabled"
	PhoneTaken      Code = "phone_taken"
	WeakPassword    Code = "weak_password"
	EmailMissing    Code = "email_missing"
	Forbidden       Code = "forbidden"
	CSRF            Code = "csrf"

	NotFound           Code = "not_found"
	TicketNotFound     Code = "ticket_not_found"
	CategoryNotFound   Code = "category_not_found"
	AttachmentNotFound Code = "attachment_not_found"
	UserNotFound       Code = "user_not_found"
	SessionNotFound    Code = "session_not_found"
	BroadcastNotFound  Code = "broadcast_not_found"
	MethodNotAllowed   Code = "method_not_allowed"

	AlreadyAssigned   Code = "already_assigned"
	TicketClosed      Code = "ticket_closed"
	TicketDeleted     Code = "ticket_deleted"
	LastAdmin         Code = "last_admin"
	NameTaken         Code = "name_taken"
	StatusNotAllowed  Code = "status_not_allowed"
	BroadcastFinished Code = "broadcast_over"
	AttachmentRefused Code = "attachment_refused"
	AttachmentPending Code = "attachment_pending"
	AttachmentInUse   Code = "attachment_in_use"
	VersionStale      Code = "version_stale"

	IdempotencyMismatch   Code = "idempotency_mismatch"
	IdempotencyInProgress Code = "idempotency_running"
	Conflict              Code = "conflict"
	Unavailable           Code = "unavailable"
	Internal              Code = "internal"

	UnknownAction Code = "unknown_action"
	FrameInvalid  Code = "frame_invalid"
	TopicUnknown  Code = "topic_unknown"
)

// Definition is what the table says about a kind.
type Definition struct {
	// Status is the HTTP status code.
	Status int
	// En and Fa are the titles in English and Persian.
	En, Fa string
}

// Title returns the title in the language of a BCP 47 tag, English by default.
func (d Definition) Title(tag string) string { return locale.Pick(tag, d.En, d.Fa) }

// Lookup finds the row of a kind. It is false for a kind nobody declared; the
// edge treats that as Internal.
func Lookup(code Code) (Definition, bool) {
	definition, ok := definitions[code]
	return definition, ok
}

// Codes lists every kind in alphabetical order, for documents and their tests.
func Codes() []Code {
	codes := make([]Code, 0, len(definitions))
	for code := range definitions {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// definitions is constant: nothing writes to it after the start of the program.
var definitions = map[Code]Definition{
	BadJSON:              {http.StatusBadRequest, "The body is not valid JSON", "متن درخواست JSON معتبری نیست"},
	BadRequest:           {http.StatusBadRequest, "The request has a wrong value", "مقداری در درخواست نادرست است"},
	BadCursor:            {http.StatusBadRequest, "The cursor is not valid for this list, or has expired", "نشانگر صفحه برای این فهرست معتبر نیست یا منقضی شده است"},
	InvalidBody:          {http.StatusUnprocessableEntity, "Some fields are not right", "برخی از فیلدها درست نیستند"},
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
	TooManyRequests: {http.StatusTooManyRequests, "Too many requests; please wait a little", "تعداد درخواست‌ها زیاد است؛ لطفاً کمی صبر کنید"},
	AccountDisabled: {http.StatusForbidden, "This account has been disabled; please contact us", "این حساب غیرفعال شده است؛ لطفاً با ما تماس بگیرید"},
	PhoneTaken:      {http.StatusConflict, "This phone number already has an account", "با این شماره پیش‌تر حساب ساخته شده است"},
	EmailMissing:    {http.StatusConflict, "There is no e-mail address in your profile", "نشانی ایمیلی در نمایهٔ شما نیست"},
	WeakPassword:    {http.StatusUnprocessableEntity, "The password is too easy to guess", "این گذرواژه به‌آسانی حدس زده می‌شود"},
	Forbidden:       {http.StatusForbidden, "You may not do this", "شما اجازهٔ این کار را ندارید"},
	CSRF:            {http.StatusForbidden, "The CSRF token is missing or wrong", "توکن CSRF فرستاده نشده یا نادرست است"},

	NotFound:           {http.StatusNotFound, "There is nothing at this address", "چیزی در این نشانی نیست"},
	TicketNotFound:     {http.StatusNotFound, "There is no such ticket", "چنین تیکتی پیدا نشد"},
	CategoryNotFound:   {http.StatusNotFound, "There is no such category", "چنین دسته‌ای پیدا نشد"},
	AttachmentNotFound: {http.StatusNotFound, "There is no such attachment", "چنین پیوستی پیدا نشد"},
	UserNotFound:       {http.StatusNotFound, "There is no such user", "چنین کاربری پیدا نشد"},
	SessionNotFound:    {http.StatusNotFound, "There is no such session", "چنین نشستی پیدا نشد"},
	BroadcastNotFound:  {http.StatusNotFound, "There is no such broadcast", "چنین پیام همگانی پیدا نشد"},
	MethodNotAllowed:   {http.StatusMethodNotAllowed, "This address does not take that method", "این نشانی چنین متدی را نمی‌پذیرد"},

	AlreadyAssigned:   {http.StatusConflict, "Someone else already has this ticket", "این تیکت را پیش‌تر همکار دیگری برداشته است"},
	TicketClosed:      {http.StatusConflict, "The ticket is closed; please open a follow-up ticket linked to this one", "این تیکت بسته شده است؛ لطفاً تیکت تازه‌ای در پی آن باز کنید"},
	TicketDeleted:     {http.StatusConflict, "The ticket that was opened with this clientId has been deleted", "تیکتی که با این clientId باز شده بود حذف شده است"},
	LastAdmin:         {http.StatusConflict, "The last administrator cannot be removed, demoted or disabled", "آخرین مدیر را نمی‌توان حذف، تنزل یا غیرفعال کرد"},
	NameTaken:         {http.StatusConflict, "Another category already has this name", "دستهٔ دیگری همین نام را دارد"},
	StatusNotAllowed:  {http.StatusConflict, "The ticket cannot go to that status from where it is", "تیکت از وضعیت کنونی به این وضعیت نمی‌رود"},
	BroadcastFinished: {http.StatusConflict, "The broadcast has been sent already", "این پیام همگانی پیش‌تر فرستاده شده است"},
	AttachmentRefused: {http.StatusUnprocessableEntity, "The attachment was refused", "پیوست پذیرفته نشد"},
	AttachmentPending: {http.StatusConflict, "The attachment has not arrived or is still being checked", "پیوست هنوز نرسیده یا در حال بررسی است"},
	AttachmentInUse:   {http.StatusConflict, "The attachment already belongs to another message", "این پیوست به پیام دیگری تعلق دارد"},
	VersionStale:      {http.StatusPreconditionFailed, "The ticket has changed since you read it", "تیکت پس از آخرین خواندن شما تغییر کرده است"},

	IdempotencyMismatch:   {http.StatusUnprocessableEntity, "This Idempotency-Key was used with another request", "این Idempotency-Key با درخواست دیگری استفاده شده است"},
	IdempotencyInProgress: {http.StatusConflict, "The first request with this Idempotency-Key is still running", "نخستین درخواست با این Idempotency-Key هنوز در حال اجراست"},
	Conflict:              {http.StatusConflict, "Others are changing this at the same moment; please try again", "دیگران هم‌زمان در حال تغییر این مورد هستند؛ لطفاً دوباره تلاش کنید"},
	Unavailable:           {http.StatusServiceUnavailable, "The service is not available at the moment", "سرویس در این لحظه در دسترس نیست"},
	Internal:              {http.StatusInternalServerError, "Something went wrong on our side", "خطایی از سوی ما رخ داد"},

	UnknownAction: {http.StatusBadRequest, "There is no such action", "چنین عملی وجود ندارد"},
	FrameInvalid:  {http.StatusBadRequest, "The frame is not valid", "قاب فرستاده‌شده معتبر نیست"},
	TopicUnknown:  {http.StatusNotFound, "There is no such topic", "چنین موضوعی پیدا نشد"},
}
