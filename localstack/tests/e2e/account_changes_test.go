package e2e

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ticketsystem/localstack/testkit/client"
	"ticketsystem/pkg/account"
	"ticketsystem/pkg/awstest"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/user"
)

const anotherPassword = "another-horse-8"

// TestResetPassword checks that the new password works and that everything opened with
// the old one ends: refresh tokens immediately, access tokens within seconds.
func TestResetPassword(t *testing.T) {
	t.Parallel()
	me := customer(t)
	browser := newBrowserSession(t, me)
	code := requestCode(t, me.Profile.Phone, "reset")
	reset := func(code, password string) client.Response {
		return anonymous(t, "POST", "/password/reset", object{"phone": nationalFormat(me.Profile.Phone), "code": code, "password": password})
	}
	equal(t, "a weak password", wantProblem(t, reset(code, "12345678"), 422).Code, "weak_password")
	equal(t, "a wrong code", wantProblem(t, reset(wrongCode(code, 0), anotherPassword), 422).Code, "code_wrong")
	wantStatus(t, reset(code, anotherPassword), 204, nil)
	equal(t, "the code again", wantProblem(t, reset(code, anotherPassword), 422).Code, "code_wrong")

	wantProblem(t, refresh(t, me.Tokens().RefreshToken), 401)
	wantProblem(t, browser.call("GET", "/profile", nil), 401)
	eventually(t, "the old access token is rejected", func() error {
		if response := me.call("GET", "/profile", nil); response.Status != 401 {
			return mismatch("GET /profile", response.Status, 401)
		}
		return nil
	})
	wantProblem(t, anonymous(t, "POST", "/login", object{"phone": me.Profile.Phone, "password": client.Password}), 401)
	user, err := suite.api.Login(t.Context(), me.Profile.Phone, anotherPassword)
	testUser{t, must(t, user, err)}.get("/profile", nil)
}

func TestResetPassword_UnknownPhone(t *testing.T) {
	t.Parallel()
	me := customer(t)
	otherUser := client.RandomPhone()
	unknown := anonymous(t, "POST", "/otp", object{"phone": otherUser, "purpose": "reset"})
	known := anonymous(t, "POST", "/otp", object{"phone": me.Profile.Phone, "purpose": "reset"})
	equal(t, "POST /otp for an unknown number: status", unknown.Status, known.Status)
	equal(t, "POST /otp for an unknown number: body", withoutChallenge(t, unknown), withoutChallenge(t, known))
	eventually(t, "the code of the known number is sent, and those that were requested before it", func() error {
		texts, err := suite.api.TextMessages(t.Context(), me.Profile.Phone)
		if err == nil && len(texts) == 0 {
			err = mismatch("SMS to the known number", len(texts), 1)
		}
		return err
	})
	texts, err := suite.api.TextMessages(t.Context(), otherUser)
	equal(t, "SMS to an unknown number", len(must(t, texts, err)), 0)
	response := anonymous(t, "POST", "/password/reset", object{"phone": otherUser, "code": "123456", "password": anotherPassword})
	equal(t, "reset of an unknown number", wantProblem(t, response, 422).Code, "code_wrong")
}

