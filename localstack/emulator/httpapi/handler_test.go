package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/golden"
)

func TestMatch_Precedence(t *testing.T) {
	routes := []Route{
		{Function: "missing"},
		{Method: "ANY", Path: "/files/{path+}", Function: "greedy"},
		{Method: "GET", Path: "/tickets/{id}", Function: "get"},
		{Method: "ANY", Path: "/tickets/{id}", Function: "any"},
		{Method: "GET", Path: "/tickets/mine", Function: "mine"},
		{Method: "GET", Path: "/{what}/mine", Function: "vague"},
	}
	for request, want := range map[string]string{
		"GET /tickets/mine":   "mine map[]",
		"GET /tickets/7":      "get map[id:7]",
		"PUT /tickets/7":      "any map[id:7]",
		"GET /other/mine":     "vague map[what:other]",
		"GET /tickets/a%2Fb":  "get map[id:a/b]",
		"GET /files/a/b%20c":  "greedy map[path:a/b c]",
		"GET /tickets/":       "missing map[]",
		"GET /tickets/7/more": "missing map[]",
		"GET /":               "missing map[]",
	} {
		method, path, _ := strings.Cut(request, " ")
		route, variables := match(routes, method, path)
		if got := fmt.Sprint(route.Function, " ", variables); got != want {
			t.Errorf("%s: got %s, want %s", request, got, want)
		}
	}
}

// newGateway starts a server for an API with one route, whose function is f.
func newGateway(t *testing.T, f func(event map[string]any) (string, error)) *httptest.Server {
	t.Helper()
	h := &Handler{
		API: func() API {
			return API{
				Routes: []Route{{Method: "POST", Path: "/items/{id}", Function: "f"}},
				CORS:   &CORS{Origins: []string{"https://app.example"}, Methods: []string{"POST"}, Headers: []string{"etag"}, Credentials: true, MaxAge: 60},
			}
		},
		Prepare: func(string) {}, OnWrite: func() {},
		Invoke: func(_ context.Context, _ string, payload []byte) ([]byte, error) {
			var event map[string]any
			if err := json.Unmarshal(payload, &event); err != nil {
				return nil, err
			}
			result, err := f(event)
			return []byte(result), err
		},
		Logf: t.Logf,
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

// testResponse is the status and header of a response.
type testResponse struct {
	StatusCode int
	Header     http.Header
}

func call(t *testing.T, method, url, contentType string, body string, header ...string) (testResponse, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return testResponse{response.StatusCode, response.Header}, string(text)
}

func TestNewEvent(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "http://localhost:3000/items/a%2Fb?x=1&x=2", nil)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Cookie", "k=1; l=2")
	r.Header.Set("User-Agent", "test")
	route := &Route{Method: "POST", Path: "/items/{id}"}
	golden.JSON(t, "event", newEvent(r, route, map[string]string{"id": "a/b"}, []byte(`{"a":1}`), "request-1", time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)))
}

