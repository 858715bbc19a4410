package e2e

import (
	"testing"
	"time"

	"ticketsystem/localstack/emulator/stack"
	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/seed"
)

// TestSecondFactor signs in staff on a stack that requires password and code. It needs the
// local stack.
func TestSecondFactor(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		return
	}
	local, err := stack.Start(t.Context(), stack.Options{
		InMemory: true, Seed: seed.Seed, MinTimeout: time.Minute, Parameters: map[string]string{"StaffSecondFactor": "on"},
	})
	must(t, local, err)
	t.Cleanup(local.Close)
	api := client.New(local.HTTPURL, local.SocketURL, local.OutboxURL)
	api.Observe(suite.spec)
	call := func(path string, body object) client.Response {
		t.Helper()
		response, err := api.Do(t.Context(), "POST", path, body)
		return must(t, response, err)
	}

	byPassword := wantProblem(t, call("/login", object{"phone": adminPhone, "password": client.Password}), 401)
	equal(t, "password alone", byPassword.Code, "second_factor_required")
	equal(t, "the missing field", byPassword.Errors[0].Pointer, "/code")
	equal(t, "cookie", wantProblem(t, call("/login", object{"phone": adminPhone, "password": client.Password, "session": "cookie"}), 401).Code, "second_factor_required")
	equal(t, "wrong password", wantProblem(t, call("/login", object{"phone": adminPhone, "password": "another-horse-7"}), 401).Code, "login_wrong")

	code, err := api.RequestCode(t.Context(), adminPhone, "login")
	must(t, code, err)
	equal(t, "code alone", wantProblem(t, call("/login", object{"phone": adminPhone, "code": code}), 401).Code, "second_factor_required")
	equal(t, "wrong password and code", wantProblem(t, call("/login", object{"phone": adminPhone, "password": "another-horse-7", "code": code}), 401).Code, "login_wrong")
	var tokens client.Tokens
	wantStatus(t, call("/login", object{"phone": adminPhone, "password": client.Password, "code": code}), 200, &tokens)
	admin := testUser{t, api.WithTokens(tokens)}
	wantStatus(t, call("/token/refresh", object{"refreshToken": tokens.RefreshToken}), 200, nil)

	reset, err := api.RequestCode(t.Context(), supportPhone, "reset")
	must(t, reset, err)
	equal(t, "reset", wantProblem(t, call("/password/reset", object{"phone": supportPhone, "code": reset, "password": anotherPassword}), 403).Code, "reset_not_allowed")
	wantStatus(t, call("/password/reset", object{"phone": supportPhone, "code": reset, "password": anotherPassword, "currentPassword": client.Password}), 204, nil)
	equal(t, "the former password", wantProblem(t, call("/login", object{"phone": supportPhone, "password": client.Password}), 401).Code, "login_wrong")
	equal(t, "the new password", wantProblem(t, call("/login", object{"phone": supportPhone, "password": anotherPassword}), 401).Code, "second_factor_required")

	customer, err := api.SignUp(t.Context(), client.RandomPhone(), "Sara Customer")
	must(t, customer, err)
	admin.mustCall(200, "PATCH", "/users/"+customer.Profile.ID, object{"role": "support"}, nil)
	equal(t, "the session of a new agent", wantProblem(t, call("/token/refresh", object{"refreshToken": customer.Tokens().RefreshToken}), 401).Code, "session_ended")
}
