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

	"ticketsystem/localstack/emulator/stack"
	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/report"
	"ticketsystem/localstack/testkit/seed"
)

const (
	maxRatio       = 1.3
	maxBytes       = 10_000_000
	emptyName      = "empty" // starts and does nothing
	bareName       = "bare"  // reads an item by the SDK's client of DynamoDB
	coldStartCheck = "cold-start"
	agentPhone     = "+989120000002"
)

// coldStart is what was measured of one function.
type coldStart struct {
	name     string
	bytes    int64
	ready    []time.Duration
	baseline []time.Duration // of the empty function, started just before each
	answered []time.Duration
	phases   []phase // of one that takes too long
}

func (s *coldStart) ratio() float64 { return float64(median(s.ready)) / float64(median(s.baseline)) }

// measureColdStarts starts every function beside the empty one, in an order of its own
// each time; wanted names some of them, nothing names all.
func measureColdStarts(ctx context.Context, wanted []string) (err error) {
	s, err := stack.Start(ctx, stack.Options{InMemory: true, Seed: seed.Seed})
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
	empty, err := buildBaseline(ctx, emptyName)
	if err != nil {
		return err
	}
	bare, err := buildBaseline(ctx, bareName)
	if err != nil {
		return err
	}
	empty.env, bare.env = programs[0].env, programs[0].env // the same processor and the same collector
	starts, err := startAll(ctx, empty, append(programs, bare), report.ShortOrFull(10, 60))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(starts, func(s *coldStart) bool { return s.name == bareName })
	return reportStarts(slices.Delete(slices.Clone(starts), i, i+1), starts[i])
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
			p.event = sampleEvent(f.Path, agent.Tokens().AccessToken)
		}
		all = append(all, p)
	}
	return all, nil
}

// sampleEvent is a signed-in reader's request, about a thing that does not exist
// where the path names one.
func sampleEvent(path, token string) []byte {
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

// buildBaseline builds a function to compare with, as all others are built.
func buildBaseline(ctx context.Context, name string) (program, error) {
	binary := filepath.Join(".cache", "bench", name)
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", binary, "./localstack/tools/bench/"+name)
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return program{}, fmt.Errorf("build %s: %w\n%s", name, err, output)
	}
	return program{name: name, binary: binary}, nil
}

// startAll starts everything so many times and lists it by its ratio, the
// slowest first.
func startAll(ctx context.Context, empty program, programs []program, rounds int) (_ []*coldStart, err error) {
	api, closeAPI, err := newRuntimeAPI()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeAPI()) }()
	starts := map[string]*coldStart{}
	for _, p := range programs {
		info, err := os.Stat(p.binary)
		if err != nil {
			return nil, err
		}
		starts[p.name] = &coldStart{name: p.name, bytes: info.Size()}
	}
	for range rounds {
		for _, i := range rand.Perm(len(programs)) {
			baseline, _, err := api.measureStart(ctx, empty)
			if err != nil {
				return nil, err
			}
			ready, answered, err := api.measureStart(ctx, programs[i])
			if err != nil {
				return nil, err
			}
			s := starts[programs[i].name]
			s.ready, s.baseline = append(s.ready, ready), append(s.baseline, baseline)
			if answered > 0 {
				s.answered = append(s.answered, answered)
			}
		}
	}
	for _, p := range programs {
		if s := starts[p.name]; s.ratio() > maxRatio || s.bytes > maxBytes {
			if s.phases, err = api.phases(ctx, p); err != nil {
				return nil, err
			}
		}
	}
	sorted := slices.Collect(maps.Values(starts))
	slices.SortFunc(sorted, func(a, b *coldStart) int { return int(1e6 * (b.ratio() - a.ratio())) })
	return sorted, nil
}

// reportStarts hands the findings over; bare says what the SDK alone takes.
func reportStarts(starts []*coldStart, bare *coldStart) error {
	var list strings.Builder
	fmt.Fprintf(&list, "Each was started %d times, the empty function before each. A start ends when the process asks for its first work; the answer is that to a reader's first question, with what it reads in the table. For one that is above a limit the packages stand that take longest to initialise; those named service/ are clients of the SDK.\n\n", len(starts[0].ready))
	list.WriteString("| function | p50 start | beside the empty one | p50 to the first answer | MB | longest |\n|---|---|---|---|---|---|\n")
	within, largest := 0, starts[0]
	for _, s := range starts {
		if s.ratio() <= maxRatio {
			within++
		}
		if s.bytes > largest.bytes {
			largest = s
		}
		first := ""
		if len(s.answered) > 0 {
			first = ms(median(s.answered))
		}
		fmt.Fprintf(&list, "| %s | %s | %.2f | %s | %.1f | %s |\n", s.name, ms(median(s.ready)), s.ratio(), first, float64(s.bytes)/1e6, explain(s.phases))
	}
	slowest := starts[0]
	note := fmt.Sprintf("%d of %d functions are within it; one that only reads an item by the SDK's client of DynamoDB starts in %.2fx (%.1f MB).",
		within, len(starts), bare.ratio(), float64(bare.bytes)/1e6)
	if len(slowest.phases) > 0 {
		note += " Of the slowest these take longest to initialise: " + explain(slowest.phases) + "."
	}
	over := 0
	for _, s := range starts {
		if s.bytes > maxBytes {
			over++
		}
	}
	sizeNote := ""
	if over > 0 {
		sizeNote = fmt.Sprintf("%d of %d are larger: beside DynamoDB's they link the SDK's client of S3, SSM or SQS.", over, len(starts))
	}
	return recordResults(
		report.Detail(coldStartCheck, "Starts", list.String()),
		report.Result{
			Check: coldStartCheck, Name: "slowest function, p50 of its start beside an empty function's",
			Value:  fmt.Sprintf("%.2fx (%s: %s beside %s)", slowest.ratio(), slowest.name, ms(median(slowest.ready)), ms(median(slowest.baseline))),
			Target: fmt.Sprintf("at most %.1fx", maxRatio), Pass: slowest.ratio() <= maxRatio,
			Note: note,
		},
		report.Result{
			Check: coldStartCheck, Name: "largest binary", Value: fmt.Sprintf("%.1f MB (%s)", float64(largest.bytes)/1e6, largest.name),
			Target: fmt.Sprintf("at most %d MB", maxBytes/1_000_000), Pass: largest.bytes <= maxBytes,
			Note: sizeNote,
		},
	)
}
