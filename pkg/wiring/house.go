package wiring

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
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
)

// House makes the parts of one function from its environment. What is missing
// is gathered and told at once, when the function starts to serve. Parts that
// need further clients are in the packages below this one, so that a binary
// links the clients that it uses and no others.
type House struct {
	*Env
	Log   *slog.Logger
	ids   id.Source
	table *table.Table

	revocations *account.Revocations
}

// Open makes the House of this process.
func Open() *House {
	return &House{Env: NewEnv(os.LookupEnv), ids: id.NewSource(Now, rand.Reader), Log: slog.New(slog.NewJSONHandler(os.Stdout, nil))}
}

// Now is the time as the house keeps it: UTC, to the millisecond.
func Now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// NewID makes ULIDs.
func (h *House) NewID() string { return h.ids() }

// Table is the one table, from TABLE_NAME.
func (h *House) Table() *table.Table {
	if h.table == nil {
		h.table = table.New(h.AWS("DYNAMODB"), h.Need("TABLE_NAME"), Now)
	}
	return h.table
}

// Edge is the key of the edge, from EDGE_KEY.
func (h *House) Edge() auth.Edge {
	edge, err := auth.NewEdge(h.Need("EDGE_KEY"))
	if err != nil {
		h.Problem("EDGE_KEY", err)
	}
	return edge
}

// Verifier checks access tokens, with TOKEN_PUBLIC_KEYS and TOKEN_ISSUER.
func (h *House) Verifier() *auth.Verifier {
	keys, err := auth.ParsePublicKeys(h.Need("TOKEN_PUBLIC_KEYS"))
	if err != nil {
		h.Problem("TOKEN_PUBLIC_KEYS", err)
	}
	return auth.NewVerifier(keys, h.Need("TOKEN_ISSUER"), Now)
}

// Revocations is the copy of the revocations that all parts of a function share.
func (h *House) Revocations() *account.Revocations {
	if h.revocations == nil {
		h.revocations = account.NewRevocations(h.Table(), Now)
	}
	return h.revocations
}

// Gate knows who comes.
func (h *House) Gate() *account.Gate {
	return &account.Gate{Verifier: h.Verifier(), Revocations: h.Revocations(), Cookies: h.Table(), Now: Now}
}

// Desk is where tickets are worked on, with REOPEN_DAYS.
func (h *House) Desk() *ticket.Desk {
	t := h.Table()
	return &ticket.Desk{
		Store: t, Files: t, People: t, Categories: h.Catalogue(), Now: Now,
		ReopenWindow: time.Duration(h.Int("REOPEN_DAYS", 7)) * 24 * time.Hour,
	}
}

// Catalogue is the list of categories.
func (h *House) Catalogue() *category.Catalogue { return category.NewCatalogue(h.Table(), Now) }

// Maker makes notifications of what happens to tickets.
func (h *House) Maker() *notification.Maker {
	return &notification.Maker{Store: h.Table(), Tickets: h.Table(), People: h.Table(), Now: Now}
}

// Patience is how long tickets may stand still, from REMINDER_DAYS, PENDING_DAYS
// and RESOLVED_DAYS.
func (h *House) Patience() ticket.Patience {
	return ticket.Patience{Reminder: h.Days("REMINDER_DAYS", 3), Pending: h.Days("PENDING_DAYS", 7), Resolved: h.Days("RESOLVED_DAYS", 5)}
}

// Clock moves tickets that have stood still for too long.
func (h *House) Clock() *ticket.Clock {
	return &ticket.Clock{Desk: h.Desk(), Timers: h.Table(), Patience: h.Patience(), Remind: h.Maker().Remind}
}

// CatalogueEditor changes that list.
func (h *House) CatalogueEditor() *category.Editor {
	return &category.Editor{Shelf: h.Table(), Pen: h.Pen()}
}

// Pen writes what administrators did.
func (h *House) Pen() audit.Pen { return audit.Pen{Now: Now, NewID: h.NewID} }

// Registry is the book of people. Functions that change their rights add who
// shuts them out.
func (h *House) Registry() *account.Registry {
	return &account.Registry{Ledger: h.Table(), Pen: h.Pen(), Random: rand.Reader, Region: h.Or("DEFAULT_REGION", "IR")}
}

// People serves accounts that are there already.
func (h *House) People() *account.Service {
	return &account.Service{
		Store: h.Table(), Files: h.Table(), Now: Now, NewID: h.NewID, Random: rand.Reader, Region: h.Or("DEFAULT_REGION", "IR"),
	}
}

// FrontDesk lets people in and out. Functions that send codes or issue tokens
// add what that takes.
func (h *House) FrontDesk() *account.Service {
	people := h.People()
	people.Edge = h.Edge()
	people.Limits = account.Limits{PerAddress: h.Int("ADDRESS_LIMIT", 100)}
	people.Addresses = &account.Addresses{}
	return people
}

// Serve runs an endpoint of the HTTP API. It does not return.
func (h *House) Serve(e api.Endpoint) {
	s := &api.Server{Log: h.Log, Now: Now}
	if e.Access != api.Anyone {
		s.Gate = h.Gate()
	}
	if h.Or("EDGE_KEY", "") != "" {
		s.Edge, s.Repeats = h.Edge(), h.Table()
	}
	h.Run(s.HTTP(e))
}

// Run starts any Lambda handler, unless the environment was not right; then
// the function ends and its log says all that was missing. It does not return.
func (h *House) Run(handler any) {
	if err := h.Err(); err != nil {
		h.Log.ErrorContext(context.Background(), "cannot start", slog.Any("error", errors.Join(err)))
		os.Exit(1)
	}
	lambda.Start(handler)
}

// Door lets sockets in.
func (h *House) Door() *realtime.Door {
	return &realtime.Door{Store: h.Table(), Now: Now, Random: rand.Reader}
}

// Origins are those of pages that may open sockets: the API's own (of API_URL,
// without the path of its stage) and the list in ALLOWED_ORIGINS.
func (h *House) Origins() []string {
	own, err := url.Parse(h.Need("API_URL"))
	if err != nil {
		h.Problem("API_URL", err)
		return nil
	}
	return append(h.List("ALLOWED_ORIGINS"), own.Scheme+"://"+own.Host)
}
