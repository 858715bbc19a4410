package e2e

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
)

func TestLogin_ByCode(t *testing.T) {
	t.Parallel()
	me := customer(t)
	code := requestCode(t, me.Profile.Phone, "login")
	wrong := anonymous(t, "POST", "/login", object{"phone": me.Profile.Phone, "code": wrongCode(code, 0)})
	equal(t, "wrong code", wantProblem(t, wrong, 422).Code, "code_wrong")

	var tokens client.Tokens
	body := object{"phone": nationalFormat(me.Profile.Phone), "code": code}
	wantStatus(t, anonymous(t, "POST", "/login", body), 200, &tokens)
	equal(t, "user.id", tokens.User.ID, me.Profile.ID)
	testUser{t, suite.api.WithTokens(tokens)}.get("/profile", nil)

	wantProblem(t, anonymous(t, "POST", "/login", body), 401, 422)
}

// withoutChallenge returns the body of POST /otp without its random challenge.
func withoutChallenge(t *testing.T, response client.Response) string {
	t.Helper()
	var body struct{ Challenge string }
	wantStatus(t, response, 202, &body)
	if len(body.Challenge) != 22 {
		t.Errorf("challenge: got %q, want 22 characters", body.Challenge)
	}
	return strings.ReplaceAll(string(response.Body), body.Challenge, "")
}

// TestCodes_AttackerBesideVictim requests and guesses codes of a number beside its owner,
// who logs in with the challenge.
func TestCodes_AttackerBesideVictim(t *testing.T) {
	t.Parallel()
	me := customer(t)
	phone := me.Profile.Phone
	wantProblem(t, anonymous(t, "POST", "/otp", object{"phone": "+447911123456", "purpose": "signup"}), 422)
	var sent struct{ Challenge string }
	wantStatus(t, anonymous(t, "POST", "/otp", object{"phone": phone, "purpose": "login"}), 202, &sent)
	for range 30 {
		anonymous(t, "POST", "/otp", object{"phone": phone, "purpose": "login"})
	}
	code := ""
	for deadline := time.Now().Add(timeout); code == "" && time.Now().Before(deadline); time.Sleep(pollInterval) {
		texts, err := suite.api.TextMessages(t.Context(), phone)
		if texts = must(t, texts, err); strings.Contains(texts[len(texts)-1], "sign in") {
			code, err = client.ParseCode(texts[len(texts)-1])
			must(t, code, err)
		}
	}
	for i := range 10 {
		wantProblem(t, anonymous(t, "POST", "/login", object{"phone": phone, "code": wrongCode(code, i)}), 422, 429)
		wantProblem(t, anonymous(t, "POST", "/login", object{"phone": phone, "password": "wrong-horse-" + strconv.Itoa(i)}), 401, 429)
	}
	typed := " " + code[:3] + " \u200f" + code[3:]
	wantStatus(t, anonymous(t, "POST", "/login", object{"phone": phone, "code": typed, "challenge": sent.Challenge}), 200, nil)
	wantProblem(t, anonymous(t, "POST", "/login", object{"phone": phone, "code": code, "challenge": "x"}), 422)
}

func TestRequestCode_UnknownPhone(t *testing.T) {
	t.Parallel()
	me := customer(t)
	known := anonymous(t, "POST", "/otp", object{"phone": me.Profile.Phone, "purpose": "login"})
	unknown := anonymous(t, "POST", "/otp", object{"phone": client.RandomPhone(), "purpose": "login"})
	equal(t, "POST /otp for an unknown number: status", unknown.Status, known.Status)
	equal(t, "POST /otp for an unknown number: body", withoutChallenge(t, unknown), withoutChallenge(t, known))

	request := func(phone string) client.Problem {
		return wantProblem(t, anonymous(t, "POST", "/login", object{"phone": phone, "password": "wrong-password-1"}), 401)
	}
	equal(t, "login of an unknown number: code", request(client.RandomPhone()).Code, request(me.Profile.Phone).Code)
}

