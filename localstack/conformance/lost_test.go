package conformance

import (
	"testing"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// scene is a new ticket, who is on it, and what they have at hand.
type scene struct {
	sara, ali                       user.Principal
	ticketID, clientID, file, shelf string
	desk                            *ticket.Desk // over the table under test
}

// onATicket is a flow that leaves so many entries on a new ticket.
func onATicket(name string, entries int, do func(t *testing.T, s scene) error) flow {
	return flow{name: name, prepare: func(t *testing.T) (func(*table.Table) error, func()) {
		t.Helper()
		s := scene{sara: customer("Sara"), ali: agent("Ali"), clientID: newID()}
		desk, categoryID := newDesk(t, open())
		s.ticketID, s.file, s.shelf = openTicket(t, desk, categoryID, s.sara), newFile(t, s.sara).ID, categoryID
		run := func(store *table.Table) error {
			d := *desk
			d.Store, d.Files, d.People = store, store, store
			s.desk = &d
			return do(t, s)
		}
		return run, func() {
			log := wholeLog(t, s.ticketID)
			checkLog(t, log.Entries)
			if len(log.Entries) != entries {
				t.Errorf("%s: got %d entries, want %d", name, len(log.Entries), entries)
			}
			must(t, desk.Project(t.Context(), s.ticketID, 0))
			checkHead(t, s.ticketID)
		}
	}}
}

// post sends Sara's message and checks that the answer is its entry.
func (s scene) post(t *testing.T, files ...string) error {
	t.Helper()
	posted, err := s.desk.Post(t.Context(), s.sara, ticket.Message{
		TicketID: s.ticketID, ClientID: s.clientID, Body: "hello", After: 1, AttachmentIDs: files,
	})
	if err == nil && (posted.Entry.Seq != 2 || posted.Entry.ClientID != s.clientID || len(posted.Entry.Attachments) != len(files)) {
		t.Errorf("the answer is another entry: %+v", posted.Entry)
	}
	return err
}

// TestLostAnswers: whichever answer is lost, what was asked for happens once,
// and the one who asked is told so.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	for _, f := range repeatable() {
		t.Run(f.name, func(t *testing.T) {
			t.Run("one", f.everyLoss)
			t.Run("all from one on", f.everyOutage)
		})
	}
	// What uses something up cannot be tried again by the person, but the
	// retry within the request must not meet its own work as another's.
	for _, f := range []flow{sendingCodes(), signingUp(), loggingInByCode()} {
		t.Run(f.name, f.everyLoss)
	}
}

func repeatable() []flow {
	return []flow{
		onATicket("post", 2, func(t *testing.T, s scene) error { return s.post(t) }),
		onATicket("post with a file", 2, func(t *testing.T, s scene) error { return s.post(t, s.file) }),
		onATicket("close", 2, func(t *testing.T, s scene) error {
			got, err := s.desk.Close(t.Context(), s.sara, s.ticketID, s.clientID)
			if err == nil && got.Head.State.Status != ticket.StatusClosed {
				t.Errorf("got %s", got.Head.State.Status)
			}
			return err
		}),
		onATicket("claim", 2, func(t *testing.T, s scene) error {
			got, err := s.desk.Claim(t.Context(), s.ali, s.ticketID, s.clientID)
			if err == nil && got.Head.State.AssigneeID != s.ali.UserID {
				t.Errorf("got %+v", got.Head.Assignee)
			}
			return err
		}),
		onATicket("edit", 3, func(t *testing.T, s scene) error {
			title, high := "Another title", ticket.PriorityHigh
			got, err := s.desk.Edit(t.Context(), s.sara, s.ticketID, ticket.Patch{Title: &title, Priority: &high})
			if err == nil && (got.Head.Title != title || got.Head.State.Priority != high) {
				t.Errorf("got %+v", got.Head)
			}
			return err
		}),
		onATicket("read", 1, func(t *testing.T, s scene) error { return s.desk.Read(t.Context(), s.ali, s.ticketID, 1) }),
		onATicket("project", 1, func(t *testing.T, s scene) error { return s.desk.Project(t.Context(), s.ticketID, 1) }),
		onATicket("create", 1, func(t *testing.T, s scene) error {
			draft := ticket.Draft{ClientID: s.clientID, Title: "T", Description: "D", CategoryID: s.shelf, AttachmentIDs: []string{s.file}}
			h, _, err := s.desk.Create(t.Context(), s.sara, draft)
			if log := wholeLog(t, h.ID); err == nil && (h.Title != "T" || len(log.Entries) != 1) {
				t.Errorf("got %+v, %d entries", h, len(log.Entries))
			}
			return err
		}),
		judging(), refreshing(),
	}
}

