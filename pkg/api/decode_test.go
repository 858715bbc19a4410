package api_test

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ticketsystem/pkg/api"
)

// TestDecode_Strict checks that invalid bodies are rejected with the invalid field and change
// nothing.
func TestDecode_Strict(t *testing.T) {
	good := `"clientId":"` + aULID + `","title":"T","description":"D","categoryId":"` + billingID + `"`
	for _, c := range []struct {
		name, body  string
		status      int
		code        string
		fieldErrors []string
	}{
		{"good", "{" + good + "}", 201, "", nil},
		{"white space around", " \n{" + good + "}\n\t", 201, "", nil},
		{"empty", "", 400, "bad_json", nil},
		{"white space", " \n", 400, "bad_json", nil},
		{"not JSON", "title=T", 400, "bad_json", nil},
		{"truncated", "{" + good, 400, "bad_json", nil},
		{"trailing data", "{" + good + "}{}", 400, "bad_json", nil},
		{"an extra bracket", "{" + good + "}}", 400, "bad_json", nil},
		{"an extra comma", "{" + good + ",}", 400, "bad_json", nil},
		{"not UTF-8", "{" + good + `,"x":"` + "\xff" + `"}`, 400, "bad_json", nil},
		{"too deep", "{" + good + `,"attachmentIds":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "}", 400, "bad_json", nil},
		{"too large", "{" + good + `,"x":"` + strings.Repeat("x", 128<<10) + `"}`, 413, "body_too_large", nil},

		{"an array", "[1]", 422, "invalid_body", []string{" type"}},
		{"a string", `"x"`, 422, "invalid_body", []string{" type"}},
		{"a number", "1e999", 422, "invalid_body", []string{" type"}},
		{"true", "true", 422, "invalid_body", []string{" type"}},
		{"null", "null", 422, "invalid_body", []string{" type"}},
		{"an unknown field", "{" + good + `,"color":"red"}`, 422, "invalid_body", []string{"/color unknown"}},
		{"a duplicate field", "{" + good + `,"title":"T"}`, 422, "invalid_body", []string{"/title duplicate"}},
		{"a field in another case", "{" + good + `,"Title":"T"}`, 422, "invalid_body", []string{"/Title unknown"}},
		{"a name that folds to a field", strings.Replace("{"+good+"}", "title", "TITLE", 1), 422, "invalid_body", []string{"/TITLE unknown"}},
		{"a name that folds to a field, with a long s", "{" + good + `,"attachmentIdſ":[]}`, 422, "invalid_body", []string{"/attachmentIdſ unknown"}},
		{"U+FFFD", strings.Replace("{"+good+"}", `"T"`, `"T\ufffd"`, 1), 201, "", nil},
		{"U+FFFD unescaped", strings.Replace("{"+good+"}", `"T"`, `"T`+"\uFFFD"+`"`, 1), 201, "", nil},
		{"U+FFFD and an unpaired surrogate", strings.Replace("{"+good+"}", `"T"`, `"T\uFFFD\udc00"`, 1), 422, "invalid_body", []string{"/title character"}},
		{"a surrogate pair", strings.Replace("{"+good+"}", `"T"`, `"T\ud83d\ude00"`, 1), 201, "", nil},
		{"a number for a string", `{"clientId":5}`, 422, "invalid_body", []string{"/clientId type"}},
		{"a string for an array", "{" + good + `,"attachmentIds":"x"}`, 422, "invalid_body", []string{"/attachmentIds type"}},
		{"a number for a text in an array", "{" + good + `,"attachmentIds":["` + fileID + `", 7]}`, 422, "invalid_body", []string{"/attachmentIds/1 type"}},
		{"an array in an array", "{" + good + `,"attachmentIds":["x",["y"]]}`, 422, "invalid_body", []string{"/attachmentIds/1 type"}},
		{"a huge number for a string", `{"title":1e400}`, 422, "invalid_body", []string{"/title type"}},
		{"a number for a string, and a huge one after it", `{"title":1,"description":1e400}`, 422, "invalid_body", []string{"/title type"}},
		{"an object for a string", "{" + good + `,"priority":{}}`, 422, "invalid_body", []string{"/priority type"}},
		{"a NUL in a text", strings.Replace("{"+good+"}", `"T"`, `"T\u0000"`, 1), 201, "", nil},
		{"a NUL in an id", strings.Replace("{"+good+"}", billingID, billingID+`\u0000`, 1), 422, "invalid_body", []string{"/categoryId invalid"}},
		{"a NUL in a name", "{" + good + `,"title\u0000":"T"}`, 400, "bad_json", nil},
		{"a NUL that is not escaped", strings.Replace("{"+good+"}", `"T"`, "\"T\x00\"", 1), 400, "bad_json", nil},
		{"an unpaired surrogate", strings.Replace("{"+good+"}", `"T"`, `"T\ud800"`, 1), 422, "invalid_body", []string{"/title character"}},

		{"an empty object", "{}", 422, "invalid_body", []string{"/clientId required", "/title required", "/description required", "/categoryId required"}},
		{"blank texts", strings.NewReplacer(`"T"`, `" \n "`, `"D"`, `"\t"`).Replace("{" + good + "}"), 422, "invalid_body", []string{"/title required", "/description required"}},
		{"null in all fields", `{"clientId":null,"title":null,"description":null,"categoryId":null}`, 422, "invalid_body", []string{"/clientId required", "/title required", "/description required", "/categoryId required"}},
		{"invalid ULIDs", `{"clientId":"1","title":"T","description":"D","categoryId":"x","attachmentIds":["y"]}`, 422, "invalid_body", []string{"/clientId invalid", "/categoryId invalid", "/attachmentIds/0 invalid"}},
		{"a title that is too long", strings.Replace("{"+good+"}", `"T"`, `"`+strings.Repeat("ت", 201)+`"`, 1), 422, "invalid_body", []string{"/title too_long"}},
		{"the longest title", strings.Replace("{"+good+"}", `"T"`, `"`+strings.Repeat("ت", 200)+`"`, 1), 201, "", nil},
		{"a line break in the title", strings.Replace("{"+good+"}", `"T"`, `"T\nT"`, 1), 201, "", nil},
		{"a line break in the text", strings.Replace("{"+good+"}", `"D"`, `"D\r\n\tD"`, 1), 201, "", nil},
		{"a control character in the text", strings.Replace("{"+good+"}", `"D"`, `"D\u0007"`, 1), 201, "", nil},
		{"invisible texts", strings.NewReplacer(`"T"`, `"\u200b\u202e"`, `"D"`, `"\u3164"`).Replace("{" + good + "}"), 422, "invalid_body", []string{"/title not_visible", "/description not_visible"}},
		{"an unknown priority", "{" + good + `,"priority":"High"}`, 422, "invalid_body", []string{"/priority not_allowed"}},
		{"a duplicate attachment", "{" + good + `,"attachmentIds":["` + fileID + `","` + strings.ToLower(fileID) + `"]}`, 422, "invalid_body", []string{"/attachmentIds/1 duplicate"}},
		{"too many attachments", "{" + good + `,"attachmentIds":[` + strings.Repeat(`"x",`, 10) + `"x"]}`, 422, "invalid_body", []string{"/attachmentIds too_many"}},
		{"an unknown category", strings.Replace("{"+good+"}", billingID, otherID, 1), 422, "invalid_body", []string{"/categoryId unknown"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			fx := newFixture(t)
			got := fx.send(t, api.CreateTicket(fx.tickets), sara, newRequest(http.MethodPost, "/tickets", c.body).with("content-type", "application/json"))
			if got.status != c.status || got.code() != c.code || !slices.Equal(got.fieldErrors(), c.fieldErrors) {
				t.Errorf("got %d %s %v, want %d %s %v", got.status, got.code(), got.fieldErrors(), c.status, c.code, c.fieldErrors)
			}
			if made := fx.Calls("CreateTicket"); (made == 1) != (c.status == 201) {
				t.Errorf("got %d tickets", made)
			}
		})
	}
}

// TestDecode_NestedType checks that a value of the wrong type in an object or array is named
// itself, with its type.
func TestDecode_NestedType(t *testing.T) {
	fx := newFixture(t)
	for _, c := range []struct {
		e             api.Endpoint
		body, pointer string
		message       string
	}{
		{api.CreateCategory(nil), `{"order":1,"names":{"en":"A","fa": 1}}`, "/names/fa", "Must be a string, not a number."},
		{api.CreateCategory(nil), `{"names":{"a/b":{"en":[]}}}`, "/names/a~1b", "Must be a string, not an object."},
		{api.CreateCategory(nil), `{"order":1.5}`, "/order", "Must be a whole number, not a fraction or a very large number."},
		{api.CreateCategory(nil), `{"order":` + strings.Repeat("9", 1000) + `}`, "/order", "Must be a whole number, not a fraction or a very large number."},
		{api.CreateCategory(nil), `{"active":"yes"}`, "/active", "Must be true or false, not a string."},
		{api.CreateCategory(nil), `{"names":[]}`, "/names", "Must be an object, not an array."},
		{api.CreateBroadcast(nil), `{"title":"T","audience":{"userIds":["x"],"roles":["user",{"a":[1]},true]}}`, "/audience/roles/1", "Must be a string, not an object."},
		{api.CreateBroadcast(nil), `{"audience":{"all": 1 },"channels":[true]}`, "/audience/all", "Must be true or false, not a number."},
		{api.CreateBroadcast(nil), `[]`, "", "Must be an object, not an array."},
		{api.CreateBroadcast(nil), `null`, "", "Must be an object, not null."},
	} {
		got := fx.send(t, c.e, mina, newRequest(http.MethodPost, "/x", c.body))
		if got.status != 422 || !slices.Equal(got.fieldErrors(), []string{c.pointer + " type"}) || !strings.Contains(got.text, c.message) {
			t.Errorf("%.60s: got %d %s, want %s at %q", c.body, got.status, got.text, c.message, c.pointer)
		}
	}
}

func TestDecode_MediaType(t *testing.T) {
	body := `{"clientId":"` + aULID + `","title":"T","description":"D","categoryId":"` + billingID + `"}`
	for media, want := range map[string]int{
		"application/json": 201, "application/json; charset=utf-8": 201, "APPLICATION/JSON": 201, "application/json;": 201,
		`application/json; charset="UTF-8"`: 201, "application/json; charset=utf-16": 415, "application/json; charset=windows-1256": 415,
		"": 415, "application/json; charset": 415, "text/plain; application/json": 415, "application/json, text/plain": 415, "json": 415, ";": 415,
		"text/plain": 415, "application/x-www-form-urlencoded": 415, "application/problem+json": 415,
	} {
		fx := newFixture(t)
		got := fx.send(t, api.CreateTicket(fx.tickets), sara, newRequest(http.MethodPost, "/tickets", body).with("content-type", media))
		if got.status != want || (want == 415) != (got.code() == "unsupported_media_type") {
			t.Errorf("%q: got %d %s, want %d", media, got.status, got.code(), want)
		}
	}
}

// TestDecode_ContentEncoding checks that a compressed body is refused as one, not as text.
func TestDecode_ContentEncoding(t *testing.T) {
	for coding, want := range map[string]int{"gzip": 415, "br": 415, "identity, gzip": 415, "identity": 200, "": 200} {
		r := newRequest(http.MethodPost, "/login", "\x1f\x8b\xff").with("content-encoding", coding)
		if got := newFixture(t).send(t, echoPrincipal(api.Public), sara, r); got.status != want || want == 415 && got.code() != "unsupported_media_type" {
			t.Errorf("%q: got %d %s, want %d", coding, got.status, got.code(), want)
		}
	}
}

// TestDecode_NoMediaType checks that every endpoint with a body refuses one without a type,
// before it has an effect.
func TestDecode_NoMediaType(t *testing.T) {
	m, accounts := newMemAccounts(t)
	for name, e := range map[string]api.Endpoint{"public": api.LogIn(accounts.auth), "optional body": api.LogOut(accounts.sessions), "no body": echoPrincipal(api.Public)} {
		for _, media := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
			got := m.send(t, e, sara, newRequest(http.MethodPost, "/login", `{"refreshToken":"x"}`).with("content-type", media))
			if got.status != 415 || got.code() != "unsupported_media_type" {
				t.Errorf("%s, %q: got %d %s, want 415", name, media, got.status, got.code())
			}
		}
	}
}

// TestDeleteMe_NoBody checks that a removal without a body gets the name of the missing field.
func TestDeleteMe_NoBody(t *testing.T) {
	m, accounts := newMemAccounts(t)
	got := m.send(t, api.DeleteAccount(accounts.credentials, nil), sara, newRequest(http.MethodDelete, "/me", ""))
	if got.status != 422 || len(got.fieldErrors()) != 1 || got.fieldErrors()[0] != "/code required" {
		t.Errorf("got %d %s, want 422 for /code", got.status, got.text)
	}
}

// TestDecode_Base64 checks bodies that API Gateway has encoded in base64.
func TestDecode_Base64(t *testing.T) {
	body := `{"clientId":"` + strings.ToLower(aULID) + `","title":" سلام ","description":"D","categoryId":"` + billingID + `"}`
	for encoded, want := range map[string]int{base64.StdEncoding.EncodeToString([]byte(body)): 201, "%%%": 400} {
		fx := newFixture(t)
		r := newRequest(http.MethodPost, "/tickets", encoded)
		r.IsBase64Encoded = true
		got := fx.send(t, api.CreateTicket(fx.tickets), sara, r)
		if got.status != want || want == 201 && got.body["title"] != "سلام" {
			t.Errorf("%.10s: got %d %v, want %d", encoded, got.status, got.body, want)
		}
	}
}

// TestDecode_ReplacedBytes checks that U+FFFD is text, unless API Gateway has put it in the place
// of an invalid byte.
func TestDecode_ReplacedBytes(t *testing.T) {
	body := `{"clientId":"` + aULID + `","title":"T` + "\uFFFD" + `","description":"D","categoryId":"` + billingID + `"}`
	for length, want := range map[string]int{"": 201, strconv.Itoa(len(body)): 201, strconv.Itoa(len(body) - 2): 400} {
		fx := newFixture(t)
		got := fx.send(t, api.CreateTicket(fx.tickets), sara, newRequest(http.MethodPost, "/tickets", body).with("content-length", length))
		if got.status != want {
			t.Errorf("content-length %q for %d bytes: got %d %s, want %d", length, len(body), got.status, got.code(), want)
		}
	}
}

// TestDecode_ExactNames checks that names of nested objects match exactly, so that no second
// spelling of a field can pass a filter in front of the API.
func TestDecode_ExactNames(t *testing.T) {
	for body, want := range map[string]string{
		`{"notifications":{"sms":true}}`:             "",
		`{"notifications":{"sms":true,"ſms":false}}`: "/notifications/ſms unknown",
		`{"notifications":{"ſms":false}}`:            "/notifications/ſms unknown",
		`{"notifications":{"SMS":false}}`:            "/notifications/SMS unknown",
		`{"Name":"x"}`:                               "/Name unknown",
		`{"notifications":{"email":true},"x":1}`:     "/x unknown",
	} {
		m, accounts := newMemAccounts(t)
		m.putSara("", "")
		got := m.send(t, api.UpdateProfile(accounts.profiles), sara, newRequest(http.MethodPatch, "/profile", body))
		if errors := strings.Join(got.fieldErrors(), ","); errors != want || (got.status == 200) != (want == "") {
			t.Errorf("%s: got %d %s, want %q", body, got.status, errors, want)
		}
	}
}

// TestDecode_EmbeddedFieldPointer checks that pointers omit the names of embedded Go structs.
func TestDecode_EmbeddedFieldPointer(t *testing.T) {
	fx := newFixture(t)
	fx.addTicket(oneID)
	for _, c := range []struct {
		endpoint api.Endpoint
		body     string
		want     string
	}{
		{api.SetStatus(fx.tickets, fx.publisher), `{"clientId":5,"status":"open"}`, "/clientId type"},
		{api.AssignTicket(fx.tickets, fx.publisher), `{"clientId":[],"assigneeId":null}`, "/clientId type"},
		{api.PostMessage(fx.tickets, fx.publisher), `{"clientId":"` + aULID + `","body":"x","after":"1"}`, "/after type"},
		{api.PostMessage(fx.tickets, fx.publisher), `{"clientId":"` + aULID + `","body":"x","after":1.5}`, "/after type"},
		{api.PostMessage(fx.tickets, fx.publisher), `{"clientId":"` + aULID + `","body":"x","attachmentIds":[1]}`, "/attachmentIds/0 type"},
	} {
		got := fx.send(t, c.endpoint, ali, newRequest(http.MethodPost, "/x", c.body))
		if got.status != 422 || !slices.Equal(got.fieldErrors(), []string{c.want}) {
			t.Errorf("%s: got %d %v, want %s", c.body, got.status, got.fieldErrors(), c.want)
		}
	}
}
