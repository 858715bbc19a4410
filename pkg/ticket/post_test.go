package ticket

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/user"
)

func message(id string, after int) Message {
	return Message{TicketID: ticketID, ClientID: id, Body: "hello", After: after}
}

func TestPost(t *testing.T) {
	for _, after := range []int{0, 1, 2} {
		log := opening().says(ali, "hello")
		s := holding(log, 2)
		fresh := ulidOf(4) // written after all that is in the log
		got, err := s.desk(5).Post(context.Background(), sara, message(fresh, after))
		want := Entry{
			TicketID: ticketID, Seq: 3, Kind: KindMessage, Author: Author{"sara", "Sara", user.RoleUser}, Body: "hello",
			ClientID: fresh, CreatedAt: minute(5), State: log.state(),
		}
		if err != nil || !got.Created || !reflect.DeepEqual(got.Entry, want) {
			t.Errorf("after %d: got %+v, %v\nwant %+v", after, got, err, want)
		}
		if written := s.log(); len(written) != 3 || !reflect.DeepEqual(written[2], want) {
			t.Errorf("after %d: the log has %+v", after, written)
		}
		if got.Head.LastSeq != 3 || got.Head.Messages != 2 {
			t.Errorf("after %d: the head has not the message in it: %+v", after, got.Head)
		}
		if s.reads != 1 || s.writes != 1 {
			t.Errorf("after %d: got %d reads and %d writes, want 1 and 1", after, s.reads, s.writes)
		}
	}
}

// TestRepeat: whatever the repeat says, the first entry comes back.
func TestRepeat(t *testing.T) {
	first := opening().says(ali, "one").says(sara, "first").under("c1").says(ali, "two").says(sara, "three")
	deep := first
	for len(deep) < 90 {
		deep = deep.says(ali, "more")
	}
	for _, c := range []struct {
		name string
		log  story
		m    Message
	}{
		{"as the first try", first, Message{Body: "first", After: 2}},
		{"without after", first, Message{Body: "first"}},
		{"with an after from before", first, Message{Body: "first", After: 1}},
		{"with the entry itself as after", first, Message{Body: "first", After: 3}},
		{"with an after beyond the log", first, Message{Body: "first", After: 77}},
		{"with other content", first, Message{Body: "other", After: 2}},
		{"with files", first, Message{Body: "other", AttachmentIDs: []string{"unknown"}}},
		{"much later", deep, Message{Body: "first", After: 2}},
		{"much later, without after", deep, Message{Body: "first"}},
		{"on a closed ticket", first.status(ali, StatusClosed), Message{Body: "first", After: 2}},
	} {
		for _, folded := range []int{1, len(c.log)} { // the stream may be far behind
			s := holding(c.log, folded)
			c.m.TicketID, c.m.ClientID = ticketID, "c1"
			got, err := s.desk(8*24*60).Post(context.Background(), sara, c.m)
			if err != nil || got.Created || !reflect.DeepEqual(got.Entry, first[2]) {
				t.Errorf("%s, %d folded: got %+v, %v, want the first entry", c.name, folded, got, err)
			}
			if len(s.log()) != len(c.log) || s.writes != 0 {
				t.Errorf("%s: %d writes, the log grew to %d", c.name, s.writes, len(s.log()))
			}
		}
	}
}

// TestLateAfter: a repeat that says a later seq than its own entry has. Its
// clientId tells by its time that it is older than what the client has seen.
func TestLateAfter(t *testing.T) {
	early := ulidOf(2) // made before the first try's entry
	log := opening().says(ali, "one").says(sara, "first").under(early)
	for len(log) < 12 {
		log = log.says(ali, "more")
	}
	for folded := 1; folded <= len(log); folded++ {
		for after := 0; after <= len(log)+1; after++ {
			s := holding(log, folded)
			got, err := s.desk(30).Post(context.Background(), sara, message(early, after))
			if err != nil || got.Created || got.Entry.Seq != 3 {
				t.Errorf("after %d with %d folded: got created %v, seq %d, %v, want the first entry", after, folded, got.Created, got.Entry.Seq, err)
			}
		}
	}
}

