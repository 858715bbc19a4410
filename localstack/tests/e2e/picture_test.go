package e2e

import (
	"bytes"
	"strings"
	"testing"

	"ticketsystem/localstack/testkit/client"
)

// TestPictures: one's own, and the customer's of a ticket, under
// addresses that work as they are.
func TestPictures(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.openTicket(nil)
	shown := func() string {
		var detail struct {
			Ticket struct{ Customer struct{ PictureURL string } }
		}
		support(t).get("/tickets/"+ticket.ID, &detail)
		return detail.Ticket.Customer.PictureURL
	}
	fetch := func(address string) client.Response {
		t.Helper()
		// An emulator serves an API under a path of its own, which no function is
		// told; on AWS and on the local stack an API has its whole host.
		if at := strings.Index(address, "/pictures/"); at >= 0 && suite.local == nil {
			address = suite.api.Base() + address[at:]
		}
		answer, err := suite.api.Fetch(t.Context(), address)
		return must(t, answer, err)
	}
	wantStatus(t, fetch(shown()), 200, nil) // a stand-in
	var profile client.UserProfile
	me.get("/profile", &profile)
	equal(t, "pictureUrl without a picture", profile.PictureURL, "")

	content, err := client.PNG(7)
	must(t, content, err)
	id, err := me.UploadAttachment(t.Context(), "me.png", "image/png", content)
	must(t, id, err)
	eventually(t, "the picture is accepted", func() error {
		answer := me.call("PATCH", "/profile", object{"pictureId": id})
		if answer.Status != 200 {
			return mismatch("PATCH /profile", answer.Status, 200)
		}
		return answer.Decode(200, &profile)
	})
	for name, address := range map[string]string{"one's own": profile.PictureURL, "the ticket's customer": shown()} {
		redirect := fetch(address)
		if redirect.Status != 302 {
			t.Errorf("%s: %s: got %s, want 302", name, address, redirect)
			continue
		}
		if image := fetch(redirect.Header.Get("Location")); image.Status != 200 || !bytes.Equal(image.Body, content) {
			t.Errorf("%s: got %d, %d bytes, want the picture", name, image.Status, len(image.Body))
		}
	}
	wantProblem(t, fetch(profile.PictureURL+"x"), 404)
}
