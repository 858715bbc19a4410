// Demo plays the story of one ticket against a running stack: a customer signs
// up by mobile number and opens a ticket with a picture, support answers live
// over WebSocket, the customer closes the ticket. It prints each step.
//
// API_URL names the stack (http://localhost:3000 when it is not set); the exit
// code is 1 when any step does not go as it should.
package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/signal"
	"time"

	"ticketsystem/localstack/client"
)

// patience bounds the whole story; the first call of each function may have to
// wait until the local stack has built it.
const patience = 5 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := tell(ctx, client.FromEnv("http://localhost:"+cmp.Or(os.Getenv("PORT"), "3000")))
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// tell plays the whole story.
func tell(ctx context.Context, api *client.API) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	fmt.Printf("One ticket travels the whole way, at %s\n", api.Base())
	story := &story{api: api}
	for _, step := range []func(context.Context) error{
		story.signUp, story.openTicket, story.supportListens, story.supportClaims,
		story.supportAnswers, story.customerAnswers, story.downloadPicture,
		story.resolve, story.closeTicket, story.showHistory,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return story.hangUp()
}
