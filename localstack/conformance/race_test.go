package conformance

import (
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// atOnce runs n at the same moment and counts their errors by kind; "" is none.
func atOnce(n int, run func(i int) error) map[fault.Kind]int {
	results := make(chan error, n)
	start := make(chan struct{})
	for i := range n {
		go func() {
			<-start
			results <- run(i)
		}()
	}
	close(start)
	kinds := map[fault.Kind]int{}
	for range n {
		kind := fault.Kind("")
		if err := <-results; err != nil {
			kind = fault.From(err).Kind
		}
		kinds[kind]++
	}
	return kinds
}

// TestEightWriters: 200 messages, each sent twice, on one ticket, while the
// stream keeps the head.
func TestEightWriters(t *testing.T) {
	t.Parallel()
	const writers, each = 8, 25
	sara := customer("Sara")
	desk, categoryID := newDesk(t, open())
	ticketID := openTicket(t, desk, categoryID, sara)
	hint, ended := follow(t, desk, ticketID)
	var wait sync.WaitGroup
	for w := range writers {
		who := sara
		if w > 0 {
			who = agent(fmt.Sprint("Agent ", w))
		}
		wait.Go(func() {
			after := 1
			for range each {
				m := ticket.Message{TicketID: ticketID, ClientID: newID(), Body: "hello", After: after}
				after = sendTwice(t, desk, who, m)
				hint(after)
			}
		})
	}
	wait.Wait()
	ended()
	log := wholeLog(t, ticketID)
	checkLog(t, log.Entries)
	if len(log.Entries) != 1+writers*each {
		t.Errorf("got %d entries, want %d", len(log.Entries), 1+writers*each)
	}
	checkHead(t, ticketID)
}

// sendTwice posts a message twice at once and gives its place.
func sendTwice(t *testing.T, desk *ticket.Desk, who user.Principal, m ticket.Message) int {
	t.Helper()
	seqs := make(chan int, 2)
	for range cap(seqs) {
		go func() {
			posted, err := desk.Post(t.Context(), who, m)
			if err != nil || posted.Entry.ClientID != m.ClientID {
				t.Errorf("got %+v, %v", posted.Entry, err)
			}
			seqs <- posted.Entry.Seq
		}()
	}
	first, second := <-seqs, <-seqs
	if first != second {
		t.Errorf("the message got the places %d and %d", first, second)
	}
	return first
}

// follow projects a ticket beside its writers, as the stream does: of hints
// that come too fast some are passed over. ended waits for the last one.
func follow(t *testing.T, desk *ticket.Desk, ticketID string) (hint func(seq int), ended func()) {
	t.Helper()
	hints, done := make(chan int, 1), make(chan struct{})
	go func() {
		defer close(done)
		for seq := range hints {
			if err := desk.Project(t.Context(), ticketID, seq); err != nil {
				t.Error(err)
			}
		}
	}()
	hint = func(seq int) {
		select {
		case hints <- seq:
		default:
		}
	}
	ended = func() {
		hints <- 0
		close(hints)
		<-done
		must(t, desk.Project(t.Context(), ticketID, len(wholeLog(t, ticketID).Entries)))
	}
	return hint, ended
}

// TestCloseAmongMessages: no message lands behind a close unseen.
func TestCloseAmongMessages(t *testing.T) {
	sara, ali := customer("Sara"), agent("Ali")
	desk, categoryID := newDesk(t, open())
	ticketID := openTicket(t, desk, categoryID, sara)
	desk.ReopenWindow = -time.Hour // closed is closed
	kinds := atOnce(12, func(i int) error {
		if i == 6 {
			_, err := desk.Close(t.Context(), ali, ticketID, newID())
			return err
		}
		_, err := desk.Post(t.Context(), sara, ticket.Message{TicketID: ticketID, ClientID: newID(), Body: "hello"})
		return err
	})
	log := wholeLog(t, ticketID).Entries
	checkLog(t, log)
	if last := log[len(log)-1]; last.Kind != ticket.KindStatus || last.State.Status != ticket.StatusClosed {
		t.Errorf("behind the close stands %+v", last)
	}
	if kinds[""] != len(log)-1 || kinds[fault.TicketClosed] != 12-kinds[""] {
		t.Errorf("got %v for %d entries", kinds, len(log))
	}
	checkHead(t, ticketID)
}

func TestTwoClaims(t *testing.T) {
	sara := customer("Sara")
	desk, categoryID := newDesk(t, open())
	for range 5 {
		ticketID := openTicket(t, desk, categoryID, sara)
		kinds := atOnce(2, func(i int) error {
			_, err := desk.Claim(t.Context(), agent(fmt.Sprint("Agent ", i)), ticketID, newID())
			return err
		})
		if kinds[""] != 1 || kinds[fault.AlreadyAssigned] != 1 {
			t.Errorf("got %v, want one of each", kinds)
		}
		if log := wholeLog(t, ticketID); len(log.Entries) != 2 || log.Head.State.AssigneeID != log.Entries[1].Change.To {
			t.Errorf("got %d entries, the head with %s", len(log.Entries), log.Head.State.AssigneeID)
		}
		checkHead(t, ticketID)
	}
}

// TestCreateAtOnce: one ticket, one answer that says it is new.
func TestCreateAtOnce(t *testing.T) {
	sara := customer("Sara")
	desk, categoryID := newDesk(t, open())
	draft := ticket.Draft{ClientID: newID(), Title: "T", Description: "D", CategoryID: categoryID}
	heads := make(chan ticket.Head, 10)
	kinds := atOnce(10, func(int) error {
		h, created, err := desk.Create(t.Context(), sara, draft)
		heads <- h
		if err == nil && !created {
			return fault.New("repeat", "")
		}
		return err
	})
	if kinds[""] != 1 || kinds["repeat"] != 9 {
		t.Errorf("got %v, want one first and nine repeats", kinds)
	}
	first := <-heads
	for range 9 {
		if h := <-heads; h.ID != first.ID {
			t.Errorf("got the tickets %s and %s", first.ID, h.ID)
		}
	}
	if log := wholeLog(t, first.ID); len(log.Entries) != 1 {
		t.Errorf("got %d entries", len(log.Entries))
	}
}

// TestReadsAtOnce: the mark ends at the highest seq.
func TestReadsAtOnce(t *testing.T) {
	ticketID, _ := logOf(t, 20, customer("Sara"))
	desk, _ := newDesk(t, open())
	ali := agent("Ali")
	if kinds := atOnce(20, func(i int) error { return desk.Read(t.Context(), ali, ticketID, i+1) }); kinds[""] != 20 {
		t.Errorf("got %v", kinds)
	}
	must(t, desk.Project(t.Context(), ticketID, 0))
	must(t, desk.Project(t.Context(), ticketID, 20))
	if got := wholeLog(t, ticketID).Marks[ali.UserID]; got != 20 {
		t.Errorf("the mark is at %d, want 20", got)
	}
	checkHead(t, ticketID)
}

// TestTwentySignUps of one number with the right code make one account.
func TestTwentySignUps(t *testing.T) {
	t.Parallel()
	number := newNumber()
	desk := newPeople(t, open())
	code := desk.send(t, number, account.PurposeSignUp)
	tokens := make(chan account.Tokens, 20)
	kinds := atOnce(20, func(int) error {
		got, err := desk.SignUp(t.Context(), number, password, code, "Sara", desk.from)
		if err == nil {
			tokens <- got
		}
		return err
	})
	if kinds[""] != 1 || kinds[""]+kinds[fault.PhoneTaken]+kinds[fault.CodeLocked]+kinds[fault.CodeWrong] != 20 {
		t.Fatalf("got %v, want one account and clear refusals", kinds)
	}
	made := (<-tokens).User
	if got, err := desk.LogIn(t.Context(), number, password, desk.from); err != nil || got.User != made {
		t.Errorf("login: got %+v, %v, want %+v", got.User, err, made)
	}
	if got, err := open().User(t.Context(), made.ID); err != nil || got != made {
		t.Errorf("user: got %+v, %v", got, err)
	}
}

// TestFiftyGuesses: never more than five codes are compared, however many are
// tried at once, and then the right one is no use either.
func TestFiftyGuesses(t *testing.T) {
	number := newNumber()
	desk := newPeople(t, open())
	code := desk.send(t, number, account.PurposeSignUp)
	kinds := atOnce(50, func(i int) error {
		guess := fmt.Sprintf("%06d", i)
		if guess == code {
			guess = "999999"
		}
		_, err := desk.SignUp(t.Context(), number, password, guess, "Sara", desk.from)
		return err
	})
	if kinds[fault.CodeWrong] != 5 || kinds[fault.CodeLocked] != 45 {
		t.Errorf("got %v, want 5 wrong and 45 locked", kinds)
	}
	_, err := desk.SignUp(t.Context(), number, password, code, "Sara", desk.from)
	refused(t, "the right one", err, fault.CodeLocked)
}

// TestCodeWorksOnce, also for logins at the same moment.
func TestCodeWorksOnce(t *testing.T) {
	number := newNumber()
	desk := newPeople(t, open())
	desk.signUp(t, number)
	code := desk.send(t, number, account.PurposeLogin)
	kinds := atOnce(5, func(int) error {
		_, err := desk.LogInByCode(t.Context(), number, code, desk.from)
		return err
	})
	if kinds[""] != 1 || kinds[fault.CodeWrong]+kinds[fault.Conflict] != 4 {
		t.Errorf("got %v, want one login", kinds)
	}
}

// TestRefreshRace: twenty refreshes with one token all get the same successor,
// and the family lives on.
func TestRefreshRace(t *testing.T) {
	desk := newPeople(t, open()).at(wiring.Now())
	first := desk.signUp(t, newNumber())
	successors := make(chan string, 20)
	kinds := atOnce(20, func(int) error {
		got, err := desk.Refresh(t.Context(), first.Refresh)
		successors <- got.Refresh
		return err
	})
	if kinds[""] != 20 {
		t.Fatalf("got %v, want 20 good ones", kinds)
	}
	next := <-successors
	for range 19 {
		if other := <-successors; other != next || other == first.Refresh {
			t.Error("the successors differ")
		}
	}
	if _, err := desk.Refresh(t.Context(), next); err != nil {
		t.Errorf("the successor: got %v", err)
	}
}

// TestReuseEndsTheFamily: a token from before the last one, or one repeated
// after the grace, ends the session for both who hold it.
func TestReuseEndsTheFamily(t *testing.T) {
	for name, c := range map[string]struct {
		rotations int
		wait      time.Duration
		ended     bool
	}{
		"the last one, at once":        {1, 9 * time.Second, false},
		"the last one, after a while":  {1, 11 * time.Second, true},
		"the one before the last":      {2, time.Second, true},
		"long ago, and one that stood": {3, time.Minute, true},
	} {
		now := wiring.Now()
		desk := newPeople(t, open()).at(now)
		first := desk.signUp(t, newNumber())
		newest := first
		for range c.rotations {
			var err error
			newest, err = desk.Refresh(t.Context(), newest.Refresh)
			must(t, err)
		}
		again, err := desk.at(now.Add(c.wait)).Refresh(t.Context(), first.Refresh)
		if !c.ended {
			if err != nil || again.Refresh != newest.Refresh {
				t.Errorf("%s: got %v, want the same successor", name, err)
			}
			continue
		}
		refused(t, name, err, fault.RefreshReused)
		_, err = desk.at(now.Add(c.wait)).Refresh(t.Context(), newest.Refresh)
		refused(t, name+": the newest token", err, fault.SessionEnded)
	}
}

// TestPassOpensOnce: of twenty who come with one pass one gets in.
func TestPassOpensOnce(t *testing.T) {
	door := &realtime.Door{Store: open(), Now: wiring.Now, Random: rand.Reader}
	who := user.Principal{UserID: newID(), Role: user.RoleUser}
	pass, _, err := door.Pass(t.Context(), who)
	must(t, err)
	kinds := atOnce(20, func(int) error {
		got, err := door.Redeem(t.Context(), pass)
		if err == nil && got != who {
			t.Errorf("got %+v, want %+v", got, who)
		}
		return err
	})
	if kinds[""] != 1 || kinds[fault.Unauthenticated] != 19 {
		t.Errorf("got %v, want one that gets in", kinds)
	}
}
