package e2e

import (
	"strconv"
	"testing"
	"time"

	"ticketsystem/localstack/client"
)

func TestLoginByCode(t *testing.T) {
	t.Parallel()
	me := customer(t)
	code := ask(t, me.User.Phone, "login")
	wrong := anybody(t, "POST", "/login", object{"phone": me.User.Phone, "code": otherCode(code, 0)})
	same(t, "wrong code", refused(t, wrong, 422).Code, "code_wrong")

	var tokens client.Tokens
	body := object{"phone": local(me.User.Phone), "code": code}
	expect(t, anybody(t, "POST", "/login", body), 200, &tokens)
	same(t, "user.id", tokens.User.ID, me.User.ID)
	actor{t, suite.api.As(tokens)}.get("/profile", nil)

	refused(t, anybody(t, "POST", "/login", body), 401, 422)
}

func TestStrangersAndMembersGetTheSameAnswers(t *testing.T) {
	t.Parallel()
	me := customer(t)
	known := anybody(t, "POST", "/otp", object{"phone": me.User.Phone, "purpose": "login"})
	unknown := anybody(t, "POST", "/otp", object{"phone": client.RandomPhone(), "purpose": "login"})
	same(t, "POST /otp for an unknown number: status", unknown.Status, known.Status)
	same(t, "POST /otp for an unknown number: body", string(unknown.Body), string(known.Body))

	try := func(phone string) client.Problem {
		return refused(t, anybody(t, "POST", "/login", object{"phone": phone, "password": "wrong-password-1"}), 401)
	}
	same(t, "login of an unknown number: code", try(client.RandomPhone()).Code, try(me.User.Phone).Code)
}

func TestWrongPasswordsAreLimited(t *testing.T) {
	t.Parallel()
	me := customer(t)
	const most = 30 // far above any sensible limit for one number
	for i := range most {
		answer := anybody(t, "POST", "/login", object{"phone": me.User.Phone, "password": "wrong-" + strconv.Itoa(i)})
		if answer.Status == 401 {
			refused(t, answer, 401)
			continue
		}
		refused(t, answer, 429)
		if wait, err := strconv.Atoi(answer.Header.Get("Retry-After")); err != nil || wait < 1 {
			t.Errorf("login: got Retry-After %q, want seconds", answer.Header.Get("Retry-After"))
		}
		if i < 3 {
			t.Errorf("login: got 429 at try %d, want room for a few slips", i+1)
		}
		me.get("/profile", nil)
		return
	}
	t.Errorf("login: got 401 for %d wrong passwords, want 429 before", most)
}

func TestBadLogins(t *testing.T) {
	t.Parallel()
	me := customer(t)
	phone := me.User.Phone
	for name, body := range map[string]object{
		"nothing":         {},
		"phone alone":     {"phone": phone},
		"password alone":  {"password": client.Password},
		"strange session": {"phone": phone, "password": client.Password, "session": "carrier pigeon"},
		"bad phone":       {"phone": "12", "password": client.Password},
	} {
		answer := anybody(t, "POST", "/login", body)
		if answer.Status != 400 && answer.Status != 422 {
			t.Errorf("login with %s: got %s, want 400 or 422", name, answer)
			continue
		}
		refused(t, answer, 400, 422)
	}
}

func TestBadBearers(t *testing.T) {
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
		// {"alg":"none"} with the victim's own claims.
		"unsigned": "Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + claims(token) + ".",
	} {
		answer := anybody(t, "GET", "/profile", nil, client.Header("Authorization", value))
		if answer.Status != 401 {
			t.Errorf("%s bearer: got %s, want 401", name, answer)
			continue
		}
		refused(t, answer, 401)
	}
}

// claims is the middle part of a token.
func claims(token string) string {
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

// renew sends a refresh token.
func renew(t *testing.T, refreshToken string) client.Answer {
	t.Helper()
	return anybody(t, "POST", "/token/refresh", object{"refreshToken": refreshToken})
}

func TestRefreshRotates(t *testing.T) {
	t.Parallel()
	me := customer(t)
	first := me.Tokens().RefreshToken
	var second, repeat client.Tokens
	expect(t, renew(t, first), 200, &second)
	if second.RefreshToken == first || second.AccessToken == "" {
		t.Fatalf("refresh: got %+v, want a new pair", second)
	}
	same(t, "refresh: user.id", second.User.ID, me.User.ID)
	actor{t, suite.api.As(second)}.get("/profile", nil)

	expect(t, renew(t, first), 200, &repeat)
	same(t, "repeat within 10 s: successor", repeat.RefreshToken, second.RefreshToken)
	used := time.Now()

	waitUntil(t, used.Add(11*time.Second))
	refused(t, renew(t, first), 401)
	refused(t, renew(t, second.RefreshToken), 401)
}

func TestRefreshesAtOnceShareOneSuccessor(t *testing.T) {
	t.Parallel()
	me := customer(t)
	answers := together(t, 8, func(int) (client.Answer, error) {
		return suite.api.Do(t.Context(), "POST", "/token/refresh", object{"refreshToken": me.Tokens().RefreshToken})
	})
	successors := map[string]bool{}
	for _, answer := range answers {
		var tokens client.Tokens
		expect(t, answer, 200, &tokens)
		successors[tokens.RefreshToken] = true
	}
	same(t, "successors of 8 refreshes at once", len(successors), 1)
	for successor := range successors {
		expect(t, renew(t, successor), 200, nil)
	}
}

func TestBadRefreshTokens(t *testing.T) {
	t.Parallel()
	me := customer(t)
	token := me.Tokens().RefreshToken
	for name, value := range map[string]string{
		"garbage":      "garbage",
		"cut":          token[:len(token)-3],
		"access token": me.Tokens().AccessToken,
	} {
		answer := renew(t, value)
		if answer.Status != 401 && answer.Status != 422 {
			t.Errorf("refresh with %s: got %s, want 401 or 422", name, answer)
		}
	}
	refused(t, renew(t, ""), 400, 401, 422)
	expect(t, renew(t, token), 200, nil)
}

func TestLogoutEndsTheSession(t *testing.T) {
	t.Parallel()
	me := customer(t)
	other, err := suite.api.Login(t.Context(), me.User.Phone, client.Password)
	second := actor{t, got(t, other, err)}

	me.must(204, "POST", "/logout", object{"refreshToken": me.Tokens().RefreshToken}, nil)
	refused(t, renew(t, me.Tokens().RefreshToken), 401)

	second.must(204, "POST", "/logout", nil, nil)
	refused(t, renew(t, second.Tokens().RefreshToken), 401)
}

func TestLogoutWithAnotherPersonsTokenEndsNothing(t *testing.T) {
	t.Parallel()
	me, victim := customer(t), customer(t)
	me.must(204, "POST", "/logout", object{"refreshToken": victim.Tokens().RefreshToken}, nil)
	expect(t, renew(t, victim.Tokens().RefreshToken), 200, nil)
	if answer := me.call("POST", "/logout", object{"refreshToken": "garbage"}); answer.Status >= 500 {
		t.Errorf("logout with garbage: got %s, want no failure of the server", answer)
	}
}
