package conformance

import (
	"cmp"
	"slices"
	"sync"
	"testing"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// newFile is a file that somebody has announced.
func newFile(t *testing.T, owner user.Principal) attachment.Attachment {
	t.Helper()
	a := attachment.Attachment{
		ID: newID(), Owner: owner.UserID, Name: "رسید.png", Type: "image/png", Size: 1234, SHA256: "digest",
		State: attachment.Pending, CreatedAt: wiring.Now(),
	}
	must(t, open().AddAttachment(t.Context(), a))
	return a
}

func fileNow(t *testing.T, id string) attachment.Attachment {
	t.Helper()
	a, err := open().Attachment(t.Context(), id)
	must(t, err)
	return a
}

func TestAttachmentsComeBackWhole(t *testing.T) {
	sara := customer("Sara")
	a, b := newFile(t, sara), newFile(t, sara)
	same(t, "one", fileNow(t, a.ID), a)
	got, err := open().Attachments(t.Context(), []string{b.ID, newID(), a.ID})
	must(t, err)
	slices.SortFunc(got, func(x, y attachment.Attachment) int { return cmp.Compare(x.ID, y.ID) })
	same(t, "all that are there", got, []attachment.Attachment{a, b})
	_, err = open().Attachment(t.Context(), newID())
	refused(t, "a missing one", err, fault.AttachmentNotFound)
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name   string
		states []attachment.State
		want   attachment.State
	}{
		{"ready", []attachment.State{attachment.Ready, attachment.Ready}, attachment.Ready},
		{"refused", []attachment.State{attachment.Refused, attachment.Refused}, attachment.Refused},
		{"judged for good", []attachment.State{attachment.Ready, attachment.Refused}, attachment.Ready},
		{"judged for good", []attachment.State{attachment.Refused, attachment.Ready}, attachment.Refused},
	} {
		for _, bindAfter := range []int{-1, 0, 1} { // never, before the first, after it
			sara := customer("Sara")
			desk, categoryID := newDesk(t, open())
			ticketID, file := openTicket(t, desk, categoryID, sara), newFile(t, sara)
			var shown ticket.Entry
			for i, state := range c.states {
				if i == bindAfter {
					shown = sayWith(t, desk, sara, ticketID, file.ID, c.want)
				}
				must(t, open().Judge(t.Context(), file.ID, state, "why"))
			}
			if got := fileNow(t, file.ID); got.State != c.want {
				t.Errorf("%s: got %s, want %s", c.name, got.State, c.want)
			}
			if shown.Seq > 0 {
				got := wholeLog(t, ticketID).Entries[shown.Seq-1].Attachments[0].State
				if got != string(c.want) {
					t.Errorf("%s, bound after %d: the entry shows %s", c.name, bindAfter, got)
				}
			}
		}
	}
}

// sayWith posts a message with a file. One that has been refused is not taken.
func sayWith(t *testing.T, d *ticket.Desk, who user.Principal, ticketID, fileID string, state attachment.State) ticket.Entry {
	t.Helper()
	posted, err := d.Post(t.Context(), who, ticket.Message{TicketID: ticketID, ClientID: newID(), Body: "see", AttachmentIDs: []string{fileID}})
	if fileNow(t, fileID).State == attachment.Refused && state == attachment.Refused {
		refused(t, "a refused file", err, fault.AttachmentRefused)
		return ticket.Entry{}
	}
	must(t, err)
	return posted.Entry
}

