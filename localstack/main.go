// Command localstack runs TicketSystem on the local machine from template.yaml. PORT sets
// the first port, DATA_DIR the data folder, and PARAMETERS template parameters, such as
// "RemindAfterDays=0.01 DefaultRegion=DE".
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"ticketsystem/localstack/emulator/stack"
	"ticketsystem/localstack/testkit/seed"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	port := 3000
	if text := os.Getenv("PORT"); text != "" {
		var err error
		if port, err = strconv.Atoi(text); err != nil || port < 1 || port > 65000 {
			return fmt.Errorf("PORT=%s is not a valid port", text)
		}
	}
	parameters, err := parseParameters(os.Getenv("PARAMETERS"))
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s, err := stack.Start(ctx, stack.Options{
		Port:       port,
		DataDir:    os.Getenv("DATA_DIR"),
		InMemory:   len(os.Args) > 1 && os.Args[1] == "-memory",
		Log:        os.Stdout,
		Seed:       seed.Seed,
		Parameters: parameters,
	})
	if err != nil {
		return err
	}
	defer s.Close()
	fmt.Printf(`
ready %[1]s
  HTTP      %[1]s
  sockets   %[2]s
  outbox    %[1]s/_local/      (SMS, e-mail, functions, logs)
  S3        %[3]s
  DynamoDB  %[4]s  table %[5]s

  admin 09120000001 · support 09120000002, 09120000003 · customer 09120000004
  password ticket-demo-2026 · Ctrl-C stops the stack

`, s.HTTPURL, s.SocketURL, s.S3URL, s.DynamoDBURL, s.TableName)
	<-ctx.Done()
	fmt.Println("stopping ...")
	return nil
}

// parseParameters parses pairs of the form Name=value, separated by spaces.
func parseParameters(text string) (map[string]string, error) {
	parameters := map[string]string{}
	for _, pair := range strings.Fields(text) {
		name, value, found := strings.Cut(pair, "=")
		if !found || name == "" {
			return nil, fmt.Errorf("PARAMETERS: %q is not of the form Name=value", pair)
		}
		parameters[name] = value
	}
	return parameters, nil
}
