package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"

	emulator "ticketsystem/localstack/emulator/dynamodb"
	"ticketsystem/localstack/emulator/lambda"
	"ticketsystem/localstack/emulator/samtemplate"
	"ticketsystem/localstack/emulator/stack"
	"ticketsystem/localstack/repo"
	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/metric"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/ws"
)

// Records in a batch. At the goal a table has about 400 partitions, so the stream has 400 shards,
// each with 70 records a second for stream-deliver, which polls it four times a second.
// stream-project gets one record, so that no key profits from batches.
const (
	deliverBatch = 16
	projectBatch = 1
)

const (
	tableName  = "hotkeys"
	categories = 1 // the worst case
	agents     = 4
)

// player plays tickets on a table of its own.
type player struct {
	recorder         *emulator.Recorder
	store            *dynamo.Store
	tickets          *ticket.Service
	project, deliver stream.BatchHandler
	filters          map[string][]emulator.Pattern // by function
	newID            id.Generator
	indexing         sync.Mutex
	start            time.Time
	elapsed          atomic.Int64 // seconds on the clock of the services

	agents      []user.Principal
	categoryIDs []string
	played      []played
	objects     []string // ids in keys that belong to one ticket or user
}

// played is a ticket with what its participants know of it.
type played struct {
	id              string
	customer, agent user.Principal
	lastSeq         int
}

// newPlayer starts an engine, which ends with closeAll.
func newPlayer(ctx context.Context, shards dynamo.Shards) (p *player, closeAll func(), err error) {
	root, err := repo.Root()
	if err != nil {
		return nil, nil, err
	}
	url, err := emulator.FreeURL()
	if err != nil {
		return nil, nil, err
	}
	engine, err := emulator.Start(ctx, emulator.Config{
		CacheDir: filepath.Join(root, ".cache"), URL: url, SysProcAttr: lambda.ProcessAttributes(),
		Logf: func(format string, a ...any) { fmt.Fprintf(os.Stderr, format+"\n", a...) },
	})
	if err != nil {
		return nil, nil, err
	}
	p = &player{filters: map[string][]emulator.Pattern{}, start: app.Now()}
	p.newID = id.NewGenerator(p.now, rand.Reader)
	if err := p.open(ctx, engine, filepath.Join(root, "template.yaml"), shards); err != nil {
		engine.Close()
		return nil, nil, err
	}
	return p, engine.Close, nil
}

// open creates the table of the template and the services over it.
func (p *player) open(ctx context.Context, engine *emulator.Engine, template string, shards dynamo.Shards) error {
	t, err := samtemplate.Load(template, nil)
	if err != nil {
		return err
	}
	t.Attribute = func(r *samtemplate.Resource, _ string) (any, error) { return r.ID, nil }
	tables, err := t.Resources("AWS::DynamoDB::Table")
	if err != nil {
		return err
	}
	properties, err := t.Properties(tables[0])
	if err != nil {
		return err
	}
	table, err := emulator.ParseTable(properties, tableName)
	if err != nil {
		return err
	}
	if _, _, err := engine.EnsureTable(ctx, table); err != nil {
		return err
	}
	if err := p.readFilters(t); err != nil {
		return err
	}
	env := app.NewEnv(func(name string) (string, bool) {
		value, given := map[string]string{
			"AWS_ENDPOINT_URL": engine.URL, "AWS_REGION": samtemplate.Region, "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
		}[name]
		return value, given
	})
	config := env.AWS("DYNAMODB")
	p.recorder = &emulator.Recorder{Table: table, URL: engine.URL, Base: http.DefaultTransport}
	config.HTTPClient = &http.Client{Transport: p.recorder}
	p.wire(config, shards)
	return errors.Join(env.Err(), p.prepare(ctx))
}

// now is a clock that only settle advances: a slow machine does not push the counts more often.
func (p *player) now() time.Time {
	return p.start.Add(time.Duration(p.elapsed.Load()) * time.Second)
}

// readFilters reads the filters of the functions that read the stream.
func (p *player) readFilters(t *samtemplate.Template) error {
	functions, err := t.Functions()
	if err != nil {
		return err
	}
	for _, f := range functions {
		for _, e := range f.Events {
			if e.Type != "DynamoDB" {
				continue
			}
			m, err := stack.ParseStreamMapping(f, e)
			if err != nil {
				return err
			}
			p.filters[f.Folder] = m.Filters
		}
	}
	return nil
}

