package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// Ids used by the tests.
const (
	saraID    = "01ARZ3NDEKTSV4RRFFQ69G5SAR"
	rezaID    = "01ARZ3NDEKTSV4RRFFQ69G5REZ"
	aliID     = "01ARZ3NDEKTSV4RRFFQ69G5A01"
	minaID    = "01ARZ3NDEKTSV4RRFFQ69G5M01"
	billingID = "01ARZ3NDEKTSV4RRFFQ69G5CAT"
	fileID    = "01ARZ3NDEKTSV4RRFFQ69G5F01"
	oneID     = "01BX5ZZKBKACTAV9WEVGEMMVRZ" // id of a ticket of Sara
	otherID   = "01BX5ZZKBKACTAV9WEVGEMMVS0"
	aULID     = "01BX5ZZKBKACTAV9WEVGEMMVS1"
)

var (
	sara = user.Principal{UserID: saraID, Role: user.RoleUser, Name: "Sara", Locale: "en", Session: "s1"}
	reza = user.Principal{UserID: rezaID, Role: user.RoleUser, Name: "Reza", Locale: "fa", Session: "s2"}
	ali  = user.Principal{UserID: aliID, Role: user.RoleSupport, Name: "Ali", Locale: "en", Session: "s3"}
	mina = user.Principal{UserID: minaID, Role: user.RoleAdmin, Name: "Mina", Locale: "en", Session: "s4"}
)

// fixture is the API with in-memory stores and a clock that the test sets.
type fixture struct {
	*memStore
	server     *api.Server
	tickets    *ticket.Service
	publisher  *recordingPublisher
	categories *category.Cache
	issuer     *auth.Issuer
	log        *bytes.Buffer
	now        time.Time
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
	fx := &fixture{log: &bytes.Buffer{}, now: time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time { return fx.now }
	fx.memStore = newMemStore(now)
	logger := slog.New(slog.NewTextHandler(fx.log, nil))
	fx.issuer = auth.NewIssuer(signing, "test", now, id.NewGenerator(now, rand.Reader))
	fx.server = &api.Server{Authenticator: &account.Authenticator{Verifier: auth.NewVerifier(auth.KeySet{signing}.Public(), "test", now), Revocations: account.NewRevocationCache(fx.memStore, now)}, Key: key, Idempotency: fx.memStore, Log: logger, Now: now, KeysPerIP: 100}
	fx.categories = category.NewCache(fx.memStore, now)
	fx.tickets = &ticket.Service{Store: fx.memStore, Attachments: fx.memStore, Users: fx.memStore, Categories: fx.categories, Now: now, ReopenWindow: 7 * 24 * time.Hour}
	fx.publisher = &recordingPublisher{}
	return fx
}

// token returns an access token.
func (fx *fixture) token(actor user.Principal) string {
	token, _, err := fx.issuer.Issue(actor)
	if err != nil {
		panic(err)
	}
	return token
}

// recordingPublisher records the published entries.
type recordingPublisher struct{ entries []ticket.Entry }

func (p *recordingPublisher) PublishEntry(_ context.Context, _ ticket.Ticket, e ticket.Entry, _ string) {
	p.entries = append(p.entries, e)
}

// request is an API Gateway event under construction.
type request struct {
	events.APIGatewayV2HTTPRequest
}

// pathID matches the placeholder and the ids in the paths of the tests.
var pathID = regexp.MustCompile(`/(?:x|[0-9A-Z]{26})(/|$)`)

func newRequest(method, path, body string) *request {
	r := &request{}
	r.RawPath, r.Body, r.Headers, r.PathParameters = path, body, map[string]string{}, map[string]string{"id": oneID}
	r.RequestContext.HTTP.Method, r.RequestContext.HTTP.SourceIP = method, "1.2.3.4"
	r.RequestContext.RequestID, r.RequestContext.Stage = "request-1", "$default"
	r.RouteKey = method + " " + pathID.ReplaceAllString(path, "/{id}$1")
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

// response is a parsed response.
type response struct {
	status  int
	headers map[string]string
	text    string
	body    map[string]any
}

// send sends a request to an endpoint. It authenticates as actor unless actor is zero.
func (fx *fixture) send(t *testing.T, e api.Endpoint, actor user.Principal, r *request) response {
	t.Helper()
	if actor.UserID != "" {
		r.with("authorization", "Bearer "+fx.token(actor))
	}
	out, err := fx.server.HTTP(e)(context.Background(), r.APIGatewayV2HTTPRequest)
	if err != nil {
		t.Fatalf("the handler returned an error: %v", err)
	}
	return parseResponse(t, out)
}

// parseResponse parses a response, whose body must be empty, CSV or a JSON object.
func parseResponse(t *testing.T, out events.APIGatewayV2HTTPResponse) response {
	t.Helper()
	a := response{status: out.StatusCode, headers: out.Headers, text: out.Body}
	if out.Body != "" && !strings.HasPrefix(out.Headers["content-type"], "text/csv") {
		if err := json.Unmarshal([]byte(out.Body), &a.body); err != nil {
			t.Fatalf("the response is not a JSON object: %q", out.Body)
		}
	}
	return a
}

// code returns the code of a problem document, "" for other responses.
func (a response) code() string {
	if a.headers["content-type"] != "application/problem+json" {
		return ""
	}
	code, _ := a.body["code"].(string)
	return code
}

// fieldErrors returns pointers and codes of the invalid fields: "/title required".
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

// field returns the value at a path of the body.
func (a response) field(names ...string) any {
	var value any = a.body
	for _, name := range names {
		m, _ := value.(map[string]any)
		value = m[name]
	}
	return value
}
