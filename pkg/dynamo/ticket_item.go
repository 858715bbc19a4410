package dynamo

import (
	"time"

	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// tombstoneItem replaces the item of a deleted ticket. It is in no index, prevents
// the ticket from being created again, and never expires.
type tombstoneItem struct {
	key
	DeletedAt int64 `dynamodbav:"gone"`
	// There is no rev, so that no concurrent projection can overwrite it.
}

// ticketItem is the projection of a ticket. The indexes project Row, which holds what
// lists show. Attribute names are short because they are charged with every item.
type ticketItem struct {
	key
	ticketIndexKeys
	Row ticketRow `dynamodbav:"row"`
	Rev int       `dynamodbav:"rev"`

	DeletedAt int64 `dynamodbav:"gone,omitempty"` // set if it is a tombstoneItem
}

type ticketRow struct {
	Title         string            `dynamodbav:"t"`
	Status        string            `dynamodbav:"s"`
	Priority      string            `dynamodbav:"p"`
	CategoryID    string            `dynamodbav:"c"`
	CategoryNames map[string]string `dynamodbav:"cn,omitempty"`
	CustomerID    string            `dynamodbav:"u"`
	CustomerName  string            `dynamodbav:"un,omitempty"`
	OpenedBy      string            `dynamodbav:"ob,omitempty"`
	AssigneeID    string            `dynamodbav:"h,omitempty"`
	AssigneeName  string            `dynamodbav:"hn,omitempty"`
	Tags          []string          `dynamodbav:"g,omitempty"`
	FollowUpOf    string            `dynamodbav:"fo,omitempty"`
	FollowUps     []string          `dynamodbav:"fu,omitempty"`
	LastSeq       int               `dynamodbav:"l"`
	PublicSeq     int               `dynamodbav:"lp"`
	Messages      int               `dynamodbav:"m,omitempty"`
	Notes         int               `dynamodbav:"o,omitempty"`
	Readers       map[string][2]int `dynamodbav:"r,omitempty"` // user id -> read, unread
	Preview       string            `dynamodbav:"v,omitempty"`
	Created       int64             `dynamodbav:"at"`
	Activity      int64             `dynamodbav:"la"`
	Waiting       int64             `dynamodbav:"w,omitempty"`
	Replied       int64             `dynamodbav:"fr,omitempty"`
	Resolved      int64             `dynamodbav:"rs,omitempty"`
	Closed        int64             `dynamodbav:"cl,omitempty"`
}

func (n Shards) ticketToItem(tk ticket.Ticket, listed bool) ticketItem {
	readers := make(map[string][2]int, len(tk.Readers))
	for id, r := range tk.Readers {
		readers[id] = [2]int{r.Read, r.Unread}
	}
	return ticketItem{
		key: ticketKey(tk.ID), ticketIndexKeys: n.indexKeysOfTicket(tk, listed), Rev: tk.Revision + 1,
		Row: ticketRow{
			Title: tk.Title, Status: string(tk.State.Status), Priority: string(tk.State.Priority),
			CategoryID: tk.State.CategoryID, CategoryNames: tk.Category.Names,
			CustomerID: tk.Customer.ID, CustomerName: tk.Customer.Name, OpenedBy: tk.OpenedBy, AssigneeID: tk.State.AssigneeID, AssigneeName: tk.Assignee.Name,
			Tags: tk.Tags, FollowUpOf: tk.FollowUpOf, FollowUps: tk.FollowUps, LastSeq: tk.LastSeq, PublicSeq: tk.PublicSeq, Messages: tk.Messages, Notes: tk.Notes,
			Readers: readers, Preview: tk.Preview, Created: toMillis(tk.CreatedAt), Activity: toMillis(tk.LastActivityAt),
			Waiting: toMillis(tk.WaitingSince), Replied: toMillis(tk.FirstReplyAt),
			Resolved: toMillis(tk.ResolvedAt), Closed: toMillis(tk.ClosedAt),
		},
	}
}

// ticket returns the ticket, or the zero Ticket for a tombstone.
func (i ticketItem) ticket() ticket.Ticket {
	if i.DeletedAt != 0 {
		return ticket.Ticket{}
	}
	r := i.Row
	readers := make(map[string]ticket.Reader, len(r.Readers))
	for id, pair := range r.Readers {
		readers[id] = ticket.Reader{Read: pair[0], Unread: pair[1]}
	}
	return ticket.Ticket{
		ID: idOf(i.PK), Title: r.Title, Customer: ticket.UserRef{ID: r.CustomerID, Name: r.CustomerName}, OpenedBy: r.OpenedBy,
		State: ticket.State{
			Status: ticket.Status(r.Status), Priority: ticket.Priority(r.Priority), CategoryID: r.CategoryID, AssigneeID: r.AssigneeID,
		},
		Category: ticket.Category{ID: r.CategoryID, Names: r.CategoryNames}, Assignee: ticket.UserRef{ID: r.AssigneeID, Name: r.AssigneeName},
		Tags: r.Tags, FollowUpOf: r.FollowUpOf, FollowUps: r.FollowUps, LastSeq: r.LastSeq, PublicSeq: r.PublicSeq, Messages: r.Messages, Notes: r.Notes, Readers: readers,
		Preview: r.Preview, CreatedAt: fromMillis(r.Created), LastActivityAt: fromMillis(r.Activity),
		WaitingSince: fromMillis(r.Waiting), FirstReplyAt: fromMillis(r.Replied),
		ResolvedAt: fromMillis(r.Resolved), ClosedAt: fromMillis(r.Closed), Revision: i.Rev,
	}
}

// entryItem is one entry of a ticket's log. A message of usual length is under 1 KB,
// which is one write unit.
type entryItem struct {
	key
	entryIndexKeys
	Kind       string            `dynamodbav:"k"`
	AuthorID   string            `dynamodbav:"b"`
	AuthorName string            `dynamodbav:"bn,omitempty"`
	AuthorRole string            `dynamodbav:"br"`
	Body       string            `dynamodbav:"t,omitempty"`
	Files      []entryAttachment `dynamodbav:"f,omitempty"`
	Change     *changeItem       `dynamodbav:"ch,omitempty"`
	Opening    *openingItem      `dynamodbav:"op,omitempty"`
	ClientID   string            `dynamodbav:"c,omitempty"`
	Hidden     int               `dynamodbav:"hb,omitempty"`
	WriteID    string            `dynamodbav:"x,omitempty"` // random; identifies the AppendEntry call that wrote the item
	RequestID  string            `dynamodbav:"rq,omitempty"`
	At         int64             `dynamodbav:"at"`
	State      stateItem         `dynamodbav:"s"`
}

type stateItem struct {
	Status     string `dynamodbav:"s"`
	Priority   string `dynamodbav:"p"`
	CategoryID string `dynamodbav:"c"`
	AssigneeID string `dynamodbav:"h,omitempty"`
}

type entryAttachment struct {
	ID     string `dynamodbav:"i"`
	Name   string `dynamodbav:"n"`
	Type   string `dynamodbav:"t"`
	Size   int64  `dynamodbav:"z"`
	State  string `dynamodbav:"s"`
	Width  int    `dynamodbav:"w,omitempty"`
	Height int    `dynamodbav:"h,omitempty"`
}

type changeItem struct {
	Field     string            `dynamodbav:"f"`
	From      string            `dynamodbav:"a,omitempty"`
	To        string            `dynamodbav:"b,omitempty"`
	FromName  string            `dynamodbav:"an,omitempty"`
	Name      string            `dynamodbav:"n,omitempty"`
	FromNames map[string]string `dynamodbav:"as,omitempty"`
	Names     map[string]string `dynamodbav:"ns,omitempty"`
}

type openingItem struct {
	Title         string            `dynamodbav:"t"`
	CategoryID    string            `dynamodbav:"c"`
	CategoryNames map[string]string `dynamodbav:"n,omitempty"`
	FollowUpOf    string            `dynamodbav:"fo,omitempty"`
	CustomerID    string            `dynamodbav:"u,omitempty"`
	CustomerName  string            `dynamodbav:"un,omitempty"`
}

func (n Shards) entryToItem(e ticket.Entry) entryItem {
	i := entryItem{
		key: entryKey(e.TicketID, e.Seq), entryIndexKeys: n.indexKeysOfEntry(e), Kind: string(e.Kind),
		AuthorID: e.Author.ID, AuthorName: e.Author.Name, AuthorRole: string(e.Author.Role), Body: e.Body, ClientID: e.ClientID, Hidden: e.HiddenBefore,
		RequestID: e.RequestID, At: toMillis(e.CreatedAt),
		State: stateItem{
			Status: string(e.State.Status), Priority: string(e.State.Priority), CategoryID: e.State.CategoryID, AssigneeID: e.State.AssigneeID,
		},
	}
	for _, f := range e.Attachments {
		i.Files = append(i.Files, entryAttachment(f))
	}
	if e.Change != nil {
		i.Change = &changeItem{e.Change.Field, e.Change.From, e.Change.To, e.Change.FromName, e.Change.Name, e.Change.FromNames, e.Change.Names}
	}
	if e.Opening != nil {
		i.Opening = &openingItem{e.Opening.Title, e.Opening.Category.ID, e.Opening.Category.Names, e.Opening.FollowUpOf, e.Opening.Customer.ID, e.Opening.Customer.Name}
	}
	return i
}

func (i entryItem) entry() ticket.Entry {
	e := ticket.Entry{
		TicketID: idOf(i.PK), Seq: seqOf(i.SK), Kind: ticket.Kind(i.Kind),
		Author: ticket.Author{ID: i.AuthorID, Name: i.AuthorName, Role: user.Role(i.AuthorRole)}, Body: i.Body,
		ClientID: i.ClientID, HiddenBefore: i.Hidden, RequestID: i.RequestID, CreatedAt: fromMillis(i.At),
		State: ticket.State{
			Status: ticket.Status(i.State.Status), Priority: ticket.Priority(i.State.Priority),
			CategoryID: i.State.CategoryID, AssigneeID: i.State.AssigneeID,
		},
	}
	for _, f := range i.Files {
		e.Attachments = append(e.Attachments, ticket.Attachment(f))
	}
	if c := i.Change; c != nil {
		e.Change = &ticket.Change{Field: c.Field, From: c.From, To: c.To, FromName: c.FromName, Name: c.Name, FromNames: c.FromNames, Names: c.Names}
	}
	if o := i.Opening; o != nil {
		e.Opening = &ticket.Opening{
			Title: o.Title, Category: ticket.Category{ID: o.CategoryID, Names: o.CategoryNames}, FollowUpOf: o.FollowUpOf,
			Customer: ticket.UserRef{ID: o.CustomerID, Name: o.CustomerName},
		}
	}
	return e
}

// readMarkerItem is a user's read marker on a ticket.
type readMarkerItem struct {
	key
	Read       int    `dynamodbav:"r"`
	Name       string `dynamodbav:"bn,omitempty"`
	Role       string `dynamodbav:"br"`
	Connection string `dynamodbav:"cn,omitempty"`
}

func (i readMarkerItem) readMarker() ticket.ReadMarker {
	return ticket.ReadMarker{
		TicketID: idOf(i.PK), Seq: i.Read, Reader: ticket.Author{ID: idOf(i.SK), Name: i.Name, Role: user.Role(i.Role)}, Connection: i.Connection,
	}
}

// toMillis returns Unix milliseconds, and 0 for the zero time.
func toMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
