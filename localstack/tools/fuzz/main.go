// Command fuzz tries the house with input that nobody would send: the fuzz
// targets of pkg each for a while, then the running API by its description,
// through schemathesis. An argument names one of the two: targets, api.
package main

import (
	"context"
	"errors"
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
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string) error {
	switch {
	case len(arguments) == 0:
		return errors.Join(fuzzTargets(ctx), fuzzAPI(ctx))
	case len(arguments) == 1 && arguments[0] == "targets":
		return fuzzTargets(ctx)
	case len(arguments) == 1 && arguments[0] == "api":
		return fuzzAPI(ctx)
	}
	return fmt.Errorf("usage: fuzz [targets | api], got %q", arguments)
}
