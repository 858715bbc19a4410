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
	emptyName      = "empty"   // does nothing
	runtimeName    = "runtime" // reads one item with the AWS SDK
	coldStartCheck = "cold-start"
	adminPhone     = "+989120000001" // may read all routes
	agentPhone     = "+989120000002"
)

// coldStart holds the measurements of one function.
type coldStart struct {
	name     string
	bytes    int64
	ready    []time.Duration
	baseline []time.Duration // of the empty function, started just before each
	answered []time.Duration
	phases   []phase // only of a function that exceeds a limit
}

func (s *coldStart) ratio() float64 { return float64(median(s.ready)) / float64(median(s.baseline)) }

// measureColdStarts starts the wanted functions, or all, in random order, each after
// the empty function.
func measureColdStarts(ctx context.Context, wanted []string) (err error) {
	s, err := stack.Start(ctx, stack.Options{InMemory: true, Seed: seed.Seed, Parameters: stack.HighLimits()})
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
		return fmt.Errorf("no function among %q", wanted)
	}
	empty, err := buildBaseline(ctx, emptyName)
	if err != nil {
		return err
	}
	runtime, err := buildBaseline(ctx, runtimeName)
	if err != nil {
		return err
	}
	empty.env, runtime.env = programs[0].env, programs[0].env // same GOMAXPROCS and GC settings
	starts, err := startAll(ctx, empty, append(programs, runtime), report.ShortOrFull(10, 60))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(starts, func(s *coldStart) bool { return s.name == runtimeName })
	return reportStarts(slices.Delete(slices.Clone(starts), i, i+1), starts[i])
}

// programs returns all functions of the template with their environment on the stack.
// Functions of GET routes get an event.
func programs(ctx context.Context, s *stack.Stack) ([]program, error) {
	admin, err := client.New(s.HTTPURL, s.SocketURL, s.OutboxURL).Login(ctx, adminPhone, client.Password)
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
			p.event = sampleEvent(f.Path, admin.Tokens().AccessToken)
		}
		all = append(all, p)
	}
	return all, nil
}

// sampleEvent returns a GET request of a signed-in user. Path variables are random
// ids, so what has one is read and not found.
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

// buildBaseline builds a baseline function with the flags of all other functions.
func buildBaseline(ctx context.Context, name string) (program, error) {
	binary := filepath.Join(".cache", "bench", name)
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", binary, "./localstack/tools/bench/baseline/"+name)
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return program{}, fmt.Errorf("build %s: %w\n%s", name, err, output)
	}
	return program{name: name, binary: binary}, nil
}

// startAll starts every program in each round and returns the results by ratio, the
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

// reportStarts records the results; runtime is the baseline with the AWS SDK.
func reportStarts(starts []*coldStart, runtime *coldStart) error {
	var list strings.Builder
	fmt.Fprintf(&list, "Each function was started %d times, alternating with the empty function. A start ends at the first poll for an invocation. The first response is that to a GET request of an administrator, including its table reads; the limit of an hour allows ten exports. For functions above a limit the packages with the longest initialization are listed; those in service/ are SDK clients.\n\n", len(starts[0].ready))
	list.WriteString("| function | p50 start | relative to empty | p50 to first response | MB | longest initialization |\n|---|---|---|---|---|---|\n")
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
	note := fmt.Sprintf("%d of %d functions meet the target. A function that only reads one item with the AWS SDK takes %.2fx (%.1f MB).",
		within, len(starts), runtime.ratio(), float64(runtime.bytes)/1e6)
	if len(slowest.phases) > 0 {
		note += " Longest initialization in the slowest function: " + explain(slowest.phases) + "."
	}
	over := 0
	for _, s := range starts {
		if s.bytes > maxBytes {
			over++
		}
	}
	sizeNote := ""
	if over > 0 {
		sizeNote = fmt.Sprintf("%d of %d are larger, because they also link the SDK clients of S3, SSM or SQS.", over, len(starts))
	}
	return recordResults(
		report.Detail(coldStartCheck, "Starts", list.String()),
		report.Result{
			Check: coldStartCheck, Name: "slowest function, p50 start relative to an empty function",
			Value:  fmt.Sprintf("%.2fx (%s: %s, empty %s)", slowest.ratio(), slowest.name, ms(median(slowest.ready)), ms(median(slowest.baseline))),
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
