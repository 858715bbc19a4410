// Command localstack runs TicketSystem on the local machine from template.yaml. PORT sets
// the first port (0 takes free ones), DATA_DIR the data folder, and PARAMETERS template parameters, such as
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
	_ "time/tzdata" // as in the functions
	"unicode"

	"ticketsystem/localstack/emulator/dashboard"
	"ticketsystem/localstack/emulator/stack"
	"ticketsystem/localstack/testkit/seed"
	"ticketsystem/pkg/phone"
	"ticketsystem/pkg/stats"
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
		if port, err = strconv.Atoi(text); err != nil || port < 0 || port > 65000 {
			return fmt.Errorf("PORT=%s is not a valid port", text)
		}
	}
	parameters, err := parseParameters(os.Getenv("PARAMETERS"))
	if err != nil {
		return err
	}
	if err := checkNames(parameters); err != nil {
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
		Users:      users(),
		Parameters: parameters,
	})
	if err != nil {
		return err
	}
	defer s.Close()
	fmt.Printf(`
ready %[1]s
  console   %[1]s/app/        (users: %[1]s/_local/start)
  docs      %[1]s/docs
  outbox    %[1]s/_local/      (SMS, e-mail, requests, logs)
  sockets   %[2]s
  S3        %[3]s
  DynamoDB  %[4]s  table %[5]s

`, s.HTTPURL, s.SocketURL, s.S3URL, s.DynamoDBURL, s.TableName)
	for _, u := range users() {
		fmt.Printf("  %-8s  %s  password %s  (%s)\n", u.Role, u.Phone, u.Password, u.Name)
	}
	fmt.Print("\nCtrl-C stops the stack\n\n")
	<-ctx.Done()
	fmt.Println("stopping ...")
	return nil
}

// users returns the seeded users.
func users() []dashboard.User {
	var users []dashboard.User
	for _, u := range seed.Users() {
		users = append(users, dashboard.User{Phone: u.Phone, Password: seed.Password, Role: string(u.Role), Name: u.Name})
	}
	return users
}

// checkNames checks the parameters that the functions look up in tables, as they do when they start.
func checkNames(parameters map[string]string) error {
	if zone, set := parameters["Timezone"]; set {
		if _, err := stats.LoadZone(zone); err != nil {
			return fmt.Errorf("PARAMETERS: Timezone=%s: %w", zone, err)
		}
	}
	for _, name := range []string{"DefaultRegion", "AllowedCountries"} {
		for country := range strings.SplitSeq(parameters[name], ",") {
			if country != "" && !phone.KnownRegion(country) {
				return fmt.Errorf("PARAMETERS: %s: there is no country %q", name, country)
			}
		}
	}
	return nil
}

// parseParameters parses pairs of the form Name=value, separated by spaces. A value with spaces
// is quoted, as Name="a value" or Name='a value'.
func parseParameters(text string) (map[string]string, error) {
	pairs, err := splitQuoted(text)
	if err != nil {
		return nil, err
	}
	parameters := map[string]string{}
	for _, pair := range pairs {
		name, value, found := strings.Cut(pair, "=")
		if !found || name == "" {
			return nil, fmt.Errorf(`PARAMETERS: %q is not of the form Name=value; a value with spaces is quoted: Name="a value"`, pair)
		}
		if _, repeated := parameters[name]; repeated {
			return nil, fmt.Errorf("PARAMETERS: %s is set twice", name)
		}
		parameters[name] = value
	}
	return parameters, nil
}

// splitQuoted splits a text at spaces outside of quotation marks, which it removes.
func splitQuoted(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	for _, r := range text + " " {
		switch {
		case quote == 0 && (r == '"' || r == '\''):
			quote = r
		case r == quote:
			quote = 0
		case quote == 0 && unicode.IsSpace(r):
			if word.Len() > 0 {
				words = append(words, word.String())
			}
			word.Reset()
		default:
			word.WriteRune(r)
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("PARAMETERS: a %c is not closed", quote)
	}
	return words, nil
}
