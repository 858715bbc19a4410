package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// Limits of a ticket's texts in characters, and of lists in number.
const (
	maxTitle     = 200
	maxTags      = 20
	maxTagLength = 40
)

// ticketResponse answers with a ticket and its ETag.
func (r *Request) ticketResponse(status int, tk ticket.Ticket) Response {
	return Response{Status: status, Body: r.viewTicket(tk)}.with("etag", etag(tk, r.Principal))
}

func etag(tk ticket.Ticket, actor user.Principal) string {
	return strconv.Quote(strconv.Itoa(ticket.Version(tk, actor)))
}

// CreateTicket is POST /tickets.
func CreateTicket(tickets *ticket.Service) Endpoint {
	return Endpoint{Authenticated, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			ClientID      string          `json:"clientId"`
			Title         string          `json:"title"`
			Description   string          `json:"description"`
			CategoryID    string          `json:"categoryId"`
			Priority      ticket.Priority `json:"priority"`
			AttachmentIDs []string        `json:"attachmentIds"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v wire.Validator
		v.ULID("/clientId", &in.ClientID)
		v.Text("/title", &in.Title, 1, maxTitle, false)
		v.Text("/description", &in.Description, 1, wire.MaxText, true)
		v.ULID("/categoryId", &in.CategoryID)
		v.ULIDs("/attachmentIds", in.AttachmentIDs, wire.MaxAttachments)
		if in.Priority != "" && !in.Priority.Valid() {
			wire.OneOf(&v, "/priority", in.Priority, priorities...)
		}
		if err := v.Err(); err != nil {
			return Response{}, err
		}
		tk, created, err := tickets.Create(ctx, r.Principal, ticket.CreateParams(in))
		if apperr.Is(err, apperr.CategoryNotFound) {
			err = apperr.Validation(apperr.Field{Pointer: "/categoryId", Code: "unknown", Message: "There is no such category."})
		}
		if err != nil {
			return Response{}, err
		}
		if !created {
			return r.ticketResponse(http.StatusOK, tk).with("location", "/tickets/"+tk.ID), nil
		}
		return r.ticketResponse(http.StatusCreated, tk).with("location", "/tickets/"+tk.ID), nil
	}}
}

var priorities = []ticket.Priority{ticket.PriorityLow, ticket.PriorityMedium, ticket.PriorityHigh, ticket.PriorityUrgent}

// GetTicket is GET /tickets/{id}.
func GetTicket(tickets *ticket.Service) Endpoint {
	return Endpoint{Authenticated, func(ctx context.Context, r *Request) (Response, error) {
		d, err := tickets.Detail(ctx, r.Principal, r.pathID())
		if err != nil {
			return Response{}, err
		}
		return ok(map[string]any{
			"ticket": r.viewTicket(d.Ticket), "entries": wire.ViewEntries(d.Entries, r.Principal.Role), "hasMore": d.HasMore,
		}).with("etag", etag(d.Ticket, r.Principal)), nil
	}}
}

// UpdateTicket is PATCH /tickets/{id}.
func UpdateTicket(tickets *ticket.Service, publisher EntryPublisher) Endpoint {
	return Endpoint{Authenticated, func(ctx context.Context, r *Request) (Response, error) {
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
		version, err := parseIfMatch(r.header("if-match"))
		if err != nil {
			return Response{}, err
		}
		patch.Version = version
		result, err := tickets.Update(ctx, r.Principal, r.pathID(), patch)
		if apperr.Is(err, apperr.CategoryNotFound) {
			err = apperr.Validation(apperr.Field{Pointer: "/categoryId", Code: "unknown", Message: "There is no such category."})
		}
		return r.changeResponse(ctx, publisher, result, err)
	}}
}

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
			v.Add("/tags", "too_many", "A ticket may have 20 tags.")
		}
		for i := range *p.Tags {
			tag := &(*p.Tags)[i]
			v.Text("/tags", tag, 1, maxTagLength, false)
			if *tag = strings.ToLower(*tag); strings.Contains(*tag, ",") {
				v.Add("/tags", "character", "A tag must not have a comma in it.")
			}
		}
	}
	return v.Err()
}

// parseIfMatch reads an If-Match header: one strong ETag, or * and nothing, which
// match whatever is there (RFC 9110, section 13.1.1). What is no ETag of this
// house matches no ticket.
func parseIfMatch(header string) (version *int, err error) {
	if header == "" || header == "*" {
		return nil, nil
	}
	tag, opened := strings.CutPrefix(strings.TrimSpace(header), `"`)
	tag, closed := strings.CutSuffix(tag, `"`)
	if n, err := strconv.Atoi(tag); err == nil && opened && closed {
		return &n, nil
	}
	return nil, apperr.New(apperr.VersionStale, "If-Match must be the ETag of the ticket as you read it.")
}

// changeResponse answers a change and tells those who watch.
func (r *Request) changeResponse(ctx context.Context, publisher EntryPublisher, c ticket.ChangeResult, err error) (Response, error) {
	if err != nil {
		return Response{}, err
	}
	for _, e := range c.Entries {
		publisher.PublishEntry(ctx, c.Ticket, e, "")
	}
	return r.ticketResponse(http.StatusOK, c.Ticket), nil
}

// changeInput decodes the clientId that every change of a ticket carries.
type changeInput struct {
	ClientID string `json:"clientId"`
}

// CloseTicket is POST /tickets/{id}/close.
func CloseTicket(tickets *ticket.Service, publisher EntryPublisher) Endpoint {
	return changeEndpoint(tickets.Close, publisher)
}

// ReopenTicket is POST /tickets/{id}/reopen.
func ReopenTicket(tickets *ticket.Service, publisher EntryPublisher) Endpoint {
	return changeEndpoint(tickets.Reopen, publisher)
}

func changeEndpoint(run func(context.Context, user.Principal, string, string) (ticket.ChangeResult, error), publisher EntryPublisher) Endpoint {
	return Endpoint{Authenticated, func(ctx context.Context, r *Request) (Response, error) {
		var in changeInput
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v wire.Validator
		v.ULID("/clientId", &in.ClientID)
		if err := v.Err(); err != nil {
			return Response{}, err
		}
		result, err := run(ctx, r.Principal, r.pathID(), in.ClientID)
		return r.changeResponse(ctx, publisher, result, err)
	}}
}

// SetStatus is POST /tickets/{id}/status.
func SetStatus(tickets *ticket.Service, publisher EntryPublisher) Endpoint {
	return Endpoint{Staff, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			changeInput
			Status ticket.Status `json:"status"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v wire.Validator
		v.ULID("/clientId", &in.ClientID)
		wire.OneOf(&v, "/status", in.Status, ticket.StatusNew, ticket.StatusOpen, ticket.StatusPending,
			ticket.StatusOnHold, ticket.StatusResolved, ticket.StatusClosed)
		if err := v.Err(); err != nil {
			return Response{}, err
		}
		result, err := tickets.SetStatus(ctx, r.Principal, r.pathID(), in.ClientID, in.Status)
		return r.changeResponse(ctx, publisher, result, err)
	}}
}

// AssignTicket is POST /tickets/{id}/assign. assigneeId must be there: null
// releases, "me" claims, an id names a colleague.
func AssignTicket(tickets *ticket.Service, publisher EntryPublisher) Endpoint {
	return Endpoint{Staff, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			changeInput
			AssigneeID json.RawMessage `json:"assigneeId"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v wire.Validator
		v.ULID("/clientId", &in.ClientID)
		var to *string
		if in.AssigneeID == nil {
			v.Add("/assigneeId", "required", `Send null, "me" or the id of a colleague.`)
		} else if err := json.Unmarshal(in.AssigneeID, &to); err != nil {
			v.Add("/assigneeId", "type", `This must be null, "me" or the id of a colleague.`)
		} else if to != nil && *to != "me" {
			v.ULID("/assigneeId", to)
		}
		if err := v.Err(); err != nil {
			return Response{}, err
		}
		result, err := assign(ctx, tickets, r, in.ClientID, to)
		if apperr.Is(err, apperr.UserNotFound) {
			err = apperr.Validation(apperr.Field{Pointer: "/assigneeId", Code: "unknown", Message: "There is no such colleague."})
		}
		return r.changeResponse(ctx, publisher, result, err)
	}}
}

