package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"ticketsystem/localstack/testkit/client"
)

// callSocket sends the request of a cell over a socket. For roles without a socket it
// returns the status of the connection attempt.
func (f *authzFixture) callSocket(c cell) (client.Response, error) {
	ctx, cancel := context.WithTimeout(f.t.Context(), timeout)
	defer cancel()
	action := strings.TrimPrefix(c.rule.route, "socket ")
	response := client.Response{Call: c.rule.name}
	socket, open := f.sockets[c.role]
	if !open {
		status, err := f.dial(ctx, c.role)
		response.Status = status
		return response, err
	}
	if action == "$disconnect" {
		other, err := f.users[c.role].Connect(ctx)
		if err == nil {
			err = other.Close()
		}
		response.Status = http.StatusOK
		return response, err
	}
	subscriber, err := f.subscribe(ctx, c, action)
	if err != nil {
		return response, err
	}
	if err := socket.Send(ctx, f.frame(c, action)); err != nil {
		return response, err
	}
	receiver, wanted := socket.Socket, f.isReply(c, action)
	if subscriber != nil {
		receiver = subscriber
	}
	frame, err := receiver.Await(ctx, "a reply to "+action, wanted)
	if err != nil {
		return response, err
	}
	response.Status, response.Body = http.StatusOK, []byte(frame.Raw)
	if frame.Problem != nil {
		response.Status = frame.Problem.Status
	}
	return response, nil
}

// dial tries all ways to connect that a role without a socket has.
func (f *authzFixture) dial(ctx context.Context, role string) (int, error) {
	address := f.users[roleCustomer].socketURL(nil)
	header := http.Header{}
	if user, known := f.users[role]; known {
		header.Set("Authorization", "Bearer "+user.Tokens().AccessToken)
		if socket, _, err := suite.api.Dial(ctx, f.connectURLs[role], nil); err == nil {
			return http.StatusOK, socket.Close()
		}
	}
	socket, status, err := suite.api.Dial(ctx, address, header)
	switch {
	case err == nil:
		return http.StatusOK, socket.Close()
	case status == http.StatusForbidden: // gateways may respond with 403
		return http.StatusUnauthorized, nil
	case status == 0:
		return 0, err
	}
	return status, nil
}

// subscribe returns a subscribed socket that receives the effect of an action without a
// reply. It returns nil for other actions and for expected rejections.
func (f *authzFixture) subscribe(ctx context.Context, c cell, action string) (*client.Socket, error) {
	if action != "typing" && action != "read" || c.want >= 400 {
		return nil, nil //nolint:nilnil // no subscriber is needed
	}
	subscriber, err := f.admin.Connect(ctx)
	if err != nil {
		return nil, err
	}
	f.t.Cleanup(func() { _ = subscriber.Close() })
	_, err = subscriber.Request(ctx, object{"action": "subscribe", "topic": "ticket:" + c.resourceID}, "subscribed")
	return subscriber, err
}

// frame returns the frame of a cell.
func (f *authzFixture) frame(c cell, action string) any {
	topic := "ticket:" + c.resourceID
	_, special, _ := strings.Cut(c.rule.name, variantSeparator)
	switch special {
	case "queue":
		topic = "queue"
	case "another's topic":
		topic = "user:" + f.thirdUser.Profile.ID
	}
	switch action {
	case "subscribe":
		return object{"action": action, "topic": topic, "after": 0}
	case "unsubscribe":
		return object{"action": action, "topic": topic}
	case "message":
		return object{"action": action, "ticketId": c.resourceID, "clientId": client.NewID(), "body": f.marker, "internal": special == "internal"}
	case "typing":
		return object{"action": action, "ticketId": c.resourceID}
	case "read":
		return object{"action": action, "ticketId": c.resourceID, "seq": 2}
	case "$default":
		return object{"action": "matrix"}
	}
	return object{"action": "ping"}
}

// isReply returns a function that reports whether a frame is the reply to the action.
func (f *authzFixture) isReply(c cell, action string) func(client.Frame) bool {
	good := map[string]string{
		"subscribe": "subscribed", "unsubscribe": "unsubscribed", "message": "ack", "typing": "typing", "read": "read",
		"ping": "pong", "$connect": "pong",
	}[action]
	ofOthers := action == "typing" || action == "read" // received by the subscriber
	return func(frame client.Frame) bool {
		if ofOthers && frame.Type == good {
			return frame.TicketID == c.resourceID && frame.User != nil && frame.User.ID == f.users[c.role].Profile.ID
		}
		return frame.Type == "error" || frame.Type == good
	}
}

// leakedFrames returns the secrets that the roles' sockets received.
func (f *authzFixture) leakedFrames() []string {
	var found []string
	for role, socket := range f.sockets {
		for _, frame := range socket.Frames() {
			for _, text := range f.findLeaks(role, frame.Raw) {
				found = append(found, fmt.Sprintf("the socket of %s got %q in %s", role, text, frame.Raw))
			}
		}
	}
	return found
}
