package conformance

import (
	"cmp"
	"slices"
	"sync"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// newAttachment stores a pending attachment.
func newAttachment(t *testing.T, db backend, owner user.Principal) attachment.Attachment {
	t.Helper()
	a := attachment.Attachment{
		ID: newID(), Owner: owner.UserID, Name: "رسید.png", Type: "image/png", Size: 1234, SHA256: "digest",
		State: attachment.Pending, CreatedAt: app.Now(),
	}
	must(t, db.open().AddAttachment(t.Context(), a))
	return a
}

func loadAttachment(t *testing.T, db backend, id string) attachment.Attachment {
	t.Helper()
	a, err := db.open().Attachment(t.Context(), id)
	must(t, err)
	return a
}

func TestAttachment_RoundTrip(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		sara := customer("Sara")
		a, b := newAttachment(t, db, sara), newAttachment(t, db, sara)
		equal(t, "one", loadAttachment(t, db, a.ID), a)
		got, err := db.open().Attachments(t.Context(), []string{b.ID, newID(), a.ID})
		must(t, err)
		slices.SortFunc(got, func(x, y attachment.Attachment) int { return cmp.Compare(x.ID, y.ID) })
		equal(t, "all fields", got, []attachment.Attachment{a, b})
		_, err = db.open().Attachment(t.Context(), newID())
		wantCode(t, "an unknown one", err, apperr.AttachmentNotFound)
	})
}

// TestAttach_ProfilePicture checks that a file that became the picture of its owner after a request
// has read it is not attached to a message.
func TestAttach_ProfilePicture(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		sara := customer("Sara")
		service, categoryID := newTicketService(t, db.open())
		ticketID, read := openTicket(t, service, categoryID, sara), newAttachment(t, db, sara)
		picture := read
		picture.InProfile = true
		must(t, db.open().AddAttachment(t.Context(), picture))
		e := newEntry(ticketID, 2, sara)
		read.TicketID, read.Seq, read.CustomerID = ticketID, e.Seq, sara.UserID
		_, err := db.open().AppendEntryWithAttachments(t.Context(), e, []attachment.Attachment{read})
		wantCode(t, "a picture as a file of a message", err, apperr.Conflict)
		equal(t, "the picture", loadAttachment(t, db, picture.ID), picture)
		equal(t, "entries", len(readLog(t, db, ticketID).Entries), 1)
	})
}

func TestSetAttachmentState(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		for _, c := range []struct {
			name   string
			states []attachment.State
			want   attachment.State
		}{
			{"ready", []attachment.State{attachment.Ready, attachment.Ready}, attachment.Ready},
			{"rejected", []attachment.State{attachment.Refused, attachment.Refused}, attachment.Refused},
			{"set once", []attachment.State{attachment.Ready, attachment.Refused}, attachment.Ready},
			{"set once", []attachment.State{attachment.Refused, attachment.Ready}, attachment.Refused},
		} {
			for _, bindAfter := range []int{-1, 0, 1} { // never, before the first state, after it
				sara := customer("Sara")
				service, categoryID := newTicketService(t, db.open())
				ticketID, file := openTicket(t, service, categoryID, sara), newAttachment(t, db, sara)
				var shown ticket.Entry
				for i, state := range c.states {
					if i == bindAfter {
						shown = postWithAttachment(t, db, service, sara, ticketID, file.ID, c.want)
					}
					must(t, db.open().SetAttachmentState(t.Context(), file.ID, attachment.Result{State: state, Reason: "why", Width: 900 + i, Height: 600, Thumbnail: true}))
				}
				if got := loadAttachment(t, db, file.ID); got.State != c.want {
					t.Errorf("%s: got %s, want %s", c.name, got.State, c.want)
				}
				if shown.Seq > 0 {
					got := readLog(t, db, ticketID).Entries[shown.Seq-1].Attachments[0]
					stored := loadAttachment(t, db, file.ID)
					if got.State != string(c.want) || got.Width != stored.Width || got.Height != 600 || !stored.Thumbnail {
						t.Errorf("%s, attached after %d: the entry shows %+v", c.name, bindAfter, got)
					}
				}
			}
		}
	})
}

