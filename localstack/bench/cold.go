package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ticketsystem/localstack/client"
	"ticketsystem/localstack/judge/verdict"
	"ticketsystem/localstack/seed"
	"ticketsystem/localstack/stack"
)

const (
	mostRatio  = 1.3
	mostBytes  = 10_000_000
	emptyName  = "empty" // starts and does nothing
	bareName   = "bare"  // reads an item by the SDK's client of DynamoDB
	coldItem   = "cold-start"
	agentPhone = "+989120000002"
)

// start is what was measured of one function.
type start struct {
	name     string
	bytes    int64
	ready    []time.Duration
	beside   []time.Duration // of the empty function, started just before each
	answered []time.Duration
	parts    []part // of one that takes too long
}

func (s *start) ratio() float64 { return float64(middle(s.ready)) / float64(middle(s.beside)) }

// coldStart starts every function beside the empty one, in an order of its own
// each time; wanted names some of them, nothing names all.
func coldStart(ctx context.Context, wanted []string) (err error) {
	s, err := stack.Start(ctx, stack.Options{Memory: true, Seed: seed.Seed})
	if err != nil {
		return err
	}
	defer s.Close()
	s.Build()
	programs, err := programs(ctx, s)
	if err != nil {
		return err
	}
	if len(wanted) > 0 {
		programs = slices.DeleteFunc(programs, func(p program) bool { return !slices.Contains(wanted, p.name) })
	}
	if len(programs) == 0 {
		return fmt.Errorf("no function of %q", wanted)
	}
	none, err := build(ctx, emptyName)
	if err != nil {
		return err
	}
	bare, err := build(ctx, bareName)
	if err != nil {
		return err
	}
	none.env, bare.env = programs[0].env, programs[0].env // the same processor and the same collector
	starts, err := startAll(ctx, none, append(programs, bare), verdict.Pick(10, 60))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(starts, func(s *start) bool { return s.name == bareName })
	return tellStarts(slices.Delete(slices.Clone(starts), i, i+1), starts[i])
}

// programs are all functions of the template, with the environment that they
// have on the stack. Those that somebody reads with get a question.
func programs(ctx context.Context, s *stack.Stack) ([]program, error) {
	agent, err := client.New(s.HTTPURL, s.SocketURL, s.OutboxURL).Login(ctx, agentPhone, client.Password)
	if err != nil {
		return nil, err
	}
	var all []program
	for _, f := range s.Functions() {
		binary, env, err := s.Program(f.Name)
		if err != nil {
			return nil, err
		}
		p := program{name: f.Name, binary: binary, env: env}
		if f.Method == "GET" {
			p.event = question(f.Path, agent.Tokens().AccessToken)
		}
		all = append(all, p)
	}
	return all, nil
}

// question is a signed-in reader's request, about a thing that does not exist
// where the path names one.
func question(path, token string) []byte {
	id := client.NewID()
	variables := map[string]string{}
	for _, segment := range strings.Split(path, "/") {
		if name, variable := strings.CutPrefix(segment, "{"); variable {
			variables[strings.Trim(name, "+}")] = id
		}
	}
	return must(json.Marshal(map[string]any{
		"version": "2.0", "routeKey": "GET " + path, "rawPath": path, "pathParameters": variables,
		"headers":        map[string]string{"authorization": "Bearer " + token, "host": "localhost"},
		"requestContext": map[string]any{"http": map[string]string{"method": "GET", "path": path, "sourceIp": "127.0.0.1"}, "requestId": "bench"},
	}))
}

// build builds a function to compare with, as all others are built.
func build(ctx context.Context, name string) (program, error) {
	binary := filepath.Join(".cache", "bench", name)
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", binary, "./localstack/bench/"+name)
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return program{}, fmt.Errorf("build %s: %w\n%s", name, err, output)
	}
	return program{name: name, binary: binary}, nil
}