func TestHandler_PayloadFormat(t *testing.T) {
	var got map[string]any
	server := newGateway(t, func(event map[string]any) (string, error) {
		got = event
		return `{"statusCode":201,"headers":{"X-Own":"1"},"multiValueHeaders":{"x-many":["a","b"]},"cookies":["c=1; Path=/; HttpOnly; SameSite=Lax","d=2, 3"],"body":"aGk=","isBase64Encoded":true}`, nil
	})
	response, text := call(t, "POST", server.URL+"/items/a%2Fb?x=1&y=%20&x=2", "application/json", `{"a":1}`,
		"Cookie", "k=1; l=2;m=a=b, c", "X-Twice", "1", "X-Twice", "2", "X-Forwarded-Proto", "https", "X-Forwarded-For", "10.0.0.1")
	if response.StatusCode != http.StatusCreated || text != "hi" || response.Header.Get("X-Own") != "1" ||
		fmt.Sprintf("%q", response.Header["Set-Cookie"]) != `["c=1; Path=/; HttpOnly; SameSite=Lax" "d=2, 3"]` || len(response.Header["X-Many"]) != 2 {
		t.Errorf("got %d %q %v", response.StatusCode, text, response.Header)
	}
	get := func(path string) any {
		var v any = got
		for _, name := range strings.Split(path, ".") {
			v = v.(map[string]any)[name]
		}
		return v
	}
	for path, want := range map[string]any{
		"version": "2.0", "routeKey": "POST /items/{id}", "rawPath": "/items/a/b", "rawQueryString": "x=1&y=%20&x=2",
		"body": `{"a":1}`, "isBase64Encoded": false, "headers.x-twice": "1,2", "headers.cookie": nil, "headers.x-forwarded-proto": "http", "headers.x-forwarded-for": "10.0.0.1, 127.0.0.1", "headers.content-length": "7",
		"queryStringParameters.x": "1,2", "queryStringParameters.y": " ", "pathParameters.id": "a/b",
		"requestContext.http.method": "POST", "requestContext.http.sourceIp": "127.0.0.1", "requestContext.stage": "$default",
		"requestContext.routeKey": "POST /items/{id}",
	} {
		if v := get(path); v != want {
			t.Errorf("%s: got %v, want %v", path, v, want)
		}
	}
	if cookies := fmt.Sprintf("%q", got["cookies"]); cookies != `["k=1" "l=2" "m=a=b, c"]` {
		t.Errorf("cookies: got %s", cookies)
	}
	call(t, "POST", server.URL+"/items/1", "image/png", "\x89PNG")
	if got["isBase64Encoded"] != true || got["body"] != "iVBORw==" {
		t.Errorf("binary body: got %v %v", got["isBase64Encoded"], got["body"])
	}
}

func TestHandler_FunctionResults(t *testing.T) {
	text, failure := "", error(nil)
	server := newGateway(t, func(map[string]any) (string, error) { return text, failure })
	for _, c := range []struct {
		result  string
		failure error
		status  int
		body    string
	}{
		{`{"statusCode":204}`, nil, 204, ""},
		{`{"plain":true}`, nil, 200, `{"plain":true}`},
		{`"text"`, nil, 200, "text"},
		{`{"statusCode":"no"}`, nil, 500, `{"message":"Internal Server Error"}` + "\n"},
		{`not json`, nil, 500, `{"message":"Internal Server Error"}` + "\n"},
		{"", errors.New("crashed"), 500, `{"message":"Internal Server Error"}` + "\n"},
		{"", context.DeadlineExceeded, 503, `{"message":"Service Unavailable"}` + "\n"},
	} {
		text, failure = c.result, c.failure
		response, body := call(t, "POST", server.URL+"/items/1", "application/json", "{}")
		if response.StatusCode != c.status || body != c.body {
			t.Errorf("result %q, %v: got %d %q, want %d %q", c.result, c.failure, response.StatusCode, body, c.status, c.body)
		}
	}
}

func TestHandler_Limits(t *testing.T) {
	server := newGateway(t, func(map[string]any) (string, error) { return `{"statusCode":204}`, nil })
	if response, body := call(t, "POST", server.URL+"/items/1", "text/plain", strings.Repeat("x", maxBodyBytes+1)); response.StatusCode != 413 {
		t.Errorf("11 MB: got %d %q, want 413", response.StatusCode, body)
	}
	if response, _ := call(t, "GET", server.URL+"/nothing", "text/plain", ""); response.StatusCode != 404 {
		t.Errorf("no route: got %d, want 404", response.StatusCode)
	}
}

func TestCORS(t *testing.T) {
	invoked := 0
	server := newGateway(t, func(map[string]any) (string, error) {
		invoked++
		return `{"statusCode":200,"headers":{"access-control-allow-origin":"*"},"body":"x"}`, nil
	})
	for origin, want := range map[string]string{"https://app.example": "https://app.example", "https://evil.example": ""} {
		preflight, _ := call(t, "OPTIONS", server.URL+"/items/1", "", "", "Origin", origin, "Access-Control-Request-Method", "POST")
		if preflight.StatusCode != http.StatusNoContent || preflight.Header.Get("Access-Control-Allow-Origin") != want {
			t.Errorf("preflight of %s: got %d %v", origin, preflight.StatusCode, preflight.Header)
		}
		response, _ := call(t, "POST", server.URL+"/items/1", "", "", "Origin", origin)
		if got := response.Header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("origin %s: got %q, want %q", origin, got, want)
		}
	}
	if invoked != 2 {
		t.Errorf("got %d invocations, want 2: preflight requests do not invoke", invoked)
	}
}