// postWithAttachment posts a message with an attachment. A rejected attachment must be
// refused.
func postWithAttachment(t *testing.T, db backend, s *ticket.Service, actor user.Principal, ticketID, fileID string, state attachment.State) ticket.Entry {
	t.Helper()
	posted, err := s.Post(t.Context(), actor, ticket.Message{TicketID: ticketID, ClientID: newID(), Body: "see", AttachmentIDs: []string{fileID}})
	if loadAttachment(t, db, fileID).State == attachment.Refused && state == attachment.Refused {
		wantCode(t, "a rejected attachment", err, apperr.AttachmentRefused)
		return ticket.Entry{}
	}
	must(t, err)
	return posted.Entry
}

// TestSetAttachmentState_ConcurrentPost checks that attachment and entry end with the
// same state, in whichever order they are written.
func TestSetAttachmentState_ConcurrentPost(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		sara := customer("Sara")
		service, categoryID := newTicketService(t, db.open())
		ticketID := openTicket(t, service, categoryID, sara)
		var wg sync.WaitGroup
		for range 8 {
			file := newAttachment(t, db, sara)
			wg.Go(func() {
				if err := db.open().SetAttachmentState(t.Context(), file.ID, attachment.Result{State: attachment.Ready}); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() {
				m := ticket.Message{TicketID: ticketID, ClientID: newID(), Body: "see", AttachmentIDs: []string{file.ID}}
				if _, err := service.Post(t.Context(), sara, m); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		log := readLog(t, db, ticketID)
		checkLog(t, log.Entries)
		if len(log.Entries) != 9 {
			t.Fatalf("got %d entries, want 9", len(log.Entries))
		}
		for _, e := range log.Entries[1:] {
			f := loadAttachment(t, db, e.Attachments[0].ID)
			if f.State != attachment.Ready || e.Attachments[0].State != string(attachment.Ready) || f.TicketID != ticketID || f.Seq != e.Seq {
				t.Errorf("entry %d shows %+v, the attachment is %+v", e.Seq, e.Attachments[0], f)
			}
		}
	})
}

// TestPost_AttachmentUsedOnce checks that of two messages with the same attachment only
// one is written.
func TestPost_AttachmentUsedOnce(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		sara := customer("Sara")
		service, categoryID := newTicketService(t, db.open())
		ticketID, file := openTicket(t, service, categoryID, sara), newAttachment(t, db, sara)
		results := make(chan error, 6)
		for range cap(results) {
			go func() {
				_, err := service.Post(t.Context(), sara, ticket.Message{TicketID: ticketID, ClientID: newID(), Body: "see", AttachmentIDs: []string{file.ID}})
				results <- err
			}()
		}
		written := 0
		for range cap(results) {
			if err := <-results; err == nil {
				written++
			} else {
				wantCode(t, "the second message with the attachment", err, apperr.AttachmentInUse)
			}
		}
		if log := readLog(t, db, ticketID); written != 1 || len(log.Entries) != 2 {
			t.Errorf("got %d messages and %d entries, want 1 and 2", written, len(log.Entries))
		}
		if got := loadAttachment(t, db, file.ID); got.TicketID != ticketID || got.Seq != 2 || got.CustomerID != sara.UserID || got.Internal {
			t.Errorf("got %+v", got)
		}
	})
}

