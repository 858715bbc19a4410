package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/user"
)

// memberOfHouse is a person as administrators see them.
type memberOfHouse struct {
	userView
	Disabled bool `json:"disabled"`
}

func (r *Request) member(u user.User) memberOfHouse {
	return memberOfHouse{viewUser(u, r.Locale()), u.Disabled}
}

// actor is the caller as the audit log names them.
func (r *Request) actor() audit.Actor {
	return audit.Actor{ID: r.Who.UserID, Name: r.Who.Name, Address: r.caller().Address}
}

var roles = []user.Role{user.RoleUser, user.RoleSupport, user.RoleAdmin}

// maxQuery bounds a text that is looked for, in characters.
const maxQuery = 200

// ListUsers is GET /users: everybody or those of a role, the newest first; with
// q those whom it finds.
func ListUsers(people *account.Registry) Endpoint {
	return Endpoint{Admins, func(ctx context.Context, r *Request) (Response, error) {
		limit, err := r.limit()
		if err != nil {
			return Response{}, err
		}
		role, q := user.Role(r.query.Get("role")), strings.TrimSpace(r.query.Get("q"))
		if r.query.Has("role") && !role.Valid() {
			return Response{}, badQuery("role", "not_allowed", "role is one of user, support, admin.")
		}
		if utf8.RuneCountInString(q) > maxQuery || search.TooMany(q) {
			return Response{}, badQuery("q", "too_long", "q may have at most 200 characters and 10 words.")
		}
		name := fmt.Sprintf("users %s %q", role, q)
		at, _, err := openCursor[map[string]string](r, name)
		if err != nil {
			return Response{}, err
		}
		found, next, err := people.List(ctx, account.Wanted{Role: role, Text: q, Limit: limit}, at)
		if err != nil {
			return Response{}, err
		}
		out := page[memberOfHouse]{Data: list(found, r.member)}
		if next != nil {
			out.Page = pageInfo{Next: sealCursor(r, name, next), HasMore: true}
		}
		return ok(out), nil
	}}
}

// ShowUser is GET /users/{id}.
func ShowUser(people *account.Registry) Endpoint {
	return Endpoint{Admins, func(ctx context.Context, r *Request) (Response, error) {
		u, err := people.Find(ctx, r.pathID())
		return ok(r.member(u)), err
	}}
}

// CreateUser is POST /users. Without a password the person signs in by code.
func CreateUser(people *account.Registry) Endpoint {
	return Endpoint{Admins, func(ctx context.Context, r *Request) (Response, error) {
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
		var c checks
		c.required("/phone", in.Phone)
		c.text("/name", &in.Name, 0, maxName, false)
		c.email("/email", in.Email)
		if in.Role != "" {
			oneOf(&c, "/role", in.Role, roles...)
		}
		if in.Locale != "" {
			oneOf(&c, "/locale", in.Locale, "en", "fa")
		}
		if err := c.err(); err != nil {
			return Response{}, err
		}
		u, err := people.Add(ctx, r.actor(), account.NewPerson(in))
		return Response{Status: http.StatusCreated, Body: r.member(u)}.with("location", "/users/"+u.ID), err
	}}
}

// EditUser is PATCH /users/{id}.
func EditUser(people *account.Registry) Endpoint {
	return Endpoint{Admins, func(ctx context.Context, r *Request) (Response, error) {
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
		var c checks
		if in.Phone != nil {
			c.required("/phone", *in.Phone)
		}
		if in.Role != nil {
			oneOf(&c, "/role", *in.Role, roles...)
		}
		if in.Name != nil {
			c.text("/name", in.Name, 0, maxName, false)
		}
		if in.Email != nil {
			c.email("/email", *in.Email)
		}
		if in.Password != nil {
			c.required("/password", *in.Password)
		}
		if err := c.err(); err != nil {
			return Response{}, err
		}
		u, err := people.Change(ctx, r.actor(), r.pathID(), account.Edit(in))
		return ok(r.member(u)), err
	}}
}

// RemoveUser is DELETE /users/{id}.
func RemoveUser(people *account.Registry) Endpoint {
	return Endpoint{Admins, func(ctx context.Context, r *Request) (Response, error) {
		return noContent(), people.Remove(ctx, r.actor(), r.pathID())
	}}
}

type deedView struct {
	ID      string      `json:"id"`
	At      *string     `json:"at"`
	Actor   nameView    `json:"actor"`
	Address string      `json:"address"`
	Action  string      `json:"action"`
	Target  string      `json:"target"`
	Before  audit.Facts `json:"before"`
	After   audit.Facts `json:"after"`
}

type nameView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// ListDeeds is GET /admin/audit: what administrators did, the newest first.
func ListDeeds(log audit.Store) Endpoint {
	return Endpoint{Admins, func(ctx context.Context, r *Request) (Response, error) {
		limit, err := r.limit()
		if err != nil {
			return Response{}, err
		}
		before, given, err := openCursor[string](r, "audit")
		if err != nil {
			return Response{}, err
		}
		if given && !id.Valid(before) {
			return Response{}, fault.New(fault.BadCursor, "")
		}
		deeds, err := log.Audit(ctx, before, limit+1)
		if err != nil {
			return Response{}, err
		}
		out := page[deedView]{}
		if len(deeds) > limit {
			deeds = deeds[:limit]
			out.Page = pageInfo{Next: sealCursor(r, "audit", deeds[limit-1].ID), HasMore: true}
		}
		out.Data = list(deeds, func(d audit.Record) deedView {
			return deedView{
				ID: d.ID, At: timeOf(d.At), Actor: nameView{d.Actor.ID, d.Actor.Name}, Address: d.Actor.Address,
				Action: d.Action, Target: d.Target, Before: d.Before, After: d.After,
			}
		})
		return ok(out), nil
	}}
}