// TestClientIDIsOnesOwn: the same clientId of another person is another message.
func TestClientIDIsOnesOwn(t *testing.T) {
	log := opening().says(sara, "mine").under("c1")
	s := holding(log, len(log))
	got, err := s.desk(5).Post(context.Background(), ali, message("c1", 1))
	if err != nil || !got.Created || got.Entry.Seq != 3 {
		t.Errorf("got %+v, %v, want a new entry", got, err)
	}
}

// TestPost_TwinsInOneMillisecond posts one message twice at the same time, with
// equal content and creation time: one call creates the entry, the other one
// returns it.
func TestPost_TwinsInOneMillisecond(t *testing.T) {
	s := holding(opening(), 1)
	d := s.desk(5)
	var twin Posted
	s.meanwhile = func() {
		var err error
		if twin, err = d.Post(context.Background(), sara, message("c1", 1)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := d.Post(context.Background(), sara, message("c1", 1))
	if err != nil {
		t.Fatal(err)
	}
	if !twin.Created || got.Created || got.Entry.Seq != 2 || twin.Entry.Seq != 2 {
		t.Errorf("got created %v (entry %d) and %v (entry %d), want one created and both entry 2",
			twin.Created, twin.Entry.Seq, got.Created, got.Entry.Seq)
	}
}

// TestFasterOthers: the slot is taken, and what stands there decides.
func TestFasterOthers(t *testing.T) {
	log := opening().status(ali, StatusPending)
	for _, c := range []struct {
		name      string
		meanwhile func(d *Desk) error
		created   bool
		seq       int
		change    *Change
	}{
		{"nobody", func(*Desk) error { return nil }, true, 3, move(StatusPending, StatusOpen)},
		{"another message", func(d *Desk) error {
			_, err := d.Post(context.Background(), ali, message("c9", 0))
			return err
		}, true, 4, move(StatusPending, StatusOpen)},
		{"another's under the same clientId", func(d *Desk) error {
			_, err := d.Post(context.Background(), ali, message("c1", 0))
			return err
		}, true, 4, move(StatusPending, StatusOpen)},
		{"somebody resolves", func(d *Desk) error { return setting(StatusResolved)(d, ali) }, true, 4, move(StatusResolved, StatusOpen)},
		{"somebody opens", func(d *Desk) error { return setting(StatusOpen)(d, ali) }, true, 4, nil},
		{"one's own repeat", func(d *Desk) error {
			_, err := d.Post(context.Background(), sara, message("c1", 2))
			return err
		}, false, 3, move(StatusPending, StatusOpen)},
		{"others, and one's own repeat", func(d *Desk) error {
			_, err := d.Post(context.Background(), mina, message("c8", 2))
			if err == nil {
				_, err = d.Post(context.Background(), sara, message("c1", 2))
			}
			return err
		}, false, 4, move(StatusPending, StatusOpen)},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := holding(log, len(log))
			s.meanwhile = func() {
				if err := c.meanwhile(s.desk(4)); err != nil {
					t.Error(err)
				}
			}
			got, err := s.desk(5).Post(context.Background(), sara, message("c1", 2))
			if err != nil || got.Created != c.created || got.Entry.Seq != c.seq || !reflect.DeepEqual(got.Entry.Change, c.change) {
				t.Errorf("got created %v, seq %d, change %+v, %v", got.Created, got.Entry.Seq, got.Entry.Change, err)
			}
			checkLog(t, s.log())
		})
	}
}

// checkLog: no gap, no clientId twice, states that follow from each other.
func checkLog(t *testing.T, log []Entry) {
	t.Helper()
	seen := map[string]int{}
	for i, e := range log {
		if e.Seq != i+1 {
			t.Fatalf("entry %d has the seq %d", i+1, e.Seq)
		}
		if own := e.Author.ID + " " + e.ClientID; e.ClientID != "" && seen[own] > 0 {
			t.Errorf("the message %s stands at %d and %d", own, seen[own], e.Seq)
		} else {
			seen[own] = e.Seq
		}
		if c := e.Change; c != nil && c.Field == "status" && (c.From != string(log[i-1].State.Status) || c.To != string(e.State.Status)) {
			t.Errorf("entry %d moves %s -> %s between the states %s and %s", e.Seq, c.From, c.To, log[i-1].State.Status, e.State.Status)
		}
	}
}