// TestAppendEntryWithAttachments_Conflict checks that the entry is not written if an
// attachment has changed since it was read.
func TestAppendEntryWithAttachments_Conflict(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		sara := customer("Sara")
		elsewhere, _ := createLog(t, db, 1, sara)
		for name, move := range map[string]func(a attachment.Attachment) error{
			"attached to another ticket": func(a attachment.Attachment) error {
				a.TicketID, a.Seq = elsewhere, 2
				_, err := db.open().AppendEntryWithAttachments(t.Context(), newEntry(elsewhere, 2, sara), []attachment.Attachment{a})
				return err
			},
			"judged": func(a attachment.Attachment) error {
				return db.open().SetAttachmentState(t.Context(), a.ID, attachment.Result{State: attachment.Ready})
			},
		} {
			ticketID, _ := createLog(t, db, 1, sara)
			file := newAttachment(t, db, sara)
			must(t, move(file))
			want := loadAttachment(t, db, file.ID)
			file.TicketID, file.Seq = ticketID, 2
			existing, err := db.open().AppendEntryWithAttachments(t.Context(), newEntry(ticketID, 2, sara), []attachment.Attachment{file})
			if existing != nil || len(readLog(t, db, ticketID).Entries) != 1 {
				t.Errorf("%s: got existing %+v and %d entries", name, existing, len(readLog(t, db, ticketID).Entries))
			}
			wantCode(t, name, err, apperr.Conflict)
			equal(t, name, loadAttachment(t, db, file.ID), want)
		}
	})
}

// TestCreate_Attachments checks that a ticket is created with its attachments, and not
// created with another user's.
func TestCreate_Attachments(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		sara, reza := customer("Sara"), customer("Reza")
		service, categoryID := newTicketService(t, db.open())
		params := ticket.CreateParams{ClientID: newID(), Title: "T", Description: "D", CategoryID: categoryID}
		params.AttachmentIDs = []string{newAttachment(t, db, reza).ID}
		_, _, err := service.Create(t.Context(), sara, params)
		wantCode(t, "another user's attachment", err, apperr.AttachmentNotFound)
		params.AttachmentIDs = []string{newAttachment(t, db, sara).ID, newAttachment(t, db, sara).ID}
		tk, created, err := service.Create(t.Context(), sara, params)
		if err != nil || !created {
			t.Fatalf("got created %v, %v", created, err)
		}
		for _, id := range params.AttachmentIDs {
			if got := loadAttachment(t, db, id); got.TicketID != tk.ID || got.Seq != 1 {
				t.Errorf("got %+v", got)
			}
		}
		if again, created, err := service.Create(t.Context(), sara, params); err != nil || created || again.ID != tk.ID {
			t.Errorf("repeated: got %s, created %v, %v, want the first ticket", again.ID, created, err)
		}
	})
}

// TestUpdateProfile_Picture checks which files become a profile picture.
func TestUpdateProfile_Picture(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		login := newLogin()
		login.User.Role = user.RoleUser
		must(t, db.open().PutAccount(t.Context(), login))
		actor := login.User.Principal("")
		picture := newAttachment(t, db, actor)
		a := newAccounts(t, db.open())
		for name, edit := range map[string]func(*attachment.Attachment){
			"expired": func(f *attachment.Attachment) { f.CreatedAt = app.Now().Add(-attachment.UploadTTL - time.Second) },
			"refused": func(f *attachment.Attachment) { f.State = attachment.Refused },
			"heic":    func(f *attachment.Attachment) { f.Type = "image/heic" },
			"foreign": func(f *attachment.Attachment) { f.Owner = newID() },
		} {
			other := picture
			other.ID = newID()
			edit(&other)
			must(t, db.open().AddAttachment(t.Context(), other))
			_, err := a.UpdateProfile(t.Context(), actor, account.ProfileUpdate{PictureID: &other.ID})
			wantCode(t, name, err, apperr.InvalidBody)
		}
		for _, state := range []attachment.State{attachment.Pending, attachment.Ready} {
			must(t, db.open().SetAttachmentState(t.Context(), picture.ID, attachment.Result{State: state}))
			u, err := a.UpdateProfile(t.Context(), actor, account.ProfileUpdate{PictureID: &picture.ID})
			if err != nil || u.PictureID != picture.ID {
				t.Errorf("%s: got %+v, %v", state, u, err)
			}
		}
		if got := loadAttachment(t, db, picture.ID); got.ID != picture.ID || got.State != attachment.Ready {
			t.Errorf("got %+v", got)
		}
	})
}
