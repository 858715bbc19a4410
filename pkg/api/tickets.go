package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// Limits of a ticket.
const (
	maxTitle     = 200 // runes
	maxTags      = 20
	maxTagLength = 40 // runes
)

// ticketResponse returns a ticket with its ETag.
func (r *Request) ticketResponse(status int, tk ticket.Ticket) Response {
	return Response{Status: status, Body: r.viewTicket(tk)}.with("etag", etag(tk, r.Principal))
}

// etag returns the strong ETag of a ticket for a caller.
func etag(tk ticket.Ticket, actor user.Principal) string {
	return strconv.Quote(strconv.Itoa(tk.LastSeqFor(actor)))
}

// clientID checks a clientId. A request with an Idempotency-Key may leave it out: it is then
// derived from the key and the last segment of the path, so that a repeat is recognized also
// after the stored response has expired.
func (r *Request) clientID(v *wire.Validator, clientID *string) {
	if *clientID == "" {
		*clientID = r.clientIDFromKey()
	}
	v.ClientID("/clientId", clientID)
}

func (r *Request) clientIDFromKey() string {
	if key := r.header("idempotency-key"); key != "" {
		return id.ClientIDFromKey(path.Base(r.Path), key)
	}
	return ""
}

// CreateTicket returns the endpoint POST /tickets. A retry returns the ticket with status 200.
func CreateTicket(tickets *ticket.Service) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			ClientID      string          `json:"clientId"`
			Title         string          `json:"title"`
			Description   string          `json:"description"`
			CategoryID    string          `json:"categoryId"`
			Priority      ticket.Priority `json:"priority"`
			AttachmentIDs []string        `json:"attachmentIds"`
			FollowUpOf    string          `json:"followUpOf"`
			CustomerID    string          `json:"customerId"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v wire.Validator
		r.clientID(&v, &in.ClientID)
		v.Text("/title", &in.Title, 1, maxTitle, false)
		v.Text("/description", &in.Description, 1, wire.MaxText, true)
		v.ULID("/categoryId", &in.CategoryID)
		v.ULIDs("/attachmentIds", in.AttachmentIDs, wire.MaxAttachments)
		if in.FollowUpOf != "" {
			v.ULID("/followUpOf", &in.FollowUpOf)
		}
		if in.CustomerID != "" {
			v.ULID("/customerId", &in.CustomerID)
		}
		if in.Priority != "" {
			wire.OneOf(&v, "/priority", in.Priority, priorities...)
		}
		if err := v.Err(); err != nil {
			return Response{}, err
		}
		tk, created, err := tickets.Create(ctx, r.Principal, ticket.CreateParams(in))
		if err != nil {
			return Response{}, asFieldError(err, apperr.CategoryNotFound, "/categoryId", "Unknown category.")
		}
		status := http.StatusOK
		if created {
			status = http.StatusCreated
		}
		return r.ticketResponse(status, tk).with("location", "/tickets/"+tk.ID), nil
	})
}

var priorities = []ticket.Priority{ticket.PriorityLow, ticket.PriorityMedium, ticket.PriorityHigh, ticket.PriorityUrgent}

// asFieldError converts an error with the given code to invalid_body for one field.
func asFieldError(err error, code apperr.Code, pointer, message string) error {
	if apperr.Is(err, code) {
		return apperr.Validation(apperr.Field{Pointer: pointer, Code: "unknown", Message: message})
	}
	return err
}

// GetTicket returns the endpoint GET /tickets/{id}, and GET /tickets/by-number/{number}.
func GetTicket(tickets *ticket.Service) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		if number := r.event.PathParameters["number"]; number != "" {
			tk, err := tickets.ByNumber(ctx, r.Principal, number)
			if err != nil {
				return Response{}, err
			}
			return r.ticketResponse(http.StatusOK, tk), nil
		}
		d, err := tickets.Detail(ctx, r.Principal, r.pathID())
		if err != nil {
			return Response{}, err
		}
		viewReader := func(m ticket.ReadMarker) wire.ReaderView { return wire.ViewReader(m, r.Locale()) }
		return ok(map[string]any{
			"ticket": r.viewTicket(d.Ticket), "opening": r.viewEntry(d.Opening), "entries": wire.MapSlice(d.Entries, r.viewEntry),
			"hasMore": d.HasMore, "readers": wire.MapSlice(d.Readers, viewReader),
		}).with("etag", etag(d.Ticket, r.Principal)), nil
	})
}

// UpdateTicket returns the endpoint PATCH /tickets/{id}, conditional on If-Match.
func UpdateTicket(tickets *ticket.Service, publisher EntryPublisher) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Title      *string          `json:"title"`
			CategoryID *string          `json:"categoryId"`
			Priority   *ticket.Priority `json:"priority"`
			Tags       *[]string        `json:"tags"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		patch := ticket.Patch{Title: in.Title, CategoryID: in.CategoryID, Priority: in.Priority, Tags: in.Tags}
		if err := validatePatch(patch); err != nil {
			return Response{}, err
		}
		result, err := r.ifMatch(tickets).Update(ctx, r.Principal, r.pathID(), patch)
		return r.changeResponse(ctx, publisher, result, asFieldError(err, apperr.CategoryNotFound, "/categoryId", "Unknown category."))
	})
}