// wire builds the services and the stream functions as their main functions do.
func (p *player) wire(config aws.Config, shards dynamo.Shards) {
	log := slog.New(slog.DiscardHandler)
	store := dynamo.New(config, tableName, p.now)
	store.Shards = shards
	p.store = store
	revocations := account.NewRevocationCache(store, p.now)
	p.tickets = &ticket.Service{
		Store: store, Attachments: store, Users: store, Categories: category.NewCache(store, p.now), Now: p.now, ReopenWindow: time.Hour, Writes: revocations,
		TicketLimiter: &limit.Limiter{Rule: limit.Rule{Name: "tickets", Max: 1000, Window: time.Minute}, Store: store, Now: p.now},
	}
	policy := ticket.AutomationPolicy{RemindAfter: time.Hour, ResolveAfter: 2 * time.Hour, CloseAfter: time.Hour}
	notifier := &notification.Notifier{Store: store, Tickets: store, Users: store, Now: p.now}
	project := stream.NewBatchHandler(log, nil, dynamo.DecodeRecord,
		stream.ProjectTickets(p.tickets), stream.ScheduleTimers(store, policy), stream.SyncUserCopies(store), stream.PropagateUser(store, p, p.tickets),
		stream.ProjectStats(&stats.Aggregator{Store: store}), stream.ProjectActivity(store),
		stream.InOrder(stream.CreateNotifications(notifier), stream.RecordNameReferences(store), stream.ReleaseTickets(store, store, p.tickets)),
		stream.MarkEntriesRead(store, policy.RemindAfter), stream.IndexSearch(p))
	limits := &limit.EntryLimits{PerMinute: 1000, PerDay: 100_000, StaffFactor: 5, Store: store, Now: p.now}
	p.project = stream.CountEntries(project, dynamo.DecodeRecord, limits, &metric.Recorder{Out: io.Discard, Now: p.now}, log)
	publisher := &ws.Publisher{Hub: &realtime.Hub{Store: store, Pusher: noPush{}, Now: p.now}, Revocations: revocations, Log: log}
	p.deliver = stream.NewBatchHandler(log, nil, dynamo.DecodeRecord,
		stream.PublishChanges(store, publisher), stream.PublishCounts(store, publisher), stream.PublishNotifications(publisher),
		stream.EnqueueDeliveries(noDelivery{}, 0), stream.RecordSeen(store))
}

// noPush and noDelivery have no effect.
type (
	noPush     struct{}
	noDelivery struct{}
)

func (noPush) Send(context.Context, string, []byte) error { return nil }

func (noDelivery) Send(context.Context, time.Duration, ...notification.DeliveryJob) error { return nil }

// IndexTicket, IndexOpening, RefreshTicket and RefreshUser make one change at a time, as the FIFO queue does.
func (p *player) IndexTicket(ctx context.Context, ticketID, cause string, terms, staffOnly []string) error {
	p.indexing.Lock()
	defer p.indexing.Unlock()
	return p.store.IndexTicket(ctx, ticketID, cause, terms, staffOnly)
}

func (p *player) IndexOpening(ctx context.Context, ticketID, cause string, terms []string) error {
	p.indexing.Lock()
	defer p.indexing.Unlock()
	return p.store.IndexOpening(ctx, ticketID, cause, terms)
}

func (p *player) RefreshTicket(ctx context.Context, ticketID string) error {
	p.indexing.Lock()
	defer p.indexing.Unlock()
	return p.store.RefreshTicket(ctx, ticketID)
}

func (p *player) RefreshUser(ctx context.Context, userID string) error {
	p.indexing.Lock()
	defer p.indexing.Unlock()
	return p.store.RefreshUser(ctx, userID)
}

// prepare creates the categories and the agents, who watch the queue.
func (p *player) prepare(ctx context.Context) error {
	for range categories {
		c := category.Category{ID: p.newID(), Names: map[string]string{"en": "Billing", "fa": "مالی"}, Active: true}
		if err := p.store.SaveCategory(ctx, c); err != nil {
			return err
		}
		p.categoryIDs = append(p.categoryIDs, c.ID)
	}
	for n := range agents {
		actor, err := p.newUser(ctx, user.RoleSupport, fmt.Sprintf("+98912%07d", n))
		if err != nil {
			return err
		}
		p.agents = append(p.agents, actor)
		now := p.now()
		c := realtime.Connection{ID: p.newID(), Principal: actor, OpenedAt: now, ExpiresAt: now.Add(time.Hour)}
		if err := p.store.AddConnection(ctx, c); err != nil {
			return err
		}
		if _, err := p.store.Subscribe(ctx, c, realtime.QueueTopic); err != nil {
			return err
		}
		p.objects = append(p.objects, c.ID)
	}
	return p.settle(ctx)
}

func (p *player) newUser(ctx context.Context, role user.Role, phone string) (user.Principal, error) {
	u := user.User{ID: p.newID(), Phone: phone, Role: role, Name: "سارا حسینی", Locale: "fa", CreatedAt: p.now()}
	p.objects = append(p.objects, u.ID, phone)
	return u.Principal(""), p.store.PutAccount(ctx, account.Login{Phone: phone, Hash: "$argon2id$...", User: u})
}

// settle runs the stream functions until nothing is left to do.
func (p *player) settle(ctx context.Context) error {
	for records := p.recorder.Records(); len(records) > 0; records = p.recorder.Records() {
		p.elapsed.Add(1)
		if err := errors.Join(
			p.run(ctx, "stream-project", p.project, projectBatch, records),
			p.run(ctx, "stream-deliver", p.deliver, deliverBatch, records),
		); err != nil {
			return err
		}
	}
	return nil
}

// run passes the records that a function's filters select to it.
func (p *player) run(ctx context.Context, function string, handler stream.BatchHandler, size int, records []map[string]any) error {
	matched := slices.DeleteFunc(slices.Clone(records), func(r map[string]any) bool {
		return !slices.ContainsFunc(p.filters[function], func(f emulator.Pattern) bool { return f.Match(r) })
	})
	for batch := range slices.Chunk(matched, size) {
		var event events.DynamoDBEvent
		text, err := json.Marshal(map[string]any{"Records": batch})
		if err == nil {
			err = json.Unmarshal(text, &event)
		}
		if err != nil {
			return err
		}
		result, err := handler(ctx, event)
		if err != nil || len(result.BatchItemFailures) > 0 {
			return fmt.Errorf("%s: %v, %w", function, result, err)
		}
	}
	return nil
}
