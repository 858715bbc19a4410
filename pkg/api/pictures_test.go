package api_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/memstore"
)

// TestUser_PictureURL checks that administrators get the pictures of users.
func TestUser_PictureURL(t *testing.T) {
	m, _ := newMemAccounts(t)
	m.putSara("", fileID)
	get := newRequest(http.MethodGet, "/users/"+saraID, "")
	get.PathParameters["id"] = saraID
	get.RequestContext.DomainName = "localhost:3000"
	address, _ := m.send(t, api.GetUser(newUserAdmin(m.fixture, nil).UserDirectory), mina, get).body["pictureUrl"].(string)
	if !strings.HasPrefix(address, "https://localhost:3000/pictures/"+saraID+"?until=") {
		t.Errorf("got %q", address)
	}
}

// TestGetPicture checks that picture URLs are signed, expire, and fall back to the default
// avatar.
func TestGetPicture(t *testing.T) {
	m, accounts := newMemAccounts(t)
	m.putSara("", fileID)
	must(m.AddAttachment(t.Context(), attachment.Attachment{ID: fileID, Owner: saraID, Name: "a.png", Type: "image/png", State: attachment.Ready}))
	attachments := &attachment.Service{Store: m.memStore, Objects: &memstore.Objects{}, Now: m.server.Now}
	get := newRequest(http.MethodGet, "/profile", "").with("host", "evil.example").with("x-forwarded-proto", "http")
	get.RequestContext.DomainName = "localhost:3000"
	address, _ := m.send(t, api.GetProfile(accounts.profiles), sara, get).body["pictureUrl"].(string)
	at, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, "http://localhost:3000/pictures/"+saraID+"?until=") {
		t.Fatalf("got %q, %v", address, err)
	}
	show := func(id, query string) (status int, location, kind, body string) {
		request := newRequest(http.MethodGet, "/pictures/"+id, "").query(query)
		request.PathParameters["id"] = id
		out, err := m.server.HTTP(api.GetPicture(accounts.profiles, attachments))(context.Background(), request.APIGatewayV2HTTPRequest)
		if err != nil {
			t.Fatal(err)
		}
		return out.StatusCode, out.Headers["location"], out.Headers["content-type"], out.Body
	}
	if status, location, _, _ := show(saraID, at.RawQuery); status != 302 || location != "https://bucket.example/files/"+fileID+"?name=a.png" {
		t.Errorf("got %d %q", status, location)
	}
	for name, query := range map[string]string{"no seal": "until=" + at.Query().Get("until"), "later expiry": strings.Replace(at.RawQuery, "until=", "until=9", 1), "no query": ""} {
		if status, _, _, _ := show(saraID, query); status != 404 {
			t.Errorf("%s: got %d, want 404", name, status)
		}
	}
	if status, _, _, _ := show(rezaID, at.RawQuery); status != 404 {
		t.Errorf("another user with the same seal: got %d, want 404", status)
	}
	for name, seal := range map[string]string{"no version": at.Query().Get("seal")[8:], "another version": "AAAAAAAA" + at.Query().Get("seal")[8:], "short": "AAAA"} {
		if status, _, _, _ := show(saraID, "until="+at.Query().Get("until")+"&seal="+seal); status != 404 {
			t.Errorf("%s: got %d, want 404", name, status)
		}
	}
	pending := attachment.Attachment{ID: aULID, Owner: saraID, Type: "image/png", State: attachment.Pending, CreatedAt: m.now}
	must(m.AddAttachment(t.Context(), pending))
	m.putSara("", aULID)
	if status, _, kind, _ := show(saraID, at.RawQuery); status != 200 || kind != "image/svg+xml" {
		t.Errorf("pending: got %d %q, want the default avatar", status, kind)
	}
	replaced, _ := m.send(t, api.GetProfile(accounts.profiles), sara, get).body["pictureUrl"].(string)
	next, err := url.Parse(replaced)
	if err != nil || replaced == address || next.Query().Get("until") != at.Query().Get("until") {
		t.Errorf("URL of a replaced picture: got %q, %v, want one that differs from %q in its seal", replaced, err, address)
	}
	if status, _, _, _ := show(saraID, next.RawQuery); status != 200 {
		t.Errorf("replaced: got %d, want 200", status)
	}
	m.putSara("", "")
	if status, _, kind, body := show(saraID, at.RawQuery); status != 200 || kind != "image/svg+xml" || !strings.HasPrefix(body, "<svg") {
		t.Errorf("without a picture: got %d %q %q", status, kind, body)
	}
	if got := m.send(t, api.GetProfile(accounts.profiles), sara, get); got.body["pictureUrl"] != nil {
		t.Errorf("profile without a picture: got %v, want null", got.body["pictureUrl"])
	}
	m.now = m.now.Add(time.Hour)
	if status, _, _, _ := show(saraID, at.RawQuery); status != 404 {
		t.Errorf("expired: got %d, want 404", status)
	}
}

// TestGetTicket_PictureURL checks that tickets contain picture URLs without reading users, and
// that the URLs do not depend on headers of the client.
func TestGetTicket_PictureURL(t *testing.T) {
	fx := newFixture(t)
	fx.addTicket(oneID, "message")
	for base, want := range map[string]string{"": "https://abc.execute-api.ir", "https://api.ir": "https://api.ir", "https://api.ir/": "https://api.ir"} {
		r := newRequest(http.MethodGet, "/tickets/x", "").with("host", "evil.example").with("x-forwarded-host", "evil.example")
		r.RequestContext.DomainName, fx.server.BaseURL = "abc.execute-api.ir", base
		got := fx.send(t, api.GetTicket(fx.tickets), ali, r)
		address, _ := got.field("ticket", "customer", "pictureUrl").(string)
		if !strings.HasPrefix(address, want+"/pictures/"+saraID+"?") {
			t.Errorf("base %q: got %q, want it at %s", base, address, want)
		}
	}
}
