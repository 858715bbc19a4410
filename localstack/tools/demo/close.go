package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"ticketsystem/localstack/testkit/client"
)

const (
	maxDownloadAttempts   = 50
	downloadRetryInterval = 200 * time.Millisecond
)

// downloadPicture downloads the customer's picture as the agent. It retries, because
// the upload may still be processed.
func (s *scenario) downloadPicture(ctx context.Context) error {
	s.beginStep("Support", "looks at the picture")
	var err error
	for range maxDownloadAttempts {
		var file client.Response
		if file, err = s.agent.Download(ctx, s.pictureID); err == nil {
			if !bytes.Equal(file.Body, s.picture) {
				return fmt.Errorf("download: got %d bytes, want the %d that Sara uploaded", len(file.Body), len(s.picture))
			}
			printCall("GET /attachments/{id}", "a presigned URL, %d bytes, identical to the upload", len(file.Body))
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(downloadRetryInterval):
		}
	}
	return err
}

func (s *scenario) resolve(ctx context.Context) error {
	s.beginStep("Support", "refunds the payment and resolves the ticket")
	if _, err := s.sendMessage(ctx, s.agentSocket, s.customerSocket, "Sara's", "The second charge is refunded."); err != nil {
		return err
	}
	ticket, err := s.agent.Change(ctx, s.ticket.ID, "status", client.Fields{"status": "resolved"})
	if err != nil {
		return err
	}
	printCall("POST /tickets/{id}/status", "200, the ticket is %s", ticket.Status)
	return nil
}

func (s *scenario) closeTicket(ctx context.Context) error {
	s.beginStep("Sara", "closes the ticket")
	ticket, err := s.customer.Change(ctx, s.ticket.ID, "close", nil)
	if err != nil {
		return err
	}
	printCall("POST /tickets/{id}/close", "200, the ticket is %s", ticket.Status)
	entry, err := awaitEntry(ctx, s.agentSocket, s.ticket.ID, ticket.LastSeq)
	if err != nil {
		return err
	}
	printCall("Support's socket", "entry %d: %s", entry.Seq, s.describeEntry(entry))
	return nil
}

// showHistory prints the history and checks that it has no gap.
func (s *scenario) showHistory(ctx context.Context) error {
	s.beginStep("Sara", "reads the history")
	entries, err := s.customer.History(ctx, s.ticket.ID)
	if err != nil {
		return err
	}
	printCall("GET /tickets/{id}/history", "200, %d entries", len(entries))
	for i, entry := range entries {
		if entry.Seq != i+1 {
			return fmt.Errorf("history: got seq %d at position %d, want no gap and no duplicate", entry.Seq, i+1)
		}
		fmt.Printf("   %2d  %s  %-10s %-14s %s\n", entry.Seq, entry.CreatedAt.Local().Format("15:04:05"), entry.Kind, entry.Author.Name, s.describeEntry(entry))
	}
	return nil
}

// describeEntry returns a short description of an entry.
func (s *scenario) describeEntry(entry client.Entry) string {
	text := entry.Body
	if entry.Change != nil {
		if text != "" {
			text += " "
		}
		text += fmt.Sprintf("(%s: %s to %s)", entry.Change.Field, s.displayName(entry.Change.From), s.displayName(entry.Change.To))
	}
	for _, file := range entry.Attachments {
		text += fmt.Sprintf(" [%s, %s]", file.Name, file.State)
	}
	return text
}

// displayName returns one side of a change; agents are shown by name.
func (s *scenario) displayName(value any) string {
	switch value {
	case nil:
		return "nobody"
	case s.agent.Profile.ID:
		return s.agent.Profile.Name
	}
	return fmt.Sprint(value)
}

func (s *scenario) close() error {
	if err := errors.Join(s.customerSocket.Close(), s.agentSocket.Close()); err != nil {
		return fmt.Errorf("close the sockets: %w", err)
	}
	fmt.Println("\nDone.")
	return nil
}
