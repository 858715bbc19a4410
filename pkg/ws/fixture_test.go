package ws_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/ws"
)

// Ids used by the tests.
const (
	saraID    = "01ARZ3NDEKTSV4RRFFQ69G5SAR"
	rezaID    = "01ARZ3NDEKTSV4RRFFQ69G5REZ"
	aliID     = "01ARZ3NDEKTSV4RRFFQ69G5A01"
	billingID = "01ARZ3NDEKTSV4RRFFQ69G5CAT"
	oneID     = "01BX5ZZKBKACTAV9WEVGEMMVRZ" // id of a ticket of Sara
	otherID   = "01BX5ZZKBKACTAV9WEVGEMMVS0"
	aULID     = "01BX5ZZKBKACTAV9WEVGEMMVS1"
)

var (
	sara = user.Principal{UserID: saraID, Role: user.RoleUser, Name: "Sara", Locale: "en", Session: "s1"}
	reza = user.Principal{UserID: rezaID, Role: user.RoleUser, Name: "Reza", Locale: "fa", Session: "s2"}
	ali  = user.Principal{UserID: aliID, Role: user.RoleSupport, Name: "Ali", Locale: "en", Session: "s3"}
)

var errStoreDown = errors.New("secret: table at 10.0.0.7 unreachable")

// fixture is the WebSocket API with in-memory stores and a clock that the test sets. It has a
// ticket of Sara and open connections: two of Sara, one each of Ali and Reza.
type fixture struct {
	*memStore
	handler *ws.Handler
	connect *ws.ConnectHandler
	tickets *ticket.Service
	issuer  *auth.Issuer
	key     auth.SecretKey
	log     *bytes.Buffer
	now     time.Time
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	signing, err := auth.GeneratePrivateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := auth.NewSecretKey("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	if err != nil {
		t.Fatal(err)
	}
	fx := &fixture{key: key, log: &bytes.Buffer{}, now: time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time { return fx.now }
	store := &memStore{Store: memstore.New(now)}
	must(store.SaveCategory(context.Background(), category.Category{ID: billingID, Names: map[string]string{"en": "Billing"}, Active: true}))
	store.Before = func(string, string) error {
		if store.down {
			return errStoreDown
		}
		return nil
	}
	log := slog.New(slog.NewTextHandler(fx.log, nil))
	hub := &realtime.Hub{Store: store, Pusher: store, Now: now}
	fx.memStore = store
	fx.issuer = auth.NewIssuer(signing, "test", now, id.NewGenerator(now, rand.Reader))
	fx.tickets = &ticket.Service{Store: store, Attachments: store, Users: store, Categories: category.NewCache(store, now), Now: now, ReopenWindow: 7 * 24 * time.Hour}
	authenticator := &account.Authenticator{Verifier: auth.NewVerifier(auth.KeySet{signing}.Public(), "test", now), Revocations: account.NewRevocationCache(store, now), Cookies: store, Now: now}
	fx.handler = &ws.Handler{Store: store, Revocations: authenticator.Revocations, Hub: hub, Publisher: &ws.Publisher{Hub: hub, Revocations: authenticator.Revocations, Log: log}, Log: log, Now: now}
	fx.connect = &ws.ConnectHandler{
		Store: store, Tokens: &realtime.ConnectTokens{Store: store, Now: now, Random: rand.Reader}, Authenticator: authenticator,
		AllowedOrigins: []string{"https://app.ir", "https://api.ir"}, Log: log, Now: now,
	}
	for _, p := range []user.Principal{sara, reza, ali} {
		must(store.CreateSession(context.Background(), account.Session{Family: p.Session, ExpiresAt: fx.now.Add(account.SessionTTL), User: user.User{ID: p.UserID, Role: p.Role}}, nil))
	}
	fx.addTicket(oneID, "message", "note")
	for id, actor := range map[string]user.Principal{"sara1": sara, "sara2": sara, "ali1": ali, "reza1": reza} {
		fx.open(id, actor, fx.now)
	}
	return fx
}

// token returns an access token.
func (fx *fixture) token(actor user.Principal) string {
	token, _, err := fx.issuer.Issue(actor)
	must(err)
	return token
}

// memStore is the in-memory store of the tests and their pusher. It records the pushed frames.
type memStore struct {
	*memstore.Store

	mu     sync.Mutex
	down   bool // all operations fail
	frames []frame
}

// frame is a frame pushed to a connection.
type frame struct {
	to   string
	body map[string]any
}

// field returns the value at a path of the frame.
func (f frame) field(names ...string) any {
	var value any = f.body
	for _, name := range names {
		m, _ := value.(map[string]any)
		value = m[name]
	}
	return value
}

// fieldErrors returns pointers and codes of the invalid fields of a problem: "/title required".
func (f frame) fieldErrors() []string {
	var out []string
	list, _ := f.field("problem", "errors").([]any)
	for _, one := range list {
		field, _ := one.(map[string]any)
		pointer, _ := field["pointer"].(string)
		code, _ := field["code"].(string)
		out = append(out, pointer+" "+code)
	}
	return out
}

// must panics if the preparation of a test fails.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func must2[T any](value T, err error) T {
	must(err)
	return value
}

