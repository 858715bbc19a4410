package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/user"
)

// adminUserView is a person as administrators see them.
type adminUserView struct {
	userView
	Disabled bool `json:"disabled"`
}

func (r *Request) viewAdminUser(u user.User) adminUserView {
	return adminUserView{viewUser(u, r.Locale()), u.Disabled}
}

// actor is the caller as the audit log names them.
func (r *Request) actor() audit.Actor {
	return audit.Actor{ID: r.Principal.UserID, Name: r.Principal.Name, Address: r.caller().IP}
}

var roles = []user.Role{user.RoleUser, user.RoleSupport, user.RoleAdmin}

// maxUserSearchRunes bounds a text that is looked for, in characters.
const maxUserSearchRunes = 200

// ListUsers is GET /users: everybody or those of a role, the newest first; with
// q those whom it finds.
func ListUsers(users *account.UserAdmin) Endpoint {
	return Endpoint{AdminOnly, func(ctx context.Context, r *Request) (Response, error) {
		limit, err := r.limit()
		if err != nil {
			return Response{}, err
		}
		role, q := user.Role(r.query.Get("role")), strings.TrimSpace(r.query.Get("q"))
		if r.query.Has("role") && !role.Valid() {
			return Response{}, errQuery("role", "not_allowed", "role is one of user, support, admin.")
		}
		if utf8.RuneCountInString(q) > maxUserSearchRunes || search.TooMany(q) {
			return Response{}, errQuery("q", "too_long", "q may have at most 200 characters and 10 words.")
		}
		name := fmt.Sprintf("users %s %q", role, q)
		at, _, err := openCursor[map[string]string](r, name)
		if err != nil {
			return Response{}, err
		}
		found, next, err := users.List(ctx, account.UserQuery{Role: role, Text: q, Limit: limit}, at)
		if err != nil {
			return Response{}, err
		}
		out := page[adminUserView]{Data: wire.MapSlice(found, r.viewAdminUser)}
		if next != nil {
			out.Page = pageInfo{Next: sealCursor(r, name, next), HasMore: true}
		}
		return ok(out), nil
	}}
}

// GetUser is GET /users/{id}.
func GetUser(users *account.UserAdmin) Endpoint {
	return Endpoint{AdminOnly, func(ctx context.Context, r *Request) (Response, error) {
		u, err := users.Get(ctx, r.pathID())
		return ok(r.viewAdminUser(u)), err
	}}
}

// CreateUser is POST /users. Without a password the person signs in by code.
func CreateUser(users *account.UserAdmin) Endpoint {
	return Endpoint{AdminOnly, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Phone    string    `json:"phone"`
			Role     user.Role `json:"role"`
			Name     string    `json:"name"`
			Email    string    `json:"email"`
			Password string    `json:"password"`
			Locale   string    `json:"locale"`
			Disabled bool      `json:"disabled"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v wire.Validator
		v.Required("/phone", in.Phone)
		v.Text("/name", &in.Name, 0, maxName, false)
		v.Email("/email", in.Email)
		if in.Role != "" {
			wire.OneOf(&v, "/role", in.Role, roles...)
		}
		if in.Locale != "" {
			wire.OneOf(&v, "/locale", in.Locale, locale.Supported()...)
		}
		if err := v.Err(); err != nil {
			return Response{}, err
		}
		u, err := users.Create(ctx, r.actor(), account.CreateUserParams(in))
		return Response{Status: http.StatusCreated, Body: r.viewAdminUser(u)}.with("location", "/users/"+u.ID), err
	}}
}

// UpdateUser is PATCH /users/{id}.
func UpdateUser(users *account.UserAdmin) Endpoint {
	return Endpoint{AdminOnly, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Phone    *string    `json:"phone"`
			Role     *user.Role `json:"role"`
			Name     *string    `json:"name"`
			Email    *string    `json:"email"`
			Password *string    `json:"password"`
			Disabled *bool      `json:"disabled"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v wire.Validator
		if in.Phone != nil {
			v.Required("/phone", *in.Phone)
		}
		if in.Role != nil {
			wire.OneOf(&v, "/role", *in.Role, roles...)
		}
		if in.Name != nil {
			v.Text("/name", in.Name, 0, maxName, false)
		}
		if in.Email != nil {
			v.Email("/email", *in.Email)
		}
		if in.Password != nil {
			v.Required("/password", *in.Password)
		}
		if err := v.Err(); err != nil {
			return Response{}, err
		}
		u, err := users.Update(ctx, r.actor(), r.pathID(), account.UserUpdate(in))
		return ok(r.viewAdminUser(u)), err
	}}
}

// DeleteUser is DELETE /users/{id}.
func DeleteUser(users *account.UserAdmin) Endpoint {
	return Endpoint{AdminOnly, func(ctx context.Context, r *Request) (Response, error) {
		return noContent(), users.Delete(ctx, r.actor(), r.pathID())
	}}
}

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

// ListAuditRecords is GET /admin/audit: what administrators did, the newest first.
func ListAuditRecords(store audit.Store) Endpoint {
	return Endpoint{AdminOnly, func(ctx context.Context, r *Request) (Response, error) {
		limit, err := r.limit()
		if err != nil {
			return Response{}, err
		}
		before, given, err := openCursor[string](r, "audit")
		if err != nil {
			return Response{}, err
		}
		if given && !id.Valid(before) {
			return Response{}, apperr.New(apperr.BadCursor, "")
		}
		records, err := store.AuditRecords(ctx, before, limit+1)
		if err != nil {
			return Response{}, err
		}
		out := page[auditRecordView]{}
		if len(records) > limit {
			records = records[:limit]
			out.Page = pageInfo{Next: sealCursor(r, "audit", records[limit-1].ID), HasMore: true}
		}
		out.Data = wire.MapSlice(records, func(d audit.Record) auditRecordView {
			return auditRecordView{
				ID: d.ID, At: wire.FormatTime(d.At), Actor: actorView{d.Actor.ID, d.Actor.Name}, Address: d.Actor.Address,
				Action: d.Action, Target: d.Target, Before: d.Before, After: d.After,
			}
		})
		return ok(out), nil
	}}
}
