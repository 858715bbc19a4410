// Package stack runs the template's whole application on this machine.
package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"ticketsystem/localstack/emulator/awsapi"
	"ticketsystem/localstack/emulator/awsproxy"
	"ticketsystem/localstack/emulator/dashboard"
	"ticketsystem/localstack/emulator/dynamodb"
	"ticketsystem/localstack/emulator/httpapi"
	"ticketsystem/localstack/emulator/lambda"
	"ticketsystem/localstack/emulator/s3"
	"ticketsystem/localstack/emulator/sqs"
	"ticketsystem/localstack/emulator/websocketapi"
	"ticketsystem/localstack/repo"
)

// Options say where a stack lives.
type Options struct {
	Root         string // the repository; empty for the working directory
	Port         int    // of HTTP; sockets and S3 have the next two. 0 takes any three
	DataDir      string // empty for .data in Root
	EngineDir    string // where the DynamoDB engine is installed; empty for .cache in Root
	InMemory     bool   // keep nothing on disk but binaries
	MaxInstances int    // instances of one function at once; 0 for eight
	Log          io.Writer
	// Parameters are values of the template's parameters; they win over its
	// defaults and over the stack's own. One that it does not declare is ignored.
	Parameters map[string]string
	// MinTimeout is how long a function may take at least, whatever the template
	// says: for tests on a machine that stands still now and then.
	MinTimeout time.Duration
	// Seed fills a new table; it runs once per data folder. May be nil.
	Seed func(ctx context.Context, dynamoURL, table string) error
	// Observer sees every call that a function makes to a service, and may break it.
	// Nil is no tap: functions call the services themselves.
	Observer awsproxy.Observer
}

// Stack is a running stack.
type Stack struct {
	HTTPURL     string
	SocketURL   string
	OutboxURL   string
	DynamoDBURL string
	S3URL       string
	ServicesURL string // of SES, SNS, SSM, SQS and Lambda
	TableName   string

	options    Options
	logf       func(string, ...any)
	ctx        context.Context
	cancel     context.CancelFunc
	workers    sync.WaitGroup
	closers    []func()
	parameters map[string]string
	proxyURL   string // where functions find every service; empty without a tap

	customResources *customResources
	lambda          *lambda.Manager
	services        *awsapi.Server
	engine          *dynamodb.Engine
	stream          *dynamodb.Stream
	poller          *sqs.Poller
	bucket          *s3.Server

	mu             sync.Mutex
	resources      *resources
	started        map[string]bool      // and schedules that run, by id
	nextRun        map[string]time.Time // run of a schedule, by id
	failedTemplate time.Time            // of a changed template that has an error
}

// Start starts a stack. It is ready when Start returns: functions are built at
// their first use, and in the background. A busy port is an error that says so.
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

// start opens the ports first, since a busy one ends it all, and begins the
// slow things (the engine, the key) side by side.
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
	s.runBackground(s.Build)
	return nil
}

// openState takes the data folder and what is kept in it.
func (s *Stack) openState() error {
	if !s.options.InMemory {
		if err := s.lockDataDir(); err != nil {
			return err
		}
	}
	var err error
	if s.customResources, err = newCustomResources(s.dataPath("custom.json")); err != nil {
		return err
	}
	s.customResources.url, s.customResources.invoke, s.customResources.logf = s.ServicesURL+"/custom/", s.Invoke, s.logf
	if s.services, err = awsapi.New(s.dataPath("")); err != nil {
		return err
	}
	s.services.Invoke, s.services.Notify = s.Invoke, s.invokeWithRetries
	s.services.Subscriptions = func() awsapi.Subscriptions { return s.reload().subscriptions }
	s.stream = &dynamodb.Stream{CheckpointDir: s.dataPath("streams"), Invoke: s.Invoke, Send: s.services.Queues.Send, Logf: s.logf}
	s.poller = &sqs.Poller{Queues: s.services.Queues, Invoke: s.Invoke, Logf: s.logf}
	s.closers = append(s.closers, func() {
		if err := s.services.Close(); err != nil {
			s.logf("outbox: %v", err)
		}
	})
	return nil
}

