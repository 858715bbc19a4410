package main

import (
	"context"
	"fmt"
	"time"

	"ticketsystem/localstack/testkit/client"
)

// supportPhone is the phone number of the first seeded agent.
const supportPhone = "+989120000002"

// scenario holds the state of the demo.
type scenario struct {
	api                         *client.API
	customer, agent             *client.User
	customerSocket, agentSocket *client.Socket
	picture                     []byte
	pictureID                   string
	ticket                      client.Ticket
	steps                       int
}

// beginStep prints the title of a step.
func (s *scenario) beginStep(actor, action string) {
	s.steps++
	fmt.Printf("\n%d. %s %s\n", s.steps, actor, action)
}

// printCall prints a call and its outcome.
func printCall(call, outcome string, values ...any) {
	fmt.Printf("   %-32s -> %s\n", call, fmt.Sprintf(outcome, values...))
}

func (s *scenario) signUp(ctx context.Context) error {
	number := client.RandomPhone()
	s.beginStep("Sara", "signs up with her mobile number "+number)
	code, err := s.api.RequestCode(ctx, number, "signup")
	if err != nil {
		return err
	}
	printCall("POST /otp", "202, the SMS contains the code %s", code)
	s.customer, err = s.api.SignUpWithCode(ctx, number, "Sara Ahmadi", code)
	if err != nil {
		return err
	}
	printCall("POST /signup", "201, she is user %s", s.customer.Profile.ID)
	s.customerSocket, err = s.customer.Connect(ctx)
	if err != nil {
		return err
	}
	printCall("POST /realtime/tickets", "201, her socket is open")
	return nil
}

func (s *scenario) openTicket(ctx context.Context) error {
	s.beginStep("Sara", "opens a ticket with a picture")
	var err error
	if s.picture, err = client.PNG(uint8(time.Now().UnixNano())); err != nil {
		return err
	}
	if s.pictureID, err = s.customer.UploadAttachment(ctx, "receipt.png", "image/png", s.picture); err != nil {
		return err
	}
	printCall("POST /attachments, then S3", "201 and 204, %d bytes uploaded", len(s.picture))
	s.ticket, err = s.customer.OpenTicket(ctx, client.Fields{
		"title": "I was charged twice", "description": "Please see the receipt.", "priority": "high",
		"attachmentIds": []string{s.pictureID},
	})
	if err != nil {
		return err
	}
	printCall("POST /tickets", "201, ticket %s is %s, category %s", s.ticket.Number, s.ticket.Status, s.ticket.Category.Name)
	return nil
}

func (s *scenario) supportSubscribes(ctx context.Context) error {
	s.beginStep("Support", "signs in and opens the ticket")
	var err error
	if s.agent, err = s.api.Login(ctx, supportPhone, client.Password); err != nil {
		return err
	}
	printCall("POST /login", "200, role %s", s.agent.Profile.Role)
	if s.agentSocket, err = s.agent.Connect(ctx); err != nil {
		return err
	}
	frame := client.Fields{"action": "subscribe", "topic": "ticket:" + s.ticket.ID, "after": 0}
	response, err := s.agentSocket.Request(ctx, frame, "subscribed")
	if err != nil {
		return err
	}
	if len(response.Entries) != 1 {
		return fmt.Errorf("subscribe: got %d entries, want the opening entry", len(response.Entries))
	}
	printCall("socket subscribe", "subscribed, entry 1 by %s: %q", response.Entries[0].Author.Name, response.Entries[0].Body)
	return nil
}

func (s *scenario) supportClaims(ctx context.Context) error {
	s.beginStep("Support", "assigns the ticket to itself, and Sara is notified at once")
	ticket, err := s.agent.Change(ctx, s.ticket.ID, "assign", client.Fields{"assigneeId": "me"})
	if err != nil {
		return err
	}
	printCall("POST /tickets/{id}/assign", "200, assignee %s, the ticket is %s", ticket.Assignee.Name, ticket.Status)
	entry, err := awaitEntry(ctx, s.customerSocket, s.ticket.ID, 2)
	if err != nil {
		return err
	}
	printCall("Sara's socket", "entry %d: %s", entry.Seq, entry.Kind)
	return nil
}

// sendMessage sends a message over one socket and waits for it on the other. It
// returns the frame, so that it can be sent again.
func (s *scenario) sendMessage(ctx context.Context, from, to *client.Socket, receiver, text string) (client.Fields, error) {
	frame := client.Fields{"action": "message", "ticketId": s.ticket.ID, "clientId": client.NewID(), "body": text}
	sent := time.Now()
	ack, err := from.Request(ctx, frame, "ack")
	if err != nil {
		return nil, err
	}
	printCall("socket message", "ack, it is entry %d", ack.Seq)
	entry, err := awaitEntry(ctx, to, s.ticket.ID, ack.Seq)
	if err != nil {
		return nil, err
	}
	took := time.Since(sent).Round(time.Millisecond)
	printCall(receiver+" socket", "entry %d by %s, after %s: %q", entry.Seq, entry.Author.Name, took, entry.Body)
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

func (s *scenario) supportReplies(ctx context.Context) error {
	s.beginStep("Support", "replies over WebSocket")
	_, err := s.sendMessage(ctx, s.agentSocket, s.customerSocket, "Sara's", "Hello Sara, I see the second charge. One moment.")
	return err
}

func (s *scenario) customerReplies(ctx context.Context) error {
	s.beginStep("Sara", "answers, and sends the frame again because her network is bad")
	frame, err := s.sendMessage(ctx, s.customerSocket, s.agentSocket, "Support's", "Thank you!")
	if err != nil {
		return err
	}
	again, err := s.customerSocket.Request(ctx, frame, "ack")
	if err != nil {
		return err
	}
	printCall("the same frame again", "ack, it is still entry %d", again.Seq)
	return nil
}
