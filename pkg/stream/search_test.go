package stream_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// library is an Index that writes down what it learns.
type library struct{ learnt []string }

func (l *library) User(_ context.Context, id string) (user.User, error) {
	switch id {
	case "sara":
		return user.User{ID: id, Name: "Sara Hosseini", Phone: "+989121234567"}, nil
	case "bad":
		return user.User{}, errNoAnswer
	}
	return user.User{}, fault.New(fault.UserNotFound, "")
}

func (l *library) LearnTicket(_ context.Context, ticketID, cause string, words, secret []string) error {
	l.learnt = append(l.learnt, fmt.Sprintf("%s %s: %s; %s", ticketID, cause, strings.Join(words, " "), strings.Join(secret, " ")))
	return nil
}

func (l *library) ForgetTicket(_ context.Context, ticketID string) error {
	l.learnt = append(l.learnt, "forget "+ticketID)
	return nil
}

func (l *library) LearnUser(_ context.Context, u user.User, was, is []string) error {
	l.learnt = append(l.learnt, fmt.Sprintf("%s: %s -> %s", u.ID, strings.Join(was, " "), strings.Join(is, " ")))
	return nil
}

func TestSearch(t *testing.T) {
	entry := func(kind ticket.Kind, author, body string) table.Change {
		return table.Change{Created: true, Entry: &ticket.Entry{TicketID: "t", Seq: 2, Kind: kind, Author: ticket.Author{ID: author}, Body: body}}
	}
	opened := func(author string) table.Change {
		c := entry(ticket.KindOpened, author, "It rains in")
		c.Entry.Author.Name, c.Entry.Opening = "Sara", &ticket.Opening{Title: "The Roof"}
		return c
	}
	retitled := entry(ticket.KindTitle, "sara", "")
	retitled.Entry.Change = &ticket.Change{Field: "title", From: "The Roof", To: "The Wall"}
	judged := entry(ticket.KindMessage, "sara", "hello")
	judged.Created = false
	sara := &user.User{ID: "sara", Name: "Sara", Email: "sara@example.com"}
	phoned := &user.User{ID: "sara", Phone: "+12125550123"}
	for name, c := range map[string]struct {
		change table.Change
		learnt []string
		err    bool
	}{
		"a ticket":               {opened("sara"), []string{"t 0000000002: the roof it rains in; sara hosseini 989121234567 09121234567 9121234567"}, false},
		"of somebody who left":   {opened("nobody"), []string{"t 0000000002: the roof it rains in; sara"}, false},
		"of somebody unreadable": {opened("bad"), nil, true},
		"a message":              {entry(ticket.KindMessage, "sara", "Good day"), []string{"t 0000000002: good day; "}, false},
		"a note":                 {entry(ticket.KindNote, "ali", "Good day"), []string{"t 0000000002: ; good day"}, false},
		"a title":                {retitled, []string{"t 0000000002: the wall; "}, false},
		"a move":                 {entry(ticket.KindStatus, "ali", ""), nil, false},
		"a message of signs":     {entry(ticket.KindMessage, "ali", "?!"), nil, false},
		"a judged file":          {judged, nil, false},
		"a new person":           {table.Change{Created: true, UserID: "sara", Is: sara}, []string{"sara:  -> sara example com"}, false},
		"a changed person":       {table.Change{UserID: "sara", Was: sara, Is: phoned}, []string{"sara: sara example com -> 12125550123 2125550123"}, false},
		"a removed person":       {table.Change{Was: sara}, []string{"sara: sara example com -> "}, false},
		"a deleted ticket":       {table.Change{Gone: "t"}, []string{"forget t"}, false},
		"a head":                 {table.Change{Head: &ticket.Head{ID: "t"}}, nil, false},
	} {
		var l library
		err := stream.Search(&l)(t.Context(), c.change)
		if !slices.Equal(l.learnt, c.learnt) || (err != nil) != c.err {
			t.Errorf("%s: learnt %q, %v, want %q", name, l.learnt, err, c.learnt)
		}
	}
}