// addTicket stores a ticket of Sara with one entry per kind, by Ali and Sara in turn.
func (s *memStore) addTicket(ticketID string, kinds ...ticket.Kind) {
	must(s.SeedTicket(ticketID, sara, ali, ticket.Category{ID: billingID, Names: map[string]string{"en": "Billing", "fa": "مالی"}}, kinds...))
}

// ticketLog returns the log of a ticket.
func (s *memStore) ticketLog(ticketID string) ticket.Log {
	log, err := s.ReadLogFrom(context.Background(), ticketID, 1)
	must(err)
	return log
}

// open stores a connection with its subscriptions. It expires in an hour.
func (s *memStore) open(id string, actor user.Principal, now time.Time) {
	c := realtime.Connection{ID: id, Principal: actor, OpenedAt: now, ExpiresAt: now.Add(time.Hour)}
	must(s.AddConnection(context.Background(), c))
	_, err := s.Subscribe(context.Background(), c, realtime.UserTopic(actor.UserID))
	must(err)
}

// connection returns a stored connection.
func (s *memStore) connection(id string) (realtime.Connection, bool) {
	c, found, err := s.Connection(context.Background(), id)
	must(err)
	return c, found
}

// topics returns the topics of a connection.
func (s *memStore) topics(id string) []string {
	c, _ := s.connection(id)
	return c.Topics
}

// Send implements realtime.Pusher.
func (s *memStore) Send(_ context.Context, connectionID string, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := frame{to: connectionID}
	err := json.Unmarshal(data, &f.body)
	s.frames = append(s.frames, f)
	return err
}

// send runs an action with a frame. It returns the pushed frames by connection: "sara1: ack".
func (fx *fixture) send(t *testing.T, run ws.Action, from, body string) []string {
	t.Helper()
	fx.frames = nil
	var event events.APIGatewayWebsocketProxyRequest
	event.Body, event.RequestContext.ConnectionID, event.RequestContext.RequestID = body, from, "request-1"
	out, err := fx.handler.Handle(run)(context.Background(), event)
	if err != nil || out.StatusCode != http.StatusOK {
		t.Fatalf("got %d, %v: want 200 to keep the connection open", out.StatusCode, err)
	}
	var pushed []string
	for _, f := range fx.frames {
		pushed = append(pushed, fmt.Sprint(f.to, ": ", f.body["type"]))
	}
	slices.Sort(pushed)
	return pushed
}

// reply returns the first frame pushed to a connection.
func (fx *fixture) reply(from string) frame {
	for _, f := range fx.frames {
		if f.to == from {
			return f
		}
	}
	return frame{}
}

func (fx *fixture) actions() map[string]ws.Action {
	return map[string]ws.Action{
		"ping": fx.handler.Ping, "subscribe": fx.handler.Subscribe(fx.tickets), "unsubscribe": fx.handler.Unsubscribe(fx.tickets), "message": fx.handler.Message(fx.tickets),
		"typing": fx.handler.Typing(fx.tickets), "read": fx.handler.Read(fx.tickets), "": fx.handler.Default,
	}
}
