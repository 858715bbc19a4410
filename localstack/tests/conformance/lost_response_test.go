package conformance

import (
	"testing"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// ticketFixture is a new ticket with its users and an unused attachment.
type ticketFixture struct {
	sara, ali                                    user.Principal
	ticketID, clientID, attachmentID, categoryID string
	service                                      *ticket.Service // over the store under test
}

// ticketScenario returns a scenario on a new ticket, which has the given number of
// entries at the end.
func ticketScenario(name string, entries int, run func(t *testing.T, f ticketFixture) error) scenario {
	return scenario{name: name, prepare: func(t *testing.T) (func(*dynamo.Store) error, func()) {
		t.Helper()
		f := ticketFixture{sara: customer("Sara"), ali: agent("Ali"), clientID: newID()}
		service, categoryID := newTicketService(t, openStore())
		f.ticketID, f.attachmentID, f.categoryID = openTicket(t, service, categoryID, f.sara), newAttachment(t, onDynamo, f.sara).ID, categoryID
		run := func(store *dynamo.Store) error {
			s := *service
			s.Store, s.Attachments, s.Users = store, store, store
			f.service = &s
			return run(t, f)
		}
		return run, func() {
			log := readLog(t, onDynamo, f.ticketID)
			checkLog(t, log.Entries)
			if len(log.Entries) != entries {
				t.Errorf("%s: got %d entries, want %d", name, len(log.Entries), entries)
			}
			must(t, service.Project(t.Context(), f.ticketID, 0))
			checkProjection(t, onDynamo, f.ticketID)
		}
	}}
}

// post posts Sara's message and checks that the result is its entry.
func (f ticketFixture) post(t *testing.T, files ...string) error {
	t.Helper()
	posted, err := f.service.Post(t.Context(), f.sara, ticket.Message{
		TicketID: f.ticketID, ClientID: f.clientID, Body: "hello", After: 1, AttachmentIDs: files,
	})
	if err == nil && (posted.Entry.Seq != 2 || posted.Entry.ClientID != f.clientID || len(posted.Entry.Attachments) != len(files)) {
		t.Errorf("got another entry: %+v", posted.Entry)
	}
	return err
}

// TestLostResponses drops responses and checks that each operation is applied exactly
// once and reports success.
func TestLostResponses(t *testing.T) {
	t.Parallel()
	for _, s := range repeatableScenarios() {
		t.Run(s.name, func(t *testing.T) {
			t.Run("one", s.testEachLoss)
			t.Run("all from one on", s.testEachOutage)
		})
	}
	// Operations that consume a code cannot be repeated by the user, but the retry
	// within the request must recognize its own write.
	for _, s := range []scenario{sendCodeScenario(), signUpScenario(), codeLoginScenario()} {
		t.Run(s.name, s.testEachLoss)
	}
}

func repeatableScenarios() []scenario {
	return []scenario{
		ticketScenario("post", 2, func(t *testing.T, f ticketFixture) error { return f.post(t) }),
		ticketScenario("post with an attachment", 2, func(t *testing.T, f ticketFixture) error { return f.post(t, f.attachmentID) }),
		ticketScenario("close", 2, func(t *testing.T, f ticketFixture) error {
			got, err := f.service.Close(t.Context(), f.sara, f.ticketID, f.clientID)
			if err == nil && got.Ticket.State.Status != ticket.StatusClosed {
				t.Errorf("got %s", got.Ticket.State.Status)
			}
			return err
		}),
		ticketScenario("claim", 2, func(t *testing.T, f ticketFixture) error {
			got, err := f.service.Claim(t.Context(), f.ali, f.ticketID, f.clientID)
			if err == nil && got.Ticket.State.AssigneeID != f.ali.UserID {
				t.Errorf("got %+v", got.Ticket.Assignee)
			}
			return err
		}),
		ticketScenario("edit", 3, func(t *testing.T, f ticketFixture) error {
			title, high := "Another title", ticket.PriorityHigh
			got, err := f.service.Update(t.Context(), f.sara, f.ticketID, ticket.Patch{Title: &title, Priority: &high})
			if err == nil && (got.Ticket.Title != title || got.Ticket.State.Priority != high) {
				t.Errorf("got %+v", got.Ticket)
			}
			return err
		}),
		ticketScenario("read", 1, func(t *testing.T, f ticketFixture) error {
			return f.service.MarkRead(t.Context(), f.ali, f.ticketID, 1)
		}),
		ticketScenario("project", 1, func(t *testing.T, f ticketFixture) error { return f.service.Project(t.Context(), f.ticketID, 1) }),
		ticketScenario("create", 1, func(t *testing.T, f ticketFixture) error {
			params := ticket.CreateParams{ClientID: f.clientID, Title: "T", Description: "D", CategoryID: f.categoryID, AttachmentIDs: []string{f.attachmentID}}
			tk, _, err := f.service.Create(t.Context(), f.sara, params)
			if log := readLog(t, onDynamo, tk.ID); err == nil && (tk.Title != "T" || len(log.Entries) != 1) {
				t.Errorf("got %+v, %d entries", tk, len(log.Entries))
			}
			return err
		}),
		attachmentStateScenario(), refreshScenario(),
	}
}

func attachmentStateScenario() scenario {
	return scenario{name: "set attachment state", prepare: func(t *testing.T) (func(*dynamo.Store) error, func()) {
		t.Helper()
		sara := customer("Sara")
		service, categoryID := newTicketService(t, openStore())
		ticketID, file := openTicket(t, service, categoryID, sara), newAttachment(t, onDynamo, sara)
		e := postWithAttachment(t, onDynamo, service, sara, ticketID, file.ID, attachment.Ready)
		run := func(store *dynamo.Store) error {
			return store.SetAttachmentState(t.Context(), file.ID, attachment.Result{State: attachment.Ready})
		}
		return run, func() {
			inEntry := readLog(t, onDynamo, ticketID).Entries[e.Seq-1].Attachments[0].State
			if f := loadAttachment(t, onDynamo, file.ID); f.State != attachment.Ready || inEntry != "ready" {
				t.Errorf("the attachment is %s, the entry shows %s", f.State, inEntry)
			}
		}
	}}
}

func refreshScenario() scenario {
	return scenario{name: "refresh", prepare: func(t *testing.T) (func(*dynamo.Store) error, func()) {
		t.Helper()
		a := newAccounts(t, openStore()).at(app.Now())
		first := a.signUp(t, newPhone())
		var next string
		run := func(store *dynamo.Store) error {
			got, err := a.withStore(store).Refresh(t.Context(), first.Refresh)
			next = got.Refresh
			return err
		}
		return run, func() {
			if _, err := a.Refresh(t.Context(), next); err != nil {
				t.Errorf("the successor: got %v", err)
			}
		}
	}}
}

func sendCodeScenario() scenario {
	return scenario{name: "send code", prepare: func(t *testing.T) (func(*dynamo.Store) error, func()) {
		t.Helper()
		a, phone := newAccounts(t, openStore()), newPhone()
		run := func(store *dynamo.Store) error {
			_, err := a.withStore(store).SendCode(t.Context(), phone, account.PurposeSignUp, a.caller)
			return err
		}
		return run, func() {
			if _, err := a.SignUp(t.Context(), phone, password, account.CodeInput{Digits: a.sms.code(phone)}, "Sara", a.caller); err != nil {
				t.Errorf("the code that was sent: got %v", err)
			}
		}
	}}
}

func signUpScenario() scenario {
	return scenario{name: "sign up", prepare: func(t *testing.T) (func(*dynamo.Store) error, func()) {
		t.Helper()
		a, phone := newAccounts(t, openStore()), newPhone()
		code := a.requestCode(t, phone, account.PurposeSignUp)
		run := func(store *dynamo.Store) error {
			_, err := a.withStore(store).SignUp(t.Context(), phone, password, account.CodeInput{Digits: code}, "Sara", a.caller)
			return err
		}
		return run, func() {
			if _, err := a.LogIn(t.Context(), phone, password, a.caller); err != nil {
				t.Errorf("login: got %v", err)
			}
		}
	}}
}

func codeLoginScenario() scenario {
	return scenario{name: "log in by code", prepare: func(t *testing.T) (func(*dynamo.Store) error, func()) {
		t.Helper()
		a, phone := newAccounts(t, openStore()), newPhone()
		must(t, openStore().PutAccount(t.Context(), account.Login{Phone: phone, User: user.User{ID: newID(), Phone: phone, Role: user.RoleUser, CreatedAt: app.Now()}}))
		code := a.requestCode(t, phone, account.PurposeLogin)
		var tokens account.Tokens
		run := func(store *dynamo.Store) (err error) {
			tokens, err = a.withStore(store).LogInByCode(t.Context(), phone, account.CodeInput{Digits: code}, a.caller)
			return err
		}
		return run, func() {
			if _, err := a.Refresh(t.Context(), tokens.Refresh); err != nil {
				t.Errorf("the session: got %v", err)
			}
		}
	}}
}

// TestBeginRequest_LostResponse checks that a retry recognizes the request's own
// record.
func TestBeginRequest_LostResponse(t *testing.T) {
	r := newRecord()
	store, _ := newLossyStore(func(i int, _ string) bool { return i == 0 })
	if earlier, err := store.BeginRequest(t.Context(), r, r.StartedAt); err != nil || earlier != nil {
		t.Errorf("got %+v, %v, want no earlier record", earlier, err)
	}
	r.Owner = newID()
	if earlier, err := openStore().BeginRequest(t.Context(), r, r.StartedAt); err != nil || earlier == nil {
		t.Errorf("another request: got %+v, %v, want the record in progress", earlier, err)
	}
}
