package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"ticketsystem/localstack/testkit/client"
)

// fileURL returns the signed URL of a file, which is valid for five minutes whatever
// happens to its record.
func (u testUser) fileURL(id string) string {
	u.t.Helper()
	var location string
	eventually(u.t, "the file is ready", func() error {
		response := u.call("GET", "/attachments/"+id, nil)
		location = response.Header.Get("Location")
		if response.Status != http.StatusFound {
			return mismatch("GET", response.Status, http.StatusFound)
		}
		return nil
	})
	u.awaitObject(location, true)
	return location
}

// awaitObject waits until the bucket has an object, or has it no more. S3 may answer
// 403 for a missing object.
func (u testUser) awaitObject(signedURL string, want bool) {
	u.t.Helper()
	eventually(u.t, fmt.Sprintf("the object exists: %v", want), func() error {
		response, err := suite.api.Fetch(u.t.Context(), signedURL)
		if got := response.Status == http.StatusOK; err != nil || got != want {
			return fmt.Errorf("got %s, %w", response, err)
		}
		return nil
	})
}

// TestFiles_DeletedWithTicket looks into the bucket after a ticket was deleted. An
// upload that arrives later does not stay either.
func TestFiles_DeletedWithTicket(t *testing.T) {
	t.Parallel()
	me := customer(t)
	sent := me.attach("receipt.png", "image/png", testPicture(t))
	content := testPicture(t)
	late := me.createAttachment(object{"name": "late.png", "type": "image/png", "size": len(content)})
	ticket := me.openTicket(object{"attachmentIds": []string{sent, late.ID}})
	location := me.fileURL(sent)
	staff(t, adminPhone).mustCall(204, "DELETE", "/tickets/"+ticket.ID, nil, nil)
	me.awaitObject(location, false)
	eventually(t, "the record is deleted", func() error {
		if response := me.call("GET", "/attachments/"+late.ID, nil); response.Status != 404 {
			return mismatch("GET", response.Status, 404)
		}
		return nil
	})
	wantStatus(t, uploadContent(t, late, content), 204, nil)
	wantProblem(t, me.call("GET", "/attachments/"+late.ID, nil), 404)
}

// TestFiles_DeletedWithUser looks into the bucket after a customer was removed: the
// file of a ticket, the picture and an unused upload are gone.
func TestFiles_DeletedWithUser(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	sent := me.attach("passport of Sara.png", "image/png", testPicture(t))
	ticket := me.openTicket(object{"attachmentIds": []string{sent}})
	picture, unused := me.attach("me.png", "image/png", testPicture(t)), me.attach("unused.png", "image/png", testPicture(t))
	locations := []string{me.fileURL(sent), me.fileURL(picture), me.fileURL(unused)}
	me.mustCall(200, "PATCH", "/profile", object{"pictureId": picture}, nil)
	reply := agent.post(ticket.ID, "See the manual", object{"attachmentIds": []string{agent.attach("manual.txt", "text/plain", []byte("manual"))}})
	agent.awaitState(ticket.ID, reply.Seq, "ready")

	staff(t, adminPhone).mustCall(204, "DELETE", "/users/"+me.Profile.ID, nil, nil)
	for _, location := range locations {
		me.awaitObject(location, false)
	}
	file := agent.awaitState(ticket.ID, 1, "expired")
	equal(t, "name of an erased file", file.Name, "removed")
	wantProblem(t, agent.call("GET", "/attachments/"+sent, nil), 404)
	equal(t, "state of the agent's file", agent.awaitState(ticket.ID, reply.Seq, "ready"), client.Attachment{
		ID: reply.Attachments[0].ID, Name: "manual.txt", Type: "text/plain", Size: 6, State: "ready",
	})
}

// TestUpload_OwnOrigin checks that a page of the API may upload to the bucket, which is
// another origin, and that a page of an unknown origin may not.
func TestUpload_OwnOrigin(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		t.Skip("an external stack may have another public URL")
	}
	me := customer(t)
	for origin, want := range map[string]string{suite.api.Base(): suite.api.Base(), "http://localhost:5173": "http://localhost:5173", "https://evil.example": ""} {
		upload, err := me.CreateAttachment(t.Context(), object{"name": "a.txt", "type": "text/plain", "size": 1})
		upload = must(t, upload, err)
		response, err := suite.api.Upload(t.Context(), upload, []byte("a"), client.Header("Origin", origin))
		if response = must(t, response, err); response.Status/100 != 2 {
			t.Fatalf("%s: got %s", origin, response)
		}
		if got := response.Header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s: got Access-Control-Allow-Origin %q, want %q", origin, got, want)
		}
	}
}
