package client

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"
)

// Password is the password of the seeded users and of those created by SignUp.
const Password = "ticket-demo-2026"

// refreshAfter is the age at which an access token is refreshed. Its lifetime is 15
// minutes.
const refreshAfter = 10 * time.Minute

// Fields is a JSON object.
type Fields map[string]any

// NewID returns a ULID, as clients generate for each message.
func NewID() string { return ulid.Make().String() }

// phoneCount is the number of phone numbers in +98913 to +98918.
const phoneCount = 60_000_000

// phones counts the numbers of RandomPhone in this process, from a random one.
//
//nolint:gochecknoglobals // two callers must not get the same number
var phones = struct {
	first int64
	count atomic.Int64
}{first: rand.Int64N(phoneCount)}

// RandomPhone returns a mobile number (E.164) that is new in this process, and most likely
// unused on a stack that others test too.
func RandomPhone() string {
	const step = 7919 // shares no factor with phoneCount: no number comes twice
	return fmt.Sprintf("+98%d", 913_0000000+(phones.first+phones.count.Add(1))*step%phoneCount)
}

// User is a signed-in user. It is safe for concurrent use.
type User struct {
	API     *API
	Profile UserProfile

	mu       sync.Mutex
	tokens   Tokens
	issuedAt time.Time
}

// SignUp creates an account for a phone number (E.164) with a code from the outbox.
func (a *API) SignUp(ctx context.Context, phone, name string) (*User, error) {
	code, err := a.RequestCode(ctx, phone, "signup")
	if err != nil {
		return nil, err
	}
	return a.SignUpWithCode(ctx, phone, name, code)
}

// SignUpWithCode creates an account for a phone number (E.164) with a given code.
func (a *API) SignUpWithCode(ctx context.Context, phone, name, code string) (*User, error) {
	body := Fields{"phone": phone, "password": Password, "code": code, "name": name}
	return a.authenticate(ctx, "/signup", http.StatusCreated, body)
}

// Login signs a user in by password.
func (a *API) Login(ctx context.Context, phone, password string) (*User, error) {
	return a.authenticate(ctx, "/login", http.StatusOK, Fields{"phone": phone, "password": password})
}

func (a *API) authenticate(ctx context.Context, path string, want int, body Fields) (*User, error) {
	response, err := a.Do(ctx, http.MethodPost, path, body)
	if err != nil {
		return nil, err
	}
	var tokens Tokens
	if err := response.Decode(want, &tokens); err != nil {
		return nil, err
	}
	return a.WithTokens(tokens), nil
}

// WithTokens returns a user for tokens that were just issued.
func (a *API) WithTokens(tokens Tokens) *User {
	return &User{API: a, Profile: tokens.User, tokens: tokens, issuedAt: time.Now()}
}

// Tokens returns the user's current tokens.
func (u *User) Tokens() Tokens {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.tokens
}

// bearer returns the value of the Authorization header, refreshing the tokens before
// they expire.
func (u *User) bearer(ctx context.Context) (string, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if time.Since(u.issuedAt) > refreshAfter {
		response, err := u.API.Do(ctx, http.MethodPost, "/token/refresh", Fields{"refreshToken": u.tokens.RefreshToken})
		if err != nil {
			return "", err
		}
		if err := response.Decode(http.StatusOK, &u.tokens); err != nil {
			return "", err
		}
		u.issuedAt = time.Now()
	}
	return "Bearer " + u.tokens.AccessToken, nil
}

// Do sends one request as this user.
func (u *User) Do(ctx context.Context, method, path string, body any, options ...Option) (Response, error) {
	bearer, err := u.bearer(ctx)
	if err != nil {
		return Response{}, err
	}
	return u.API.Do(ctx, method, path, body, append([]Option{Header("Authorization", bearer)}, options...)...)
}

// do sends one request and decodes the response into target.
func (u *User) do(ctx context.Context, method, path string, body any, want int, target any) error {
	response, err := u.Do(ctx, method, path, body)
	if err != nil {
		return err
	}
	return response.Decode(want, target)
}

// Categories returns the ticket categories.
func (u *User) Categories(ctx context.Context) ([]Category, error) {
	var page List[Category]
	err := u.do(ctx, http.MethodGet, "/categories", nil, http.StatusOK, &page)
	return page.Data, err
}

// OpenTicket creates a ticket. Missing required fields get default values.
func (u *User) OpenTicket(ctx context.Context, fields Fields) (Ticket, error) {
	body := Fields{
		"clientId":    NewID(),
		"title":       "The parcel has not come",
		"description": "I ordered it on Saturday and it has not come yet.",
	}
	maps.Copy(body, fields)
	if body["categoryId"] == nil {
		categories, err := u.Categories(ctx)
		if err != nil {
			return Ticket{}, err
		}
		if len(categories) == 0 {
			return Ticket{}, fmt.Errorf("GET /categories: got none, want the seeded categories")
		}
		body["categoryId"] = categories[0].ID
	}
	var ticket Ticket
	err := u.do(ctx, http.MethodPost, "/tickets", body, http.StatusCreated, &ticket)
	return ticket, err
}

// Ticket returns a ticket and its newest entries.
func (u *User) Ticket(ctx context.Context, id string) (Detail, error) {
	var detail Detail
	err := u.do(ctx, http.MethodGet, "/tickets/"+id, nil, http.StatusOK, &detail)
	return detail, err
}

// Post posts a message with optional further fields.
func (u *User) Post(ctx context.Context, ticketID, text string, fields Fields) (Entry, error) {
	body := Fields{"clientId": NewID(), "body": text}
	maps.Copy(body, fields)
	var entry Entry
	err := u.do(ctx, http.MethodPost, "/tickets/"+ticketID+"/messages", body, http.StatusCreated, &entry)
	return entry, err
}

// Change calls an action of a ticket: close, reopen, status or assign.
func (u *User) Change(ctx context.Context, ticketID, action string, fields Fields) (Ticket, error) {
	body := Fields{"clientId": NewID()}
	maps.Copy(body, fields)
	var ticket Ticket
	err := u.do(ctx, http.MethodPost, "/tickets/"+ticketID+"/"+action, body, http.StatusOK, &ticket)
	return ticket, err
}

// History returns all entries of a ticket that the user may see.
func (u *User) History(ctx context.Context, ticketID string) ([]Entry, error) {
	var entries []Entry
	for after := 0; ; {
		var page EntryPage
		path := fmt.Sprintf("/tickets/%s/history?limit=100&after=%d", ticketID, after)
		if err := u.do(ctx, http.MethodGet, path, nil, http.StatusOK, &page); err != nil {
			return nil, err
		}
		entries = append(entries, page.Data...)
		if !page.Page.HasMore || len(page.Data) == 0 {
			return entries, nil
		}
		after = page.Data[len(page.Data)-1].Seq
	}
}