func assign(ctx context.Context, tickets *ticket.Service, r *Request, clientID string, to *string) (ticket.ChangeResult, error) {
	switch {
	case to == nil:
		return tickets.Assign(ctx, r.Principal, r.pathID(), clientID, "")
	case *to == "me":
		return tickets.Claim(ctx, r.Principal, r.pathID(), clientID)
	}
	return tickets.Assign(ctx, r.Principal, r.pathID(), clientID, *to)
}

// MarkRead is POST /tickets/{id}/read.
func MarkRead(tickets *ticket.Service) Endpoint {
	return Endpoint{Authenticated, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Seq *int `json:"seq"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		if in.Seq == nil || *in.Seq < 0 || *in.Seq > ticket.MaxSeq {
			return Response{}, apperr.Validation(apperr.Field{Pointer: "/seq", Code: "required", Message: "This must be a seq of the ticket."})
		}
		return noContent(), tickets.MarkRead(ctx, r.Principal, r.pathID(), *in.Seq)
	}}
}

// DeleteTicket is DELETE /tickets/{id}.
func DeleteTicket(deleter *ticket.Deleter) Endpoint {
	return Endpoint{AdminOnly, func(ctx context.Context, r *Request) (Response, error) {
		return noContent(), deleter.Delete(ctx, r.actor(), r.pathID())
	}}
}
