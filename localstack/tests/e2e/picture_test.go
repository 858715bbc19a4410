package e2e

import (
	"bytes"
	"strings"
	"testing"

	"ticketsystem/localstack/testkit/client"
)

// TestPictures checks that the user's own picture, and the customer's picture of a
// ticket, can be loaded from their URLs.
func TestPictures(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.openTicket(nil)
	customerPicture := func() string {
		var detail struct {
			Ticket struct{ Customer struct{ PictureURL string } }
		}
		support(t).get("/tickets/"+ticket.ID, &detail)
		return detail.Ticket.Customer.PictureURL
	}
	fetch := func(address string) client.Response {
		t.Helper()
		// An emulator serves an API under a path prefix that the functions do not know.
		// On AWS and on the local stack an API has its own host.
		if at := strings.Index(address, "/pictures/"); at >= 0 && suite.local == nil {
			address = suite.api.Base() + address[at:]
		}
		response, err := suite.api.Fetch(t.Context(), address)
		return must(t, response, err)
	}
	wantStatus(t, fetch(customerPicture()), 200, nil) // the default picture
	var profile client.UserProfile
	me.get("/profile", &profile)
	equal(t, "pictureUrl without a picture", profile.PictureURL, "")

	content, err := client.PNG(7)
	must(t, content, err)
	declared := me.createAttachment(object{"name": "me.png", "type": "image/png", "size": len(content)})
	me.mustCall(200, "PATCH", "/profile", object{"pictureId": declared.ID}, &profile)
	wantStatus(t, fetch(profile.PictureURL), 200, nil) // the default picture
	wantStatus(t, uploadContent(t, declared, content), 204, nil)
	eventually(t, "the picture is shown", func() error {
		if response := fetch(profile.PictureURL); response.Status != 302 {
			return mismatch("GET the picture", response.Status, 302)
		}
		return nil
	})
	for name, address := range map[string]string{"own picture": profile.PictureURL, "the customer's picture": customerPicture()} {
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
