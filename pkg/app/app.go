package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
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
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/metric"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/phone"
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

// Authenticator returns the service that verifies access tokens and session cookies.
func (a *App) Authenticator() *account.Authenticator {
	return &account.Authenticator{Verifier: a.Verifier(), Revocations: a.Revocations(), Cookies: a.Store(), Now: Now, StaffSecondFactor: a.staffSecondFactor()}
}

// Tickets returns the ticket service.
func (a *App) Tickets() *ticket.Service {
	store := a.Store()
	return &ticket.Service{
		Store: store, Attachments: store, Agents: store, Customers: store, Categories: a.Categories(), Now: Now,
		NewTickets:   a.Limiter("tickets", "TICKETS_PER_MINUTE", 10, time.Minute),
		Writes:       a.Revocations(),
		ReopenWindow: a.ReopenWindow(),
	}
}

// ReopenWindow returns how long a closed ticket can be reopened, from REOPEN_WINDOW_DAYS
// (default 7).
func (a *App) ReopenWindow() time.Duration {
	return time.Duration(a.Int("REOPEN_WINDOW_DAYS", 7)) * 24 * time.Hour
}

// Limiter returns the limiter of operations in a window. A variable contains the maximum for
// customers, STAFF_LIMIT_FACTOR how many times as much staff may do (default 5).
func (a *App) Limiter(kind, variable string, fallback int, window time.Duration) *limit.Limiter {
	return &limit.Limiter{Rule: limit.Rule{Name: kind, Max: a.Int(variable, fallback), Window: window}, StaffFactor: a.staffFactor(), Store: a.Store(), Now: Now}
}

func (a *App) staffFactor() int { return a.Int("STAFF_LIMIT_FACTOR", 5) }

// EntryLimits returns the service that blocks users who write too many messages, from
// MESSAGES_PER_MINUTE (default 60) and MESSAGES_PER_DAY (default 1,000).
func (a *App) EntryLimits() *limit.EntryLimits {
	return &limit.EntryLimits{
		PerMinute: a.Int("MESSAGES_PER_MINUTE", 60), PerDay: a.Int("MESSAGES_PER_DAY", 1000), StaffFactor: a.staffFactor(), Store: a.Store(), Now: Now,
	}
}

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

// UserDirectory returns the service that lists and creates users.
func (a *App) UserDirectory() *account.UserDirectory {
	return &account.UserDirectory{Store: a.Store(), Recorder: a.AuditRecorder(), Random: rand.Reader, DefaultRegion: a.defaultRegion()}
}

// Profiles returns the service for a user's own profile and sessions.
func (a *App) Profiles() *account.Profiles {
	return &account.Profiles{
		Store: a.Store(), Attachments: a.Store(), Changes: a.Limiter("profile-changes", "PROFILE_CHANGES_PER_HOUR", 30, time.Hour), Now: Now,
	}
}

// OTP returns the service that issues and verifies one-time codes.
func (a *App) OTP() *account.OTP {
	return &account.OTP{
		Store: a.Store(), Key: a.Key(), Limits: account.RateLimits{PerIP: a.Int("RATE_LIMIT_PER_IP", 100)},
		DefaultRegion: a.defaultRegion(), Now: Now, Random: rand.Reader,
	}
}

// Credentials returns the service that changes passwords, phone numbers and e-mail
// addresses.
func (a *App) Credentials() *account.Credentials {
	return &account.Credentials{Store: a.Store(), OTP: a.OTP(), Passwords: a.Passwords(), Now: Now, Random: rand.Reader, StaffSecondFactor: a.staffSecondFactor()}
}

// Passwords returns the service that verifies passwords.
func (a *App) Passwords() *account.Passwords {
	return &account.Passwords{Store: a.Store(), OTP: a.OTP(), Full: &account.FullCounters{}}
}

