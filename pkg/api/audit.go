package api

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

type auditRecordView struct {
	ID      string       `json:"id"`
	At      *string      `json:"at"`
	Actor   actorView    `json:"actor"`
	Address string       `json:"address"`
	Action  string       `json:"action"`
	Target  string       `json:"target"`
	Before  audit.Fields `json:"before"`
	After   audit.Fields `json:"after"`
}

type actorView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (r *Request) viewAuditRecord(rec audit.Record) auditRecordView {
	return auditRecordView{
		ID: rec.ID, At: wire.FormatTime(rec.At), Actor: actorView{rec.Actor.ID, user.DisplayName(rec.Actor.Name, r.Locale())}, Address: rec.Actor.Address,
		Action: rec.Action, Target: rec.Target, Before: rec.Before, After: rec.After,
	}
}

// ListAuditRecords returns the endpoint GET /admin/audit, newest first. Dates are days of a time
// zone, by default of zone.
func ListAuditRecords(store audit.Store, zone *time.Location) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
		q, err := r.auditQuery(zone)
		if err != nil {
			return Response{}, err
		}
		scope := fmt.Sprintf("audit %q %q %q %d %d", q.Actor, q.Action, q.Target, q.From.UnixMilli(), q.To.UnixMilli())
		return listPage(r, scope, r.viewAuditRecord, func(limit int, before string) ([]audit.Record, string, bool, error) {
			q.Limit, q.Before = limit, before
			records, next, err := store.AuditRecords(ctx, q)
			return records, next, next != "", err
		})
	})
}

// maxTarget is the maximum length of ?target= in bytes.
const maxTarget = 400

// auditQuery reads the filters of the audit log. It fails with bad_request.
func (r *Request) auditQuery(zone *time.Location) (q audit.Query, err error) {
	q = audit.Query{Action: r.query.Get("action"), Target: r.query.Get("target")}
	if r.query.Has("actor") {
		var valid bool
		if q.Actor, valid = id.Parse(r.query.Get("actor")); !valid {
			return q, errQuery("actor", "invalid", "actor must be the id of a user.")
		}
	}
	if r.query.Has("action") && !slices.Contains(audit.Actions(), q.Action) {
		return q, errQuery("action", "not_allowed", "action must be one of "+strings.Join(audit.Actions(), ", ")+".")
	}
	if r.query.Has("target") && (q.Target == "" || len(q.Target) > maxTarget) {
		return q, errQuery("target", "invalid", fmt.Sprintf("target must have 1 to %d bytes.", maxTarget))
	}
	if canonical, valid := id.Parse(q.Target); valid {
		q.Target = canonical
	}
	q.From, q.To, err = r.timeRange(zone)
	return q, err
}
