package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/ws"
)

// Ids of the tests.
const (
	saraID    = "01ARZ3NDEKTSV4RRFFQ69G5SAR"
	rezaID    = "01ARZ3NDEKTSV4RRFFQ69G5REZ"
	aliID     = "01ARZ3NDEKTSV4RRFFQ69G5A01"
	minaID    = "01ARZ3NDEKTSV4RRFFQ69G5M01"
	billingID = "01ARZ3NDEKTSV4RRFFQ69G5CAT"
	fileID    = "01ARZ3NDEKTSV4RRFFQ69G5F01"
	oneID     = "01BX5ZZKBKACTAV9WEVGEMMVRZ" // a ticket of Sara's
	otherID   = "01BX5ZZKBKACTAV9WEVGEMMVS0"
	aULID     = "01BX5ZZKBKACTAV9WEVGEMMVS1"
)

var (
	sara = user.Principal{UserID: saraID, Role: user.RoleUser, Name: "Sara", Locale: "en", Session: "s1"}
	reza = user.Principal{UserID: rezaID, Role: user.RoleUser, Name: "Reza", Locale: "fa", Session: "s2"}
	ali  = user.Principal{UserID: aliID, Role: user.RoleSupport, Name: "Ali", Locale: "en", Session: "s3"}
	mina = user.Principal{UserID: minaID, Role: user.RoleAdmin, Name: "Mina", Locale: "en", Session: "s4"}
)

// fixture is the edge with all behind it in memory, at a time that a test moves.
type fixture struct {
	*memStore
	server     *api.Server
	tickets    *ticket.Service
	publisher  *ws.Publisher
	categories *category.Cache
	issuer     *auth.Issuer
	log        *bytes.Buffer
	now        time.Time
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	key, err := auth.GeneratePrivateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edge, err := auth.NewSecretKey(key.DeriveSecretKey())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := auth.ParsePublicKeys(auth.EncodePublicKeys(key))
	if err != nil {
		t.Fatal(err)
	}
	fx := &fixture{memStore: newMemStore(), log: &bytes.Buffer{}, now: time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time { return fx.now }
	logger := slog.New(slog.NewTextHandler(fx.log, nil))
	fx.issuer = auth.NewIssuer(key, "test", now, id.NewGenerator(now, rand.Reader))
	fx.server = &api.Server{Authenticator: &account.Authenticator{Verifier: auth.NewVerifier(keys, "test", now), Revocations: account.NewRevocationCache(fx.memStore, now)}, Key: edge, Idempotency: fx.memStore, Log: logger, Now: now}
	fx.categories = category.NewCache(fx.memStore, now)
	fx.tickets = &ticket.Service{Store: fx.memStore, Attachments: fx.memStore, Agents: fx.memStore, Categories: fx.categories, Now: now, ReopenWindow: 7 * 24 * time.Hour}
	fx.publisher = &ws.Publisher{Hub: &realtime.Hub{Store: fx.memStore, Pusher: fx.memStore, Now: now}, Log: logger}
	return fx
}

// token is an access token of a person.
func (fx *fixture) token(actor user.Principal) string {
	token, _, err := fx.issuer.Issue(actor)
	if err != nil {
		panic(err)
	}
	return token
}

// request is a call as API Gateway hands it over, before it is sent.
type request struct {
	events.APIGatewayV2HTTPRequest
}

func newRequest(method, path, body string) *request {
	r := &request{}
	r.RawPath, r.Body, r.Headers, r.PathParameters = path, body, map[string]string{}, map[string]string{"id": oneID}
	r.RequestContext.HTTP.Method, r.RequestContext.HTTP.SourceIP = method, "1.2.3.4"
	r.RequestContext.RequestID, r.RequestContext.Stage = "request-1", "$default"
	if body != "" {
		r.Headers["content-type"] = "application/json"
	}
	return r
}

func (r *request) with(header, value string) *request {
	r.Headers[header] = value
	return r
}

func (r *request) query(query string) *request {
	r.RawQueryString = query
	return r
}

// response is a response, taken apart.
type response struct {
	status  int
	headers map[string]string
	text    string
	body    map[string]any
}

// send gives a request to an endpoint, as somebody or, with the zero
// principal, as nobody.
func (fx *fixture) send(t *testing.T, e api.Endpoint, actor user.Principal, r *request) response {
	t.Helper()
	if actor.UserID != "" {
		r.with("authorization", "Bearer "+fx.token(actor))
	}
	out, err := fx.server.HTTP(e)(context.Background(), r.APIGatewayV2HTTPRequest)
	if err != nil {
		t.Fatalf("the handler itself failed: %v", err)
	}
	return parseResponse(t, out)
}

// parseResponse takes a response apart.
func parseResponse(t *testing.T, out events.APIGatewayV2HTTPResponse) response {
	t.Helper()
	a := response{status: out.StatusCode, headers: out.Headers, text: out.Body}
	if out.Body != "" {
		if err := json.Unmarshal([]byte(out.Body), &a.body); err != nil {
			t.Fatalf("the answer is no JSON object: %q", out.Body)
		}
	}
	return a
}

// code is the code of a problem, "" when the answer is none.
func (a response) code() string {
	if a.headers["content-type"] != "application/problem+json" {
		return ""
	}
	code, _ := a.body["code"].(string)
	return code
}

// fieldErrors are the pointers and codes of a problem's fields: "/title required".
func (a response) fieldErrors() []string {
	var out []string
	list, _ := a.body["errors"].([]any)
	for _, one := range list {
		field, _ := one.(map[string]any)
		pointer, _ := field["pointer"].(string)
		code, _ := field["code"].(string)
		out = append(out, pointer+" "+code)
	}
	return out
}

// field digs a value out of the body.
func (a response) field(names ...string) any {
	var value any = a.body
	for _, name := range names {
		m, _ := value.(map[string]any)
		value = m[name]
	}
	return value
}
