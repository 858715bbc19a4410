// Command demo runs a scripted ticket against a running stack: a customer signs up by
// mobile number and opens a ticket with a picture, support replies over WebSocket,
// and the customer closes the ticket. It prints each step.
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

	"ticketsystem/localstack/testkit/client"
)

// timeout limits the whole demo. The first call of each function may wait for its
// build.
const timeout = 5 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, client.FromEnv("http://localhost:"+cmp.Or(os.Getenv("PORT"), "3000")))
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// run runs all steps.
func run(ctx context.Context, api *client.API) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	fmt.Printf("Demo ticket on %s\n", api.Base())
	s := &scenario{api: api}
	for _, step := range []func(context.Context) error{
		s.signUp, s.openTicket, s.supportSubscribes, s.supportClaims,
		s.supportReplies, s.customerReplies, s.downloadPicture,
		s.resolve, s.closeTicket, s.showHistory,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return s.close()
}
