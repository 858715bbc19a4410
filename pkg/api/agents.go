package api

import (
	"cmp"
	"context"
	"slices"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/user"
)

// CountStore reads the current counts of tickets, which the stream keeps.
type CountStore interface {
	// TicketCounts returns the counts of all tickets and of each agent.
	TicketCounts(ctx context.Context) (stats.Snapshot, error)
}

// AgentStore reads the users who can hold tickets.
type AgentStore interface {
	// ListUsers returns a page of the users of a role.
	ListUsers(ctx context.Context, role user.Role, limit int, cursor map[string]string) ([]user.User, map[string]string, error)
	// AgentStats returns TicketCounts and which agents are online.
	AgentStats(ctx context.Context) (stats.Snapshot, error)
}

// CustomerStore reads customers.
type CustomerStore interface {
	// CustomerStats returns a user and the counts of the user's tickets. Returns
	// user_not_found.
	CustomerStats(ctx context.Context, id string) (user.User, stats.Counts, error)
}

// CountTickets returns the endpoint GET /tickets/counts.
func CountTickets(store CountStore) Endpoint {
	return StaffOnly(func(ctx context.Context, r *Request) (Response, error) {
		snapshot, err := store.TicketCounts(ctx)
		if err != nil {
			return Response{}, err
		}
		return ok(wire.ViewTicketCounts(snapshot, r.Principal.UserID, r.Locale())), nil
	})
}

type agentView struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	PictureURL  *string   `json:"pictureUrl"`
	Role        user.Role `json:"role"`
	Online      bool      `json:"online"`
	OpenTickets int       `json:"openTickets"`
}

// maxAgents bounds the users of one role in GET /agents.
const maxAgents = 500

// ListAgents returns the endpoint GET /agents: the newest users of each staff role, by name.
func ListAgents(store AgentStore) Endpoint {
	return StaffOnly(func(ctx context.Context, r *Request) (Response, error) {
		snapshot, err := store.AgentStats(ctx)
		if err != nil {
			return Response{}, err
		}
		agents := []agentView{}
		for _, role := range []user.Role{user.RoleSupport, user.RoleAdmin} {
			users, _, err := store.ListUsers(ctx, role, maxAgents, nil)
			if err != nil {
				return Response{}, err
			}
			for _, u := range users {
				if u.IsAgent() { // the index may be behind a change of role
					agents = append(agents, agentView{u.ID, u.Name, r.pictureURL(u.ID), u.Role, snapshot.OnlineAgents[u.ID], stats.ActiveTickets(snapshot, u.ID)})
				}
			}
		}
		slices.SortFunc(agents, func(a, b agentView) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
		agents = slices.CompactFunc(agents, func(a, b agentView) bool { return a.ID == b.ID })
		return ok(map[string]any{"data": agents}), nil
	})
}

type customerView struct {
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Phone     string          `json:"phone"`
	Email     *string         `json:"email"`
	Province  *regionView     `json:"province"`
	City      *regionView     `json:"city"`
	Locale    string          `json:"locale"`
	CreatedAt *string         `json:"createdAt"`
	Tickets   customerTickets `json:"tickets"`
}

type customerTickets struct {
	Active int `json:"open"`
	All    int `json:"all"`
}

// GetCustomer returns the endpoint GET /customers/{id}. Users of other roles are not found.
func GetCustomer(store CustomerStore) Endpoint {
	return StaffOnly(func(ctx context.Context, r *Request) (Response, error) {
		if !id.Valid(r.pathID()) {
			return Response{}, apperr.New(apperr.UserNotFound, "")
		}
		u, counts, err := store.CustomerStats(ctx, r.pathID())
		if err == nil && u.Role != user.RoleUser {
			err = apperr.New(apperr.UserNotFound, "")
		}
		if err != nil {
			return Response{}, err
		}
		v := viewUser(u, r.Locale())
		return ok(customerView{v.ID, v.Name, v.Phone, v.Email, v.Province, v.City, v.Locale, v.CreatedAt, customerTickets(stats.NewCustomerCounts(counts))}), nil
	})
}
