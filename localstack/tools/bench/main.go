// Command bench measures how fast the system is on this machine. Without an
// argument it asks a running stack for all that people do, at several
// concurrencies; arguments name what to measure alone (idle, login, create,
// list, detail, post, fan-out, crowd). "cold-start" measures how functions
// start, all or those that are named. The judge's report takes over what it
// finds; QUALITY_FULL=1 measures longer.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "cold-start" {
		return measureColdStarts(ctx, args[1:])
	}
	return measureSpeed(ctx, args)
}
