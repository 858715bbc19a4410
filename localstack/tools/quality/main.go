// Command quality runs the quality suite and writes docs/quality.md, the summary, and
// docs/quality/<check>.md, the details. Arguments select checks; the report keeps the
// earlier results of the others. -short runs the short form of each check.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	short := flag.Bool("short", false, "run the short form")
	onlyWrite := flag.Bool("write", false, "write the report without running checks")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := runAll(ctx, flag.Args(), *short, *onlyWrite)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "quality:", err)
		os.Exit(1)
	}
}
