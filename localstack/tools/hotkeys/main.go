// Command hotkeys plays a standard mix of requests, counts the capacity units of each partition
// key, and computes at which rate of new tickets the busiest key is full.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := printRankings(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "hotkeys:", err)
		os.Exit(1)
	}
}
