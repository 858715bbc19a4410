package requestlog

import (
	"context"
	"log/slog"
)

type idKey struct{}

// WithID returns a context of the request with an id. A log with Handler writes the id in each
// line, and entries store it, so that the stream, notifications and deliveries have it too.
func WithID(ctx context.Context, id string) context.Context {
	if id == "" {
		return ctx
	}
	return context.WithValue(ctx, idKey{}, id)
}

// ID returns the id of the request that caused the work of a context, or "".
func ID(ctx context.Context) string {
	id, _ := ctx.Value(idKey{}).(string)
	return id
}

// idField is the name of the id in log lines.
const idField = "requestId"

// Handler adds the id of the request to the lines that do not have it.
type Handler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h Handler) Handle(ctx context.Context, line slog.Record) error {
	id := ID(ctx)
	line.Attrs(func(a slog.Attr) bool {
		if a.Key == idField {
			id = ""
		}
		return id != ""
	})
	if id != "" {
		line = line.Clone()
		line.AddAttrs(slog.String(idField, id))
	}
	return h.Handler.Handle(ctx, line)
}

// WithAttrs implements slog.Handler.
func (h Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return Handler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h Handler) WithGroup(name string) slog.Handler { return Handler{h.Handler.WithGroup(name)} }
