package api_test

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ticketsystem/pkg/api"
)

// TestDecode_Strict: whatever is wrong with a body, the answer names it, and
// nothing happens.
func TestDecode_Strict(t *testing.T) {
	good := `"clientId":"` + aULID + `","title":"T","description":"D","categoryId":"` + billingID + `"`
	for _, c := range []struct {
		name, body string
		status     int
		code       string
		wrong      []string
	}{
		{"good", "{" + good + "}", 201, "", nil},
		{"white space around", " \n{" + good + "}\n\t", 201, "", nil},
		{"empty", "", 400, "bad_json", nil},
		{"white space", " \n", 400, "bad_json", nil},
		{"no JSON", "title=T", 400, "bad_json", nil},
		{"cut short", "{" + good, 400, "bad_json", nil},
		{"something behind it", "{" + good + "}{}", 400, "bad_json", nil},
		{"a stray bracket", "{" + good + "}}", 400, "bad_json", nil},
		{"a comma too many", "{" + good + ",}", 400, "bad_json", nil},
		{"not UTF-8", "{" + good + `,"x":"` + "\xff" + `"}`, 400, "bad_json", nil},
		{"too deep", "{" + good + `,"x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "}", 400, "bad_json", nil},
		{"too large", "{" + good + `,"x":"` + strings.Repeat("x", 128<<10) + `"}`, 413, "body_too_large", nil},

		{"an array", "[1]", 422, "invalid_body", nil},
		{"a string", `"x"`, 422, "invalid_body", nil},
		{"null", "null", 422, "invalid_body", nil},
		{"an unknown field", "{" + good + `,"colour":"red"}`, 422, "invalid_body", []string{"/colour unknown"}},
		{"a field twice", "{" + good + `,"title":"T"}`, 422, "invalid_body", []string{"/title duplicate"}},
		{"a field twice in two cases", "{" + good + `,"Title":"T"}`, 422, "invalid_body", []string{"/Title duplicate"}},
		{"a number for a text", `{"clientId":5}`, 422, "invalid_body", []string{"/clientId type"}},
		{"a text for a list", "{" + good + `,"attachmentIds":"x"}`, 422, "invalid_body", []string{"/attachmentIds type"}},
		{"an object for a text", "{" + good + `,"priority":{}}`, 422, "invalid_body", []string{"/priority type"}},
		{"a NUL", strings.Replace("{"+good+"}", `"T"`, `"T\u0000"`, 1), 422, "invalid_body", []string{"/title character"}},
		{"half a character", strings.Replace("{"+good+"}", `"T"`, `"T\ud800"`, 1), 422, "invalid_body", []string{"/title character"}},

		{"nothing in it", "{}", 422, "invalid_body", []string{"/clientId required", "/title required", "/description required", "/categoryId required"}},
		{"blank texts", strings.NewReplacer(`"T"`, `" \n "`, `"D"`, `"\t"`).Replace("{" + good + "}"), 422, "invalid_body", []string{"/title required", "/description required"}},
		{"null for all", `{"clientId":null,"title":null,"description":null,"categoryId":null}`, 422, "invalid_body", []string{"/clientId required", "/title required", "/description required", "/categoryId required"}},
		{"no ULIDs", `{"clientId":"1","title":"T","description":"D","categoryId":"x","attachmentIds":["y"]}`, 422, "invalid_body", []string{"/clientId invalid", "/categoryId invalid", "/attachmentIds/0 invalid"}},
		{"a long title", strings.Replace("{"+good+"}", `"T"`, `"`+strings.Repeat("ت", 201)+`"`, 1), 422, "invalid_body", []string{"/title too_long"}},
		{"a title as long as may be", strings.Replace("{"+good+"}", `"T"`, `"`+strings.Repeat("ت", 200)+`"`, 1), 201, "", nil},
		{"a line break in the title", strings.Replace("{"+good+"}", `"T"`, `"T\nT"`, 1), 422, "invalid_body", []string{"/title character"}},
		{"a line break in the text", strings.Replace("{"+good+"}", `"D"`, `"D\r\n\tD"`, 1), 201, "", nil},
		{"a bell in the text", strings.Replace("{"+good+"}", `"D"`, `"D\u0007"`, 1), 422, "invalid_body", []string{"/description character"}},
		{"an unknown priority", "{" + good + `,"priority":"High"}`, 422, "invalid_body", []string{"/priority not_allowed"}},
		{"a file twice", "{" + good + `,"attachmentIds":["` + fileID + `","` + strings.ToLower(fileID) + `"]}`, 422, "invalid_body", []string{"/attachmentIds/1 duplicate"}},
		{"too many files", "{" + good + `,"attachmentIds":[` + strings.Repeat(`"x",`, 10) + `"x"]}`, 422, "invalid_body", []string{"/attachmentIds too_many"}},
		{"an unknown category", strings.Replace("{"+good+"}", billingID, otherID, 1), 422, "invalid_body", []string{"/categoryId unknown"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			fx := newFixture(t)
			got := fx.send(t, api.CreateTicket(fx.tickets), sara, newRequest(http.MethodPost, "/tickets", c.body))
			if got.status != c.status || got.code() != c.code || !slices.Equal(got.fieldErrors(), c.wrong) {
				t.Errorf("got %d %s %v, want %d %s %v", got.status, got.code(), got.fieldErrors(), c.status, c.code, c.wrong)
			}
			if made := len(fx.logs); (made == 1) != (c.status == 201) {
				t.Errorf("got %d tickets", made)
			}
		})
	}
}

func TestDecode_MediaType(t *testing.T) {
	body := `{"clientId":"` + aULID + `","title":"T","description":"D","categoryId":"` + billingID + `"}`
	for media, want := range map[string]int{
		"application/json": 201, "application/json; charset=utf-8": 201, "APPLICATION/JSON": 201, "": 201,
		"text/plain": 415, "application/x-www-form-urlencoded": 415, "application/problem+json": 415,
	} {
		fx := newFixture(t)
		got := fx.send(t, api.CreateTicket(fx.tickets), sara, newRequest(http.MethodPost, "/tickets", body).with("content-type", media))
		if got.status != want || (want == 415) != (got.code() == "unsupported_media_type") {
			t.Errorf("%q: got %d %s, want %d", media, got.status, got.code(), want)
		}
	}
}

// TestDecode_Base64: API Gateway hands some bodies over in base64.
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

// TestDecode_EmbeddedFieldPointer: no name of ours is in a pointer.
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
		{api.PostMessage(fx.tickets, fx.publisher), `{"clientId":"` + aULID + `","body":"x","attachmentIds":[1]}`, "/attachmentIds type"},
	} {
		got := fx.send(t, c.endpoint, ali, newRequest(http.MethodPost, "/x", c.body))
		if got.status != 422 || !slices.Equal(got.fieldErrors(), []string{c.want}) {
			t.Errorf("%s: got %d %v, want %s", c.body, got.status, got.fieldErrors(), c.want)
		}
	}
}
