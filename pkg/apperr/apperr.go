// Package apperr defines the application error type. Domain code returns a Code; the
// API layer maps it to an HTTP status and title.
package apperr

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// Code identifies a kind of error. It is the `code` of API responses. Clients depend
// on its values, so they never change.
type Code string

// Field describes an invalid part of a request.
type Field struct {
	// Pointer is an RFC 6901 JSON pointer into the body ("/phone"), or "?name"
	// for a query parameter.
	Pointer string `json:"pointer"`
	// Code is the stable reason, such as "required" or "too_long".
	Code string `json:"code"`
	// Message is a text to show to the user.
	Message string `json:"message"`
}

// Error is an application error. Detail is safe for clients; the method Error returns
// a text for the log.
type Error struct {
	Code Code
	// Detail is sent to the client. It never contains the text of the cause.
	Detail string
	Fields []Field
	// RetryAfter is how long the client should wait, or zero.
	RetryAfter time.Duration
	// Quota is the limit that was exceeded, if it is one per user.
	Quota Quota
	cause error
}

// Quota is a limit of operations in a window.
type Quota struct {
	Name   string
	Max    int
	Window time.Duration
}

// New returns an error with a detail for the client, which may be empty.
func New(code Code, detail string) *Error {
	return &Error{Code: code, Detail: detail}
}

// Wrap returns an error with a cause, which goes to the log only.
func Wrap(code Code, cause error) *Error {
	return &Error{Code: code, cause: cause}
}

// Validation returns an InvalidBody error for the fields.
func Validation(fields ...Field) *Error {
	return &Error{Code: InvalidBody, Fields: fields}
}

// WithDetail returns a copy with a detail for the client.
func (e *Error) WithDetail(detail string) *Error {
	clone := *e
	clone.Detail = detail
	return &clone
}

// WithFields returns a copy with more invalid fields.
func (e *Error) WithFields(fields ...Field) *Error {
	clone := *e
	clone.Fields = append(append([]Field(nil), e.Fields...), fields...)
	return &clone
}

// WithPointers returns a copy whose fields have the pointers that move returns for theirs, for a
// client that sent a value under another name.
func (e *Error) WithPointers(move func(pointer string) string) *Error {
	clone := *e
	clone.Fields = slices.Clone(e.Fields)
	for i := range clone.Fields {
		clone.Fields[i].Pointer = move(clone.Fields[i].Pointer)
	}
	return &clone
}

// WithRetryAfter returns a copy with a waiting time for the client.
func (e *Error) WithRetryAfter(wait time.Duration) *Error {
	clone := *e
	clone.RetryAfter = wait
	return &clone
}

// WithQuota returns a copy with the limit that was exceeded.
func (e *Error) WithQuota(q Quota) *Error {
	clone := *e
	clone.Quota = q
	return &clone
}

// WithCause returns a copy with a cause for the log.
func (e *Error) WithCause(cause error) *Error {
	clone := *e
	clone.cause = cause
	return &clone
}

// Error returns the text for the log: code, detail, fields and cause.
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

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether the outermost Error in err has the code. That is the Error
// which the client receives.
func Is(err error, code Code) bool {
	var appErr *Error
	return errors.As(err, &appErr) && appErr.Code == code
}

// From returns the outermost Error in err. It wraps any other error as Internal, so
// that its text never reaches a client. From(nil) is nil.
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