// validatePatch checks the fields of a patch, and trims texts and converts tags to lower case.
// It fails with invalid_body.
func validatePatch(p ticket.Patch) error {
	var v wire.Validator
	if p.Title != nil {
		v.Text("/title", p.Title, 1, maxTitle, false)
	}
	if p.CategoryID != nil {
		v.ULID("/categoryId", p.CategoryID)
	}
	if p.Priority != nil {
		wire.OneOf(&v, "/priority", *p.Priority, priorities...)
	}
	if p.Tags != nil {
		if len(*p.Tags) > maxTags {
			v.Add("/tags", "too_many", "At most 20 entries.")
		}
		for i := range *p.Tags {
			tag, at := &(*p.Tags)[i], fmt.Sprintf("/tags/%d", i)
			v.Text(at, tag, 1, maxTagLength, false)
			if *tag = strings.ToLower(*tag); strings.Contains(*tag, ",") {
				v.Add(at, "character", "Must not contain a comma.")
			}
		}
	}
	return v.Err()
}

// ifMatch returns the service whose changes are conditional on the If-Match header.
func (r *Request) ifMatch(tickets *ticket.Service) *ticket.Service {
	return tickets.IfVersion(parseIfMatch(r.header("if-match")))
}

// parseIfMatch returns the versions in an If-Match header: one ETag or a list. It returns nil for a
// missing header and for *, which match any version (RFC 9110, section 13.1.1). Weak and unknown
// ETags match none.
func parseIfMatch(header string) []int {
	if header = strings.TrimSpace(header); header == "" || header == "*" {
		return nil
	}
	versions := []int{}
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimSpace(tag)
		if n, err := strconv.Atoi(strings.Trim(tag, `"`)); err == nil && tag == strconv.Quote(strconv.Itoa(n)) {
			versions = append(versions, n)
		}
	}
	return versions
}

// changeResponse publishes the entries of a change and returns the ticket.
func (r *Request) changeResponse(ctx context.Context, publisher EntryPublisher, c ticket.ChangeResult, err error) (Response, error) {
	if err != nil {
		return Response{}, err
	}
	for _, e := range c.Entries {
		publisher.PublishEntry(ctx, c.Ticket, e, "")
	}
	return r.ticketResponse(http.StatusOK, c.Ticket), nil
}

// changeInput is the part of the body that all changes of a ticket have.
type changeInput struct {
	ClientID string `json:"clientId"`
}

// CloseTicket returns the endpoint POST /tickets/{id}/close.
func CloseTicket(tickets *ticket.Service, publisher EntryPublisher) Endpoint {
	return changeEndpoint(tickets, (*ticket.Service).Close, publisher)
}

