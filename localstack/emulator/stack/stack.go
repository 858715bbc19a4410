// Package stack runs the application of template.yaml on the local machine.
package stack

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"ticketsystem/localstack/emulator/awsapi"
	"ticketsystem/localstack/emulator/awsproxy"
	"ticketsystem/localstack/emulator/dashboard"
	"ticketsystem/localstack/emulator/dynamodb"
	"ticketsystem/localstack/emulator/lambda"
	"ticketsystem/localstack/emulator/s3"
	"ticketsystem/localstack/emulator/sqs"
	"ticketsystem/localstack/repo"
)

// Options configures a stack.
type Options struct {
	Root         string // absolute path of the repository; empty to search from the working directory
	Port         int    // HTTP port; WebSocket and S3 use the next two. 0 selects free ports
	DataDir      string // default .data in Root
	EngineDir    string // where the DynamoDB engine is installed; default .cache in Root
	InMemory     bool   // store no data on disk
	MaxInstances int    // instances of one function; default 8
	Log          io.Writer
	// Parameters sets template parameters. They override the defaults of the template
	// and of the stack. An undeclared name is an error.
	Parameters map[string]string
	// MinTimeout raises shorter function timeouts, for tests on slow machines.
	MinTimeout time.Duration
	// Seed fills a new table. It runs once per data folder and may be nil.
	Seed func(ctx context.Context, dynamoURL, table string) error
	// Users are the users that Seed writes. The start page lists them.
	Users []dashboard.User
	// Observer sees every AWS call of a function and may inject a fault. If it is
	// nil, functions call the emulators directly.
	Observer awsproxy.Observer
	// Consumed is called with the capacity units of each DynamoDB call of a function. It needs
	// an Observer and may be nil.
	Consumed func(c awsproxy.Call, read, write float64)
	// StaleReads makes every second read that is not strongly consistent return an older
	// state of the table. It needs an Observer.
	StaleReads bool
	// BuildDir is the folder of the functions' binaries; by default one in .cache that
	// `make build` shares.
	BuildDir string
	// BuildOnDemand builds a function at its first invocation alone. It is for runs of
	// single tests.
	BuildOnDemand bool
}

// Stack is a running local stack.
type Stack struct {
	HTTPURL     string
	SocketURL   string
	OutboxURL   string
	DynamoDBURL string
	S3URL       string
	ServicesURL string // SES, SNS, SSM, SQS and Lambda
	TableName   string

	options    Options
	logf       func(string, ...any)
	ctx        context.Context
	cancel     context.CancelFunc
	workers    sync.WaitGroup
	closers    []func()
	parameters map[string]string
	proxyURL   string // endpoint of all services for functions; empty without a proxy

	customResources *customResources
	lambda          *lambda.Manager
	services        *awsapi.Server
	engine          *dynamodb.Engine
	stream          *dynamodb.Stream
	poller          *sqs.Poller
	bucket          *s3.Server
	replica         *dynamodb.Replica // nil without StaleReads

	mu             sync.Mutex
	resources      *resources
	started        map[string]bool      // ids of running mappings and schedules
	nextRun        map[string]time.Time // by schedule id
	failedTemplate time.Time            // modification time of a changed template that is invalid
}

