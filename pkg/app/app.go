package app

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
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
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
)

// App makes the parts of one function from its environment. What is missing
// is gathered and told at once, when the function starts to serve. Parts that
// need further clients are in the packages below this one, so that a binary
// links the clients that it uses and no others.
type App struct {
	*Env
	Log         *slog.Logger
	idGenerator id.Generator
	store       *dynamo.Store

	revocations *account.RevocationCache
}

// New makes the House of this process.
func New() *App {
	return &App{Env: NewEnv(os.LookupEnv), idGenerator: id.NewGenerator(Now, rand.Reader), Log: slog.New(slog.NewJSONHandler(os.Stdout, nil))}
}

// Now is the time as the house keeps it: UTC, to the millisecond.
func Now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// NewID makes ULIDs.
func (a *App) NewID() string { return a.idGenerator() }

// Store is the one table, from TABLE_NAME.
func (a *App) Store() *dynamo.Store {
	if a.store == nil {
		a.store = dynamo.New(a.AWS("DYNAMODB"), a.Required("TABLE_NAME"), Now)
	}
	return a.store
}

// Key is the key of the edge, from APP_KEY.
func (a *App) Key() auth.SecretKey {
	key, err := auth.NewSecretKey(a.Required("APP_KEY"))
	if err != nil {
		a.Fail("APP_KEY", err)
	}
	return key
}

// Verifier checks access tokens, with TOKEN_PUBLIC_KEYS and TOKEN_ISSUER.
func (a *App) Verifier() *auth.Verifier {
	keys, err := auth.ParsePublicKeys(a.Required("TOKEN_PUBLIC_KEYS"))
	if err != nil {
		a.Fail("TOKEN_PUBLIC_KEYS", err)
	}
	return auth.NewVerifier(keys, a.Required("TOKEN_ISSUER"), Now)
}

// Revocations is the copy of the revocations that all parts of a function share.
func (a *App) Revocations() *account.RevocationCache {
	if a.revocations == nil {
		a.revocations = account.NewRevocationCache(a.Store(), Now)
	}
	return a.revocations
}

// Authenticator knows who comes.
func (a *App) Authenticator() *account.Authenticator {
	return &account.Authenticator{Verifier: a.Verifier(), Revocations: a.Revocations(), Cookies: a.Store(), Now: Now}
}

// Tickets is where tickets are worked on, with REOPEN_WINDOW_DAYS.
func (a *App) Tickets() *ticket.Service {
	store := a.Store()
	return &ticket.Service{
		Store: store, Attachments: store, Agents: store, Categories: a.Categories(), Now: Now,
		ReopenWindow: time.Duration(a.Int("REOPEN_WINDOW_DAYS", 7)) * 24 * time.Hour,
	}
}

// Categories is the list of categories.
func (a *App) Categories() *category.Cache { return category.NewCache(a.Store(), Now) }

// Notifier makes notifications of what happens to tickets.
func (a *App) Notifier() *notification.Notifier {
	return &notification.Notifier{Store: a.Store(), Tickets: a.Store(), Users: a.Store(), Now: Now}
}

// AutomationPolicy is how long tickets may stand still, from REMIND_AFTER_DAYS, AUTO_RESOLVE_DAYS
// and AUTO_CLOSE_DAYS.
func (a *App) AutomationPolicy() ticket.AutomationPolicy {
	return ticket.AutomationPolicy{RemindAfter: a.Days("REMIND_AFTER_DAYS", 3), ResolveAfter: a.Days("AUTO_RESOLVE_DAYS", 7), CloseAfter: a.Days("AUTO_CLOSE_DAYS", 5)}
}

// Automation moves tickets that have stood still for too long.
func (a *App) Automation() *ticket.Automation {
	return &ticket.Automation{Tickets: a.Tickets(), Timers: a.Store(), Policy: a.AutomationPolicy(), Remind: a.Notifier().NotifyReminder}
}

// CategoryAdmin changes that list.
func (a *App) CategoryAdmin() *category.Admin {
	return &category.Admin{Store: a.Store(), Recorder: a.AuditRecorder()}
}

// AuditRecorder writes what administrators did.
func (a *App) AuditRecorder() audit.Recorder { return audit.Recorder{Now: Now, NewID: a.NewID} }

// UserAdmin is the book of people. Functions that change their rights add who
// shuts them out.
func (a *App) UserAdmin() *account.UserAdmin {
	return &account.UserAdmin{Store: a.Store(), Recorder: a.AuditRecorder(), Random: rand.Reader, DefaultRegion: a.String("DEFAULT_REGION", "IR")}
}

// Profiles serves accounts that are there already.
func (a *App) Profiles() *account.Auth {
	return &account.Auth{
		Store: a.Store(), Attachments: a.Store(), Now: Now, NewID: a.NewID, Random: rand.Reader, DefaultRegion: a.String("DEFAULT_REGION", "IR"),
	}
}

// Auth lets people in and out. Functions that send codes or issue tokens
// add what that takes.
func (a *App) Auth() *account.Auth {
	service := a.Profiles()
	service.Key = a.Key()
	service.Limits = account.RateLimits{PerIP: a.Int("RATE_LIMIT_PER_IP", 100)}
	service.Blocked = &account.BlockedAddresses{}
	return service
}

// Serve runs an endpoint of the HTTP API. It does not return.
func (a *App) Serve(endpoint api.Endpoint) {
	server := &api.Server{Log: a.Log, Now: Now}
	if endpoint.ReadsCredentials() {
		server.Authenticator = a.Authenticator()
	}
	if a.String("APP_KEY", "") != "" {
		server.Key, server.Idempotency = a.Key(), a.Store()
	}
	a.Run(server.HTTP(endpoint))
}

// Run starts any Lambda handler, unless the environment was not right; then
// the function ends and its log says all that was missing. It does not return.
func (a *App) Run(handler any) {
	if err := a.Err(); err != nil {
		a.Log.ErrorContext(context.Background(), "cannot start", slog.Any("error", errors.Join(err)))
		os.Exit(1)
	}
	lambda.Start(handler)
}

// ConnectTokens lets sockets in.
func (a *App) ConnectTokens() *realtime.ConnectTokens {
	return &realtime.ConnectTokens{Store: a.Store(), Now: Now, Random: rand.Reader}
}

// AllowedOrigins are those of pages that may open sockets: the API's own (of API_URL,
// without the path of its stage) and the list in ALLOWED_ORIGINS.
func (a *App) AllowedOrigins() []string {
	apiURL, err := url.Parse(a.Required("API_URL"))
	if err != nil {
		a.Fail("API_URL", err)
		return nil
	}
	return append(a.List("ALLOWED_ORIGINS"), apiURL.Scheme+"://"+apiURL.Host)
}
