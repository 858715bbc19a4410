package app

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/metric"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/requestlog"
	"ticketsystem/pkg/secret"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
)

// App builds the dependencies of one Lambda function from environment variables. Run
// reports all missing or invalid variables together and exits. Dependencies that need
// other AWS clients than DynamoDB are built in the sub-packages, so that a binary
// links only the clients that it uses.
type App struct {
	*Env
	Log         *slog.Logger
	idGenerator id.Generator
	store       *dynamo.Store
	key         auth.SecretKey

	revocations *account.RevocationCache
	metrics     *metric.Recorder
}

// New returns the App of this process.
func New() *App {
	return &App{Env: NewEnv(os.LookupEnv), idGenerator: id.NewGenerator(Now, rand.Reader), Log: slog.New(requestlog.Handler{Handler: slog.NewJSONHandler(os.Stdout, nil)})}
}

// Now returns the current time in UTC, truncated to milliseconds as they are stored.
func Now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// NewID returns a new ULID.
func (a *App) NewID() string { return a.idGenerator() }

// Store returns the store of the table TABLE_NAME.
func (a *App) Store() *dynamo.Store {
	if a.store == nil {
		a.store = dynamo.New(a.AWS("DYNAMODB"), a.Required("TABLE_NAME"), Now)
		a.store.Shards = dynamo.Shards{Queue: a.shards("QUEUE_SHARDS"), Activity: a.shards("ACTIVITY_SHARDS"), Stats: a.shards("STATS_SHARDS")}
	}
	return a.store
}

// shards returns a number of shards, by default 1.
func (a *App) shards(variable string) dynamo.ShardCount {
	count, err := dynamo.ParseShardCount(a.String(variable, "1"))
	if err != nil {
		a.Fail(variable, err)
	}
	return count
}

// Secrets returns the store of secrets.
func (a *App) Secrets() *secret.Store { return secret.New(a.AWS("SSM")) }

// Key returns the key for MACs and sealed values, which the function shares. It is read from
// the parameter APP_KEY_PARAMETER when it is first needed.
func (a *App) Key() auth.SecretKey {
	if !a.key.IsSet() {
		secrets, name := a.Secrets(), a.Required("APP_KEY_PARAMETER")
		a.key = auth.LazySecretKey(func() (string, error) { return secrets.Get(context.Background(), name) })
	}
	return a.key
}

// Verifier returns the verifier of access tokens, from TOKEN_PUBLIC_KEYS and
// TOKEN_ISSUER.
func (a *App) Verifier() *auth.Verifier {
	keys, err := auth.ParsePublicKeys(a.Required("TOKEN_PUBLIC_KEYS"))
	if err != nil {
		a.Fail("TOKEN_PUBLIC_KEYS", err)
	}
	return auth.NewVerifier(keys, a.Required("TOKEN_ISSUER"), Now)
}

// Revocations returns the revocation cache, which the function shares.
func (a *App) Revocations() *account.RevocationCache {
	if a.revocations == nil {
		a.revocations = account.NewRevocationCache(a.Store(), Now)
	}
	return a.revocations
}

// Tickets returns the ticket service.
func (a *App) Tickets() *ticket.Service {
	store := a.Store()
	return &ticket.Service{
		Store: store, Attachments: store, Users: store, Categories: a.Categories(), Now: Now,
		TicketLimiter: a.Limiter("tickets", "TICKETS_PER_MINUTE", 10, time.Minute),
		Writes:        a.Revocations(),
		ReopenWindow:  a.ReopenWindow(),
	}
}

// ReopenWindow returns how long a closed ticket can be reopened.
func (a *App) ReopenWindow() time.Duration {
	return time.Duration(a.reopenDays()) * 24 * time.Hour
}

func (a *App) reopenDays() int { return a.Int("REOPEN_WINDOW_DAYS", 7) }

// MaxFileMiB returns the largest size of a file.
func (a *App) MaxFileMiB() int { return a.Int("MAX_FILE_MIB", 25) }

func (a *App) ratePerIP() int { return a.Int("RATE_LIMIT_PER_IP", 100) }

// Metrics returns the recorder of metrics, which the function shares. METRIC_NAMESPACE is
// their namespace.
func (a *App) Metrics() *metric.Recorder {
	if a.metrics == nil {
		a.metrics = &metric.Recorder{Namespace: a.Required("METRIC_NAMESPACE"), Out: os.Stdout, Now: Now}
	}
	return a.metrics
}

