// Package fault is the one error type of the house. Domain code says what went
// wrong with a Kind; the edge looks the kind up in one table for the HTTP
// status and the title, and never has to read an error's text.
package apperr

import (
	"errors"
	"strings"
	"time"
)

// Code names what went wrong. It is the stable `code` of the API: clients
// branch on it, so a kind is never renamed.
type Code string

// Field points at one wrong part of a request.
type Field struct {
	// Pointer is an RFC 6901 JSON pointer into the body ("/phone"), or "?name"
	// for a query parameter.
	Pointer string `json:"pointer"`
	// Code is stable, for programs: "required", "too_long".
	Code string `json:"code"`
	// Message is for people and safe to show.
	Message string `json:"message"`
}

// Error is a failure with a text for the log (Error) and one that is safe for
// clients (Detail).
type Error struct {
	Code Code
	// Detail is shown to the client. It never carries the text of a cause.
	Detail string
	Fields []Field
	// RetryAfter is how long the client should wait; zero says nothing about it.
	RetryAfter time.Duration
	cause      error
}

// New makes an error of a kind. detail is shown to the client and may be empty.
func New(code Code, detail string) *Error {
	return &Error{Code: code, Detail: detail}
}

// Wrap gives a cause a kind. The cause is for the log alone.
func Wrap(code Code, cause error) *Error {
	return &Error{Code: code, cause: cause}
}

// Validation is an invalid_body error that names the wrong fields.
func Validation(fields ...Field) *Error {
	return &Error{Code: InvalidBody, Fields: fields}
}

// WithDetail returns a copy with a text that is shown to the client.
func (e *Error) WithDetail(detail string) *Error {
	clone := *e
	clone.Detail = detail
	return &clone
}

// WithFields returns a copy that names more wrong fields.
func (e *Error) WithFields(fields ...Field) *Error {
	clone := *e
	clone.Fields = append(append([]Field(nil), e.Fields...), fields...)
	return &clone
}

// WithRetryAfter returns a copy that asks the client to wait.
func (e *Error) WithRetryAfter(wait time.Duration) *Error {
	clone := *e
	clone.RetryAfter = wait
	return &clone
}

// WithCause returns a copy that carries a cause for the log.
func (e *Error) WithCause(cause error) *Error {
	clone := *e
	clone.cause = cause
	return &clone
}

// Error is the text for the log: kind, detail, fields and cause.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString(string(e.Code))
	if e.Detail != "" {
		text.WriteString(": " + e.Detail)
	}
	for _, field := range e.Fields {
		text.WriteString("; " + field.Pointer + " " + field.Code)
	}
	if e.cause != nil {
		text.WriteString(": " + e.cause.Error())
	}
	return text.String()
}

// Unwrap gives the cause, nil when there is none.
func (e *Error) Unwrap() error { return e.cause }

// Is says whether err is, or wraps, an Error of this kind. The outermost Error
// counts: it is the one the client is told about.
func Is(err error, code Code) bool {
	var appErr *Error
	return errors.As(err, &appErr) && appErr.Code == code
}

// From finds the Error in err. Anything else becomes an internal error with
// err as its cause, so that nothing of it reaches a client. From(nil) is nil.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	var appErr *Error
	if errors.As(err, &appErr) {
		return appErr
	}
	return Wrap(Internal, err)
}
