package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// Limits of a ticket's texts in characters, and of lists in number.
const (
	maxTitle       = 200
	maxText        = 10_000
	maxAttachments = 10
	maxTags        = 20
	maxTag         = 40
)

// ticket answers with a ticket and its ETag.
func (r *Request) ticket(status int, h ticket.Head) Response {
	return Response{Status: status, Body: r.show(h)}.with("etag", etag(h, r.Who))
}

func etag(h ticket.Head, who user.Principal) string {
	return strconv.Quote(strconv.Itoa(ticket.Version(h, who)))
}

// CreateTicket is POST /tickets.
func CreateTicket(desk *ticket.Desk) Endpoint {
	return Endpoint{SignedIn, func(ctx context.Context, r *Request) (Response, error) {
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
		var c checks
		c.ulid("/clientId", &in.ClientID)
		c.text("/title", &in.Title, 1, maxTitle, false)
		c.text("/description", &in.Description, 1, maxText, true)
		c.ulid("/categoryId", &in.CategoryID)
		c.ulids("/attachmentIds", in.AttachmentIDs, maxAttachments)
		if in.Priority != "" && !in.Priority.Valid() {
			oneOf(&c, "/priority", in.Priority, priorities...)
		}
		if err := c.err(); err != nil {
			return Response{}, err
		}
		h, created, err := desk.Create(ctx, r.Who, ticket.Draft(in))
		if fault.Is(err, fault.CategoryNotFound) {
			err = fault.Invalid(fault.Field{Pointer: "/categoryId", Code: "unknown", Message: "There is no such category."})
		}
		if err != nil {
			return Response{}, err
		}
		if !created {
			return r.ticket(http.StatusOK, h).with("location", "/tickets/"+h.ID), nil
		}
		return r.ticket(http.StatusCreated, h).with("location", "/tickets/"+h.ID), nil
	}}
}

var priorities = []ticket.Priority{ticket.PriorityLow, ticket.PriorityMedium, ticket.PriorityHigh, ticket.PriorityUrgent}

// ShowTicket is GET /tickets/{id}.
func ShowTicket(desk *ticket.Desk) Endpoint {
	return Endpoint{SignedIn, func(ctx context.Context, r *Request) (Response, error) {
		d, err := desk.Detail(ctx, r.Who, r.pathID())
		if err != nil {
			return Response{}, err
		}
		return ok(map[string]any{
			"ticket": r.show(d.Head), "entries": viewEntries(d.Entries, r.Who.Role), "hasMore": d.HasMore,
		}).with("etag", etag(d.Head, r.Who)), nil
	}}
}

// EditTicket is PATCH /tickets/{id}.
func EditTicket(desk *ticket.Desk, news *News) Endpoint {
	return Endpoint{SignedIn, func(ctx context.Context, r *Request) (Response, error) {
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
		if err := checkPatch(patch); err != nil {
			return Response{}, err
		}
		version, err := ifMatch(r.header("if-match"))
		if err != nil {
			return Response{}, err
		}
		patch.Version = version
		changed, err := desk.Edit(ctx, r.Who, r.pathID(), patch)
		if fault.Is(err, fault.CategoryNotFound) {
			err = fault.Invalid(fault.Field{Pointer: "/categoryId", Code: "unknown", Message: "There is no such category."})
		}
		return r.changed(ctx, news, changed, err)
	}}
}

func checkPatch(p ticket.Patch) error {
	var c checks
	if p.Title != nil {
		c.text("/title", p.Title, 1, maxTitle, false)
	}
	if p.CategoryID != nil {
		c.ulid("/categoryId", p.CategoryID)
	}
	if p.Priority != nil {
		oneOf(&c, "/priority", *p.Priority, priorities...)
	}
	if p.Tags != nil {
		if len(*p.Tags) > maxTags {
			c.add("/tags", "too_many", "A ticket may have 20 tags.")
		}
		for i := range *p.Tags {
			tag := &(*p.Tags)[i]
			c.text("/tags", tag, 1, maxTag, false)
			if *tag = strings.ToLower(*tag); strings.Contains(*tag, ",") {
				c.add("/tags", "character", "A tag must not have a comma in it.")
			}
		}
	}
	return c.err()
}

// ifMatch reads an If-Match header: one strong ETag, or * and nothing, which
// match whatever is there (RFC 9110, section 13.1.1). What is no ETag of this
// house matches no ticket.
func ifMatch(header string) (version *int, err error) {
	if header == "" || header == "*" {
		return nil, nil
	}
	tag, opened := strings.CutPrefix(strings.TrimSpace(header), `"`)
	tag, closed := strings.CutSuffix(tag, `"`)
	if n, err := strconv.Atoi(tag); err == nil && opened && closed {
		return &n, nil
	}
	return nil, fault.New(fault.VersionStale, "If-Match must be the ETag of the ticket as you read it.")
}

