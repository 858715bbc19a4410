package e2e

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
)

// nationalFormat returns an Iranian E.164 number in national format: 0912...
func nationalFormat(phone string) string { return "0" + phone[len("+98"):] }

// withDigits returns a number in the digits of the script that starts at zero.
func withDigits(number string, zero rune) string {
	var out []rune
	for _, r := range number {
		if r >= '0' && r <= '9' {
			r = r - '0' + zero
		}
		out = append(out, r)
	}
	return string(out)
}

// requestCode requests a code and reads it from the SMS.
func requestCode(t *testing.T, phone, purpose string) string {
	t.Helper()
	code, err := suite.api.RequestCode(t.Context(), phone, purpose)
	return must(t, code, err)
}

// wrongCode returns the i-th code that differs from the given one.
func wrongCode(code string, i int) string {
	number, _ := strconv.Atoi(code)
	text := strconv.Itoa(1_000_000 + (number+1+i)%1_000_000)
	return text[1:]
}

// TestSignUp_Cookie checks that a browser is signed in after sign-up, without tokens.
func TestSignUp_Cookie(t *testing.T) {
	t.Parallel()
	phone := client.RandomPhone()
	body := object{"phone": phone, "password": client.Password, "code": requestCode(t, phone, "signup"), "session": "cookie"}
	wantProblem(t, anonymous(t, "POST", "/signup", body, client.Header("Origin", "https://evil.example")), 403)
	response := anonymous(t, "POST", "/signup", body)
	wantStatus(t, response, 201, nil)
	p := browserSessionOf(t, response)
	equal(t, "user.phone", p.user.Phone, phone)
	wantStatus(t, p.call("PATCH", "/profile", object{"name": "Sara"}), 200, nil)
	p.csrf = ""
	equal(t, "a write without the CSRF token", wantProblem(t, p.call("PATCH", "/profile", object{"name": "x"}), 403).Code, "csrf")
}

func TestSignUp(t *testing.T) {
	t.Parallel()
	phone := client.RandomPhone()
	var granted struct{ ExpiresIn, ResendAfter int }
	wantStatus(t, anonymous(t, "POST", "/otp", object{"phone": nationalFormat(phone), "purpose": "signup"}), 202, &granted)
	if granted.ExpiresIn <= granted.ResendAfter || granted.ResendAfter <= 0 {
		t.Errorf("POST /otp: got %+v, want a code that outlives the resend interval", granted)
	}
	var texts []string
	eventually(t, "the code reaches the phone", func() error {
		var err error
		if texts, err = suite.api.TextMessages(t.Context(), phone); err == nil && len(texts) == 0 {
			err = errors.New("no message yet")
		}
		return err
	})
	equal(t, "messages to the phone", len(texts), 1)
	code, err := client.ParseCode(texts[0])
	if err != nil {
		t.Fatal(err)
	}

	var tokens client.Tokens
	body := object{"phone": nationalFormat(phone), "password": client.Password, "code": code, "name": "Sara Ahmadi"}
	wantStatus(t, anonymous(t, "POST", "/signup", body), 201, &tokens)
	user := tokens.User
	equal(t, "user.phone", user.Phone, phone)
	equal(t, "user.role", user.Role, "user")
	equal(t, "user.name", user.Name, "Sara Ahmadi")
	if len(user.ID) != 26 || time.Since(user.CreatedAt).Abs() > time.Hour {
		t.Errorf("user: got id %q made at %s, want a ULID of now", user.ID, user.CreatedAt)
	}
	if tokens.AccessToken == "" || tokens.RefreshToken == "" || tokens.ExpiresIn <= 0 || tokens.ExpiresIn > 900 {
		t.Errorf("tokens: got %+v, want both and at most 900 seconds", tokens)
	}
	var profile client.UserProfile
	testUser{t, suite.api.WithTokens(tokens)}.get("/profile", &profile)
	equal(t, "GET /profile: id", profile.ID, user.ID)

	again := anonymous(t, "POST", "/signup", body)
	wantProblem(t, again, 409, 422)
}

func TestSignUp_PhoneFormats(t *testing.T) {
	t.Parallel()
	phone := client.RandomPhone()
	code := requestCode(t, phone, "signup")
	var tokens client.Tokens
	body := object{"phone": withDigits(nationalFormat(phone), '۰'), "password": client.Password, "code": withDigits(code, '۰')}
	wantStatus(t, anonymous(t, "POST", "/signup", body), 201, &tokens)
	equal(t, "user.phone", tokens.User.Phone, phone)

	forms := map[string]string{
		"international": phone,
		"local":         nationalFormat(phone),
		"with 00":       "00" + phone[1:],
		"Persian":       withDigits(nationalFormat(phone), '۰'),
		"Arabic":        withDigits(nationalFormat(phone), '٠'),
		"Arabic +98":    withDigits(phone, '٠'),
	}
	for name, form := range forms {
		var again client.Tokens
		response := anonymous(t, "POST", "/login", object{"phone": form, "password": client.Password})
		wantStatus(t, response, 200, &again)
		equal(t, name+" form: user.id", again.User.ID, tokens.User.ID)
	}
}

