package e2e

import (
	"net/http"
	"testing"

	"ticketsystem/localstack/testkit/client"
)

type session struct {
	ID         string
	Device     string
	CreatedAt  string
	LastUsedAt string
	Current    bool
}

// sessionsOf returns the caller's current session and the others.
func sessionsOf(t *testing.T, call func(method, path string, body any, options ...client.Option) client.Response) (current session, others []session) {
	t.Helper()
	var page client.List[session]
	wantStatus(t, call("GET", "/sessions", nil), 200, &page)
	for _, s := range page.Data {
		if s.ID == "" || s.CreatedAt == "" || s.LastUsedAt == "" {
			t.Errorf("GET /sessions: got %+v", s)
		}
		if s.Current {
			current = s
		} else {
			others = append(others, s)
		}
	}
	return current, others
}

func TestSessions(t *testing.T) {
	t.Parallel()
	me, otherUser := customer(t), customer(t)
	user, err := suite.api.Login(t.Context(), me.Profile.Phone, client.Password)
	second := testUser{t, must(t, user, err)}
	browser := newBrowserSession(t, me)

	mine, others := sessionsOf(t, me.call)
	equal(t, "other sessions", len(others), 2)
	_, foreign := sessionsOf(t, otherUser.call)
	equal(t, "other sessions of another user", len(foreign), 0)
	for name, id := range map[string]string{"another user's": mine.ID, "none": client.NewID(), "no id": "x"} {
		equal(t, name, wantProblem(t, otherUser.call("DELETE", "/sessions/"+id, nil), 404).Code, "session_not_found")
	}
	me.get("/profile", nil)

	theirs, _ := sessionsOf(t, browser.call)
	me.mustCall(204, "DELETE", "/sessions/"+theirs.ID, nil, nil)
	equal(t, "the cookie, immediately", wantProblem(t, browser.call("GET", "/profile", nil), 401).Code, "session_ended")
	wantProblem(t, me.call("DELETE", "/sessions/"+theirs.ID, nil), 404)

	theirs, _ = sessionsOf(t, second.call)
	me.mustCall(204, "DELETE", "/sessions/"+theirs.ID, nil, nil)
	wantProblem(t, refresh(t, second.Tokens().RefreshToken), 401)
	_, others = sessionsOf(t, me.call)
	equal(t, "other sessions at the end", len(others), 0)
}

// TestLogout_ClosesSockets checks that a logout closes the session's sockets, and not
// those of another session.
func TestLogout_ClosesSockets(t *testing.T) {
	t.Parallel()
	me := customer(t)
	user, err := suite.api.Login(t.Context(), me.Profile.Phone, client.Password)
	second := testUser{t, must(t, user, err)}
	mine, other := me.connect(), second.connect()
	second.mustCall(204, "POST", "/logout", nil, nil)
	if _, err := other.AwaitClose(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := mine.Request(t.Context(), object{"action": "ping"}, "pong"); err != nil {
		t.Errorf("the socket of the other session: %v", err)
	}
}

// TestEndedSession_OpensNoSocket checks that neither a connect token nor an access token from
// before opens a socket once the session has ended, in whichever way, and that the access token
// is rejected.
func TestEndedSession_OpensNoSocket(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(me testUser){
		"logout": func(me testUser) { me.mustCall(204, "POST", "/logout", nil, nil) },
		"logout with the refresh token": func(me testUser) {
			wantStatus(t, anonymous(t, "POST", "/logout", object{"refreshToken": me.Tokens().RefreshToken}), 204, nil)
		},
		"closed by another session": func(me testUser) {
			user, err := suite.api.Login(t.Context(), me.Profile.Phone, client.Password)
			other := testUser{t, must(t, user, err)}
			mine, _ := sessionsOf(t, me.call)
			other.mustCall(204, "DELETE", "/sessions/"+mine.ID, nil, nil)
		},
		"reuse of a refresh token": func(me testUser) {
			used := me.Tokens().RefreshToken
			for range 2 {
				var next client.Tokens
				wantStatus(t, refresh(t, me.Tokens().RefreshToken), 200, &next)
				me = testUser{t, suite.api.WithTokens(next)}
			}
			equal(t, "the first refresh token", wantProblem(t, refresh(t, used), 401).Code, "refresh_reused")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			me := customer(t)
			connectURL, address := me.connectToken().URL, me.socketURL(nil)
			end(me)
			wantConnectRefused(t, "a connect token from before", connectURL, nil)
			wantConnectRefused(t, "an access token from before", address, http.Header{"Authorization": {"Bearer " + me.Tokens().AccessToken}})
			eventually(t, "the access token is rejected", func() error {
				if response := me.call("GET", "/profile", nil); response.Status != 401 {
					return mismatch("GET /profile", response.Status, 401)
				}
				return nil
			})
		})
	}
}