// changed answers a change and tells those who watch.
func (r *Request) changed(ctx context.Context, news *News, c ticket.Changed, err error) (Response, error) {
	if err != nil {
		return Response{}, err
	}
	for _, e := range c.Entries {
		news.Entry(ctx, c.Head, e, "")
	}
	return r.ticket(http.StatusOK, c.Head), nil
}

// change decodes the clientId that every change of a ticket carries.
type change struct {
	ClientID string `json:"clientId"`
}

// CloseTicket is POST /tickets/{id}/close.
func CloseTicket(desk *ticket.Desk, news *News) Endpoint { return simpleChange(desk.Close, news) }

// ReopenTicket is POST /tickets/{id}/reopen.
func ReopenTicket(desk *ticket.Desk, news *News) Endpoint { return simpleChange(desk.Reopen, news) }

func simpleChange(run func(context.Context, user.Principal, string, string) (ticket.Changed, error), news *News) Endpoint {
	return Endpoint{SignedIn, func(ctx context.Context, r *Request) (Response, error) {
		var in change
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var c checks
		c.ulid("/clientId", &in.ClientID)
		if err := c.err(); err != nil {
			return Response{}, err
		}
		changed, err := run(ctx, r.Who, r.pathID(), in.ClientID)
		return r.changed(ctx, news, changed, err)
	}}
}

// SetStatus is POST /tickets/{id}/status.
func SetStatus(desk *ticket.Desk, news *News) Endpoint {
	return Endpoint{Staff, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			change
			Status ticket.Status `json:"status"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var c checks
		c.ulid("/clientId", &in.ClientID)
		oneOf(&c, "/status", in.Status, ticket.StatusNew, ticket.StatusOpen, ticket.StatusPending,
			ticket.StatusOnHold, ticket.StatusResolved, ticket.StatusClosed)
		if err := c.err(); err != nil {
			return Response{}, err
		}
		changed, err := desk.SetStatus(ctx, r.Who, r.pathID(), in.ClientID, in.Status)
		return r.changed(ctx, news, changed, err)
	}}
}

// AssignTicket is POST /tickets/{id}/assign. assigneeId must be there: null
// releases, "me" claims, an id names a colleague.
func AssignTicket(desk *ticket.Desk, news *News) Endpoint {
	return Endpoint{Staff, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			change
			AssigneeID json.RawMessage `json:"assigneeId"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var c checks
		c.ulid("/clientId", &in.ClientID)
		var to *string
		if in.AssigneeID == nil {
			c.add("/assigneeId", "required", `Send null, "me" or the id of a colleague.`)
		} else if err := json.Unmarshal(in.AssigneeID, &to); err != nil {
			c.add("/assigneeId", "type", `This must be null, "me" or the id of a colleague.`)
		} else if to != nil && *to != "me" {
			c.ulid("/assigneeId", to)
		}
		if err := c.err(); err != nil {
			return Response{}, err
		}
		changed, err := assign(ctx, desk, r, in.ClientID, to)
		if fault.Is(err, fault.UserNotFound) {
			err = fault.Invalid(fault.Field{Pointer: "/assigneeId", Code: "unknown", Message: "There is no such colleague."})
		}
		return r.changed(ctx, news, changed, err)
	}}
}

func assign(ctx context.Context, desk *ticket.Desk, r *Request, clientID string, to *string) (ticket.Changed, error) {
	switch {
	case to == nil:
		return desk.Assign(ctx, r.Who, r.pathID(), clientID, "")
	case *to == "me":
		return desk.Claim(ctx, r.Who, r.pathID(), clientID)
	}
	return desk.Assign(ctx, r.Who, r.pathID(), clientID, *to)
}

// MarkRead is POST /tickets/{id}/read.
func MarkRead(desk *ticket.Desk) Endpoint {
	return Endpoint{SignedIn, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Seq *int `json:"seq"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		if in.Seq == nil || *in.Seq < 0 || *in.Seq > ticket.MaxSeq {
			return Response{}, fault.Invalid(fault.Field{Pointer: "/seq", Code: "required", Message: "This must be a seq of the ticket."})
		}
		return noContent(), desk.Read(ctx, r.Who, r.pathID(), *in.Seq)
	}}
}
