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

// TestCookie_AllRoutes: every route takes the session of a browser,
// also one that was last used hours ago, and every POST an Idempotency-Key.
// Nothing of it is an error of ours, whatever the route makes of an empty body.
func TestCookie_AllRoutes(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		t.Log("sessions are aged in the table of the local stack alone")
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
	}) // which ends it all
	// What only some filters need.
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
		if answer := browser.call(method, path, body, options...); answer.Status >= 500 || answer.Status == 401 {
			t.Errorf("%s: got %s", route, answer)
		}
	}
}

// TestGrantAdmin: of somebody who is there, and of a number
// that nobody has; again changes nothing.
func TestGrantAdmin(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		t.Log("operators call functions through the local stack's page here")
		return
	}
	for name, phone := range map[string]string{"a customer": customer(t).Profile.Phone, "nobody": client.RandomPhone()} {
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