func TestChangePhone(t *testing.T) {
	t.Parallel()
	me, other := customer(t), customer(t)
	old, phone := me.Profile.Phone, client.RandomPhone()
	second, err := suite.api.Login(t.Context(), old, client.Password)
	must(t, second, err)
	move := func(user testUser, phone, code string, fields object) client.Response {
		body := object{"phone": phone, "code": code}
		maps.Copy(body, fields)
		return user.call("POST", "/profile/phone", body)
	}
	password := object{"password": client.Password}
	wantProblem(t, anonymous(t, "POST", "/otp", object{"phone": phone, "purpose": "phone"}), 401)
	code, err := me.RequestCode(t.Context(), phone, "phone")
	must(t, code, err)
	equal(t, "without the password", pointsAt(wantProblem(t, move(me, phone, code, nil), 422), "password"), true)
	equal(t, "a wrong password", wantProblem(t, move(me, phone, code, object{"password": "another-horse-7"}), 422).Code, "password_wrong")
	equal(t, "a wrong code", wantProblem(t, move(me, phone, wrongCode(code, 0), password), 422).Code, "code_wrong")
	equal(t, "the code of another user", wantProblem(t, move(other, phone, code, password), 422).Code, "code_wrong")
	var profile client.UserProfile
	wantStatus(t, move(me, nationalFormat(phone), code, password), 200, &profile)
	equal(t, "phone", profile.Phone, phone)
	wantProblem(t, refresh(t, second.Tokens().RefreshToken), 401)
	wantStatus(t, refresh(t, me.Tokens().RefreshToken), 200, nil)
	eventually(t, "the old access token is revoked", func() error {
		if response := me.call("GET", "/profile", nil); response.Status != 401 {
			return mismatch("status", response.Status, 401)
		}
		return nil
	})
	user, err := suite.api.Login(t.Context(), phone, client.Password)
	equal(t, "the owner of the number", must(t, user, err).Profile.ID, me.Profile.ID)
	wantProblem(t, anonymous(t, "POST", "/login", object{"phone": old, "password": client.Password}), 401)
	eventually(t, "the old number is told", func() error {
		texts, err := suite.api.TextMessages(t.Context(), old)
		if err == nil && !slices.ContainsFunc(texts, func(text string) bool {
			return strings.Contains(text, "was changed to one ending in "+phone[len(phone)-2:])
		}) {
			return mismatch("texts", texts, "a notice")
		}
		return err
	})

	// The old number is free again; a second sign-up code within 60 s would be refused.
	staff(t, adminPhone).mustCall(201, "POST", "/users", object{"phone": old, "name": "New owner of the number"}, nil)
	code, err = other.RequestCode(t.Context(), old, "phone")
	must(t, code, err)
	oldCode, err := other.RequestCode(t.Context(), other.Profile.Phone, "phone")
	must(t, oldCode, err)
	equal(t, "a taken number", wantProblem(t, move(other, old, code, object{"oldCode": oldCode}), 409).Code, "phone_taken")
	other.get("/profile", &profile)
	equal(t, "phone after a rejection", profile.Phone, other.Profile.Phone)
}

// tableStore returns a store of the local stack's table.
func tableStore() *dynamo.Store {
	config := awstest.Config()
	config.BaseEndpoint = aws.String(suite.local.DynamoDBURL)
	return dynamo.New(config, suite.local.TableName, time.Now)
}

// TestChangePhone_FormerNumber checks that a session that a holder of the former number
// opens during the change ends, and that the others stay.
func TestChangePhone_FormerNumber(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		return
	}
	me, phone := customer(t), client.RandomPhone()
	code, err := me.RequestCode(t.Context(), phone, "phone")
	must(t, code, err)
	me.mustCall(200, "POST", "/profile/phone", object{"phone": phone, "code": code, "password": client.Password}, nil)
	late := account.Session{
		Family: client.NewID(), CurrentHash: "x", CreatedAt: time.Now(), LastUsedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour),
		User: user.User{ID: me.Profile.ID, Phone: me.Profile.Phone, Role: user.RoleUser},
	}
	if err := tableStore().CreateSession(t.Context(), late, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the session of the former number has ended", func() error {
		_, found, err := tableStore().Session(t.Context(), me.Profile.ID, late.Family)
		if err == nil && found {
			err = mismatch("found", found, false)
		}
		return err
	})
	wantStatus(t, refresh(t, me.Tokens().RefreshToken), 200, nil)
}

// awaitMail waits for the n-th email to an address and returns its text.
func awaitMail(t *testing.T, to string, n int) string {
	t.Helper()
	var newest string
	eventually(t, "an email to "+to, func() error {
		var inbox struct{ Data []struct{ Body string } }
		wantStatus(t, anonymous(t, "GET", "/_local/outbox?channel=email&to="+url.QueryEscape(to), nil), 200, &inbox)
		if len(inbox.Data) < n {
			return mismatch("mails", len(inbox.Data), n)
		}
		newest = inbox.Data[0].Body
		return nil
	})
	return newest
}

func TestConfirmEmail(t *testing.T) {
	t.Parallel()
	me := customer(t)
	equal(t, "without an address", wantProblem(t, me.call("POST", "/profile/email/code", nil), 409).Code, "email_missing")
	address := "sara" + strings.ToLower(client.NewID()) + "@example.com"
	me.mustCall(200, "PATCH", "/profile", object{"email": address, "locale": "fa"}, nil)
	if suite.local == nil {
		return // if no mailbox can be read
	}
	me.mustCall(202, "POST", "/profile/email/code", nil, nil)
	wantProblem(t, me.call("POST", "/profile/email/code", nil), 429)
	text := awaitMail(t, address, 1)
	code, err := client.ParseCode(text)
	must(t, code, err)
	if !strings.Contains(text, "کد تیکت") {
		t.Errorf("got %q, want it in Persian", text)
	}
	equal(t, "a wrong code", wantProblem(t, me.call("POST", "/profile/email/confirm", object{"code": wrongCode(code, 0)}), 422).Code, "code_wrong")
	var profile client.UserProfile
	me.mustCall(200, "POST", "/profile/email/confirm", object{"code": code}, &profile)
	equal(t, "emailVerified", profile.EmailVerified, true)
	me.mustCall(200, "PATCH", "/profile", object{"email": address}, &profile)
	equal(t, "emailVerified with the same address", profile.EmailVerified, true)
	me.mustCall(200, "PATCH", "/profile", object{"email": "x" + address}, &profile)
	equal(t, "emailVerified with another address", profile.EmailVerified, false)
	if text := awaitMail(t, address, 2); !strings.Contains(text, "نشانی ایمیل حساب") {
		t.Errorf("the old address got %q, want to be told of the change", text)
	}
}