// RequestLog returns the logger of REQUEST_LOG_PERCENT of the requests, nil for none.
func (a *App) RequestLog() *requestlog.Logger {
	if a.String("REQUEST_LOG_PERCENT", "0") == "0" {
		return nil
	}
	return &requestlog.Logger{Log: a.Log, Percent: a.Int("REQUEST_LOG_PERCENT", 0), Now: Now}
}

// Categories returns the category cache.
func (a *App) Categories() *category.Cache { return category.NewCache(a.Store(), Now) }

// Notifier returns the service that creates notifications.
func (a *App) Notifier() *notification.Notifier {
	return &notification.Notifier{Store: a.Store(), Tickets: a.Store(), Users: a.Store(), Now: Now}
}

// AutomationPolicy returns the delays of the time-based automation, from
// REMIND_AFTER_DAYS, AUTO_RESOLVE_DAYS and AUTO_CLOSE_DAYS.
func (a *App) AutomationPolicy() ticket.AutomationPolicy {
	return ticket.AutomationPolicy{RemindAfter: a.Days("REMIND_AFTER_DAYS", 3), ResolveAfter: a.Days("AUTO_RESOLVE_DAYS", 7), CloseAfter: a.Days("AUTO_CLOSE_DAYS", 5)}
}

// Automation returns the time-based ticket automation.
func (a *App) Automation() *ticket.Automation {
	return &ticket.Automation{Tickets: a.Tickets(), Timers: a.Store(), Policy: a.AutomationPolicy(), Remind: a.Notifier().NotifyReminder}
}

// CategoryAdmin returns the service that edits categories.
func (a *App) CategoryAdmin() *category.Admin {
	return &category.Admin{Store: a.Store(), Recorder: a.AuditRecorder()}
}

// AuditRecorder returns the recorder of audit records.
func (a *App) AuditRecorder() audit.Recorder { return audit.Recorder{Now: Now, NewID: a.NewID} }

// Timezone returns the time zone of statistics, from TIMEZONE. The program must import
// time/tzdata.
func (a *App) Timezone() *time.Location {
	zone, err := stats.LoadZone(a.String("TIMEZONE", "Asia/Tehran"))
	if err != nil {
		a.Fail("TIMEZONE", err)
	}
	return zone
}

// Brand returns how e-mails and SMS present the service, from BRAND_NAME, SUPPORT_ADDRESS
// and SIGNATURE.
func (a *App) Brand() locale.Brand {
	return locale.Brand{Name: a.String("BRAND_NAME", ""), SupportAddress: a.String("SUPPORT_ADDRESS", ""), Signature: a.String("SIGNATURE", "")}
}

func (a *App) origin(variable, address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		a.Fail(variable, err)
		return ""
	}
	return parsed.Scheme + "://" + parsed.Host
}

// Serve runs an endpoint of the HTTP API and never returns.
func (a *App) Serve(endpoint api.Endpoint) {
	server := &api.Server{Log: a.Log, Requests: a.RequestLog(), Now: Now, BaseURL: a.String("API_URL", ""), CDNSecretHashes: a.List("CDN_SECRET_HASHES"), AllowedOrigins: a.List("ALLOWED_ORIGINS"), ReopenWindow: a.ReopenWindow(), KeysPerIP: a.ratePerIP()}
	if endpoint.ReadsCredentials() {
		server.Authenticator = a.Authenticator()
	}
	if a.String("APP_KEY_PARAMETER", "") != "" {
		server.Key, server.Idempotency = a.Key(), a.Store()
	}
	a.Run(server.HTTP(endpoint))
}

// Run starts a Lambda handler and never returns. If variables are missing or invalid,
// it logs all of them and exits.
func (a *App) Run(handler any) {
	if err := a.Err(); err != nil {
		a.Log.ErrorContext(context.Background(), "invalid configuration", slog.Any("error", err))
		os.Exit(1)
	}
	if transport, ok := http.DefaultTransport.(*http.Transport); ok { // aws-lambda-go sends responses by a copy
		transport.WriteBufferSize = connectionBuffer
	}
	lambda.Start(handler)
}

// ConnectTokens returns the service that issues and redeems connect tokens.
func (a *App) ConnectTokens() *realtime.ConnectTokens {
	return &realtime.ConnectTokens{Store: a.Store(), Now: Now, Random: rand.Reader}
}

// AllowedOrigins returns the origins of pages that may open WebSockets: the list in
// ALLOWED_ORIGINS and the origin of API_URL.
func (a *App) AllowedOrigins() []string {
	return append(a.List("ALLOWED_ORIGINS"), a.origin("API_URL", a.Required("API_URL")))
}
