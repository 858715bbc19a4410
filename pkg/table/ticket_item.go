package table

import (
	"time"

	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// graveItem stands where the head of a deleted ticket stood: in no list, and in
// the way of whoever would open the ticket again. It stays for ever.
type graveItem struct {
	key
	Gone int64 `dynamodbav:"gone"` // when
	// No rev: no head that was folded before can take its place.
}

// headItem is a ticket's head. What lists show lies in Row, the one attribute
// that the indexes carry besides their keys. Attribute names are short because
// they are paid for with every row.
type headItem struct {
	key
	headKeys
	Row rowItem `dynamodbav:"row"`
	Rev int     `dynamodbav:"rev"`

	Gone int64 `dynamodbav:"gone,omitempty"` // it is a graveItem
}

type rowItem struct {
	Title    string            `dynamodbav:"t"`
	Status   string            `dynamodbav:"s"`
	Priority string            `dynamodbav:"p"`
	CatID    string            `dynamodbav:"c"`
	CatNames map[string]string `dynamodbav:"cn,omitempty"`
	CustID   string            `dynamodbav:"u"`
	CustName string            `dynamodbav:"un,omitempty"`
	AgentID  string            `dynamodbav:"h,omitempty"`
	Agent    string            `dynamodbav:"hn,omitempty"`
	Tags     []string          `dynamodbav:"g,omitempty"`
	Last     int               `dynamodbav:"l"`
	Public   int               `dynamodbav:"lp"`
	Messages int               `dynamodbav:"m,omitempty"`
	Notes    int               `dynamodbav:"o,omitempty"`
	Readers  map[string][2]int `dynamodbav:"r,omitempty"` // user id -> read, unread
	Preview  string            `dynamodbav:"v,omitempty"`
	Created  int64             `dynamodbav:"at"`
	Activity int64             `dynamodbav:"la"`
	Waiting  int64             `dynamodbav:"w,omitempty"`
	Replied  int64             `dynamodbav:"fr,omitempty"`
	Resolved int64             `dynamodbav:"rs,omitempty"`
	Closed   int64             `dynamodbav:"cl,omitempty"`
}

func headToItem(h ticket.Head, listed bool) headItem {
	readers := make(map[string][2]int, len(h.Readers))
	for id, r := range h.Readers {
		readers[id] = [2]int{r.Read, r.Unread}
	}
	return headItem{
		key: headKey(h.ID), headKeys: listKeys(h, listed), Rev: h.Revision + 1,
		Row: rowItem{
			Title: h.Title, Status: string(h.State.Status), Priority: string(h.State.Priority),
			CatID: h.State.CategoryID, CatNames: h.Category.Names,
			CustID: h.Customer.ID, CustName: h.Customer.Name, AgentID: h.State.AssigneeID, Agent: h.Assignee.Name,
			Tags: h.Tags, Last: h.LastSeq, Public: h.PublicSeq, Messages: h.Messages, Notes: h.Notes,
			Readers: readers, Preview: h.Preview, Created: toMillis(h.CreatedAt), Activity: toMillis(h.LastActivityAt),
			Waiting: toMillis(h.WaitingSince), Replied: toMillis(h.FirstReplyAt),
			Resolved: toMillis(h.ResolvedAt), Closed: toMillis(h.ClosedAt),
		},
	}
}

// head is the zero Head for a ticket that is gone.
func (i headItem) head() ticket.Head {
	if i.Gone != 0 {
		return ticket.Head{}
	}
	r := i.Row
	readers := make(map[string]ticket.Reader, len(r.Readers))
	for id, pair := range r.Readers {
		readers[id] = ticket.Reader{Read: pair[0], Unread: pair[1]}
	}
	return ticket.Head{
		ID: idOf(i.PK), Title: r.Title, Customer: ticket.Person{ID: r.CustID, Name: r.CustName},
		State: ticket.State{
			Status: ticket.Status(r.Status), Priority: ticket.Priority(r.Priority), CategoryID: r.CatID, AssigneeID: r.AgentID,
		},
		Category: ticket.Category{ID: r.CatID, Names: r.CatNames}, Assignee: ticket.Person{ID: r.AgentID, Name: r.Agent},
		Tags: r.Tags, LastSeq: r.Last, PublicSeq: r.Public, Messages: r.Messages, Notes: r.Notes, Readers: readers,
		Preview: r.Preview, CreatedAt: fromMillis(r.Created), LastActivityAt: fromMillis(r.Activity),
		WaitingSince: fromMillis(r.Waiting), FirstReplyAt: fromMillis(r.Replied),
		ResolvedAt: fromMillis(r.Resolved), ClosedAt: fromMillis(r.Closed), Revision: i.Rev,
	}
}

// entryItem is one entry of a ticket's log: well under a kilobyte for a usual
// message, which is one write unit.
type entryItem struct {
	key
	entryKeys
	Kind     string       `dynamodbav:"k"`
	ByID     string       `dynamodbav:"b"`
	ByName   string       `dynamodbav:"bn,omitempty"`
	ByRole   string       `dynamodbav:"br"`
	Body     string       `dynamodbav:"t,omitempty"`
	Files    []fileOnItem `dynamodbav:"f,omitempty"`
	Change   *changeItem  `dynamodbav:"ch,omitempty"`
	Opening  *openingItem `dynamodbav:"op,omitempty"`
	ClientID string       `dynamodbav:"c,omitempty"`
	WriteID  []byte       `dynamodbav:"x,omitempty"` // random; identifies the Append call that wrote the item
	At       int64        `dynamodbav:"at"`
	State    stateItem    `dynamodbav:"s"`
}

type stateItem struct {
	Status   string `dynamodbav:"s"`
	Priority string `dynamodbav:"p"`
	Category string `dynamodbav:"c"`
	Agent    string `dynamodbav:"h,omitempty"`
}

type fileOnItem struct {
	ID    string `dynamodbav:"i"`
	Name  string `dynamodbav:"n"`
	Type  string `dynamodbav:"t"`
	Size  int64  `dynamodbav:"z"`
	State string `dynamodbav:"s"`
}

type changeItem struct {
	Field string            `dynamodbav:"f"`
	From  string            `dynamodbav:"a,omitempty"`
	To    string            `dynamodbav:"b,omitempty"`
	Name  string            `dynamodbav:"n,omitempty"`
	Names map[string]string `dynamodbav:"ns,omitempty"`
}

type openingItem struct {
	Title string            `dynamodbav:"t"`
	CatID string            `dynamodbav:"c"`
	Names map[string]string `dynamodbav:"n,omitempty"`
}

func entryToItem(e ticket.Entry) entryItem {
	i := entryItem{
		key: entryKey(e.TicketID, e.Seq), entryKeys: createdKeys(e), Kind: string(e.Kind),
		ByID: e.Author.ID, ByName: e.Author.Name, ByRole: string(e.Author.Role), Body: e.Body, ClientID: e.ClientID,
		At: toMillis(e.CreatedAt),
		State: stateItem{
			Status: string(e.State.Status), Priority: string(e.State.Priority), Category: e.State.CategoryID, Agent: e.State.AssigneeID,
		},
	}
	for _, f := range e.Attachments {
		i.Files = append(i.Files, fileOnItem(f))
	}
	if e.Change != nil {
		i.Change = &changeItem{e.Change.Field, e.Change.From, e.Change.To, e.Change.Name, e.Change.Names}
	}
	if e.Opening != nil {
		i.Opening = &openingItem{e.Opening.Title, e.Opening.Category.ID, e.Opening.Category.Names}
	}
	return i
}

func (i entryItem) entry() ticket.Entry {
	e := ticket.Entry{
		TicketID: idOf(i.PK), Seq: seqOf(i.SK), Kind: ticket.Kind(i.Kind),
		Author: ticket.Author{ID: i.ByID, Name: i.ByName, Role: user.Role(i.ByRole)}, Body: i.Body,
		ClientID: i.ClientID, CreatedAt: fromMillis(i.At),
		State: ticket.State{
			Status: ticket.Status(i.State.Status), Priority: ticket.Priority(i.State.Priority),
			CategoryID: i.State.Category, AssigneeID: i.State.Agent,
		},
	}
	for _, f := range i.Files {
		e.Attachments = append(e.Attachments, ticket.Attachment(f))
	}
	if c := i.Change; c != nil {
		e.Change = &ticket.Change{Field: c.Field, From: c.From, To: c.To, Name: c.Name, Names: c.Names}
	}
	if o := i.Opening; o != nil {
		e.Opening = &ticket.Opening{Title: o.Title, Category: ticket.Category{ID: o.CatID, Names: o.Names}}
	}
	return e
}

// markItem is a person's read mark on a ticket.
type markItem struct {
	key
	Read int    `dynamodbav:"r"`
	Name string `dynamodbav:"bn,omitempty"`
	Role string `dynamodbav:"br"`
}

// Times are stored as milliseconds since 1970, the zero time as nothing.
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
