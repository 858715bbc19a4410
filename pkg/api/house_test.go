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
)

// Ids of the tests.
const (
	saraID  = "01ARZ3NDEKTSV4RRFFQ69G5SAR"
	rezaID  = "01ARZ3NDEKTSV4RRFFQ69G5REZ"
	aliID   = "01ARZ3NDEKTSV4RRFFQ69G5A01"
	minaID  = "01ARZ3NDEKTSV4RRFFQ69G5M01"
	shelfID = "01ARZ3NDEKTSV4RRFFQ69G5CAT"
	fileID  = "01ARZ3NDEKTSV4RRFFQ69G5F01"
	oneID   = "01BX5ZZKBKACTAV9WEVGEMMVRZ" // a ticket of Sara's
	otherID = "01BX5ZZKBKACTAV9WEVGEMMVS0"
	aULID   = "01BX5ZZKBKACTAV9WEVGEMMVS1"
)

var (
	sara = user.Principal{UserID: saraID, Role: user.RoleUser, Name: "Sara", Locale: "en", Session: "s1"}
	reza = user.Principal{UserID: rezaID, Role: user.RoleUser, Name: "Reza", Locale: "fa", Session: "s2"}
	ali  = user.Principal{UserID: aliID, Role: user.RoleSupport, Name: "Ali", Locale: "en", Session: "s3"}
	boss = user.Principal{UserID: minaID, Role: user.RoleAdmin, Name: "Mina", Locale: "en", Session: "s4"}
)

// house is the edge with all behind it in memory, at a time that a test moves.
type house struct {
	*shop
	server *api.Server
	desk   *ticket.Desk
	news   *api.News
	people *category.Catalogue
	issuer *auth.Issuer
	log    *bytes.Buffer
	now    time.Time
}

func newHouse(t *testing.T) *house {
	t.Helper()
	key, err := auth.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edge, err := auth.NewEdge(key.EdgeKey())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := auth.ParsePublicKeys(auth.EncodePublicKeys(key))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{shop: newShop(), log: &bytes.Buffer{}, now: time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time { return h.now }
	logger := slog.New(slog.NewTextHandler(h.log, nil))
	h.issuer = auth.NewIssuer(key, "test", now, id.NewSource(now, rand.Reader))
	h.server = &api.Server{Gate: &account.Gate{Verifier: auth.NewVerifier(keys, "test", now), Revocations: account.NewRevocations(h.shop, now)}, Edge: edge, Repeats: h.shop, Log: logger, Now: now}
	h.people = category.NewCatalogue(h.shop, now)
	h.desk = &ticket.Desk{Store: h.shop, Files: h.shop, People: h.shop, Categories: h.people, Now: now, ReopenWindow: 7 * 24 * time.Hour}
	h.news = &api.News{Hub: &realtime.Hub{Store: h.shop, Pusher: h.shop, Now: now}, Log: logger}
	return h
}

// token is an access token of a person.
func (h *house) token(who user.Principal) string {
	token, _, err := h.issuer.Issue(who)
	if err != nil {
		panic(err)
	}
	return token
}

// request is a call as API Gateway hands it over, before it is sent.
type request struct {
	events.APIGatewayV2HTTPRequest
}

func call(method, path, body string) *request {
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

// answer is a response, taken apart.
type answer struct {
	status  int
	headers map[string]string
	text    string
	body    map[string]any
}

// send gives a request to an endpoint, as somebody or, with the zero
// principal, as nobody.
func (h *house) send(t *testing.T, e api.Endpoint, who user.Principal, r *request) answer {
	t.Helper()
	if who.UserID != "" {
		r.with("authorization", "Bearer "+h.token(who))
	}
	out, err := h.server.HTTP(e)(context.Background(), r.APIGatewayV2HTTPRequest)
	if err != nil {
		t.Fatalf("the handler itself failed: %v", err)
	}
	return parse(t, out)
}

// parse takes a response apart.
func parse(t *testing.T, out events.APIGatewayV2HTTPResponse) answer {
	t.Helper()
	a := answer{status: out.StatusCode, headers: out.Headers, text: out.Body}
	if out.Body != "" {
		if err := json.Unmarshal([]byte(out.Body), &a.body); err != nil {
			t.Fatalf("the answer is no JSON object: %q", out.Body)
		}
	}
	return a
}

// code is the code of a problem, "" when the answer is none.
func (a answer) code() string {
	if a.headers["content-type"] != "application/problem+json" {
		return ""
	}
	code, _ := a.body["code"].(string)
	return code
}

// wrong are the pointers and codes of a problem's fields: "/title required".
func (a answer) wrong() []string {
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

// at digs a value out of the body.
func (a answer) at(names ...string) any {
	var value any = a.body
	for _, name := range names {
		m, _ := value.(map[string]any)
		value = m[name]
	}
	return value
}