// Start starts a stack and returns when it accepts requests. Functions are built at
// their first use and in the background. It returns an error if a port or the data
// folder is in use.
func Start(ctx context.Context, o Options) (*Stack, error) {
	if o.Root == "" {
		var err error
		if o.Root, err = repo.Root(); err != nil {
			return nil, err
		}
	}
	if o.DataDir == "" {
		o.DataDir = filepath.Join(o.Root, ".data")
	}
	if o.EngineDir == "" {
		o.EngineDir = filepath.Join(o.Root, ".cache")
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	s := &Stack{options: o, logf: log.New(o.Log, "", 0).Printf, started: map[string]bool{}, nextRun: map[string]time.Time{}}
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if err := s.start(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// start opens the ports first, because a port in use is a final error. The engine and
// the custom resources then start in parallel.
func (s *Stack) start(ctx context.Context) error {
	listeners, err := s.openPorts()
	if err != nil {
		return err
	}
	if err := s.openState(); err != nil {
		return err
	}
	if err := s.startFunctions(); err != nil {
		return err
	}
	if s.bucket, err = s3.New(s.dataPath("s3"), s.resources.bucket.Name); err != nil {
		return err
	}
	if err := s.startEngine(ctx); err != nil {
		return err
	}
	if err := s.startTable(ctx); err != nil {
		return err
	}
	s.serve(listeners)
	s.startMappings(s.resources)
	if !s.options.BuildOnDemand {
		s.runBackground(s.Build)
	}
	return nil
}

// startEngine starts the DynamoDB engine, unless DYNAMODB_ENDPOINT is set.
func (s *Stack) startEngine(ctx context.Context) (err error) {
	if os.Getenv("DYNAMODB_ENDPOINT") != "" {
		s.engine = &dynamodb.Engine{URL: s.DynamoDBURL}
		return nil
	}
	s.engine, err = dynamodb.Start(ctx, dynamodb.Config{
		CacheDir: s.options.EngineDir, DataDir: s.dataPath(""), URL: s.DynamoDBURL, SysProcAttr: lambda.ProcessAttributes(), Logf: s.logf,
	})
	if err == nil {
		s.closers = slices.Insert(s.closers, 0, s.engine.Close) // closed last, because functions write to it
	}
	return err
}

func (s *Stack) startFunctions() error {
	var err error
	if s.DynamoDBURL = os.Getenv("DYNAMODB_ENDPOINT"); s.DynamoDBURL == "" {
		if s.DynamoDBURL, err = dynamodb.FreeURL(); err != nil {
			return err
		}
	}
	s.lambda, err = lambda.New(s.ctx, lambda.Config{
		Root: s.options.Root, BuildDir: cmp.Or(s.options.BuildDir, filepath.Join(s.options.Root, ".cache", "functions-"+runtime.GOOS+"-"+runtime.GOARCH)), MaxConcurrency: cmp.Or(s.options.MaxInstances, 8), Logf: s.logf,
		Env: s.environment(), InstanceEnv: s.instanceEnv(),
	})
	if err != nil {
		return err
	}
	s.closers = append(s.closers, s.lambda.Close)
	if s.resources, err = s.loadTemplate(); err != nil {
		return err
	}
	first := s.resources
	s.lambda.Define(s.lambdaFunctions(first))
	s.services.Queues.Define(first.queues)
	s.runBackground(func() { s.createCustomResources(first) })
	return nil
}

// createCustomResources starts the creation of the resources that function
// environments depend on.
func (s *Stack) createCustomResources(res *resources) {
	for _, kind := range []string{"Custom::", "AWS::CloudFormation::CustomResource"} {
		resources, err := res.template.Resources(kind)
		for i := 0; err == nil && i < len(resources); i++ {
			_, err = s.customResources.ensure(s.ctx, res.template, resources[i])
		}
		if err != nil && s.ctx.Err() == nil {
			s.logf("%v", err)
		}
	}
}

func (s *Stack) startTable(ctx context.Context) error {
	s.TableName = s.resources.table.TableName
	created, stream, err := s.engine.EnsureTable(ctx, s.resources.table)
	if err != nil {
		return err
	}
	s.stream.URL, s.stream.ARN, s.stream.NewTable = s.DynamoDBURL, stream, created
	if s.options.StaleReads {
		if s.replica, err = s.engine.StartReplica(s.ctx, s.resources.table, stream, s.logf); err != nil {
			return err
		}
	}
	// The marker is written after the seed, so that an interrupted seed runs again.
	marker := s.dataPath("seeded")
	if _, err := os.Stat(marker); s.options.Seed == nil || marker != "" && err == nil {
		return nil
	}
	s.logf("seeding users and categories ...")
	if err := s.options.Seed(ctx, s.DynamoDBURL, s.TableName); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	if marker == "" {
		return nil
	}
	return os.WriteFile(marker, nil, 0o600)
}

// Invoke invokes a function synchronously by its folder name.
func (s *Stack) Invoke(ctx context.Context, function string, payload []byte) ([]byte, error) {
	return s.invokeAsync(function, payload)(ctx)
}

// invokeAsync starts an invocation and returns a function that waits for its result.
// Invocations of one function start in the order of the calls.
func (s *Stack) invokeAsync(function string, payload []byte) func(context.Context) ([]byte, error) {
	invocation := s.lambda.InvokeAsync(function, payload)
	return func(ctx context.Context) ([]byte, error) {
		defer s.stream.Notify()
		return invocation.Wait(ctx)
	}
}

// StreamProgress returns how far a function has processed the stream of the table.
func (s *Stack) StreamProgress(function string) dynamodb.Progress { return s.stream.Progress(function) }

// Build builds all functions that are not up to date. Callers that measure latency or
// set short timeouts call it before the first request.
func (s *Stack) Build() { s.lambda.BuildAll(s.ctx) }

// KillInstance kills one instance of a function. It reports false if the instance
// does not exist.
func (s *Stack) KillInstance(id string) bool { return s.lambda.KillInstance(id) }

// Kill kills all instances of a function.
func (s *Stack) Kill(function string) { s.lambda.Kill(function) }

// Close stops the stack and all processes that it started.
func (s *Stack) Close() {
	s.cancel()
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
	s.workers.Wait()
}

func (s *Stack) runBackground(work func()) {
	s.workers.Add(1)
	go func() {
		defer s.workers.Done()
		work()
	}()
}
