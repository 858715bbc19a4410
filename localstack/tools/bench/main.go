// Command bench measures the local stack: requests per second of common operations at
// several concurrencies, fan-out and memory. Arguments select measurements (idle,
// login, create, list, detail, post, fan-out, large-dataset). "cold-start" measures
// the start of all functions, or of those that are named. "pairs" compares the processor
// time of functions with those of the commit BEFORE. QUALITY_FULL=1 measures longer.
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
	if len(args) > 0 && args[0] == pairsCheck {
		return measurePairs(ctx, args[1:])
	}
	return measureSpeed(ctx, args)
}