func TestLogin_RateLimit(t *testing.T) {
	t.Parallel()
	me := customer(t)
	const most = 30 // far above the limit per phone number
	for i := range most {
		response := anonymous(t, "POST", "/login", object{"phone": me.Profile.Phone, "password": "wrong-" + strconv.Itoa(i)})
		if response.Status == 401 {
			wantProblem(t, response, 401)
			continue
		}
		wantProblem(t, response, 429)
		if wait, err := strconv.Atoi(response.Header.Get("Retry-After")); err != nil || wait < 1 {
			t.Errorf("login: got Retry-After %q, want seconds", response.Header.Get("Retry-After"))
		}
		if i < 3 {
			t.Errorf("login: got 429 at attempt %d, want a few failures allowed", i+1)
		}
		me.get("/profile", nil)
		return
	}
	t.Errorf("login: got 401 for %d wrong passwords, want 429 before", most)
}

// TestLogin_KnownDevice checks that a device that has signed in before gets in, by password and
// by code, while wrong passwords of others lock the number.
func TestLogin_KnownDevice(t *testing.T) {
	t.Parallel()
	me := customer(t)
	phone, right := me.Profile.Phone, object{"phone": me.Profile.Phone, "password": client.Password}
	device := deviceCookieOf(t, anonymous(t, "POST", "/login", right))
	locked := false
	for i := 0; i < 30 && !locked; i++ { // the window may end meanwhile
		locked = anonymous(t, "POST", "/login", object{"phone": phone, "password": "wrong-" + strconv.Itoa(i)}).Status == 429
	}
	equal(t, "locked", locked, true)
	wantStatus(t, anonymous(t, "POST", "/login", right, device), 200, nil)

	var sent struct{ Challenge string }
	wantStatus(t, anonymous(t, "POST", "/otp", object{"phone": phone, "purpose": "login"}), 202, nil)
	wantStatus(t, anonymous(t, "POST", "/otp", object{"phone": phone, "purpose": "login"}, device), 202, &sent)
}

func TestLogin_Invalid(t *testing.T) {
	t.Parallel()
	me := customer(t)
	phone := me.Profile.Phone
	for name, body := range map[string]object{
		"nothing":              {},
		"only phone":           {"phone": phone},
		"only password":        {"password": client.Password},
		"unknown session type": {"phone": phone, "password": client.Password, "session": "carrier pigeon"},
		"bad phone":            {"phone": "12", "password": client.Password},
	} {
		response := anonymous(t, "POST", "/login", body)
		if response.Status != 400 && response.Status != 422 {
			t.Errorf("login with %s: got %s, want 400 or 422", name, response)
			continue
		}
		wantProblem(t, response, 400, 422)
	}
}

func TestBearer_Invalid(t *testing.T) {
	t.Parallel()
	me := customer(t)
	token := me.Tokens().AccessToken
	for name, value := range map[string]string{
		"none":          "",
		"no scheme":     token,
		"basic":         "Basic " + token,
		"empty":         "Bearer ",
		"garbage":       "Bearer abc.def.ghi",
		"cut":           "Bearer " + token[:len(token)-4],
		"refresh token": "Bearer " + me.Tokens().RefreshToken,
		// {"alg":"none"} with the user's own claims.
		"unsigned": "Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + claimsPart(token) + ".",
	} {
		response := anonymous(t, "GET", "/profile", nil, client.Header("Authorization", value))
		if response.Status != 401 {
			t.Errorf("%s bearer: got %s, want 401", name, response)
			continue
		}
		wantProblem(t, response, 401)
	}
}

// claimsPart returns the claims part of a token.
func claimsPart(token string) string {
	start, end := -1, -1
	for i, r := range token {
		if r == '.' && start < 0 {
			start = i
		} else if r == '.' {
			end = i
		}
	}
	if start < 0 || end < 0 {
		return ""
	}
	return token[start+1 : end]
}

// refresh sends a refresh token.
func refresh(t *testing.T, refreshToken string) client.Response {
	t.Helper()
	return anonymous(t, "POST", "/token/refresh", object{"refreshToken": refreshToken})
}