// startAll starts everything so many times and lists it by its ratio, the
// slowest first.
func startAll(ctx context.Context, none program, programs []program, rounds int) (_ []*start, err error) {
	api, closeAPI, err := newRuntimeAPI()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeAPI()) }()
	starts := map[string]*start{}
	for _, p := range programs {
		info, err := os.Stat(p.binary)
		if err != nil {
			return nil, err
		}
		starts[p.name] = &start{name: p.name, bytes: info.Size()}
	}
	for range rounds {
		for _, i := range rand.Perm(len(programs)) {
			beside, _, err := api.start(ctx, none)
			if err != nil {
				return nil, err
			}
			ready, answered, err := api.start(ctx, programs[i])
			if err != nil {
				return nil, err
			}
			s := starts[programs[i].name]
			s.ready, s.beside = append(s.ready, ready), append(s.beside, beside)
			if answered > 0 {
				s.answered = append(s.answered, answered)
			}
		}
	}
	for _, p := range programs {
		if s := starts[p.name]; s.ratio() > mostRatio || s.bytes > mostBytes {
			if s.parts, err = api.parts(ctx, p); err != nil {
				return nil, err
			}
		}
	}
	sorted := slices.Collect(maps.Values(starts))
	slices.SortFunc(sorted, func(a, b *start) int { return int(1e6 * (b.ratio() - a.ratio())) })
	return sorted, nil
}

// tellStarts hands the findings over; bare says what the SDK alone takes.
func tellStarts(starts []*start, bare *start) error {
	var list strings.Builder
	fmt.Fprintf(&list, "Each was started %d times, the empty function before each. A start ends when the process asks for its first work; the answer is that to a reader's first question, with what it reads in the table. For one that is above a limit the packages stand that take longest to initialise; those named service/ are clients of the SDK.\n\n", len(starts[0].ready))
	list.WriteString("| function | p50 start | beside the empty one | p50 to the first answer | MB | longest |\n|---|---|---|---|---|---|\n")
	within, largest := 0, starts[0]
	for _, s := range starts {
		if s.ratio() <= mostRatio {
			within++
		}
		if s.bytes > largest.bytes {
			largest = s
		}
		first := ""
		if len(s.answered) > 0 {
			first = ms(middle(s.answered))
		}
		fmt.Fprintf(&list, "| %s | %s | %.2f | %s | %.1f | %s |\n", s.name, ms(middle(s.ready)), s.ratio(), first, float64(s.bytes)/1e6, because(s.parts))
	}
	slowest := starts[0]
	cause := fmt.Sprintf("%d of %d functions are within it; one that only reads an item by the SDK's client of DynamoDB starts in %.2fx (%.1f MB).",
		within, len(starts), bare.ratio(), float64(bare.bytes)/1e6)
	if len(slowest.parts) > 0 {
		cause += " Of the slowest these take longest to initialise: " + because(slowest.parts) + "."
	}
	over := 0
	for _, s := range starts {
		if s.bytes > mostBytes {
			over++
		}
	}
	large := ""
	if over > 0 {
		large = fmt.Sprintf("%d of %d are larger: beside DynamoDB's they link the SDK's client of S3, SSM or SQS.", over, len(starts))
	}
	return tell(
		verdict.Detail(coldItem, "Starts", list.String()),
		verdict.Line{
			Item: coldItem, Name: "slowest function, p50 of its start beside an empty function's",
			Figure: fmt.Sprintf("%.2fx (%s: %s beside %s)", slowest.ratio(), slowest.name, ms(middle(slowest.ready)), ms(middle(slowest.beside))),
			Goal:   fmt.Sprintf("at most %.1fx", mostRatio), Holds: slowest.ratio() <= mostRatio,
			Cause: cause,
		},
		verdict.Line{
			Item: coldItem, Name: "largest binary", Figure: fmt.Sprintf("%.1f MB (%s)", float64(largest.bytes)/1e6, largest.name),
			Goal: fmt.Sprintf("at most %d MB", mostBytes/1_000_000), Holds: largest.bytes <= mostBytes,
			Cause: large,
		},
	)
}
