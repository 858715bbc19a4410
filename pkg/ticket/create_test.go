package ticket

import (
	"context"
	"reflect"
	"sync"
	"testing"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

func draft() Draft {
	return Draft{ClientID: clientID, Title: "Help", Description: "It does not work", CategoryID: "billing"}
}

func TestCreate(t *testing.T) {
	s := newShelf()
	h, created, err := s.desk(1).Create(context.Background(), sara, draft())
	want := opened()
	want.ID = id.Derive(clientID, "sara")
	if err != nil || !created || !reflect.DeepEqual(h, want) {
		t.Fatalf("got %+v, %v, %v\nwant %+v", h, created, err, want)
	}
	entry := opening()[0]
	entry.TicketID = want.ID
	if stored := s.tickets[want.ID]; !reflect.DeepEqual(stored.entries, []Entry{entry}) {
		t.Errorf("got %+v\nwant %+v", stored.entries, entry)
	}
	if s.writes != 1 {
		t.Errorf("got %d writes, want 1", s.writes)
	}
}

func TestCreatePriority(t *testing.T) {
	for asked, want := range map[Priority]Priority{"": PriorityMedium, PriorityUrgent: PriorityUrgent} {
		d := draft()
		d.Priority = asked
		if h, _, err := newShelf().desk(1).Create(context.Background(), sara, d); err != nil || h.State.Priority != want {
			t.Errorf("%q: got %s, %v, want %s", asked, h.State.Priority, err, want)
		}
	}
}

// TestCreateAgain: a repeat gets the first ticket as it stands now.
func TestCreateAgain(t *testing.T) {
	ctx := context.Background()
	for name, repeat := range map[string]func(*Draft){
		"the same":               func(*Draft) {},
		"other content":          func(d *Draft) { d.Title, d.Description = "Other", "Something else" },
		"a category that went":   func(d *Draft) { d.CategoryID = "gone" },
		"the file it took first": func(d *Draft) { d.AttachmentIDs = []string{"ready"} },
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf().withFiles()
			d := draft()
			d.AttachmentIDs = []string{"ready"}
			first, _, err := s.desk(1).Create(ctx, sara, d)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.desk(2).Post(ctx, ali, Message{TicketID: first.ID, ClientID: "c1", Body: "hello"}); err != nil {
				t.Fatal(err)
			}
			repeat(&d)
			got, created, err := s.desk(3).Create(ctx, sara, d)
			if err != nil || created || got.ID != first.ID || got.Title != "Help" {
				t.Fatalf("got %+v, created %v, %v, want the first ticket", got, created, err)
			}
			if got.LastSeq != 2 || got.State.Status != StatusOpen {
				t.Errorf("got last %d, %s: want the ticket as it stands", got.LastSeq, got.State.Status)
			}
			if len(s.tickets) != 1 {
				t.Errorf("got %d tickets", len(s.tickets))
			}
		})
	}
}

func TestCreateRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Draft)
		want   fault.Kind
	}{
		"an unknown category": {func(d *Draft) { d.CategoryID = "nothing" }, fault.CategoryNotFound},
		"another's file":      {func(d *Draft) { d.AttachmentIDs = []string{"foreign"} }, fault.AttachmentNotFound},
		"a refused file":      {func(d *Draft) { d.AttachmentIDs = []string{"refused"} }, fault.AttachmentRefused},
	} {
		s := newShelf().withFiles()
		d := draft()
		c.change(&d)
		if _, _, err := s.desk(1).Create(context.Background(), sara, d); !fault.Is(err, c.want) || len(s.tickets) != 0 {
			t.Errorf("%s: got %v and %d tickets, want the refusal %s", name, err, len(s.tickets), c.want)
		}
	}
}

// TestCreateIsOnesOwn: two people may use the same clientId.
func TestCreateIsOnesOwn(t *testing.T) {
	s := newShelf()
	ids := map[string]bool{}
	for _, who := range []user.Principal{sara, reza, ali} {
		h, created, err := s.desk(1).Create(context.Background(), who, draft())
		if err != nil || !created || h.Customer.ID != who.UserID {
			t.Errorf("%s: got %+v, %v, %v", who.Name, h, created, err)
		}
		ids[h.ID] = true
	}
	if len(ids) != 3 {
		t.Errorf("got %d tickets, want 3", len(ids))
	}
}

func TestCreateAtOnce(t *testing.T) {
	s := newShelf()
	var wait sync.WaitGroup
	made := make(chan bool, 10)
	for range 10 {
		wait.Go(func() {
			_, created, err := s.desk(1).Create(context.Background(), sara, draft())
			if err != nil {
				t.Error(err)
			}
			made <- created
		})
	}
	wait.Wait()
	close(made)
	first := 0
	for created := range made {
		if created {
			first++
		}
	}
	if first != 1 || len(s.tickets) != 1 {
		t.Errorf("got %d first ones and %d tickets, want 1 and 1", first, len(s.tickets))
	}
}
