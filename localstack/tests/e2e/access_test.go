package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ticketsystem/localstack/testkit/client"
	"ticketsystem/pkg/awstest"
	"ticketsystem/pkg/dynamo"
)

// TestCookie_AllRoutes calls every route with the session cookie of a browser, last
// used hours ago, and every POST with an Idempotency-Key. No response may be a server
// error.
func TestCookie_AllRoutes(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		t.Log("session ages can be set in the local stack only")
		return
	}
	config := awstest.Config()
	config.BaseEndpoint = aws.String(suite.local.DynamoDBURL)
	sessions := dynamo.New(config, suite.local.TableName, time.Now)

	account := createUser(t, "admin")
	browser := newBrowserSession(t, testUser{t, suite.api.WithTokens(client.Tokens{User: account.UserProfile})})
	mine, _ := sessionsOf(t, browser.call)
	routes := servedRoutes(t)
	slices.SortFunc(routes, func(a, b string) int {
		return strings.Compare(strings.ReplaceAll(a, "/logout", "~"), strings.ReplaceAll(b, "/logout", "~"))
	}) // it ends all sessions
	// Routes that need a filter.
	routes = append([]string{"GET /tickets?category={id}", "GET /users?role=support"}, routes...)
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		if method == "socket" || path == "$default" {
			continue
		}
		if err := sessions.TouchSession(t.Context(), account.ID, mine.ID, time.Now().Add(-3*time.Hour)); err != nil {
			t.Fatal(err)
		}
		var body any
		options := []client.Option(nil)
		if method == "POST" || method == "PATCH" {
			body = object{}
		}
		if method == "POST" {
			options = append(options, client.IdempotencyKey(client.NewID()))
		}
		path = strings.ReplaceAll(path, "{id}", client.NewID())
		if response := browser.call(method, path, body, options...); response.Status >= 500 || response.Status == 401 {
			t.Errorf("%s: got %s", route, response)
		}
	}
}

// TestGrantAdmin grants the admin role to an existing user and to an unknown phone
// number. Repeating it changes nothing.
func TestGrantAdmin(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		t.Log("functions can be invoked through the local stack only")
		return
	}
	for name, phone := range map[string]string{"a customer": customer(t).Profile.Phone, "unknown phone": client.RandomPhone()} {
		var first, again struct{ ID, Phone, Role string }
		for _, granted := range []any{&first, &again} {
			if err := suite.api.InvokeFunction(t.Context(), "admin-grant", object{"phone": phone}, granted); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if first != again || first.Role != "admin" || first.Phone != phone {
			t.Errorf("%s: got %+v, then %+v", name, first, again)
		}
		signInByCode(t, phone).get("/users?limit=1", nil)
	}
}

// TestGrantAdmin_NoPassword checks that a user without a password, who becomes an administrator,
// gets one and is signed out.
func TestGrantAdmin_NoPassword(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		t.Log("functions can be invoked through the local stack only")
		return
	}
	phone := client.RandomPhone()
	staff(t, adminPhone).mustCall(201, "POST", "/users", object{"phone": phone, "role": "user"}, nil)
	me := signInByCode(t, phone)
	var granted struct{ Password string }
	if err := suite.api.InvokeFunction(t.Context(), "admin-grant", object{"phone": phone}, &granted); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, refresh(t, me.Tokens().RefreshToken), 401)
	wantStatus(t, anonymous(t, "POST", "/login", object{"phone": phone, "password": granted.Password}), 200, nil)
}