// TestResetPassword_Told checks that the confirmed address is told of a new password, by a reset
// and by an administrator.
func TestResetPassword_Told(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		return // no mailbox can be read
	}
	me := customer(t)
	address := "reset" + strings.ToLower(client.NewID()) + "@example.com"
	me.mustCall(200, "PATCH", "/profile", object{"email": address, "locale": "fa"}, nil)
	me.mustCall(202, "POST", "/profile/email/code", nil, nil)
	code, err := client.ParseCode(awaitMail(t, address, 1))
	me.mustCall(200, "POST", "/profile/email/confirm", object{"code": must(t, code, err)}, nil)
	code = requestCode(t, me.Profile.Phone, "reset")
	wantStatus(t, anonymous(t, "POST", "/password/reset", object{"phone": me.Profile.Phone, "code": code, "password": anotherPassword}), 204, nil)
	if text := awaitMail(t, address, 2); !strings.Contains(text, "گذرواژهٔ حساب") {
		t.Errorf("after the reset: got %q", text)
	}
	admin := staff(t, adminPhone)
	admin.updateUser(me.Profile.ID, object{"password": client.Password})
	if text := awaitMail(t, address, 3); !strings.Contains(text, "گذرواژهٔ حساب") {
		t.Errorf("after the change by an administrator: got %q", text)
	}
}

// TestDeleteMe checks that a user is removed after a code sent for this purpose, as by an
// administrator: sessions, sockets, cookie and login end.
func TestDeleteMe(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	socket, page := me.connect(), newBrowserSession(t, me)
	phone := me.Profile.Phone
	wantProblem(t, me.call("DELETE", "/me", object{}), 422)
	wantProblem(t, anonymous(t, "POST", "/otp", object{"phone": phone, "purpose": "delete"}), 401)
	for _, number := range []string{agent.Profile.Phone, client.RandomPhone()} {
		equal(t, "a code to another number", pointsAt(wantProblem(t, me.call("POST", "/otp", object{"phone": number, "purpose": "delete"}), 422), "phone"), true)
	}
	code, err := me.RequestCode(t.Context(), phone, "delete")
	must(t, code, err)
	equal(t, "a wrong code", wantProblem(t, me.call("DELETE", "/me", object{"code": wrongCode(code, 0)}), 422).Code, "code_wrong")
	equal(t, "without the CSRF token", wantProblem(t, page.call("DELETE", "/me", object{"code": code}, client.Header("X-CSRF-Token", "x")), 403).Code, "csrf")

	response := page.call("DELETE", "/me", object{"code": code})
	wantStatus(t, response, 204, nil)
	if cookies := (&http.Response{Header: response.Header}).Cookies(); len(cookies) != 1 || cookies[0].MaxAge >= 0 {
		t.Errorf("got cookies %v, want the session cookie deleted", cookies)
	}
	equal(t, "the cookie", wantProblem(t, page.call("GET", "/profile", nil), 401).Status, 401)
	wantProblem(t, refresh(t, me.Tokens().RefreshToken), 401)
	wantProblem(t, anonymous(t, "POST", "/login", object{"phone": phone, "password": client.Password}), 401)
	if _, err := socket.AwaitClose(t.Context()); err != nil {
		t.Errorf("socket: got %v, want it closed", err)
	}
	eventually(t, "the access token is revoked, and the name is removed", func() error {
		if got := me.call("GET", "/profile", nil).Status; got != 401 {
			return mismatch("status", got, 401)
		}
		if got := agent.detail(ticket.ID).Ticket.Customer.Name; got == me.Profile.Name {
			return mismatch("customer", got, "no name")
		}
		return nil
	})
}

// TestDeleteMe_Administrator checks that administrators remove themselves as any user, while
// others remain.
func TestDeleteMe_Administrator(t *testing.T) {
	t.Parallel()
	me := newStaff(t, "admin")
	code, err := me.RequestCode(t.Context(), me.Profile.Phone, "delete")
	must(t, code, err)
	me.mustCall(204, "DELETE", "/me", object{"code": code}, nil)
	wantProblem(t, refresh(t, me.Tokens().RefreshToken), 401)
}
