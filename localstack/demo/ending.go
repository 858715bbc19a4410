package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"ticketsystem/localstack/client"
)

const (
	pictureTries = 50
	pictureWait  = 200 * time.Millisecond
)

// downloadPicture fetches the customer's picture as the agent. The upload's
// check may still be under way, so it asks again for a while.
func (s *story) downloadPicture(ctx context.Context) error {
	s.title("Support", "looks at the picture")
	var err error
	for range pictureTries {
		var file client.Answer
		if file, err = s.support.Download(ctx, s.pictureID); err == nil {
			if !bytes.Equal(file.Body, s.picture) {
				return fmt.Errorf("download: got %d bytes, want the %d that Sara sent", len(file.Body), len(s.picture))
			}
			line("GET /attachments/{id}", "a signed address, %d bytes, the same as Sara's", len(file.Body))
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pictureWait):
		}
	}
	return err
}

func (s *story) resolve(ctx context.Context) error {
	s.title("Support", "pays the money back and resolves the ticket")
	if _, err := s.say(ctx, s.desk, s.phone, "Sara's", "The second charge is paid back."); err != nil {
		return err
	}
	ticket, err := s.support.Change(ctx, s.ticket.ID, "status", client.Fields{"status": "resolved"})
	if err != nil {
		return err
	}
	line("POST /tickets/{id}/status", "200, the ticket is %s", ticket.Status)
	return nil
}

func (s *story) closeTicket(ctx context.Context) error {
	s.title("Sara", "is content and closes the ticket")
	ticket, err := s.customer.Change(ctx, s.ticket.ID, "close", nil)
	if err != nil {
		return err
	}
	line("POST /tickets/{id}/close", "200, the ticket is %s", ticket.Status)
	entry, err := awaitEntry(ctx, s.desk, s.ticket.ID, ticket.LastSeq)
	if err != nil {
		return err
	}
	line("Support's socket", "entry %d: %s", entry.Seq, s.changed(entry))
	return nil
}

// showHistory prints the whole log and checks that it has no gap.
func (s *story) showHistory(ctx context.Context) error {
	s.title("Sara", "reads the history")
	entries, err := s.customer.History(ctx, s.ticket.ID)
	if err != nil {
		return err
	}
	line("GET /tickets/{id}/history", "200, %d entries", len(entries))
	for i, entry := range entries {
		if entry.Seq != i+1 {
			return fmt.Errorf("history: got seq %d at place %d, want no gap and no double", entry.Seq, i+1)
		}
		fmt.Printf("   %2d  %s  %-10s %-14s %s\n", entry.Seq, entry.CreatedAt.Local().Format("15:04:05"), entry.Kind, entry.Author.Name, s.changed(entry))
	}
	return nil
}

// changed says in a few words what an entry holds.
func (s *story) changed(entry client.Entry) string {
	text := entry.Body
	if entry.Change != nil {
		if text != "" {
			text += " "
		}
		text += fmt.Sprintf("(%s: %s to %s)", entry.Change.Field, s.named(entry.Change.From), s.named(entry.Change.To))
	}
	for _, file := range entry.Attachments {
		text += fmt.Sprintf(" [%s, %s]", file.Name, file.State)
	}
	return text
}

// named shows one side of a change; people by their names.
func (s *story) named(value any) string {
	switch value {
	case nil:
		return "nobody"
	case s.support.User.ID:
		return s.support.User.Name
	}
	return fmt.Sprint(value)
}

func (s *story) hangUp() error {
	if err := errors.Join(s.phone.Close(), s.desk.Close()); err != nil {
		return fmt.Errorf("close the sockets: %w", err)
	}
	fmt.Println("\nThe story is told.")
	return nil
}
