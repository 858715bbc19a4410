// Package memstore implements the store interfaces of the domain packages in
// memory, for tests. The conformance suite runs on it and on pkg/dynamo.
package memstore

import (
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/export"
	"ticketsystem/pkg/idempotency"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// Compile-time checks of the interfaces that other packages declare.
var (
	_ account.AttachmentStore       = (*Store)(nil)
	_ account.AuthStore             = (*Store)(nil)
	_ account.CookieStore           = (*Store)(nil)
	_ account.CredentialStore       = (*Store)(nil)
	_ account.OTPStore              = (*Store)(nil)
	_ account.ProfileStore          = (*Store)(nil)
	_ account.RevocationStore       = (*Store)(nil)
	_ account.KeyStore              = (*Store)(nil)
	_ account.SessionStore          = (*Store)(nil)
	_ account.TokenStore            = (*Store)(nil)
	_ account.UserAdminStore        = (*Store)(nil)
	_ account.UserDirectoryStore    = (*Store)(nil)
	_ attachment.Store              = (*Store)(nil)
	_ audit.Store                   = (*Store)(nil)
	_ broadcast.Store               = (*Store)(nil)
	_ broadcast.UserStore           = (*Store)(nil)
	_ category.AdminStore           = (*Store)(nil)
	_ category.Store                = (*Store)(nil)
	_ idempotency.Store             = (*Store)(nil)
	_ limit.BlockStore              = (*Store)(nil)
	_ limit.Store                   = (*Store)(nil)
	_ notification.DeliveryStore    = (*Store)(nil)
	_ notification.Store            = (*Store)(nil)
	_ notification.PushStore        = (*Store)(nil)
	_ notification.SuppressionStore = (*Store)(nil)

	_ notification.SuppressionAdminStore = (*Store)(nil)
	_ realtime.Store                     = (*Store)(nil)
	_ ticket.AttachmentStore             = (*Store)(nil)
	_ ticket.DeleteStore                 = (*Store)(nil)
	_ ticket.Store                       = (*Store)(nil)
	_ ticket.TimerStore                  = (*Store)(nil)
)

// errItemTooLarge is returned if an item or key exceeds a limit of DynamoDB.
var errItemTooLarge = errors.New("memstore: item exceeds a limit of DynamoDB")

// Limits of DynamoDB, in bytes.
const (
	maxItemSize     = 400 << 10
	maxPartitionKey = 2048
	maxSortKey      = 1024
)

// Store is an in-memory store. It is safe for concurrent use. Operations are
// atomic; the hooks run outside of its lock and may call it.
type Store struct {
	// Before, if set, runs before each operation. If it returns an error, the
	// operation fails with it and has no effect. key identifies what the
	// operation reads or writes, for example the ticket, user or topic.
	Before func(operation, key string) error
	// After, if set, runs after each operation that succeeded. If it returns an
	// error, the operation fails with it but has taken effect, like a lost response.
	After func(operation, key string) error

	now func() time.Time
	*data
}

// data is the content of a store.
type data struct {
	mu          sync.Mutex
	calls       map[string]int
	tickets     map[string]*ticketPartition
	timers      map[string]timer
	attachments map[string]storedAttachment
	categories  map[string]category.Category
	revision    int // of the categories
	audit       []audit.Record

	logins       map[string]account.Login
	attempts     map[string]attempts
	users        map[string]user.User
	admins       map[string]bool
	sessions     map[string]account.Session // by family
	exports      map[string]export.Export   // by user
	codes        map[codeKey]account.OneTimeCode
	counters     map[limit.Counter]int
	reservations map[limit.Counter]reservation
	revocations  map[string][]user.Revocation
	publicKeys   auth.PublicKeys
	publishedAt  time.Time
	blocks       []limit.Block
	entryCounts  map[string]entryCount // by user and day

	startedSessions map[string]map[string]bool // by user and hour
	blockedLogins   map[string]loginBlock      // by phone number

	notifications map[string]map[string]storedNotification // by user and ID
	unread        map[string]unreadCount
	suppressed    map[string]notification.Suppression // by address
	smsQuota      map[string]int
	push          map[string][]notification.PushSubscription // by user
	broadcasts    map[string]*storedBroadcast

	tokens        map[string]connectToken
	connections   map[string]realtime.Connection
	subscriptions map[string]map[string]subscription // by topic and connection
	requests      map[string]idempotency.Record
}

// New returns an empty Store. now decides what has expired.
func New(now func() time.Time) *Store {
	return &Store{now: now, data: &data{
		calls: map[string]int{}, tickets: map[string]*ticketPartition{}, timers: map[string]timer{},
		attachments: map[string]storedAttachment{}, categories: map[string]category.Category{},
		logins: map[string]account.Login{}, attempts: map[string]attempts{}, users: map[string]user.User{}, admins: map[string]bool{},
		sessions: map[string]account.Session{}, exports: map[string]export.Export{}, codes: map[codeKey]account.OneTimeCode{}, counters: map[limit.Counter]int{},
		reservations: map[limit.Counter]reservation{},
		revocations:  map[string][]user.Revocation{}, entryCounts: map[string]entryCount{}, startedSessions: map[string]map[string]bool{}, blockedLogins: map[string]loginBlock{}, notifications: map[string]map[string]storedNotification{},
		unread: map[string]unreadCount{}, suppressed: map[string]notification.Suppression{}, smsQuota: map[string]int{}, push: map[string][]notification.PushSubscription{}, broadcasts: map[string]*storedBroadcast{},
		tokens: map[string]connectToken{}, connections: map[string]realtime.Connection{},
		subscriptions: map[string]map[string]subscription{}, requests: map[string]idempotency.Record{},
	}}
}

// WithClock returns a store over the same data with another clock and no hooks.
func (s *Store) WithClock(now func() time.Time) *Store { return &Store{now: now, data: s.data} }

// Calls returns how often the operations were called.
func (s *Store) Calls(operations ...string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := 0
	for _, operation := range operations {
		sum += s.calls[operation]
	}
	return sum
}

// do runs an operation under the lock, between the hooks.
func (s *Store) do(operation, key string, fn func() error) error {
	if s.Before != nil {
		if err := s.Before(operation, key); err != nil {
			return err
		}
	}
	if err := s.locked(operation, fn); err != nil {
		return err
	}
	if s.After != nil {
		return s.After(operation, key)
	}
	return nil
}

func (s *Store) locked(operation string, fn func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[operation]++
	return fn()
}

// checkItem applies DynamoDB's limits to an item. The size is that of the
// item's JSON, which is close enough.
func checkItem(partitionKey, sortKey string, item any) error {
	data, err := json.Marshal(item)
	if err != nil {
		return err
	}
	if len(data) > maxItemSize || len(partitionKey) > maxPartitionKey-len("T#") || len(sortKey) > maxSortKey-len("S#") {
		return errItemTooLarge
	}
	return nil
}

// page returns up to limit values of a sorted list that follow the cursor, and
// the next cursor, which is nil on the last page. It returns apperr.BadCursor
// if the cursor belongs to a list with another name.
func page[T any](list string, all []T, keyOf func(T) string, limit int, cursor map[string]string) ([]T, map[string]string, error) {
	if cursor != nil {
		if cursor["list"] != list {
			return nil, nil, apperr.New(apperr.BadCursor, "")
		}
		i := slices.IndexFunc(all, func(v T) bool { return keyOf(v) == cursor["after"] })
		all = all[i+1:]
	}
	if len(all) <= limit {
		return all, nil, nil
	}
	return all[:limit], map[string]string{"list": list, "after": keyOf(all[limit-1])}, nil
}