// staffSecondFactor reports whether staff sign in with password and code, from
// STAFF_SECOND_FACTOR (on or off). The default is on: a missing variable does not weaken the sign-in.
func (a *App) staffSecondFactor() bool {
	value := a.String("STAFF_SECOND_FACTOR", "on")
	if value != "on" && value != "off" {
		a.Fail("STAFF_SECOND_FACTOR", fmt.Errorf("must be on or off, is %q", value))
	}
	return value != "off"
}

// SessionTokens returns the service that creates and rotates refresh tokens.
func (a *App) SessionTokens() *account.SessionTokens {
	return &account.SessionTokens{Store: a.Store(), Key: a.Key(), Now: Now, NewID: a.NewID, Random: rand.Reader, StaffSecondFactor: a.staffSecondFactor()}
}

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

func (a *App) defaultRegion() string {
	region := a.String("DEFAULT_REGION", "IR")
	if !phone.KnownRegion(region) {
		a.Fail("DEFAULT_REGION", fmt.Errorf("must be the ISO 3166 alpha-2 code of a country, is %q", region))
	}
	return region
}

// Console returns the endpoint of the web console, from the files below dist in files.
func (a *App) Console(files fs.FS) api.Endpoint {
	built, err := fs.Sub(files, "dist")
	if err != nil {
		a.Fail("dist", err)
	}
	endpoint, err := api.ServeConsole(api.Console{
		Files: built, SocketOrigin: a.origin("SOCKET_URL", a.Required("SOCKET_URL")), FilesOrigin: a.filesOrigin(),
		Settings: api.ConsoleSettings{
			Version: a.String("VERSION", ""), Stage: a.String("STAGE", ""), Region: a.defaultRegion(),
			ReopenDays: a.Int("REOPEN_WINDOW_DAYS", 7), MaxFileMiB: a.Int("MAX_FILE_MIB", 25),
		},
	})
	if err != nil {
		a.Fail("dist", err)
	}
	return endpoint
}

// filesOrigin returns the origin of presigned URLs, as pkg/blob makes them.
func (a *App) filesOrigin() string {
	if endpoint := a.String("AWS_ENDPOINT_URL_S3", a.String("AWS_ENDPOINT_URL", "")); endpoint != "" {
		return a.origin("AWS_ENDPOINT_URL_S3", endpoint)
	}
	return "https://" + a.Required("BUCKET_NAME") + ".s3." + a.Required("AWS_REGION") + ".amazonaws.com"
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
	server := &api.Server{Log: a.Log, Requests: a.RequestLog(), Now: Now, BaseURL: a.String("API_URL", ""), CDNSecretHashes: a.List("CDN_SECRET_HASHES"), AllowedOrigins: a.List("ALLOWED_ORIGINS"), ReopenWindow: a.ReopenWindow(), KeysPerIP: a.Int("RATE_LIMIT_PER_IP", 100)}
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

// NewSockets returns the limiter of sockets that a user opens in a minute: three times
// as many as may be open.
func (a *App) NewSockets() *limit.Limiter {
	return &limit.Limiter{Rule: limit.Rule{Name: "sockets", Max: 3 * a.MaxSockets(), Window: time.Minute}, Store: a.Store(), Now: Now}
}

// Subscriptions returns the limiter of the subscriptions of a user in a minute: twelve times as
// many as sockets may be open.
func (a *App) Subscriptions() *limit.Limiter {
	return &limit.Limiter{Rule: limit.Rule{Name: "subscriptions", Max: 12 * a.MaxSockets(), Window: time.Minute}, Store: a.Store(), Now: Now}
}

// MaxSockets returns how many sockets a user may have open, from MAX_SOCKETS.
func (a *App) MaxSockets() int { return a.Int("MAX_SOCKETS", 10) }

// MaxSessions returns how many sessions a user may have, from MAX_SESSIONS.
func (a *App) MaxSessions() int { return a.Int("MAX_SESSIONS", 50) }

// AllowedOrigins returns the origins of pages that may open WebSockets: the list in
// ALLOWED_ORIGINS and the origin of API_URL.
func (a *App) AllowedOrigins() []string {
	return append(a.List("ALLOWED_ORIGINS"), a.origin("API_URL", a.Required("API_URL")))
}
