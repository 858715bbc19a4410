package main

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ticketsystem/localstack/emulator/stack"
	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/report"
	"ticketsystem/localstack/testkit/seed"
)

const pairsCheck = "pairs"

// comparison is an answer whose processor time is measured in two builds of a function.
type comparison struct {
	name, function string
	calls          int           // of one round
	limit          time.Duration // 0 for none
	// event returns the next invocation of a build (0 before, 1 after), and want is part of its
	// response. answered gets that response and may be nil.
	event    func(build int) []byte
	want     string
	answered func(build int, response []byte)
}

// paired is the processor time of an answer in each round.
type paired struct{ before, after []time.Duration }

func (p paired) ratio() float64 { return float64(median(p.after)) / float64(median(p.before)) }

// measurePairs runs functions of the commit BEFORE and of the working tree in alternating rounds
// on the same data, and compares their processor time. PROFILES names a folder for CPU profiles.
func measurePairs(ctx context.Context, wanted []string) (err error) {
	before := cmp.Or(os.Getenv("BEFORE"), "main")
	root, err := filepath.Abs(filepath.Join(".cache", "bench", "before"))
	if err != nil {
		return err
	}
	if err := checkOut(ctx, before, root); err != nil {
		return err
	}
	s, err := stack.Start(ctx, stack.Options{InMemory: true, Seed: seed.Seed, Parameters: stack.HighLimits(), BuildOnDemand: true})
	if err != nil {
		return err
	}
	defer s.Close()
	all, err := comparisons(ctx, s)
	if err != nil {
		return err
	}
	var table strings.Builder
	fmt.Fprintf(&table, "Processor time (user and system) of a function for one answer, in alternating rounds of the commit %s and the working tree on the same data. Medians of the rounds.\n\n| answer | function | before | after | after / before |\n|---|---|--:|--:|--:|\n", before)
	var results []report.Result
	for _, c := range all {
		if len(wanted) > 0 && !slices.Contains(wanted, c.function) {
			continue
		}
		p, err := c.measure(ctx, s, root)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		row := fmt.Sprintf("| %s | %s | %.2f ms | %.2f ms | %.2f |\n", c.name, c.function, inMs(median(p.before)), inMs(median(p.after)), p.ratio())
		fmt.Print(row)
		table.WriteString(row)
		if c.limit > 0 {
			results = append(results, report.Result{
				Check: pairsCheck, Name: c.name + ", processor time of the function", Pass: median(p.after) <= c.limit,
				Value: fmt.Sprintf("%.2f ms (before %.2f ms)", inMs(median(p.after)), inMs(median(p.before))), Target: "at most " + ms(c.limit),
			})
		}
	}
	return recordResults(report.Detail(pairsCheck, "Processor time", table.String()), results...)
}

func inMs(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// checkOut checks a commit out into a folder.
func checkOut(ctx context.Context, commit, folder string) error {
	arguments := []string{"worktree", "add", "--force", "--detach", folder, commit}
	if _, err := os.Stat(filepath.Join(folder, ".git")); err == nil {
		arguments = []string{"-C", folder, "checkout", "--detach", commit}
	}
	if output, err := exec.CommandContext(ctx, "git", arguments...).CombinedOutput(); err != nil { //nolint:gosec // the commit is the caller's own
		return fmt.Errorf("check out %s: %w\n%s", commit, err, output)
	}
	return nil
}

//go:embed profile.txt
var profileSource []byte

// buildFunction builds a function of the repository in root. With PROFILES it gets code that
// writes a CPU profile.
func buildFunction(ctx context.Context, root, name, binary string) error {
	arguments := []string{"build", "-trimpath", "-tags", "lambda.norpc", "-o", binary}
	if os.Getenv("PROFILES") != "" {
		added, overlay := binary+".profile.go", binary+".overlay.json"
		text := must(json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, "functions", name, "profile.go"): added}}))
		if err := errors.Join(os.MkdirAll(filepath.Dir(binary), 0o750), os.WriteFile(added, profileSource, 0o600), os.WriteFile(overlay, text, 0o600)); err != nil {
			return err
		}
		arguments = append(arguments, "-overlay", overlay)
	} else {
		arguments = append(arguments, "-ldflags", "-s -w")
	}
	command := exec.CommandContext(ctx, "go", append(arguments, "./functions/"+name)...)
	command.Dir, command.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s in %s: %w\n%s", name, root, err, output)
	}
	return nil
}

