package ticket

import (
	"context"
	"reflect"
	"testing"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/user"
)

func ptr[T any](v T) *T { return &v }

// changes are what changed, in order, as the entries tell it.
func changes(entries []Entry) []Change {
	var out []Change
	for _, e := range entries {
		out = append(out, *e.Change)
	}
	return out
}

func TestEdit(t *testing.T) {
	for _, c := range []struct {
		name string
		who  user.Principal
		log  story
		p    Patch
		want []Change
		err  fault.Kind
	}{
		{"title and priority by the owner", sara, opening(), Patch{Title: ptr("Help me"), Priority: ptr(PriorityHigh)},
			[]Change{{Field: "title", From: "Help", To: "Help me"}, {Field: "priority", From: "medium", To: "high"}}, ""},
		{"all by staff", ali, opening(), Patch{Title: ptr("x"), Priority: ptr(PriorityLow), CategoryID: ptr("technical"), Tags: &[]string{"b", "a", "b"}},
			[]Change{{Field: "title", From: "Help", To: "x"}, {Field: "priority", From: "medium", To: "low"},
				{Field: "category", From: "billing", To: "technical", Names: technical.Names}, {Field: "tags", To: "b,a"}}, ""},
		{"nothing", sara, opening(), Patch{}, nil, ""},
		{"what is there already", ali, opening(), Patch{Title: ptr("Help"), Priority: ptr(PriorityMedium), CategoryID: ptr("billing"), Tags: &[]string{}}, nil, ""},
		{"category by the owner", sara, opening(), Patch{CategoryID: ptr("technical")}, nil, fault.Forbidden},
		{"tags by the owner", sara, opening(), Patch{Tags: &[]string{"a"}}, nil, fault.Forbidden},
		{"tags by another customer", reza, opening(), Patch{Tags: &[]string{"a"}}, nil, fault.TicketNotFound},
		{"an unknown category", ali, opening(), Patch{CategoryID: ptr("nothing")}, nil, fault.CategoryNotFound},
		{"by the owner when resolved", sara, opening().status(ali, StatusResolved), Patch{Title: ptr("x")}, nil, fault.TicketClosed},
		{"by staff when closed", ali, opening().status(ali, StatusClosed), Patch{Title: ptr("x")}, []Change{{Field: "title", From: "Help", To: "x"}}, ""},
		{"on the newest version", sara, opening(), Patch{Title: ptr("x"), Version: ptr(1)}, []Change{{Field: "title", From: "Help", To: "x"}}, ""},
		{"on an old version", sara, opening().says(ali, "hi"), Patch{Title: ptr("x"), Version: ptr(1)}, nil, fault.VersionStale},
		{"a note is no news to the owner", sara, opening().notes(ali, "hm"), Patch{Title: ptr("x"), Version: ptr(1)}, []Change{{Field: "title", From: "Help", To: "x"}}, ""},
		{"a note is news to staff", mina, opening().notes(ali, "hm"), Patch{Title: ptr("x"), Version: ptr(1)}, nil, fault.VersionStale},
		{"on a version to come", sara, opening(), Patch{Title: ptr("x"), Version: ptr(2)}, nil, fault.VersionStale},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := holding(c.log, len(c.log))
			got, err := s.desk(9).Edit(context.Background(), c.who, ticketID, c.p)
			if c.err != "" {
				if !fault.Is(err, c.err) || len(s.log()) != len(c.log) {
					t.Errorf("got %v and %d new entries, want the refusal %s", err, len(s.log())-len(c.log), c.err)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(changes(got.Entries), c.want) {
				t.Fatalf("got %+v, %v\nwant %+v", changes(got.Entries), err, c.want)
			}
			checkCommitted(t, s, got)
		})
	}
}

// checkCommitted: log and head agree at once, and so does the answer.
func checkCommitted(t *testing.T, s *shelf, got Changed) {
	t.Helper()
	log, stored := s.log(), s.head()
	checkLog(t, log)
	want := story(log).head()
	for name, h := range map[string]Head{"stored head": stored, "answer": got.Head} {
		h.Revision = 0
		if !reflect.DeepEqual(h, want) {
			t.Errorf("%s: got %+v\nwant %+v", name, h, want)
		}
	}
}

func TestAssignments(t *testing.T) {
	held := opening().assigns(ali, Person{"ali", "Ali"})
	for _, c := range []struct {
		name string
		log  story
		run  func(d *Desk) (Changed, error)
		want string // assignee after it
		err  fault.Kind
	}{
		{"claim a free one", opening(), claim(mina), "mina", ""},
		{"claim one's own", held, claim(ali), "ali", ""},
		{"claim another's", held, claim(mina), "", fault.AlreadyAssigned},
		{"give to a colleague", opening(), assign(ali, "mina"), "mina", ""},
		{"take over for a colleague", held, assign(root, "mina"), "mina", ""},
		{"release", held, assign(mina, ""), "", ""},
		{"release a free one", opening(), assign(mina, ""), "", ""},
		{"give to a customer", opening(), assign(ali, "reza"), "", fault.UserNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := holding(c.log, len(c.log))
			got, err := c.run(s.desk(9))
			if c.err != "" {
				if !fault.Is(err, c.err) || len(s.log()) != len(c.log) {
					t.Errorf("got %v and %d new entries, want the refusal %s", err, len(s.log())-len(c.log), c.err)
				}
				return
			}
			if err != nil || got.Head.State.AssigneeID != c.want || got.Head.Assignee.ID != c.want {
				t.Fatalf("got %+v, %v, want %q to hold it", got.Head, err, c.want)
			}
			if changed := c.want != c.log.state().AssigneeID; len(got.Entries) != map[bool]int{true: 1}[changed] {
				t.Errorf("got %d entries, changed %v", len(got.Entries), changed)
			}
			checkCommitted(t, s, got)
		})
	}
}