// ReopenTicket returns the endpoint POST /tickets/{id}/reopen.
func ReopenTicket(tickets *ticket.Service, publisher EntryPublisher) Endpoint {
	return changeEndpoint(tickets, (*ticket.Service).Reopen, publisher)
}

// changeEndpoint returns an endpoint for a change without further parameters, conditional on
// If-Match as all changes are.
func changeEndpoint(tickets *ticket.Service, run func(*ticket.Service, context.Context, user.Principal, string, string) (ticket.ChangeResult, error), publisher EntryPublisher) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		var in changeInput
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v wire.Validator
		r.clientID(&v, &in.ClientID)
		if err := v.Err(); err != nil {
			return Response{}, err
		}
		result, err := run(r.ifMatch(tickets), ctx, r.Principal, r.pathID(), in.ClientID)
		return r.changeResponse(ctx, publisher, result, err)
	})
}

// SetStatus returns the endpoint POST /tickets/{id}/status.
func SetStatus(tickets *ticket.Service, publisher EntryPublisher) Endpoint {
	return StaffOnly(func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			changeInput
			Status ticket.Status `json:"status"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v wire.Validator
		r.clientID(&v, &in.ClientID)
		wire.OneOf(&v, "/status", in.Status, ticket.Statuses()...)
		if err := v.Err(); err != nil {
			return Response{}, err
		}
		result, err := r.ifMatch(tickets).SetStatus(ctx, r.Principal, r.pathID(), in.ClientID, in.Status)
		return r.changeResponse(ctx, publisher, result, err)
	})
}

// AssignTicket returns the endpoint POST /tickets/{id}/assign. The required assigneeId is null
// to release the ticket, "me" to claim it, or the id of another agent.
func AssignTicket(tickets *ticket.Service, publisher EntryPublisher) Endpoint {
	return StaffOnly(func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			changeInput
			AssigneeID json.RawMessage `json:"assigneeId"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v wire.Validator
		r.clientID(&v, &in.ClientID)
		var to *string
		if in.AssigneeID == nil {
			v.Add("/assigneeId", "required", `Must be null, "me" or the id of an agent.`)
		} else if err := json.Unmarshal(in.AssigneeID, &to); err != nil {
			v.Add("/assigneeId", "type", `Must be null, "me" or the id of an agent.`)
		} else if to != nil && *to != "me" {
			v.ULID("/assigneeId", to)
		}
		if err := v.Err(); err != nil {
			return Response{}, err
		}
		result, err := assign(ctx, r.ifMatch(tickets), r, in.ClientID, to)
		return r.changeResponse(ctx, publisher, result, asFieldError(err, apperr.UserNotFound, "/assigneeId", "Unknown agent."))
	})
}

// assign releases, claims or assigns the ticket of the request.
func assign(ctx context.Context, tickets *ticket.Service, r *Request, clientID string, to *string) (ticket.ChangeResult, error) {
	switch {
	case to == nil:
		return tickets.Assign(ctx, r.Principal, r.pathID(), clientID, "")
	case *to == "me":
		return tickets.Claim(ctx, r.Principal, r.pathID(), clientID)
	}
	return tickets.Assign(ctx, r.Principal, r.pathID(), clientID, *to)
}

// MarkRead returns the endpoint POST /tickets/{id}/read.
func MarkRead(tickets *ticket.Service) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Seq *int `json:"seq"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v wire.Validator
		seq := v.Seq("/seq", in.Seq)
		if err := v.Err(); err != nil {
			return Response{}, err
		}
		return noContent(), tickets.MarkRead(ctx, r.Principal, r.pathID(), seq)
	})
}

// DeleteTicket returns the endpoint DELETE /tickets/{id}, conditional on If-Match.
func DeleteTicket(deleter *ticket.Deleter) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
		return noContent(), deleter.IfVersion(parseIfMatch(r.header("if-match"))).Delete(ctx, r.actor(), r.pathID())
	})
}