// startEngine starts the DynamoDB engine unless DYNAMODB_ENDPOINT names one.
func (s *Stack) startEngine(ctx context.Context) (err error) {
	if os.Getenv("DYNAMODB_ENDPOINT") != "" {
		s.engine = &dynamodb.Engine{URL: s.DynamoDBURL}
		return nil
	}
	s.engine, err = dynamodb.Start(ctx, dynamodb.Config{
		CacheDir: s.options.EngineDir, DataDir: s.dataPath(""), URL: s.DynamoDBURL, SysProcAttr: lambda.ProcessAttributes(), Logf: s.logf,
	})
	if err == nil {
		s.closers = slices.Insert(s.closers, 0, s.engine.Close) // the last to end: functions write to it
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
		Root: s.options.Root, BuildDir: filepath.Join(s.options.Root, ".cache", "functions"), MaxConcurrency: cmp.Or(s.options.MaxInstances, 8), Logf: s.logf,
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

// createCustomResources begins what functions will wait for.
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
	// A marker, since a seed that was cut short must be run again.
	marker := s.dataPath("seeded")
	if _, err := os.Stat(marker); s.options.Seed == nil || marker != "" && err == nil {
		return nil
	}
	s.logf("seeding people and categories ...")
	if err := s.options.Seed(ctx, s.DynamoDBURL, s.TableName); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	if marker == "" {
		return nil
	}
	return os.WriteFile(marker, nil, 0o600)
}

// serve answers on the stack's ports from now on.
func (s *Stack) serve(listeners map[string][]net.Listener) {
	api := &httpapi.Handler{
		API:     func() httpapi.API { return s.reload().httpAPI },
		Prepare: s.lambda.Prepare, Invoke: s.lambda.Invoke, OnWrite: s.stream.Notify, Logf: s.logf,
	}
	s.bucket.Settings, s.bucket.Notify, s.bucket.Logf = func() s3.Settings { return s.reload().bucket }, s.invokeWithRetries, s.logf
	s.bucket.Credentials = s3.Credentials{AccessKey: accessKey, SecretKey: secretKey, SessionToken: sessionToken}
	sockets := &websocketapi.Handler{API: func() websocketapi.API { return s.reload().webSocketAPI }, InvokeAsync: s.invokeAsync, Logf: s.logf}
	dashboardHandler := http.StripPrefix("/_local", dashboard.Handler(dashboard.Config{
		Functions: s.lambda, Outbox: s.services.Outbox, Queues: s.services.Queues, Schedules: s.listSchedules, Invoke: s.Invoke,
	}))
	// No ServeMux: it redirects paths that it would rather have cleaned, and
	// API Gateway does not.
	httpHandler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_local/") {
			dashboardHandler.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
	awsServices := http.NewServeMux()
	awsServices.Handle("/custom/{token}", s.customResources)
	awsServices.Handle("/", s.services)
	handlers := map[string]http.Handler{"http": httpHandler, "services": awsServices, "socket": sockets, "s3": s.bucket}
	if s.options.Observer != nil {
		handlers["tap"] = awsproxy.New(s.options.Observer, s.serviceURL, s.KillInstance)
	}
	for name, handler := range handlers {
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		for _, listener := range listeners[name] {
			s.runBackground(func() { _ = server.Serve(listener) }) // ends with Close
		}
		s.closers = append(s.closers, func() { _ = server.Close() }) // what is open is cut off
	}
	s.closers = append(s.closers, sockets.Close)
}

// Invoke runs a function by its folder's name, as any part of AWS would.
func (s *Stack) Invoke(ctx context.Context, function string, payload []byte) ([]byte, error) {
	return s.invokeAsync(function, payload)(ctx)
}

// invokeAsync is Invoke in two steps, for callers that must keep an order.
func (s *Stack) invokeAsync(function string, payload []byte) func(context.Context) ([]byte, error) {
	invocation := s.lambda.InvokeAsync(function, payload)
	return func(ctx context.Context) ([]byte, error) {
		defer s.stream.Notify()
		return invocation.Wait(ctx)
	}
}

// Build builds every function that is not built yet. The stack does so in the
// background; who cannot bear a slow first answer calls it and waits.
func (s *Stack) Build() { s.lambda.BuildAll(s.ctx) }

// KillInstance ends one instance, which a call at the tap names. It is false
// when there is none.
func (s *Stack) KillInstance(id string) bool { return s.lambda.KillInstance(id) }

// Kill ends the instances of a function in the middle of whatever they do.
func (s *Stack) Kill(function string) { s.lambda.Kill(function) }

// Close ends the stack and everything it started.
func (s *Stack) Close() {
	s.cancel()
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
	s.workers.Wait()
}

// reload is the template as it is now; a changed one with an error is told of
// once and the last good one stays.
func (s *Stack) reload() *resources {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := os.Stat(s.templatePath())
	if err != nil || info.ModTime().Equal(s.resources.modTime) || info.ModTime().Equal(s.failedTemplate) {
		return s.resources
	}
	next, err := s.loadTemplate()
	if err != nil {
		s.failedTemplate = info.ModTime()
		s.logf("template.yaml changed, but: %v", err)
		return s.resources
	}
	s.logf("template.yaml changed and is in force")
	s.resources = next
	s.lambda.Define(s.lambdaFunctions(next))
	s.services.Queues.Define(next.queues)
	s.startMappings(next)
	return next
}

// startMappings starts what does not run yet. A mapping or schedule that changed
// or went away does so at the next start.
func (s *Stack) startMappings(res *resources) {
	once := func(id string, run func()) {
		if !s.started[id] {
			s.started[id] = true
			s.runBackground(run)
		}
	}
	for _, m := range res.streamMappings {
		once(m.ID, func() { s.stream.Run(s.ctx, m) })
	}
	for _, m := range res.queueMappings {
		once(m.ID, func() { s.poller.Run(s.ctx, m) })
	}
	for _, c := range res.schedules {
		once(c.id, func() { s.runSchedule(c, s.invokeWithRetries) })
	}
}

func (s *Stack) runBackground(work func()) {
	s.workers.Add(1)
	go func() {
		defer s.workers.Done()
		work()
	}()
}

// openPorts opens all ports before anything else is started.
func (s *Stack) openPorts() (map[string][]net.Listener, error) {
	listeners := map[string][]net.Listener{}
	ports := map[string]int{}
	names := []string{"http", "socket", "s3", "services"}
	if s.options.Observer != nil {
		names = append(names, "tap")
	}
	for i, name := range names {
		port := 0
		if s.options.Port > 0 && i < 3 {
			port = s.options.Port + i
		}
		opened, port, err := listen(port)
		if err != nil {
			return nil, err
		}
		for _, l := range opened {
			s.closers = append(s.closers, func() { _ = l.Close() }) // closed by its server as a rule
		}
		listeners[name], ports[name] = opened, port
	}
	s.HTTPURL = fmt.Sprintf("http://localhost:%d", ports["http"])
	s.OutboxURL = s.HTTPURL + "/_local/outbox"
	s.SocketURL = fmt.Sprintf("ws://localhost:%d", ports["socket"])
	s.S3URL = fmt.Sprintf("http://localhost:%d", ports["s3"])
	s.ServicesURL = fmt.Sprintf("http://127.0.0.1:%d", ports["services"])
	s.parameters = map[string]string{
		"Stage": "dev", "Architecture": map[string]string{"arm64": "arm64"}[runtime.GOARCH],
		"ApiUrl": s.HTTPURL, "SocketUrl": s.SocketURL, "SocketEndpoint": fmt.Sprintf("http://localhost:%d", ports["socket"]),
		"RateLimitPerIP": "10000", "SenderAddress": "support@example.com",
	}
	if s.options.Observer != nil {
		s.proxyURL = fmt.Sprintf("http://localhost:%d", ports["tap"])
		s.parameters["SocketEndpoint"] = s.proxyURL
	}
	if runtime.GOARCH != "arm64" {
		s.parameters["Architecture"] = "x86_64"
	}
	maps.Copy(s.parameters, s.options.Parameters)
	return listeners, nil
}

// lockDataDir makes sure that no other stack writes to the same data.
func (s *Stack) lockDataDir() error {
	if err := os.MkdirAll(s.options.DataDir, 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(s.dataPath("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.Join(fmt.Errorf("the data in %s is in use by another stack; stop it or choose another one with DATA_DIR", s.options.DataDir), file.Close())
	}
	s.closers = append(s.closers, func() { _ = file.Close() }) // which also unlocks it
	return nil
}

// dataPath is a path in the data folder, empty when nothing is kept.
func (s *Stack) dataPath(name string) string {
	if s.options.InMemory {
		return ""
	}
	return filepath.Join(s.options.DataDir, name)
}

func (s *Stack) templatePath() string { return filepath.Join(s.options.Root, "template.yaml") }