func claim(who user.Principal) func(*Desk) (Changed, error) {
	return func(d *Desk) (Changed, error) { return d.Claim(context.Background(), who, ticketID, "c1") }
}

func assign(who user.Principal, to string) func(*Desk) (Changed, error) {
	return func(d *Desk) (Changed, error) { return d.Assign(context.Background(), who, ticketID, "c1", to) }
}

// TestTwoClaims: of two who claim at once one gets it, the other hears of it.
func TestTwoClaims(t *testing.T) {
	s := holding(opening(), 1)
	s.meanwhile = func() {
		if err := claiming(s.desk(4), ali); err != nil {
			t.Error(err)
		}
	}
	if err := claiming(s.desk(5), mina); !fault.Is(err, fault.AlreadyAssigned) {
		t.Errorf("got %v, want %s", err, fault.AlreadyAssigned)
	}
	if h := s.head(); h.State.AssigneeID != "ali" || len(s.log()) != 2 {
		t.Errorf("got %s and %d entries, want ali and 2", h.State.AssigneeID, len(s.log()))
	}
}

// TestFasterOthersOnAChange: a change is decided again on the newer head.
func TestFasterOthersOnAChange(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(*Desk, user.Principal) error
		want      []Kind
	}{
		"a message": {post(false), []Kind{KindOpened, KindMessage, KindStatus}},
		"a claim":   {claiming, []Kind{KindOpened, KindAssignment, KindStatus}},
		"a close":   {closing, []Kind{KindOpened, KindStatus}},
	} {
		t.Run(name, func(t *testing.T) {
			s := holding(opening(), 1)
			s.meanwhile = func() {
				if err := c.meanwhile(s.desk(4), ali); err != nil {
					t.Error(err)
				}
			}
			got, err := s.desk(5).Close(context.Background(), sara, ticketID, "c1")
			if err != nil {
				t.Fatal(err)
			}
			var kinds []Kind
			for _, e := range s.log() {
				kinds = append(kinds, e.Kind)
			}
			if !reflect.DeepEqual(kinds, c.want) || got.Head.State.Status != StatusClosed {
				t.Errorf("got %v, %s, want %v, closed", kinds, got.Head.State.Status, c.want)
			}
			checkCommitted(t, s, got)
		})
	}
}

// TestRepeatedChange: a repeat changes nothing, even when it would again.
func TestRepeatedChange(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		run  func(d *Desk) (Changed, error)
		undo func(d *Desk) (Changed, error)
	}{
		"close":  {func(d *Desk) (Changed, error) { return d.Close(ctx, sara, ticketID, "c1") }, func(d *Desk) (Changed, error) { return d.Reopen(ctx, ali, ticketID, "c2") }},
		"status": {func(d *Desk) (Changed, error) { return d.SetStatus(ctx, ali, ticketID, "c1", StatusPending) }, func(d *Desk) (Changed, error) { return d.SetStatus(ctx, ali, ticketID, "c2", StatusOpen) }},
		"assign": {assign(ali, "mina"), func(d *Desk) (Changed, error) { return d.Assign(ctx, mina, ticketID, "c2", "") }},
		"claim":  {claim(mina), func(d *Desk) (Changed, error) { return d.Assign(ctx, mina, ticketID, "c2", "ali") }},
	} {
		t.Run(name, func(t *testing.T) {
			s := holding(opening().moves(ali, StatusOpen), 2)
			d := s.desk(9)
			for _, run := range []func(*Desk) (Changed, error){c.run, c.undo} {
				if got, err := run(d); err != nil || len(got.Entries) != 1 {
					t.Fatalf("got %+v, %v, want one entry", got, err)
				}
			}
			got, err := c.run(d)
			if err != nil || len(got.Entries) != 0 || len(s.log()) != 4 || got.Head.LastSeq != 4 {
				t.Errorf("the repeat: got %+v, %v and %d entries", got, err, len(s.log()))
			}
		})
	}
}

// TestOneClientIDForAChange: the first entry of a change carries it, and a
// message under it is the repeat of another thing.
func TestOneClientIDForAChange(t *testing.T) {
	s := holding(opening(), 1)
	got, err := s.desk(9).Close(context.Background(), sara, ticketID, "c1")
	if err != nil || got.Entries[0].ClientID != "c1" {
		t.Fatalf("got %+v, %v", got, err)
	}
	posted, err := s.desk(9).Post(context.Background(), sara, message("c1", 1))
	if err != nil || posted.Created || posted.Entry.Kind != KindStatus {
		t.Errorf("got %+v, %v, want the first result of that clientId", posted, err)
	}
}
