package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"ticketsystem/localstack/client"
)

// askSocket asks the question of a cell over a socket; who gets none is
// answered by the handshake.
func (w *world) askSocket(c cell) (client.Answer, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	action := strings.TrimPrefix(c.rule.route, "socket ")
	answer := client.Answer{Call: c.rule.name}
	socket, open := w.sockets[c.role]
	if !open {
		status, err := w.knock(ctx, c.role)
		answer.Status = status
		return answer, err
	}
	if action == "$disconnect" {
		other, err := w.people[c.role].Connect(ctx)
		if err == nil {
			err = other.Close()
		}
		answer.Status = http.StatusOK
		return answer, err
	}
	watcher, err := w.watch(ctx, c, action)
	if err != nil {
		return answer, err
	}
	if err := socket.Send(ctx, w.frame(c, action)); err != nil {
		return answer, err
	}
	listener, wanted := socket.Socket, w.reply(c, action)
	if watcher != nil {
		listener = watcher
	}
	frame, err := listener.Await(ctx, "an answer to "+action, wanted)
	if err != nil {
		return answer, err
	}
	answer.Status, answer.Body = http.StatusOK, []byte(frame.Raw)
	if frame.Problem != nil {
		answer.Status = frame.Problem.Status
	}
	return answer, nil
}

// knock tries every way in that somebody without a socket has.
func (w *world) knock(ctx context.Context, role string) (int, error) {
	address := w.people[roleCustomer].door(nil)
	header := http.Header{}
	if who, known := w.people[role]; known {
		header.Set("Authorization", "Bearer "+who.Tokens().AccessToken)
		if socket, _, err := suite.api.Dial(ctx, w.pass, nil); err == nil {
			return http.StatusOK, socket.Close()
		}
	}
	socket, status, err := suite.api.Dial(ctx, address, header)
	switch {
	case err == nil:
		return http.StatusOK, socket.Close()
	case status == http.StatusForbidden: // as gateways may say it
		return http.StatusUnauthorized, nil
	case status == 0:
		return 0, err
	}
	return status, nil
}

// watch is a socket that hears what the action does where it has no answer of
// its own; nil where it has, and where somebody is to be refused.
func (w *world) watch(ctx context.Context, c cell, action string) (*client.Socket, error) {
	if action != "typing" && action != "read" || c.want >= 400 {
		return nil, nil //nolint:nilnil // nobody has to listen
	}
	watcher, err := w.boss.Connect(ctx)
	if err != nil {
		return nil, err
	}
	w.t.Cleanup(func() { _ = watcher.Close() })
	_, err = watcher.Ask(ctx, object{"action": "subscribe", "topic": "ticket:" + c.id}, "subscribed")
	return watcher, err
}

// frame is what is sent.
func (w *world) frame(c cell, action string) any {
	topic := "ticket:" + c.id
	_, special, _ := strings.Cut(c.rule.name, special)
	switch special {
	case "queue":
		topic = "queue"
	case "another's topic":
		topic = "user:" + w.third.User.ID
	}
	switch action {
	case "subscribe":
		return object{"action": action, "topic": topic, "after": 0}
	case "unsubscribe":
		return object{"action": action, "topic": topic}
	case "message":
		return object{"action": action, "ticketId": c.id, "clientId": client.NewID(), "body": w.mark, "internal": special == "internal"}
	case "typing":
		return object{"action": action, "ticketId": c.id}
	case "read":
		return object{"action": action, "ticketId": c.id, "seq": 2}
	case "$default":
		return object{"action": "matrix"}
	}
	return object{"action": "ping"}
}

// reply tells the answer to the frame from whatever else comes.
func (w *world) reply(c cell, action string) func(client.Frame) bool {
	good := map[string]string{
		"subscribe": "subscribed", "unsubscribe": "unsubscribed", "message": "ack", "typing": "typing", "read": "read",
		"ping": "pong", "$connect": "pong",
	}[action]
	ofOthers := action == "typing" || action == "read" // as others do, and the watcher hears it
	return func(f client.Frame) bool {
		if ofOthers && f.Type == good {
			return f.TicketID == c.id && f.User != nil && f.User.ID == w.people[c.role].User.ID
		}
		return f.Type == "error" || f.Type == good
	}
}

// overheard is what the roles' sockets got that they may not know.
func (w *world) overheard() []string {
	var found []string
	for role, socket := range w.sockets {
		for _, frame := range socket.Seen() {
			for _, text := range w.leaks(role, frame.Raw) {
				found = append(found, fmt.Sprintf("the socket of %s got %q in %s", role, text, frame.Raw))
			}
		}
	}
	return found
}
