package api_test

import (
	"net/http"
	"testing"
	"time"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/id"
)

// TestExpiredUpload checks that every response shows an upload that did not arrive as
// expired, that a repeated message is not refused for it, and that a new one is.
func TestExpiredUpload(t *testing.T) {
	fx := newFixture(t)
	fx.addTicket(oneID)
	file := attachment.Attachment{ID: id.NewGenerator(fx.server.Now, zeroes{})(), Owner: saraID, Name: "a.png", State: attachment.Pending, CreatedAt: fx.now}
	must(fx.AddAttachment(t.Context(), file))
	post := func(clientID string) response {
		body := `{"clientId":"` + clientID + `","body":"","attachmentIds":["` + file.ID + `"]}`
		return fx.send(t, api.PostMessage(fx.tickets, fx.publisher), sara, newRequest(http.MethodPost, "/tickets/x/messages", body))
	}
	stateOf := func(entry any) any {
		fields, _ := entry.(map[string]any)
		files, _ := fields["attachments"].([]any)
		if len(files) != 1 {
			return nil
		}
		shown, _ := files[0].(map[string]any)
		return shown["state"]
	}
	last := func(got response, list string) any {
		entries, _ := got.body[list].([]any)
		return stateOf(entries[len(entries)-1])
	}
	if got := post(aULID); got.status != 201 || stateOf(got.body) != "pending" {
		t.Fatalf("got %d %s", got.status, got.text)
	}
	for at, want := range map[time.Duration]string{attachment.UploadTTL: "pending", attachment.UploadTTL + time.Millisecond: "expired"} {
		fx.now = file.CreatedAt.Add(at)
		for name, got := range map[string]any{
			"repeated message": stateOf(post(aULID).body),
			"ticket":           last(fx.send(t, api.GetTicket(fx.tickets), sara, newRequest(http.MethodGet, "/x", "")), "entries"),
			"messages":         last(fx.send(t, api.ListMessages(fx.tickets), ali, newRequest(http.MethodGet, "/x", "")), "data"),
			"history":          last(fx.send(t, api.ListHistory(fx.tickets), sara, newRequest(http.MethodGet, "/x", "")), "data"),
		} {
			if got != want {
				t.Errorf("%s after %v: got state %v, want %s", name, at, got, want)
			}
		}
	}
	fx.now = file.CreatedAt.Add(attachment.UploadTTL + time.Millisecond) // whichever time was last
	file.ID = otherID
	must(fx.AddAttachment(t.Context(), file))
	if got := post(otherID); got.status != 422 || got.code() != "attachment_expired" {
		t.Errorf("a new message: got %d %s", got.status, got.text)
	}
}

// zeroes is a source of random bytes that are all zero.
type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { return len(p), nil }