// TestObserve checks what the dashboard learns of a request: also of one without a route,
// and the problem of a refused one.
func TestObserve(t *testing.T) {
	var got []Exchange
	h := &Handler{
		API:     func() API { return API{Routes: []Route{{Method: "GET", Path: "/a", Function: "f"}}} },
		Prepare: func(string) {}, OnWrite: func() {}, Logf: t.Logf, Observe: func(x Exchange) { got = append(got, x) },
		Invoke: func(context.Context, string, []byte) ([]byte, error) {
			return []byte(`{"statusCode":404,"headers":{"content-type":"application/problem+json"},"body":"{\"code\":\"not_found\"}"}`), nil
		},
	}
	for _, path := range []string{"/a?b=c", "/none"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		x := got[len(got)-1]
		if x.Path != path || x.Status != 404 || x.RequestID == "" || x.RequestID != w.Header().Get("Apigw-Requestid") || x.Ms <= 0 {
			t.Errorf("%s: got %+v", path, x)
		}
	}
	if got[0].Function != "f" || string(got[0].Problem) != `{"code":"not_found"}` || got[1].Function != "" {
		t.Errorf("got %+v", got)
	}
}

// TestObserve_ClientClosed checks that a request whose client has disconnected is not shown as
// a failure of the function.
func TestObserve_ClientClosed(t *testing.T) {
	ctx, disconnect := context.WithCancel(t.Context())
	status := 0
	h := &Handler{
		API:     func() API { return API{Routes: []Route{{Method: "GET", Path: "/a", Function: "f"}}} },
		Prepare: func(string) {}, OnWrite: func() {}, Logf: t.Logf, Observe: func(x Exchange) { status = x.Status },
		Invoke: func(ctx context.Context, _ string, _ []byte) ([]byte, error) {
			disconnect()
			return nil, ctx.Err()
		},
	}
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/a", nil).WithContext(ctx))
	if status != 499 {
		t.Errorf("got %d, want 499", status)
	}
}

// TestHandler_Throttle checks the token bucket of each route, and that a changed limit
// applies at once.
func TestHandler_Throttle(t *testing.T) {
	invoked, api := 0, API{Routes: []Route{
		{Method: "POST", Path: "/a", Function: "f", Throttle: Throttle{Rate: 1e-6, Burst: 3}},
		{Method: "POST", Path: "/b", Function: "f", Throttle: Throttle{Rate: 1e-6, Burst: 1}},
		{Method: "POST", Path: "/c", Function: "f"},
	}}
	h := &Handler{
		API: func() API { return api }, Prepare: func(string) {}, OnWrite: func() {}, Logf: t.Logf,
		Invoke: func(context.Context, string, []byte) ([]byte, error) {
			invoked++
			return []byte(`{"statusCode":200}`), nil
		},
	}
	check := func(want string) {
		t.Helper()
		got, refused := map[string]int{}, ""
		invoked = 0
		for _, path := range []string{"/a", "/b", "/c"} {
			for range 5 {
				w := httptest.NewRecorder()
				if h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, nil)); w.Code == http.StatusOK {
					got[path]++
				} else {
					refused = fmt.Sprint(w.Code, " ", w.Body)
				}
			}
		}
		if text := fmt.Sprint(got, " ", invoked, " ", refused); text != want+" 429 {\"message\":\"Too Many Requests\"}\n" {
			t.Errorf("got %s, want %s accepted", text, want)
		}
	}
	check("map[/a:3 /b:1 /c:5] 9")
	api.Routes[0].Throttle.Burst = 4
	check("map[/a:4 /c:5] 9")
}
