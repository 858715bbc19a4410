package e2e

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"ticketsystem/localstack/client"
)

// local writes an E.164 number of Iran as people there do: 0912...
func local(phone string) string { return "0" + phone[len("+98"):] }

// digits writes a number with the digits of a script that begins at zero.
func digits(number string, zero rune) string {
	var out []rune
	for _, r := range number {
		if r >= '0' && r <= '9' {
			r = r - '0' + zero
		}
		out = append(out, r)
	}
	return string(out)
}

// ask asks for a code that must be granted and reads it.
func ask(t *testing.T, phone, purpose string) string {
	t.Helper()
	code, err := suite.api.AskCode(t.Context(), phone, purpose)
	return got(t, code, err)
}

// otherCode is a code that is not the given one.
func otherCode(code string, i int) string {
	number, _ := strconv.Atoi(code)
	text := strconv.Itoa(1_000_000 + (number+1+i)%1_000_000)
	return text[1:]
}

func TestSignUpByCode(t *testing.T) {
	t.Parallel()
	phone := client.RandomPhone()
	var granted struct{ ExpiresIn, ResendAfter int }
	expect(t, anybody(t, "POST", "/otp", object{"phone": local(phone), "purpose": "signup"}), 202, &granted)
	if granted.ExpiresIn <= granted.ResendAfter || granted.ResendAfter <= 0 {
		t.Errorf("POST /otp: got %+v, want a code that outlives the wait for the next", granted)
	}
	var texts []string
	eventually(t, "the code reaches the phone", func() error {
		var err error
		if texts, err = suite.api.Texts(t.Context(), phone); err == nil && len(texts) == 0 {
			err = errors.New("no message yet")
		}
		return err
	})
	same(t, "messages to the phone", len(texts), 1)
	code, err := client.CodeIn(texts[0])
	if err != nil {
		t.Fatal(err)
	}

	var tokens client.Tokens
	body := object{"phone": local(phone), "password": client.Password, "code": code, "name": "Sara Ahmadi"}
	expect(t, anybody(t, "POST", "/signup", body), 201, &tokens)
	user := tokens.User
	same(t, "user.phone", user.Phone, phone)
	same(t, "user.role", user.Role, "user")
	same(t, "user.name", user.Name, "Sara Ahmadi")
	if len(user.ID) != 26 || time.Since(user.CreatedAt).Abs() > time.Hour {
		t.Errorf("user: got id %q made at %s, want a ULID of now", user.ID, user.CreatedAt)
	}
	if tokens.AccessToken == "" || tokens.RefreshToken == "" || tokens.ExpiresIn <= 0 || tokens.ExpiresIn > 900 {
		t.Errorf("tokens: got %+v, want both and at most 900 seconds", tokens)
	}
	var profile client.User
	actor{t, suite.api.As(tokens)}.get("/profile", &profile)
	same(t, "GET /profile: id", profile.ID, user.ID)

	again := anybody(t, "POST", "/signup", body)
	refused(t, again, 409, 422)
}

func TestOneNumberHasManyForms(t *testing.T) {
	t.Parallel()
	phone := client.RandomPhone()
	code := ask(t, phone, "signup")
	var tokens client.Tokens
	body := object{"phone": digits(local(phone), '۰'), "password": client.Password, "code": digits(code, '۰')}
	expect(t, anybody(t, "POST", "/signup", body), 201, &tokens)
	same(t, "user.phone", tokens.User.Phone, phone)

	forms := map[string]string{
		"international": phone,
		"local":         local(phone),
		"with 00":       "00" + phone[1:],
		"Persian":       digits(local(phone), '۰'),
		"Arabic":        digits(local(phone), '٠'),
		"Arabic +98":    digits(phone, '٠'),
	}
	for name, form := range forms {
		var again client.Tokens
		answer := anybody(t, "POST", "/login", object{"phone": form, "password": client.Password})
		expect(t, answer, 200, &again)
		same(t, name+" form: user.id", again.User.ID, tokens.User.ID)
	}
}

func TestTwentySignUpsAtOnceMakeOneAccount(t *testing.T) {
	t.Parallel()
	phone := client.RandomPhone()
	code := ask(t, phone, "signup")
	answers := together(t, 20, func(int) (client.Answer, error) {
		body := object{"phone": phone, "password": client.Password, "code": code}
		return suite.api.Do(t.Context(), "POST", "/signup", body)
	})
	var made client.Tokens
	for _, answer := range answers {
		if answer.Status == 201 {
			expect(t, answer, 201, &made)
			continue
		}
		refused(t, answer, 409, 422, 429)
	}
	if got := count(answers); got[201] != 1 {
		t.Fatalf("20 sign-ups at once: got statuses %v, want one 201", got)
	}
	person, err := suite.api.Login(t.Context(), phone, client.Password)
	same(t, "user.id after login", got(t, person, err).User.ID, made.User.ID)
}

