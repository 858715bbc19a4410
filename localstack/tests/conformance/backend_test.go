package conformance

import (
	"context"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/export"
	"ticketsystem/pkg/idempotency"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
)

// testStore is a store that implements the interfaces of all domain packages.
type testStore interface {
	export.Store
	account.AttachmentStore
	account.CookieStore
	account.KeyStore
	account.RevocationStore
	account.SessionStore
	account.Store
	account.UserAdminStore
	attachment.Store
	audit.Store
	broadcast.Store
	broadcast.RecipientStore
	broadcast.UserStore
	category.AdminStore
	category.Store
	idempotency.Store
	limit.BlockStore
	limit.Store
	notification.DeliveryStore
	notification.FailedDeliveryStore
	notification.PushStore
	notification.Store
	notification.SuppressionStore
	notification.SuppressionAdminStore
	realtime.Store
	stream.SeenStore
	stream.SessionStore
	ticket.AttachmentStore
	ticket.DeleteStore
	ticket.Store
	PutAccount(ctx context.Context, l account.Login) error
	SaveCategory(ctx context.Context, c category.Category) error
}

// backend is an implementation of testStore. All stores of a backend that at
// returns share their data.
type backend struct {
	name     string
	at       func(now func() time.Time) testStore
	isolated func() testStore // returns a store with its own data
}

// open returns the store under test.
func (db backend) open() testStore { return db.at(app.Now) }

// after returns the store under test with its clock d ahead.
func (db backend) after(d time.Duration) testStore {
	return db.at(func() time.Time { return app.Now().Add(d) })
}

// onDynamo is the backend of pkg/dynamo. Its isolated stores need a test, see
// forEachBackend.
var onDynamo = backend{
	name: "dynamo",
	at:   func(now func() time.Time) testStore { return dynamo.New(env.config, env.table, now) },
}

// forEachBackend runs a test on pkg/dynamo and on pkg/memstore.
func forEachBackend(t *testing.T, run func(t *testing.T, db backend)) {
	t.Helper()
	forBackends(t, run, onDynamo)
}

// forEachListBackend is forEachBackend, and also runs on pkg/dynamo while the number of shards
// changes.
func forEachListBackend(t *testing.T, run func(t *testing.T, db backend)) {
	t.Helper()
	forBackends(t, run, onDynamo, whileShardsChange(t))
}

func forBackends(t *testing.T, run func(t *testing.T, db backend), tables ...backend) {
	t.Helper()
	memory := memstore.New(app.Now)
	for _, db := range append(tables, backend{
		name:     "memstore",
		at:       func(now func() time.Time) testStore { return memory.WithClock(now) },
		isolated: func() testStore { return memstore.New(app.Now) },
	}) {
		t.Run(db.name, func(t *testing.T) {
			if db.isolated == nil {
				db.isolated = func() testStore { return newIsolatedStore(t) }
			}
			run(t, db)
		})
	}
}
