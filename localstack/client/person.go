package client

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
)

// Password is the password of every seeded person and of everyone whom SignUp
// makes.
const Password = "ticket-demo-2026"

// renewAfter is the age at which an access token is renewed; it lives 15
// minutes.
const renewAfter = 10 * time.Minute

// Fields is a JSON object.
type Fields map[string]any

// NewID makes a ULID, as clients do for each thing that they send.
func NewID() string { return ulid.Make().String() }

// RandomPhone makes a mobile number (E.164) that most likely nobody has.
func RandomPhone() string { return fmt.Sprintf("+98912%07d", rand.IntN(10_000_000)) }

// Person is somebody who is signed in. It may be used by many goroutines at
// once.
type Person struct {
	API  *API
	User User

	mu     sync.Mutex
	tokens Tokens
	since  time.Time
}

// SignUp makes an account for a number (E.164) with a code from the outbox.
func (a *API) SignUp(ctx context.Context, phone, name string) (*Person, error) {
	code, err := a.AskCode(ctx, phone, "signup")
	if err != nil {
		return nil, err
	}
	return a.SignUpWith(ctx, phone, name, code)
}

// SignUpWith makes an account for a number (E.164) with a code that its owner
// has read.
func (a *API) SignUpWith(ctx context.Context, phone, name, code string) (*Person, error) {
	body := Fields{"phone": phone, "password": Password, "code": code, "name": name}
	return a.enter(ctx, "/signup", http.StatusCreated, body)
}

// Login signs a person in by password.
func (a *API) Login(ctx context.Context, phone, password string) (*Person, error) {
	return a.enter(ctx, "/login", http.StatusOK, Fields{"phone": phone, "password": password})
}

func (a *API) enter(ctx context.Context, path string, want int, body Fields) (*Person, error) {
	answer, err := a.Do(ctx, http.MethodPost, path, body)
	if err != nil {
		return nil, err
	}
	var tokens Tokens
	if err := answer.Into(want, &tokens); err != nil {
		return nil, err
	}
	return a.As(tokens), nil
}

// As makes a person of tokens that were just issued.
func (a *API) As(tokens Tokens) *Person {
	return &Person{API: a, User: tokens.User, tokens: tokens, since: time.Now()}
}

// Tokens returns the person's current tokens.
func (p *Person) Tokens() Tokens {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tokens
}

// bearer returns the value of the Authorization header, renewing the tokens
// before they expire.
func (p *Person) bearer(ctx context.Context) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.since) > renewAfter {
		answer, err := p.API.Do(ctx, http.MethodPost, "/token/refresh", Fields{"refreshToken": p.tokens.RefreshToken})
		if err != nil {
			return "", err
		}
		if err := answer.Into(http.StatusOK, &p.tokens); err != nil {
			return "", err
		}
		p.since = time.Now()
	}
	return "Bearer " + p.tokens.AccessToken, nil
}

// Do sends one request as this person.
func (p *Person) Do(ctx context.Context, method, path string, body any, options ...Option) (Answer, error) {
	bearer, err := p.bearer(ctx)
	if err != nil {
		return Answer{}, err
	}
	return p.API.Do(ctx, method, path, body, append([]Option{Header("Authorization", bearer)}, options...)...)
}

// call sends one request and decodes the wanted answer.
func (p *Person) call(ctx context.Context, method, path string, body any, want int, target any) error {
	answer, err := p.Do(ctx, method, path, body)
	if err != nil {
		return err
	}
	return answer.Into(want, target)
}

// Categories lists the kinds of ticket.
func (p *Person) Categories(ctx context.Context) ([]Category, error) {
	var page List[Category]
	err := p.call(ctx, http.MethodGet, "/categories", nil, http.StatusOK, &page)
	return page.Data, err
}

// OpenTicket opens a ticket. Fields that the caller does not set, but that the
// API asks for, are filled in.
func (p *Person) OpenTicket(ctx context.Context, fields Fields) (Ticket, error) {
	body := Fields{
		"clientId":    NewID(),
		"title":       "The parcel has not come",
		"description": "I ordered it on Saturday and it has not come yet.",
	}
	maps.Copy(body, fields)
	if body["categoryId"] == nil {
		categories, err := p.Categories(ctx)
		if err != nil {
			return Ticket{}, err
		}
		if len(categories) == 0 {
			return Ticket{}, fmt.Errorf("GET /categories: got none, want the seeded ones")
		}
		body["categoryId"] = categories[0].ID
	}
	var ticket Ticket
	err := p.call(ctx, http.MethodPost, "/tickets", body, http.StatusCreated, &ticket)
	return ticket, err
}

// Ticket reads a ticket and its newest entries.
func (p *Person) Ticket(ctx context.Context, id string) (Detail, error) {
	var detail Detail
	err := p.call(ctx, http.MethodGet, "/tickets/"+id, nil, http.StatusOK, &detail)
	return detail, err
}

// Post posts a message; fields beside the body are optional.
func (p *Person) Post(ctx context.Context, ticketID, text string, fields Fields) (Entry, error) {
	body := Fields{"clientId": NewID(), "body": text}
	maps.Copy(body, fields)
	var entry Entry
	err := p.call(ctx, http.MethodPost, "/tickets/"+ticketID+"/messages", body, http.StatusCreated, &entry)
	return entry, err
}

// Change calls one of a ticket's verbs: close, reopen, status or assign.
func (p *Person) Change(ctx context.Context, ticketID, verb string, fields Fields) (Ticket, error) {
	body := Fields{"clientId": NewID()}
	maps.Copy(body, fields)
	var ticket Ticket
	err := p.call(ctx, http.MethodPost, "/tickets/"+ticketID+"/"+verb, body, http.StatusOK, &ticket)
	return ticket, err
}

// History reads every entry that the person may see, page by page.
func (p *Person) History(ctx context.Context, ticketID string) ([]Entry, error) {
	var entries []Entry
	for after := 0; ; {
		var page Log
		path := fmt.Sprintf("/tickets/%s/history?limit=100&after=%d", ticketID, after)
		if err := p.call(ctx, http.MethodGet, path, nil, http.StatusOK, &page); err != nil {
			return nil, err
		}
		entries = append(entries, page.Data...)
		if !page.Page.HasMore || len(page.Data) == 0 {
			return entries, nil
		}
		after = page.Data[len(page.Data)-1].Seq
	}
}