func TestRefresh_Rotates(t *testing.T) {
	t.Parallel()
	me := customer(t)
	first := me.Tokens().RefreshToken
	var second, repeat client.Tokens
	wantStatus(t, refresh(t, first), 200, &second)
	if second.RefreshToken == first || second.AccessToken == "" {
		t.Fatalf("refresh: got %+v, want a new pair", second)
	}
	equal(t, "refresh: user.id", second.User.ID, me.Profile.ID)
	testUser{t, suite.api.WithTokens(second)}.get("/profile", nil)

	wantStatus(t, refresh(t, first), 200, &repeat)
	equal(t, "repeat within 10 s: successor", repeat.RefreshToken, second.RefreshToken)
	used := time.Now()

	waitUntil(t, used.Add(11*time.Second))
	wantProblem(t, refresh(t, first), 401)
	wantProblem(t, refresh(t, second.RefreshToken), 401)
}

func TestRefresh_Concurrent(t *testing.T) {
	t.Parallel()
	me := customer(t)
	responses := concurrently(t, 8, func(int) (client.Response, error) {
		return suite.api.Do(t.Context(), "POST", "/token/refresh", object{"refreshToken": me.Tokens().RefreshToken})
	})
	successors := map[string]bool{}
	for _, response := range responses {
		var tokens client.Tokens
		wantStatus(t, response, 200, &tokens)
		successors[tokens.RefreshToken] = true
	}
	equal(t, "successors of 8 refreshes at once", len(successors), 1)
	for successor := range successors {
		wantStatus(t, refresh(t, successor), 200, nil)
	}
}

func TestRefresh_Invalid(t *testing.T) {
	t.Parallel()
	me := customer(t)
	token := me.Tokens().RefreshToken
	for name, value := range map[string]string{
		"garbage":      "garbage",
		"cut":          token[:len(token)-3],
		"access token": me.Tokens().AccessToken,
	} {
		response := refresh(t, value)
		if response.Status != 401 && response.Status != 422 {
			t.Errorf("refresh with %s: got %s, want 401 or 422", name, response)
		}
	}
	wantProblem(t, refresh(t, ""), 400, 401, 422)
	wantStatus(t, refresh(t, token), 200, nil)
}

func TestLogout(t *testing.T) {
	t.Parallel()
	me := customer(t)
	other, err := suite.api.Login(t.Context(), me.Profile.Phone, client.Password)
	second := testUser{t, must(t, other, err)}

	me.mustCall(204, "POST", "/logout", object{"refreshToken": me.Tokens().RefreshToken}, nil)
	wantProblem(t, refresh(t, me.Tokens().RefreshToken), 401)

	second.mustCall(204, "POST", "/logout", nil, nil)
	wantProblem(t, refresh(t, second.Tokens().RefreshToken), 401)
}

// TestLogout_ReplacedToken checks that a user whose refresh token was stolen and replaced ends
// the session by a logout with the old token.
func TestLogout_ReplacedToken(t *testing.T) {
	t.Parallel()
	me := customer(t)
	stolen := me.Tokens().RefreshToken
	newest := stolen
	for range 2 {
		var next struct{ RefreshToken string }
		wantStatus(t, refresh(t, newest), 200, &next)
		newest = next.RefreshToken
	}
	wantStatus(t, anonymous(t, "POST", "/logout", object{"refreshToken": stolen}), 204, nil)
	wantProblem(t, refresh(t, newest), 401)
}

func TestLogout_ForeignToken(t *testing.T) {
	t.Parallel()
	me, victim := customer(t), customer(t)
	me.mustCall(204, "POST", "/logout", object{"refreshToken": victim.Tokens().RefreshToken}, nil)
	wantStatus(t, refresh(t, victim.Tokens().RefreshToken), 200, nil)
	if response := me.call("POST", "/logout", object{"refreshToken": "garbage"}); response.Status >= 500 {
		t.Errorf("logout with an invalid token: got %s, want no server error", response)
	}
}