// TestJudgedWhilePosted: whoever is first, file and entry agree in the end.
func TestJudgedWhilePosted(t *testing.T) {
	sara := customer("Sara")
	desk, categoryID := newDesk(t, open())
	ticketID := openTicket(t, desk, categoryID, sara)
	var wait sync.WaitGroup
	for range 8 {
		file := newFile(t, sara)
		wait.Go(func() {
			if err := open().Judge(t.Context(), file.ID, attachment.Ready, ""); err != nil {
				t.Error(err)
			}
		})
		wait.Go(func() {
			m := ticket.Message{TicketID: ticketID, ClientID: newID(), Body: "see", AttachmentIDs: []string{file.ID}}
			if _, err := desk.Post(t.Context(), sara, m); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	log := wholeLog(t, ticketID)
	checkLog(t, log.Entries)
	if len(log.Entries) != 9 {
		t.Fatalf("got %d entries, want 9", len(log.Entries))
	}
	for _, e := range log.Entries[1:] {
		f := fileNow(t, e.Attachments[0].ID)
		if f.State != attachment.Ready || e.Attachments[0].State != string(attachment.Ready) || f.TicketID != ticketID || f.Seq != e.Seq {
			t.Errorf("entry %d shows %+v, the file is %+v", e.Seq, e.Attachments[0], f)
		}
	}
}

// TestFilesAreBoundOnce: of two messages with one file only one is written.
func TestFilesAreBoundOnce(t *testing.T) {
	sara := customer("Sara")
	desk, categoryID := newDesk(t, open())
	ticketID, file := openTicket(t, desk, categoryID, sara), newFile(t, sara)
	results := make(chan error, 6)
	for range cap(results) {
		go func() {
			_, err := desk.Post(t.Context(), sara, ticket.Message{TicketID: ticketID, ClientID: newID(), Body: "see", AttachmentIDs: []string{file.ID}})
			results <- err
		}()
	}
	written := 0
	for range cap(results) {
		if err := <-results; err == nil {
			written++
		} else {
			refused(t, "the file's second message", err, fault.AttachmentInUse)
		}
	}
	if log := wholeLog(t, ticketID); written != 1 || len(log.Entries) != 2 {
		t.Errorf("got %d messages and %d entries, want 1 and 2", written, len(log.Entries))
	}
	if got := fileNow(t, file.ID); got.TicketID != ticketID || got.Seq != 2 || got.CustomerID != sara.UserID || got.Internal {
		t.Errorf("got %+v", got)
	}
}

// TestMovedFilesAreNotBound: a file that is not as it was read holds up the
// entry, whichever way it has moved.
func TestMovedFilesAreNotBound(t *testing.T) {
	sara := customer("Sara")
	elsewhere, _ := logOf(t, 1, sara)
	for name, move := range map[string]func(a attachment.Attachment) error{
		"bound to another ticket": func(a attachment.Attachment) error {
			a.TicketID, a.Seq = elsewhere, 2
			_, err := open().AppendWith(t.Context(), entryAt(elsewhere, 2, sara), []attachment.Attachment{a})
			return err
		},
		"judged": func(a attachment.Attachment) error { return open().Judge(t.Context(), a.ID, attachment.Ready, "") },
	} {
		ticketID, _ := logOf(t, 1, sara)
		file := newFile(t, sara)
		must(t, move(file))
		want := fileNow(t, file.ID)
		file.TicketID, file.Seq = ticketID, 2
		held, err := open().AppendWith(t.Context(), entryAt(ticketID, 2, sara), []attachment.Attachment{file})
		if held != nil || len(wholeLog(t, ticketID).Entries) != 1 {
			t.Errorf("%s: got held %+v and %d entries", name, held, len(wholeLog(t, ticketID).Entries))
		}
		refused(t, name, err, fault.Conflict)
		same(t, name, fileNow(t, file.ID), want)
	}
}

// TestFilesOfANewTicket, and those of somebody else, which make none.
func TestFilesOfANewTicket(t *testing.T) {
	sara, reza := customer("Sara"), customer("Reza")
	desk, categoryID := newDesk(t, open())
	draft := ticket.Draft{ClientID: newID(), Title: "T", Description: "D", CategoryID: categoryID}
	draft.AttachmentIDs = []string{newFile(t, reza).ID}
	_, _, err := desk.Create(t.Context(), sara, draft)
	refused(t, "another's file", err, fault.AttachmentNotFound)
	draft.AttachmentIDs = []string{newFile(t, sara).ID, newFile(t, sara).ID}
	h, created, err := desk.Create(t.Context(), sara, draft)
	if err != nil || !created {
		t.Fatalf("got created %v, %v", created, err)
	}
	for _, id := range draft.AttachmentIDs {
		if got := fileNow(t, id); got.TicketID != h.ID || got.Seq != 1 {
			t.Errorf("got %+v", got)
		}
	}
	if again, created, err := desk.Create(t.Context(), sara, draft); err != nil || created || again.ID != h.ID {
		t.Errorf("again: got %s, created %v, %v, want the first ticket", again.ID, created, err)
	}
}

// TestPictureIsKept: a picture that is in use does not go away.
func TestPictureIsKept(t *testing.T) {
	login := newLogin()
	login.User.Role = user.RoleUser
	must(t, open().SaveAccount(t.Context(), login))
	who := login.User.Principal("")
	picture := newFile(t, who)
	desk := newPeople(t, open())
	_, err := desk.Edit(t.Context(), who, account.Patch{PictureID: &picture.ID})
	refused(t, "one that has not arrived", err, fault.InvalidBody)
	must(t, open().Judge(t.Context(), picture.ID, attachment.Ready, ""))
	u, err := desk.Edit(t.Context(), who, account.Patch{PictureID: &picture.ID})
	if err != nil || u.PictureID != picture.ID {
		t.Errorf("got %+v, %v", u, err)
	}
	if got := fileNow(t, picture.ID); got.ID != picture.ID || got.State != attachment.Ready {
		t.Errorf("got %+v", got)
	}
}
