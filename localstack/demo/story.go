package main

import (
	"context"
	"fmt"
	"time"

	"ticketsystem/localstack/client"
)

// supportPhone is the first seeded agent of the contract.
const supportPhone = "+989120000002"

// story holds what the two people know of each other's doings.
type story struct {
	api               *client.API
	customer, support *client.Person
	phone, desk       *client.Socket // the customer's and the agent's
	picture           []byte
	pictureID         string
	ticket            client.Ticket
	steps             int
}

// title begins a step.
func (s *story) title(who, what string) {
	s.steps++
	fmt.Printf("\n%d. %s %s\n", s.steps, who, what)
}

// line shows one call and what came back.
func line(call, answer string, values ...any) {
	fmt.Printf("   %-32s -> %s\n", call, fmt.Sprintf(answer, values...))
}

func (s *story) signUp(ctx context.Context) error {
	number := client.RandomPhone()
	s.title("Sara", "signs up with her mobile number "+number)
	code, err := s.api.AskCode(ctx, number, "signup")
	if err != nil {
		return err
	}
	line("POST /otp", "202, and the text message says %s", code)
	s.customer, err = s.api.SignUpWith(ctx, number, "Sara Ahmadi", code)
	if err != nil {
		return err
	}
	line("POST /signup", "201, she is user %s", s.customer.User.ID)
	s.phone, err = s.customer.Connect(ctx)
	if err != nil {
		return err
	}
	line("POST /realtime/tickets", "201, her socket is open")
	return nil
}

func (s *story) openTicket(ctx context.Context) error {
	s.title("Sara", "opens a ticket with a picture")
	var err error
	if s.picture, err = client.PNG(uint8(time.Now().UnixNano())); err != nil {
		return err
	}
	if s.pictureID, err = s.customer.Attach(ctx, "receipt.png", "image/png", s.picture); err != nil {
		return err
	}
	line("POST /attachments, then S3", "201 and 204, %d bytes uploaded", len(s.picture))
	s.ticket, err = s.customer.OpenTicket(ctx, client.Fields{
		"title": "I was charged twice", "description": "Please see the receipt.", "priority": "high",
		"attachmentIds": []string{s.pictureID},
	})
	if err != nil {
		return err
	}
	line("POST /tickets", "201, ticket %s is %s, category %s", s.ticket.Number, s.ticket.Status, s.ticket.Category.Name)
	return nil
}

func (s *story) supportListens(ctx context.Context) error {
	s.title("Support", "comes to work and looks at the ticket")
	var err error
	if s.support, err = s.api.Login(ctx, supportPhone, client.Password); err != nil {
		return err
	}
	line("POST /login", "200, role %s", s.support.User.Role)
	if s.desk, err = s.support.Connect(ctx); err != nil {
		return err
	}
	frame := client.Fields{"action": "subscribe", "topic": "ticket:" + s.ticket.ID, "after": 0}
	answer, err := s.desk.Ask(ctx, frame, "subscribed")
	if err != nil {
		return err
	}
	if len(answer.Entries) != 1 {
		return fmt.Errorf("subscribe: got %d entries, want the one that opened the ticket", len(answer.Entries))
	}
	line("socket subscribe", "subscribed, entry 1 by %s: %q", answer.Entries[0].Author.Name, answer.Entries[0].Body)
	return nil
}

func (s *story) supportClaims(ctx context.Context) error {
	s.title("Support", "takes the ticket, and Sara sees it at once")
	ticket, err := s.support.Change(ctx, s.ticket.ID, "assign", client.Fields{"assigneeId": "me"})
	if err != nil {
		return err
	}
	line("POST /tickets/{id}/assign", "200, assignee %s, the ticket is %s", ticket.Assignee.Name, ticket.Status)
	entry, err := awaitEntry(ctx, s.phone, s.ticket.ID, 2)
	if err != nil {
		return err
	}
	line("Sara's socket", "entry %d: %s", entry.Seq, entry.Kind)
	return nil
}

// say sends a message over one socket and waits for it on the other. It
// returns the frame, so that it can be sent again.
func (s *story) say(ctx context.Context, from, to *client.Socket, listener, text string) (client.Fields, error) {
	frame := client.Fields{"action": "message", "ticketId": s.ticket.ID, "clientId": client.NewID(), "body": text}
	sent := time.Now()
	ack, err := from.Ask(ctx, frame, "ack")
	if err != nil {
		return nil, err
	}
	line("socket message", "ack, it is entry %d", ack.Seq)
	entry, err := awaitEntry(ctx, to, s.ticket.ID, ack.Seq)
	if err != nil {
		return nil, err
	}
	took := time.Since(sent).Round(time.Millisecond)
	line(listener+" socket", "entry %d by %s, after %s: %q", entry.Seq, entry.Author.Name, took, entry.Body)
	return frame, nil
}

func awaitEntry(ctx context.Context, socket *client.Socket, ticketID string, seq int) (client.Entry, error) {
	frame, err := socket.Await(ctx, fmt.Sprintf("entry %d", seq), func(f client.Frame) bool {
		return f.Type == "entry" && f.Entry != nil && f.Entry.TicketID == ticketID && f.Entry.Seq == seq
	})
	if err != nil {
		return client.Entry{}, err
	}
	return *frame.Entry, nil
}

func (s *story) supportAnswers(ctx context.Context) error {
	s.title("Support", "answers live")
	_, err := s.say(ctx, s.desk, s.phone, "Sara's", "Hello Sara, I see the second charge. One moment.")
	return err
}

func (s *story) customerAnswers(ctx context.Context) error {
	s.title("Sara", "answers, and sends the frame again because her network is bad")
	frame, err := s.say(ctx, s.phone, s.desk, "Support's", "Thank you!")
	if err != nil {
		return err
	}
	again, err := s.phone.Ask(ctx, frame, "ack")
	if err != nil {
		return err
	}
	line("the same frame again", "ack, it is still entry %d", again.Seq)
	return nil
}
