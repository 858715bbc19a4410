// Package requestlog writes one structured line for each request, or for a sample of them.
package requestlog

import (
	"context"
	"hash/fnv"
	"log/slog"
	"sync/atomic"
	"time"
)

// Logger logs requests. The nil Logger logs none.
type Logger struct {
	Log     *slog.Logger
	Percent int // of the requests
	Now     func() time.Time

	warm atomic.Bool
}

// Line is what is logged of a request. It has no body, query, address or token.
type Line struct {
	ID     string // of the request, as in problem documents and the access log
	Route  string // such as "POST /tickets/{id}/messages"
	UserID string // "" for a caller who has not signed in
	Status int
	Start  time.Time // what Logger.Start returned
}

// Start returns the time for Line.Start.
func (l *Logger) Start() time.Time {
	if l == nil {
		return time.Time{}
	}
	return l.Now()
}

// Write logs a request if it belongs to the sample. The sample depends only on the id, so
// that each function which handles a request makes the same choice.
func (l *Logger) Write(ctx context.Context, line Line) {
	if l == nil {
		return
	}
	cold := !l.warm.Swap(true)
	if !sampled(line.ID, l.Percent) {
		return
	}
	l.Log.InfoContext(ctx, "request", slog.String(idField, line.ID), slog.String("route", line.Route), slog.Int("status", line.Status),
		slog.Int64("ms", l.Now().Sub(line.Start).Milliseconds()), slog.String("user", line.UserID), slog.Bool("cold", cold))
}

// Step logs a step of asynchronous work if its request belongs to the sample.
func (l *Logger) Step(ctx context.Context, message string, attrs ...slog.Attr) {
	if id := ID(ctx); l != nil && id != "" && sampled(id, l.Percent) {
		l.Log.LogAttrs(ctx, slog.LevelInfo, message, append(attrs, slog.String(idField, id))...)
	}
}

func sampled(id string, percent int) bool {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(id)) // a hash never fails
	return int(hash.Sum32()%100) < percent
}
