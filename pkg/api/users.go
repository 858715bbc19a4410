package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/user"
)

// adminUserView is a user as administrators see them.
type adminUserView struct {
	userView
	Disabled   bool    `json:"disabled"`
	LastSeenAt *string `json:"lastSeenAt"`
}

func (r *Request) viewAdminUser(u user.User) adminUserView {
	return adminUserView{r.viewUser(u), u.Disabled, wire.FormatTime(u.LastSeenAt)}
}

// actor returns the caller for audit records.
func (r *Request) actor() audit.Actor {
	return audit.Actor{ID: r.Principal.UserID, Name: r.Principal.Name, Address: r.caller().IP}
}

var roles = []user.Role{user.RoleUser, user.RoleSupport, user.RoleAdmin}

// ListUsers returns the endpoint GET /users: a sorted list of users, or the matches of a search,
// newest first.
func ListUsers(users *account.UserDirectory) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
		q, err := r.userQuery()
		if err != nil {
			return Response{}, err
		}
		scope := fmt.Sprintf("users %s %q %q %s %v", q.Role, r.query.Get("disabled"), q.Text, q.Sort, q.Ascending)
		return listPage(r, scope, r.viewAdminUser, func(limit int, from map[string]string) ([]user.User, map[string]string, bool, error) {
			q.Limit = limit
			found, next, err := users.List(ctx, q, from)
			return found, next, next != nil, err
		})
	})
}

// userQuery reads the filters and the order of the list of users. It fails with bad_request.
func (r *Request) userQuery() (account.UserQuery, error) {
	q := account.UserQuery{
		Role: user.Role(r.query.Get("role")), Text: r.searchText(),
	}
	if r.query.Has("role") && !q.Role.Valid() {
		return q, errQuery("role", "not_allowed", "role must be one of user, support, admin.")
	}
	if r.query.Has("disabled") {
		disabled := r.query.Get("disabled") == "true"
		if q.Disabled = &disabled; !disabled && r.query.Get("disabled") != "false" {
			return q, errQuery("disabled", "not_allowed", "disabled must be true or false.")
		}
	}
	if r.query.Has("sort") {
		name, descending := strings.CutPrefix(r.query.Get("sort"), "-")
		q.Sort, q.Ascending = account.UserSort(name), !descending
		switch q.Sort {
		case account.UsersByCreation, account.UsersByName, account.UsersByLastSeen:
		default:
			return q, errQuery("sort", "not_allowed", "sort must be one of createdAt, name, lastSeenAt, with - before it for the reverse order.")
		}
		if q.Text != "" {
			return q, errQuery("sort", "not_together", "Send either q or sort, not both.")
		}
	}
	return q, checkSearch(q.Text)
}

// GetUser returns the endpoint GET /users/{id}.
func GetUser(users *account.UserDirectory) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
		u, err := users.Get(ctx, r.pathID())
		return ok(r.viewAdminUser(u)), err
	})
}

// CreateUser returns the endpoint POST /users. A user without a password signs in with a
// one-time code.
func CreateUser(users *account.UserDirectory) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
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
		v.Email("/email", &in.Email)
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
	})
}

type userInput struct {
	Phone    *string    `json:"phone"`
	Role     *user.Role `json:"role"`
	Name     *string    `json:"name"`
	Email    *string    `json:"email"`
	Password *string    `json:"password"`
	Disabled *bool      `json:"disabled"`
	// The proof of a caller who changes their own phone number or password.
	CurrentPassword string `json:"currentPassword"`
	OldCode         string `json:"oldCode"`
	OldChallenge    string `json:"oldChallenge"`
}

// UpdateUser returns the endpoint PATCH /users/{id}.
func UpdateUser(credentials *account.Credentials, users *account.UserAdmin) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
		var in userInput
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		update, err := in.toUpdate()
		if err != nil {
			return Response{}, err
		}
		var codes []account.OneTimeCode
		if r.pathID() == r.Principal.UserID {
			proof := account.OwnerProof{Password: in.CurrentPassword, OldCode: account.CodeInput{Digits: in.OldCode, Challenge: in.OldChallenge}}
			if codes, err = credentials.ConfirmUpdate(ctx, r.Principal, update, proof, r.caller()); err != nil {
				return Response{}, asUnauthenticated(err)
			}
		}
		u, err := users.Update(ctx, r.actor(), r.pathID(), update, codes...)
		return ok(r.viewAdminUser(u)), err
	})
}

// toUpdate validates the input and converts it. It fails with invalid_body.
func (in userInput) toUpdate() (account.UserUpdate, error) {
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
		v.Email("/email", in.Email)
	}
	if in.Password != nil {
		v.Required("/password", *in.Password)
	}
	return account.UserUpdate{Phone: in.Phone, Role: in.Role, Name: in.Name, Email: in.Email, Password: in.Password, Disabled: in.Disabled}, v.Err()
}

// DeleteUser returns the endpoint DELETE /users/{id}. The caller's own account is deleted by DELETE
// /me, which takes a code; without one, a stolen access token would be enough.
func DeleteUser(users *account.UserAdmin) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
		if r.pathID() == r.Principal.UserID {
			return Response{}, apperr.New(apperr.OwnAccount, "Delete the own account with DELETE /me and a code of purpose delete.")
		}
		return noContent(), users.Delete(ctx, r.actor(), r.pathID())
	})
}
