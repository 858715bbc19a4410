package api

import (
	"context"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
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

// ListAuditRecords returns the endpoint GET /admin/audit, newest first.
func ListAuditRecords(store audit.Store) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
		position := func(rec audit.Record) string { return rec.ID }
		out, err := listPage(r, "audit", r.viewAuditRecord, func(limit int, before string) ([]audit.Record, string, bool, error) {
			if before != "" && !id.Valid(before) {
				return nil, "", false, apperr.New(apperr.BadCursor, "")
			}
			records, err := store.AuditRecords(ctx, before, limit+1)
			records, next, more := trimPage(records, limit, position)
			return records, next, more, err
		})
		return ok(out), err
	})
}