// measure runs both builds of the function in alternating rounds.
func (c comparison) measure(ctx context.Context, s *stack.Stack, before string) (p paired, err error) {
	_, env, err := s.Program(c.function)
	if err != nil {
		return p, err
	}
	after := must(os.Getwd())
	var builds [2]*instance
	defer func() {
		for _, build := range builds {
			if build != nil {
				err = errors.Join(err, build.close())
			}
		}
	}()
	for i, root := range []string{before, after} {
		label := []string{"before", "after"}[i]
		binary := filepath.Join(after, ".cache", "bench", "pairs", label, c.function)
		if err := buildFunction(ctx, root, c.function, binary); err != nil {
			return p, err
		}
		profile := "CPUPROFILE=" + filepath.Join(os.Getenv("PROFILES"), c.function+"."+label)
		if builds[i], err = startInstance(program{binary: binary, env: append(slices.Clone(env), profile)}); err != nil {
			return p, err
		}
	}
	for round := range 1 + report.ShortOrFull(10, 30) {
		for step := range 2 {
			build := (step + round) % 2
			used, err := c.round(ctx, builds[build], build)
			if err != nil {
				return p, err
			}
			into := []*[]time.Duration{&p.before, &p.after}[build]
			if round > 0 { // the first one warms up
				*into = append(*into, used)
			}
		}
	}
	return p, nil
}

// round returns the processor time of one answer.
func (c comparison) round(ctx context.Context, on *instance, build int) (time.Duration, error) {
	start := on.cpu()
	for range c.calls {
		response, err := on.invoke(ctx, c.event(build), c.want)
		if err != nil {
			return 0, err
		}
		if c.answered != nil {
			c.answered(build, response)
		}
	}
	return (on.cpu() - start) / time.Duration(c.calls), nil
}

// comparisons returns the measured answers. Each build posts to its own ticket.
func comparisons(ctx context.Context, s *stack.Stack) ([]comparison, error) {
	api := client.New(s.HTTPURL, s.SocketURL, s.OutboxURL)
	owner, tickets, err := customer(ctx, api)
	if err != nil {
		return nil, err
	}
	agent, err := api.Login(ctx, agentPhone, client.Password)
	if err != nil {
		return nil, err
	}
	get := func(user *client.User, path, route, query, encoding string) func(int) []byte {
		return func(int) []byte { return requestEvent(user, http.MethodGet, path, route, query, encoding, nil) }
	}
	posts := []*ticketWriter{tickets[1], tickets[2]}
	return []comparison{
		{name: "detail with 20 messages", function: "ticket-get", calls: 300, limit: time.Millisecond, want: `"statusCode":200`, event: get(owner, "/tickets/"+tickets[0].id, "/tickets/{id}", "", "")},
		{name: "the same, compressed", function: "ticket-get", calls: 300, want: `"statusCode":200`, event: get(owner, "/tickets/"+tickets[0].id, "/tickets/{id}", "", "gzip")},
		{name: "list of 25", function: "ticket-list", calls: 300, limit: time.Millisecond, want: `"statusCode":200`, event: get(owner, "/tickets", "/tickets", "limit=25", "")},
		{name: "staff queue of 25", function: "ticket-list", calls: 300, limit: time.Millisecond, want: `"statusCode":200`, event: get(agent, "/tickets", "/tickets", "limit=25&status=new", "")},
		{
			name: "message", function: "message-post", calls: 200, limit: time.Millisecond, want: `"statusCode":201`,
			event: func(build int) []byte {
				w := posts[build]
				body := must(json.Marshal(client.Fields{"clientId": client.NewID(), "body": "The parcel has still not come. What shall I do now?", "after": w.last}))
				return requestEvent(owner, http.MethodPost, "/tickets/"+w.id+"/messages", "/tickets/{id}/messages", "", "", body)
			},
			answered: func(build int, _ []byte) { posts[build].last++ },
		},
		{
			name: "login", function: "account-login", calls: 20, want: `"statusCode":200`,
			event: func(int) []byte {
				return requestEvent(nil, http.MethodPost, "/login", "/login", "", "", must(json.Marshal(client.Fields{"phone": agentPhone, "password": client.Password})))
			},
		},
	}, nil
}

// requestEvent returns a request of a user, nil for none, as API Gateway passes it. encoding is
// what the client accepts.
func requestEvent(user *client.User, method, path, route, query, encoding string, body []byte) []byte {
	headers := map[string]string{
		"host": "api.example.com", "x-forwarded-proto": "https", "x-forwarded-for": "127.0.0.1", "accept": "application/json",
		"content-type": "application/json", "content-length": fmt.Sprint(len(body)), "user-agent": "bench", "accept-encoding": encoding,
	}
	if user != nil {
		headers["authorization"] = "Bearer " + user.Tokens().AccessToken
	}
	_, id, _ := strings.Cut(path, "/tickets/")
	id, _, _ = strings.Cut(id, "/")
	event := map[string]any{
		"version": "2.0", "routeKey": method + " " + route, "rawPath": path, "rawQueryString": query, "pathParameters": map[string]string{"id": id},
		"headers": headers, "body": string(body),
		"requestContext": map[string]any{
			"accountId": "000000000000", "apiId": "bench", "domainName": "api.example.com", "domainPrefix": "api", "stage": "$default", "routeKey": method + " " + route,
			"http": map[string]string{"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "bench"}, "requestId": "bench",
			"time": "12/Mar/2026:19:03:58 +0000", "timeEpoch": time.Now().UnixMilli(),
		},
	}
	return must(json.Marshal(event))
}
