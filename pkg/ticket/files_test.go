package ticket

import (
	"context"
	"reflect"
	"testing"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/fault"
)

// withFiles puts Sara's files on the shelf, one in each state, and others'.
func (s *shelf) withFiles() *shelf {
	for _, f := range []attachment.Attachment{
		{ID: "ready", Owner: "sara", Name: "a.png", Type: "image/png", Size: 9, State: attachment.Ready},
		{ID: "pending", Owner: "sara", Name: "b.pdf", Type: "application/pdf", Size: 8, State: attachment.Pending},
		{ID: "refused", Owner: "sara", Name: "c.zip", State: attachment.Refused},
		{ID: "used", Owner: "sara", Name: "d.txt", State: attachment.Ready, TicketID: "another"},
		{ID: "foreign", Owner: "reza", Name: "e.txt", State: attachment.Ready},
		{ID: "agents", Owner: "ali", Name: "f.txt", Type: "text/plain", Size: 7, State: attachment.Ready},
	} {
		s.files[f.ID] = f
	}
	return s
}

func TestPostFiles(t *testing.T) {
	s := holding(opening(), 1).withFiles()
	m := message("c1", 1)
	m.AttachmentIDs = []string{"pending", "ready"}
	got, err := s.desk(5).Post(context.Background(), sara, m)
	want := []Attachment{{"pending", "b.pdf", "application/pdf", 8, "pending"}, {"ready", "a.png", "image/png", 9, "ready"}}
	if err != nil || !reflect.DeepEqual(got.Entry.Attachments, want) {
		t.Errorf("got %+v, %v\nwant %+v", got.Entry.Attachments, err, want)
	}
	if f := s.files["ready"]; f.TicketID != ticketID || f.Seq != 2 || f.Internal || f.CustomerID != "sara" {
		t.Errorf("the file's place: got %+v", f)
	}
	note := Message{TicketID: ticketID, ClientID: "c2", Internal: true, AttachmentIDs: []string{"agents"}}
	if _, err := s.desk(6).Post(context.Background(), ali, note); err != nil {
		t.Fatal(err)
	}
	if f := s.files["agents"]; f.Seq != 3 || !f.Internal || f.VisibleTo(sara) || !f.VisibleTo(mina) {
		t.Errorf("the file of a note: got %+v", f)
	}
}

func TestPostRefusesFiles(t *testing.T) {
	for id, want := range map[string]fault.Kind{
		"unknown": fault.AttachmentNotFound, "foreign": fault.AttachmentNotFound,
		"refused": fault.AttachmentRefused, "used": fault.AttachmentInUse,
	} {
		s := holding(opening(), 1).withFiles()
		m := message("c1", 1)
		m.AttachmentIDs = []string{"ready", id}
		_, err := s.desk(5).Post(context.Background(), sara, m)
		if !fault.Is(err, want) || len(s.log()) != 1 || s.files["ready"].TicketID != "" {
			t.Errorf("%s: got %v, %d entries, want %s and nothing written", id, err, len(s.log()), want)
		}
	}
}

// TestFileMovesMeanwhile: the entry shows the file as it is when it is bound.
func TestFileMovesMeanwhile(t *testing.T) {
	for _, c := range []struct {
		name string
		move func(f *attachment.Attachment)
		want fault.Kind // "" for none
	}{
		{"checked", func(f *attachment.Attachment) { f.State = attachment.Ready }, ""},
		{"refused", func(f *attachment.Attachment) { f.State = attachment.Refused }, fault.AttachmentRefused},
		{"used", func(f *attachment.Attachment) { f.TicketID = "another" }, fault.AttachmentInUse},
	} {
		for _, create := range []bool{false, true} {
			s := holding(opening(), 1).withFiles()
			s.meanwhile = func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				f := s.files["pending"]
				c.move(&f)
				s.files["pending"] = f
			}
			shown, err := s.give(create, "pending")
			if c.want != "" && !fault.Is(err, c.want) || c.want == "" && (err != nil || shown != "ready") {
				t.Errorf("%s, create %v: got %q, %v, want %q", c.name, create, shown, err, c.want)
			}
		}
	}
}

// give posts or creates with a file and tells in which state it is shown.
func (s *shelf) give(create bool, file string) (string, error) {
	ctx, d := context.Background(), s.desk(5)
	if !create {
		m := message("c1", 1)
		m.AttachmentIDs = []string{file}
		posted, err := d.Post(ctx, sara, m)
		if err != nil {
			return "", err
		}
		return posted.Entry.Attachments[0].State, nil
	}
	h, _, err := d.Create(ctx, sara, Draft{ClientID: clientID, Title: "T", CategoryID: "billing", AttachmentIDs: []string{file}})
	if err != nil {
		return "", err
	}
	log, err := s.Newest(ctx, h.ID, 1)
	return log.Entries[0].Attachments[0].State, err
}
