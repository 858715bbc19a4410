package e2e

import (
	"net/url"
	"strings"

	"ticketsystem/localstack/testkit/client"
	"ticketsystem/pkg/id"
)

// cell is one request of the matrix: a route, called by a role for a resource.
type cell struct {
	rule       rule
	role       string
	resource   string
	want       int
	resourceID string // of the resource
}

// requestBodies returns valid request bodies by rule name, so that the status depends
// on the caller. Public routes get bodies with a defined error.
func (f *authzFixture) requestBodies() map[string]func(c cell) any {
	fixed := func(body object) func(cell) any { return func(cell) any { return body } }
	withClientID := func(fields object) func(cell) any {
		return func(cell) any {
			body := object{"clientId": client.NewID()}
			for name, value := range fields {
				body[name] = value
			}
			return body
		}
	}
	return map[string]func(c cell) any{
		"POST /tickets/{id}/messages":                       withClientID(object{"body": f.marker}),
		"POST /tickets/{id}/messages · internal":            withClientID(object{"body": f.marker, "internal": true}),
		"POST /tickets/{id}/messages · with another's file": withClientID(object{"body": f.marker, "attachmentIds": []string{f.fileID}}),
		"POST /tickets/{id}/read":                           fixed(object{"seq": 1}),
		"PATCH /tickets/{id}":                               fixed(object{"title": f.marker, "priority": "urgent"}),
		"PATCH /tickets/{id} · tags":                        fixed(object{"tags": []string{"matrix"}}),
		"POST /tickets/{id}/close":                          withClientID(nil),
		"POST /tickets/{id}/reopen":                         withClientID(nil),
		"POST /tickets/{id}/status":                         withClientID(object{"status": "pending"}),
		"POST /tickets/{id}/assign · to me":                 withClientID(object{"assigneeId": "me"}),
		"POST /tickets/{id}/assign · unassign":              withClientID(object{"assigneeId": nil}),
		"POST /tickets/{id}/assign · to a customer":         withClientID(object{"assigneeId": f.thirdUser.Profile.ID}),

		"PATCH /users/{id}":      fixed(object{"role": "admin"}),
		"PATCH /categories/{id}": fixed(object{"order": 999}),

		"POST /otp":                       fixed(object{"phone": client.RandomPhone(), "purpose": "matrix"}),
		"POST /signup":                    fixed(object{"phone": client.RandomPhone(), "password": client.Password, "code": "000000"}),
		"POST /password/reset":            fixed(object{"phone": f.thirdUser.Profile.Phone, "password": anotherPassword, "code": "000000"}),
		"POST /login · own password":      f.loginBody,
		"POST /token/refresh · own token": f.refreshBody,
		"PATCH /profile":                  fixed(object{"city": nil}),
		"PATCH /profile · role":           fixed(object{"role": "admin"}),
		"POST /profile/email/confirm · without an address": fixed(object{"code": "000000"}),
		"DELETE /me":          fixed(object{"code": "000000"}),
		"POST /profile/phone": fixed(object{"phone": client.RandomPhone(), "code": "000000"}),

		"POST /tickets": withClientID(object{"title": f.marker, "description": f.marker, "categoryId": f.resources["A category"]["active"]}),
		"POST /tickets · for a customer": withClientID(object{
			"title": f.marker, "description": f.marker, "categoryId": f.resources["A category"]["active"], "customerId": f.thirdUser.Profile.ID,
		}),
		"POST /attachments":        fixed(object{"name": "matrix.png", "type": "image/png", "size": 100}),
		"POST /notifications/read": fixed(object{"all": true}),
		"POST /push/subscriptions": func(cell) any {
			return object{"endpoint": "https://push.example.com/" + client.NewID(), "keys": object{"p256dh": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM", "auth": "tBHItJI5svbpez7KI4CCXg"}}
		},
		"POST /push/subscriptions · to a private address": fixed(object{"endpoint": "https://127.0.0.1:9001/", "keys": object{"p256dh": "", "auth": ""}}),
		"DELETE /push/subscriptions":                      fixed(object{"endpoint": "https://push.example.com/matrix"}),
		"POST /notifications":                             f.broadcastBody,
		"POST /broadcasts":                                f.broadcastBody,
		"POST /categories": func(cell) any {
			name := f.marker + " " + client.NewID()
			return object{"names": object{"en": name, "fa": name + " فا"}}
		},
		"POST /users": func(cell) any { return object{"phone": client.RandomPhone(), "name": f.marker, "role": "admin"} },
	}
}

// broadcastBody returns a broadcast to one user.
func (f *authzFixture) broadcastBody(cell) any {
	return object{"title": f.marker, "body": f.marker, "audience": object{"userIds": []string{f.thirdUser.Profile.ID}}, "channels": []string{"app"}}
}

// loginBody returns the role's own credentials; the anonymous role uses an unknown
// phone number.
func (f *authzFixture) loginBody(c cell) any {
	user, known := f.users[c.role]
	if !known {
		return object{"phone": client.RandomPhone(), "password": client.Password}
	}
	return object{"phone": user.Profile.Phone, "password": client.Password}
}

// refreshBody returns a refresh token of the role's own session; for the disabled
// and the removed user, the token issued before.
func (f *authzFixture) refreshBody(c cell) any {
	user, known := f.users[c.role]
	switch {
	case !known:
		return object{"refreshToken": strings.Repeat("A", 128)}
	case c.role != roleDisabled && c.role != roleRemoved:
		user = f.signInAgain(user.Profile.Phone)
	}
	return object{"refreshToken": user.Tokens().RefreshToken}
}

// caller returns the user who sends the request, if any. A request that ends a session is sent by
// another session.
func (f *authzFixture) caller(c cell) (testUser, bool) {
	user, known := f.users[c.role]
	switch {
	case c.want >= 400 || !known:
	case c.rule.name == "POST /logout":
		user = f.signInAgain(user.Profile.Phone)
	}
	return user, known
}

// call sends the request of a cell over HTTP.
func (f *authzFixture) call(c cell) (client.Response, error) {
	method, path, _ := strings.Cut(c.rule.route, " ")
	user, known := f.caller(c)
	if method == "ANY" {
		method, path = "GET", "/matrix"
	}
	path = strings.NewReplacer("{id}", c.resourceID, "{number}", id.Number(c.resourceID)).Replace(path)
	if c.rule.name == "GET /tickets · search" {
		path += "?limit=100&q=" + url.QueryEscape("title")
	}
	var body any
	if bodyFor, ok := f.requestBodies()[c.rule.name]; ok {
		body = bodyFor(c)
	}
	if !known {
		return suite.api.Do(f.t.Context(), method, path, body)
	}
	return user.Do(f.t.Context(), method, path, body)
}