func judging() flow {
	return flow{name: "judge", prepare: func(t *testing.T) (func(*table.Table) error, func()) {
		t.Helper()
		sara := customer("Sara")
		desk, categoryID := newDesk(t, open())
		ticketID, file := openTicket(t, desk, categoryID, sara), newFile(t, sara)
		e := sayWith(t, desk, sara, ticketID, file.ID, attachment.Ready)
		run := func(store *table.Table) error { return store.Judge(t.Context(), file.ID, attachment.Ready, "") }
		return run, func() {
			shown := wholeLog(t, ticketID).Entries[e.Seq-1].Attachments[0].State
			if f := fileNow(t, file.ID); f.State != attachment.Ready || shown != "ready" {
				t.Errorf("the file is %s, the entry shows %s", f.State, shown)
			}
		}
	}}
}

// with is the same front desk over another store.
func (p people) with(store *table.Table) people {
	s := *p.Service
	s.Store, s.Files = store, store
	p.Service = &s
	return p
}

func refreshing() flow {
	return flow{name: "refresh", prepare: func(t *testing.T) (func(*table.Table) error, func()) {
		t.Helper()
		desk := newPeople(t, open()).at(wiring.Now())
		first := desk.signUp(t, newNumber())
		var next string
		run := func(store *table.Table) error {
			got, err := desk.with(store).Refresh(t.Context(), first.Refresh)
			next = got.Refresh
			return err
		}
		return run, func() {
			if _, err := desk.Refresh(t.Context(), next); err != nil {
				t.Errorf("the successor: got %v", err)
			}
		}
	}}
}

func sendingCodes() flow {
	return flow{name: "send code", prepare: func(t *testing.T) (func(*table.Table) error, func()) {
		t.Helper()
		desk, number := newPeople(t, open()), newNumber()
		run := func(store *table.Table) error {
			_, err := desk.with(store).SendCode(t.Context(), number, account.PurposeSignUp, desk.from)
			return err
		}
		return run, func() {
			if _, err := desk.SignUp(t.Context(), number, password, desk.outbox.code(number), "Sara", desk.from); err != nil {
				t.Errorf("the code that was sent: got %v", err)
			}
		}
	}}
}

func signingUp() flow {
	return flow{name: "sign up", prepare: func(t *testing.T) (func(*table.Table) error, func()) {
		t.Helper()
		desk, number := newPeople(t, open()), newNumber()
		code := desk.send(t, number, account.PurposeSignUp)
		run := func(store *table.Table) error {
			_, err := desk.with(store).SignUp(t.Context(), number, password, code, "Sara", desk.from)
			return err
		}
		return run, func() {
			if _, err := desk.LogIn(t.Context(), number, password, desk.from); err != nil {
				t.Errorf("login: got %v", err)
			}
		}
	}}
}

func loggingInByCode() flow {
	return flow{name: "log in by code", prepare: func(t *testing.T) (func(*table.Table) error, func()) {
		t.Helper()
		desk, number := newPeople(t, open()), newNumber()
		must(t, open().SaveAccount(t.Context(), account.Login{Phone: number, User: user.User{ID: newID(), Phone: number, Role: user.RoleUser, CreatedAt: wiring.Now()}}))
		code := desk.send(t, number, account.PurposeLogin)
		var tokens account.Tokens
		run := func(store *table.Table) (err error) {
			tokens, err = desk.with(store).LogInByCode(t.Context(), number, code, desk.from)
			return err
		}
		return run, func() {
			if _, err := desk.Refresh(t.Context(), tokens.Refresh); err != nil {
				t.Errorf("the session: got %v", err)
			}
		}
	}}
}

// TestLostAnswerToBegin: a request does not mistake its own record for another's.
func TestLostAnswerToBegin(t *testing.T) {
	r := newRecord()
	store, _ := behindLosses(func(i int, _ string) bool { return i == 0 })
	if earlier, err := store.Begin(t.Context(), r, r.Since); err != nil || earlier != nil {
		t.Errorf("got %+v, %v, want to begin", earlier, err)
	}
	r.Owner = newID()
	if earlier, err := open().Begin(t.Context(), r, r.Since); err != nil || earlier == nil {
		t.Errorf("another request: got %+v, %v, want the running one", earlier, err)
	}
}
