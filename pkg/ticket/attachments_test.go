package ticket_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/ticket"
)

// withAttachments adds attachments of Sara in each state, and of other users.
func (store *memStore) withAttachments() *memStore {
	for _, f := range []attachment.Attachment{
		{ID: "ready", Owner: "sara", Name: "a.png", Type: "image/png", Size: 9, State: attachment.Ready, Width: 900, Height: 600},
		{ID: "pending", Owner: "sara", Name: "b.pdf", Type: "application/pdf", Size: 8, State: attachment.Pending},
		{ID: "refused", Owner: "sara", Name: "c.zip", State: attachment.Refused},
		{ID: "expired", Owner: "sara", Name: "g.png", State: attachment.Pending, CreatedAt: time.Unix(1, 0)},
		{ID: "used", Owner: "sara", Name: "d.txt", State: attachment.Ready, TicketID: "another"},
		{ID: "foreign", Owner: "reza", Name: "e.txt", State: attachment.Ready},
		{ID: "export", Owner: "sara", Name: "export.json", Type: attachment.ExportType, State: attachment.Ready},
		{ID: "agents", Owner: "ali", Name: "f.txt", Type: "text/plain", Size: 7, State: attachment.Ready},
	} {
		must(store.raw.AddAttachment(context.Background(), f))
	}
	return store
}

func TestPost_Attachments(t *testing.T) {
	store := storeWith(newLog(), 1).withAttachments()
	m := message("c1", 1)
	m.AttachmentIDs = []string{"pending", "ready"}
	got, err := store.service(5).Post(context.Background(), sara, m)
	want := []ticket.Attachment{
		{ID: "pending", Name: "b.pdf", Type: "application/pdf", Size: 8, State: "pending"},
		{ID: "ready", Name: "a.png", Type: "image/png", Size: 9, State: "ready", Width: 900, Height: 600},
	}
	if err != nil || !reflect.DeepEqual(got.Entry.Attachments, want) {
		t.Errorf("got %+v, %v\nwant %+v", got.Entry.Attachments, err, want)
	}
	if f := store.attachment("ready"); f.TicketID != ticketID || f.Seq != 2 || f.Internal || f.CustomerID != "sara" {
		t.Errorf("the attachment refers to the wrong entry: got %+v", f)
	}
	note := ticket.Message{TicketID: ticketID, ClientID: "c2", Internal: true, AttachmentIDs: []string{"agents"}}
	if _, err := store.service(6).Post(context.Background(), ali, note); err != nil {
		t.Fatal(err)
	}
	if f := store.attachment("agents"); f.Seq != 3 || !f.Internal || f.VisibleTo(sara) || !f.VisibleTo(mina) {
		t.Errorf("the attachment of a note: got %+v", f)
	}
}

func TestPost_AttachmentErrors(t *testing.T) {
	for id, want := range map[string]apperr.Code{
		"unknown": apperr.AttachmentNotFound, "foreign": apperr.AttachmentNotFound, "export": apperr.AttachmentNotFound,
		"refused": apperr.AttachmentRefused, "expired": apperr.AttachmentExpired, "used": apperr.AttachmentInUse,
	} {
		store := storeWith(newLog(), 1).withAttachments()
		m := message("c1", 1)
		m.AttachmentIDs = []string{"ready", id}
		_, err := store.service(5).Post(context.Background(), sara, m)
		if !apperr.Is(err, want) || len(store.log()) != 1 || store.attachment("ready").TicketID != "" {
			t.Errorf("%s: got %v, %d entries, want %s and nothing written", id, err, len(store.log()), want)
		}
		var named *apperr.Error
		if !errors.As(err, &named) || len(named.Fields) != 1 || named.Fields[0].Pointer != "/attachmentIds/1" || named.Fields[0].In("fa").Message == named.Fields[0].Message {
			t.Errorf("%s: got %+v, want the attachment in both languages", id, err)
		}
	}
}

// TestPost_AttachmentChangedConcurrently checks that the entry shows the state
// that the attachment has when it is attached.
func TestPost_AttachmentChangedConcurrently(t *testing.T) {
	for _, c := range []struct {
		name string
		move func(f *attachment.Attachment)
		want apperr.Code // "" for none
	}{
		{"checked", func(f *attachment.Attachment) { f.State = attachment.Ready }, ""},
		{"refused", func(f *attachment.Attachment) { f.State = attachment.Refused }, apperr.AttachmentRefused},
		{"used", func(f *attachment.Attachment) { f.TicketID = "another" }, apperr.AttachmentInUse},
	} {
		for _, create := range []bool{false, true} {
			store := storeWith(newLog(), 1).withAttachments()
			store.beforeWrite = func() {
				f := store.attachment("pending")
				c.move(&f)
				must(store.raw.AddAttachment(context.Background(), f))
			}
			shown, err := store.postOrCreate(create, "pending")
			if c.want != "" && !apperr.Is(err, c.want) || c.want == "" && (err != nil || shown != "ready") {
				t.Errorf("%s, create %v: got %q, %v, want %q", c.name, create, shown, err, c.want)
			}
		}
	}
}

// postOrCreate posts or creates with an attachment and returns its state in the entry.
func (store *memStore) postOrCreate(create bool, file string) (string, error) {
	ctx, s := context.Background(), store.service(5)
	if !create {
		m := message("c1", 1)
		m.AttachmentIDs = []string{file}
		posted, err := s.Post(ctx, sara, m)
		if err != nil {
			return "", err
		}
		return posted.Entry.Attachments[0].State, nil
	}
	tk, _, err := s.Create(ctx, sara, ticket.CreateParams{ClientID: clientID, Title: "T", CategoryID: "billing", AttachmentIDs: []string{file}})
	if err != nil {
		return "", err
	}
	log, err := store.ReadLogLatest(ctx, tk.ID, 1)
	return log.Entries[0].Attachments[0].State, err
}