func TestWeakPasswordDoesNotUseUpTheCode(t *testing.T) {
	t.Parallel()
	phone := client.RandomPhone()
	code := ask(t, phone, "signup")
	weak := map[string]string{
		"empty":         "",
		"seven":         "x7!kQp2",
		"the number":    local(phone),
		"number E.164":  phone,
		"common":        "password",
		"run up":        "12345678",
		"run of 9":      "abcdefghi",
		"repetition":    "aaaaaaaaaa",
		"run backwards": "987654321",
	}
	for name, password := range weak {
		answer := anybody(t, "POST", "/signup", object{"phone": phone, "password": password, "code": code})
		problem := refused(t, answer, 422)
		if !names(problem, "password") {
			t.Errorf("%s password: got errors %+v, want one that points at /password", name, problem.Errors)
		}
	}
	body := object{"phone": phone, "password": client.Password, "code": code}
	expect(t, anybody(t, "POST", "/signup", body), 201, nil)
}

func TestFiveWrongCodesLock(t *testing.T) {
	t.Parallel()
	phone := client.RandomPhone()
	asked := time.Now()
	code := ask(t, phone, "signup")
	try := func(code string) client.Answer {
		return anybody(t, "POST", "/signup", object{"phone": phone, "password": client.Password, "code": code})
	}
	for i := range 5 {
		problem := refused(t, try(otherCode(code, i)), 422)
		same(t, "wrong code "+strconv.Itoa(i+1), problem.Code, "code_wrong")
	}
	same(t, "the right code after five wrong ones", refused(t, try(code), 429).Code, "code_locked")

	waitUntil(t, asked.Add(61*time.Second))
	expect(t, try(ask(t, phone, "signup")), 201, nil)
}

func TestWrongCodesAtOnceGetFiveTries(t *testing.T) {
	t.Parallel()
	phone := client.RandomPhone()
	code := ask(t, phone, "signup")
	answers := together(t, 16, func(i int) (client.Answer, error) {
		body := object{"phone": phone, "password": client.Password, "code": otherCode(code, i)}
		return suite.api.Do(t.Context(), "POST", "/signup", body)
	})
	tried := 0
	for _, answer := range answers {
		if refused(t, answer, 422, 429, 409).Code == "code_wrong" {
			tried++
		}
	}
	if tried > 5 {
		t.Errorf("16 wrong codes at once: got %d of them judged, want at most 5", tried)
	}
}

func TestSecondCodeWithinAMinuteIsRefused(t *testing.T) {
	t.Parallel()
	phone := client.RandomPhone()
	ask(t, phone, "signup")
	answer := anybody(t, "POST", "/otp", object{"phone": local(phone), "purpose": "signup"})
	refused(t, answer, 429)
	wait, err := strconv.Atoi(answer.Header.Get("Retry-After"))
	if err != nil || wait < 1 || wait > 60 {
		t.Errorf("second code: got Retry-After %q, want 1 to 60 seconds", answer.Header.Get("Retry-After"))
	}
	other := anybody(t, "POST", "/otp", object{"phone": phone, "purpose": "login"})
	expect(t, other, 202, nil)
}

func TestCodeServesItsPurposeOnly(t *testing.T) {
	t.Parallel()
	phone := client.RandomPhone()
	code := ask(t, phone, "signup")
	answer := anybody(t, "POST", "/login", object{"phone": phone, "code": code})
	refused(t, answer, 401, 422)
	other := client.RandomPhone()
	refused(t, anybody(t, "POST", "/signup", object{"phone": other, "password": client.Password, "code": code}), 422)
	expect(t, anybody(t, "POST", "/signup", object{"phone": phone, "password": client.Password, "code": code}), 201, nil)
}

func TestBadCodeRequests(t *testing.T) {
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
		problem := refused(t, anybody(t, "POST", "/otp", c.body), 400, 422)
		if !names(problem, c.field) {
			t.Errorf("%s: got errors %+v, want one that points at /%s", name, problem.Errors, c.field)
		}
	}
}