func TestSignUp_Concurrent(t *testing.T) {
	t.Parallel()
	phone := client.RandomPhone()
	code := requestCode(t, phone, "signup")
	responses := concurrently(t, 20, func(int) (client.Response, error) {
		body := object{"phone": phone, "password": client.Password, "code": code}
		return suite.api.Do(t.Context(), "POST", "/signup", body)
	})
	var made client.Tokens
	for _, response := range responses {
		if response.Status == 201 {
			wantStatus(t, response, 201, &made)
			continue
		}
		wantProblem(t, response, 409, 422, 429)
	}
	if got := countStatuses(responses); got[201] != 1 {
		t.Fatalf("20 sign-ups at once: got statuses %v, want one 201", got)
	}
	user, err := suite.api.Login(t.Context(), phone, client.Password)
	equal(t, "user.id after login", must(t, user, err).Profile.ID, made.User.ID)
}

func TestSignUp_WeakPasswordKeepsCode(t *testing.T) {
	t.Parallel()
	phone := client.RandomPhone()
	code := requestCode(t, phone, "signup")
	weak := map[string]string{
		"empty":          "",
		"seven":          "x7!kQp2",
		"the number":     nationalFormat(phone),
		"number E.164":   phone,
		"common":         "password",
		"ascending run":  "12345678",
		"repeated digit": "abcdefghi",
		"repetition":     "aaaaaaaaaa",
		"descending run": "987654321",
	}
	for name, password := range weak {
		response := anonymous(t, "POST", "/signup", object{"phone": phone, "password": password, "code": code})
		problem := wantProblem(t, response, 422)
		if !pointsAt(problem, "password") {
			t.Errorf("%s password: got errors %+v, want one that points at /password", name, problem.Errors)
		}
	}
	body := object{"phone": phone, "password": client.Password, "code": code}
	wantStatus(t, anonymous(t, "POST", "/signup", body), 201, nil)
}

func TestSignUp_CodeLocked(t *testing.T) {
	t.Parallel()
	phone := client.RandomPhone()
	code := requestCode(t, phone, "signup")
	asked := time.Now()
	attempt := func(code string) client.Response {
		return anonymous(t, "POST", "/signup", object{"phone": phone, "password": client.Password, "code": code})
	}
	for i := range 5 {
		problem := wantProblem(t, attempt(wrongCode(code, i)), 422)
		equal(t, "wrong code "+strconv.Itoa(i+1), problem.Code, "code_wrong")
	}
	equal(t, "the right code after five wrong ones", wantProblem(t, attempt(code), 429).Code, "code_locked")

	waitUntil(t, asked.Add(61*time.Second))
	wantStatus(t, attempt(requestCode(t, phone, "signup")), 201, nil)
}

func TestSignUp_ConcurrentWrongCodes(t *testing.T) {
	t.Parallel()
	phone := client.RandomPhone()
	code := requestCode(t, phone, "signup")
	responses := concurrently(t, 16, func(i int) (client.Response, error) {
		body := object{"phone": phone, "password": client.Password, "code": wrongCode(code, i)}
		return suite.api.Do(t.Context(), "POST", "/signup", body)
	})
	tried := 0
	for _, response := range responses {
		if wantProblem(t, response, 422, 429, 409).Code == "code_wrong" {
			tried++
		}
	}
	if tried > 5 {
		t.Errorf("16 concurrent wrong codes: got %d of them compared, want at most 5", tried)
	}
}

func TestRequestCode_TooSoon(t *testing.T) {
	t.Parallel()
	phone := client.RandomPhone()
	requestCode(t, phone, "signup")
	response := anonymous(t, "POST", "/otp", object{"phone": nationalFormat(phone), "purpose": "signup"})
	wantProblem(t, response, 429)
	wait, err := strconv.Atoi(response.Header.Get("Retry-After"))
	if err != nil || wait < 1 || wait > 60 {
		t.Errorf("second code: got Retry-After %q, want 1 to 60 seconds", response.Header.Get("Retry-After"))
	}
	other := anonymous(t, "POST", "/otp", object{"phone": phone, "purpose": "login"})
	wantStatus(t, other, 202, nil)
}

func TestCode_WrongPurpose(t *testing.T) {
	t.Parallel()
	phone := client.RandomPhone()
	code := requestCode(t, phone, "signup")
	response := anonymous(t, "POST", "/login", object{"phone": phone, "code": code})
	wantProblem(t, response, 401, 422)
	other := client.RandomPhone()
	wantProblem(t, anonymous(t, "POST", "/signup", object{"phone": other, "password": client.Password, "code": code}), 422)
	wantStatus(t, anonymous(t, "POST", "/signup", object{"phone": phone, "password": client.Password, "code": code}), 201, nil)
}

func TestRequestCode_Invalid(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		body  object
		field string
	}{
		"no phone":        {object{"purpose": "signup"}, "phone"},
		"empty phone":     {object{"phone": "", "purpose": "signup"}, "phone"},
		"letters":         {object{"phone": "0912abc4567", "purpose": "signup"}, "phone"},
		"too short":       {object{"phone": "0912", "purpose": "signup"}, "phone"},
		"too long":        {object{"phone": "+9891200000011111111", "purpose": "signup"}, "phone"},
		"no purpose":      {object{"phone": client.RandomPhone()}, "purpose"},
		"unknown purpose": {object{"phone": client.RandomPhone(), "purpose": "party"}, "purpose"},
	}
	for name, c := range cases {
		problem := wantProblem(t, anonymous(t, "POST", "/otp", c.body), 400, 422)
		if !pointsAt(problem, c.field) {
			t.Errorf("%s: got errors %+v, want one that points at /%s", name, problem.Errors, c.field)
		}
	}
}
