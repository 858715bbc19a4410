package e2e

import (
	"net/url"
	"strings"

	"ticketsystem/localstack/client"
)

// cell is one question of the matrix: what does the route answer to the role
// for the thing?
type cell struct {
	rule  rule
	role  string
	thing string
	want  int
	id    string // of the thing
}

// bodies are what the matrix sends, by the name of the rule: good bodies, so
// that an answer speaks of the caller, or where no caller matters, of the body.
func (w *world) bodies() map[string]func(c cell) any {
	fixed := func(body object) func(cell) any { return func(cell) any { return body } }
	once := func(fields object) func(cell) any {
		return func(cell) any {
			body := object{"clientId": client.NewID()}
			for name, value := range fields {
				body[name] = value
			}
			return body
		}
	}
	return map[string]func(c cell) any{
		"POST /tickets/{id}/messages":                       once(object{"body": w.mark}),
		"POST /tickets/{id}/messages · internal":            once(object{"body": w.mark, "internal": true}),
		"POST /tickets/{id}/messages · with another's file": once(object{"body": w.mark, "attachmentIds": []string{w.file}}),
		"POST /tickets/{id}/read":                           fixed(object{"seq": 1}),
		"PATCH /tickets/{id}":                               fixed(object{"title": w.mark, "priority": "urgent"}),
		"PATCH /tickets/{id} · tags":                        fixed(object{"tags": []string{"matrix"}}),
		"POST /tickets/{id}/close":                          once(nil),
		"POST /tickets/{id}/reopen":                         once(nil),
		"POST /tickets/{id}/status":                         once(object{"status": "pending"}),
		"POST /tickets/{id}/assign · to me":                 once(object{"assigneeId": "me"}),
		"POST /tickets/{id}/assign · to nobody":             once(object{"assigneeId": nil}),
		"POST /tickets/{id}/assign · to a customer":         once(object{"assigneeId": w.third.User.ID}),

		"PATCH /users/{id}":      fixed(object{"role": "admin"}),
		"PATCH /categories/{id}": fixed(object{"order": 999}),

		"POST /otp":                       fixed(object{"phone": client.RandomPhone(), "purpose": "matrix"}),
		"POST /signup":                    fixed(object{"phone": client.RandomPhone(), "password": client.Password, "code": "000000"}),
		"POST /password/reset":            fixed(object{"phone": w.third.User.Phone, "password": anotherPassword, "code": "000000"}),
		"POST /login · own password":      w.login,
		"POST /token/refresh · own token": w.refresh,
		"PATCH /profile":                  fixed(object{"city": nil}),
		"PATCH /profile · role":           fixed(object{"role": "admin"}),
		"POST /profile/email/confirm · without an address": fixed(object{"code": "000000"}),
		"POST /profile/phone":                              fixed(object{"phone": client.RandomPhone(), "code": "000000"}),

		"POST /tickets":            once(object{"title": w.mark, "description": w.mark, "categoryId": w.things["A category"]["active"]}),
		"POST /attachments":        fixed(object{"name": "matrix.png", "type": "image/png", "size": 100}),
		"POST /notifications/read": fixed(object{"all": true}),
		"POST /notifications": fixed(object{
			"title": w.mark, "body": w.mark, "audience": object{"userIds": []string{w.third.User.ID}}, "channels": []string{"app"},
		}),
		"POST /categories": func(cell) any {
			name := w.mark + " " + client.NewID()
			return object{"names": object{"en": name, "fa": name + " فا"}}
		},
		"POST /users": func(cell) any { return object{"phone": client.RandomPhone(), "name": w.mark, "role": "admin"} },
	}
}

// login says who one is; nobody says a number that nobody has.
func (w *world) login(c cell) any {
	who, known := w.people[c.role]
	if !known {
		return object{"phone": client.RandomPhone(), "password": client.Password}
	}
	return object{"phone": who.User.Phone, "password": client.Password}
}

// refresh sends a refresh token of one's own; that of the disabled one was good
// until he was.
func (w *world) refresh(c cell) any {
	who, known := w.people[c.role]
	switch {
	case !known:
		return object{"refreshToken": strings.Repeat("A", 128)}
	case c.role != roleDisabled:
		who = w.again(who.User.Phone)
	}
	return object{"refreshToken": who.Tokens().RefreshToken}
}

// caller is who asks: nobody has no credentials. Who ends a session or removes
// themselves does it with another one, to be there for the next question.
func (w *world) caller(c cell) (actor, bool) {
	who, known := w.people[c.role]
	switch {
	case c.want >= 400 || !known:
	case c.rule.name == "POST /logout":
		who = w.again(who.User.Phone)
	case c.rule.name == "DELETE /users/{id}" && c.thing == "own":
		who = w.enter("admin", w.mark)
	}
	return who, known
}

// ask asks the question of a cell over HTTP.
func (w *world) ask(c cell) (client.Answer, error) {
	method, path, _ := strings.Cut(c.rule.route, " ")
	who, known := w.caller(c)
	if c.rule.name == "DELETE /users/{id}" && c.thing == "own" && known {
		c.id = who.User.ID
	}
	if method == "ANY" {
		method, path = "GET", "/matrix"
	}
	path = strings.Replace(path, "{id}", c.id, 1)
	if c.rule.name == "GET /tickets · search" {
		path += "?limit=100&q=" + url.QueryEscape("title")
	}
	var body any
	if bodyFor, ok := w.bodies()[c.rule.name]; ok {
		body = bodyFor(c)
	}
	if !known {
		return suite.api.Do(w.t.Context(), method, path, body)
	}
	return who.Do(w.t.Context(), method, path, body)
}
