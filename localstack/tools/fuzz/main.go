// Command fuzz runs the Go fuzz targets of pkg, and schemathesis against the API of a
// local stack. The argument "targets" or "api" selects one of them.
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