// TestClosedMeanwhile: nothing lands after a close unseen.
func TestClosedMeanwhile(t *testing.T) {
	s := holding(opening(), 1)
	s.meanwhile = func() {
		if err := closing(s.desk(2), ali); err != nil {
			t.Error(err)
		}
	}
	d := s.desk(5)
	d.ReopenWindow = 0
	if _, err := d.Post(context.Background(), sara, message("c1", 1)); !fault.Is(err, fault.TicketClosed) {
		t.Errorf("got %v, want %s", err, fault.TicketClosed)
	}
	if n := len(s.log()); n != 2 {
		t.Errorf("got %d entries, want the opening and the close", n)
	}
}

// TestStorm: who never gets a slot is told to try again, and leaves nothing.
func TestStorm(t *testing.T) { synctest.Test(t, storm) } // it pauses between its tries

func storm(t *testing.T) {
	s := holding(opening(), 1)
	n := 0
	var faster func()
	faster = func() {
		n++
		s.mu.Lock()
		log := story(s.tickets[ticketID].entries)
		s.tickets[ticketID].entries = log.says(ali, "faster")
		s.meanwhile = faster
		s.mu.Unlock()
	}
	s.meanwhile = faster
	if _, err := s.desk(5).Post(context.Background(), sara, message("c1", 1)); !fault.Is(err, fault.Conflict) {
		t.Errorf("got %v, want %s", err, fault.Conflict)
	}
	for _, e := range s.log() {
		if e.ClientID == "c1" {
			t.Errorf("the message stands at %d", e.Seq)
		}
	}
	if n != attempts {
		t.Errorf("got %d attempts, want %d", n, attempts)
	}
}

// TestConcurrentWriters: each message sent twice at once, none lost, none doubled.
func TestConcurrentWriters(t *testing.T) {
	s := holding(opening(), 1)
	d := s.desk(5)
	var wait sync.WaitGroup
	for writer := range 4 {
		who := []user.Principal{sara, ali, mina, root}[writer]
		for range 2 {
			wait.Go(func() {
				for n := range 10 {
					if _, err := d.Post(context.Background(), who, message(fmt.Sprint(who.UserID, n), 1)); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wait.Wait()
	log := s.log()
	checkLog(t, log)
	if len(log) != 41 {
		t.Errorf("got %d entries, want 41", len(log))
	}
}

// TestLaggingHead: decisions rest on the log, however old the head is.
func TestLaggingHead(t *testing.T) {
	log := opening().moves(ali, StatusPending).notes(ali, "hm").assigns(ali, Person{"mina", "Mina"}).status(mina, StatusResolved)
	for folded := 1; folded <= len(log); folded++ {
		for after := 0; after <= len(log)+1; after++ {
			s := holding(log, folded)
			got, err := s.desk(9).Post(context.Background(), sara, message(ulidOf(9), after))
			if err != nil || got.Entry.Seq != 6 || !reflect.DeepEqual(got.Entry.Change, move(StatusResolved, StatusOpen)) {
				t.Fatalf("folded %d, after %d: got %+v, %v", folded, after, got.Entry, err)
			}
			// Who hears of the message depends on these alone.
			want := story(s.log()).head()
			if h := got.Head; h.ID != want.ID || h.Customer != want.Customer || h.State != want.State || h.LastSeq != want.LastSeq {
				t.Fatalf("folded %d, after %d: got %+v\nwant %+v", folded, after, got.Head, want)
			}
			if s.reads > 2 || after > 0 && after <= len(log) && s.reads > 1 {
				t.Errorf("folded %d, after %d: %d reads", folded, after, s.reads)
			}
		}
	}
}

// TestHeadWithoutItsLog: a ticket whose entries are being removed is no longer
// one; nothing is written behind its end.
func TestHeadWithoutItsLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for left := range 4 {
			log := long(5)
			s := holding(log, 5)
			s.tickets[ticketID].entries = s.tickets[ticketID].entries[:left]
			_, err := s.desk(9).Post(context.Background(), sara, message("c1", left))
			if !fault.Is(err, fault.TicketNotFound) || len(s.log()) != left {
				t.Errorf("%d entries left: got %v and %d entries, want %s", left, err, len(s.log()), fault.TicketNotFound)
			}
		}
	})
}
