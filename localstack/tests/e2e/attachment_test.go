package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"net/http"
	"strings"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
)

func testPicture(t *testing.T) []byte {
	t.Helper()
	content, err := client.PNG(uint8(time.Now().UnixNano()))
	return must(t, content, err)
}

func (u testUser) attach(name, mediaType string, content []byte) string {
	u.t.Helper()
	id, err := u.UploadAttachment(u.t.Context(), name, mediaType, content)
	return must(u.t, id, err)
}

func (u testUser) createAttachment(fields object) client.Upload {
	u.t.Helper()
	upload, err := u.CreateAttachment(u.t.Context(), fields)
	return must(u.t, upload, err)
}

// uploadContent sends the content of an attachment to S3 and returns its response.
func uploadContent(t *testing.T, declared client.Upload, content []byte) client.Response {
	t.Helper()
	response, err := suite.api.Upload(t.Context(), declared, content)
	return must(t, response, err)
}

// awaitState waits for a state of the entry's first attachment.
func (u testUser) awaitState(ticketID string, seq int, want string) client.Attachment {
	u.t.Helper()
	var file client.Attachment
	eventually(u.t, fmt.Sprintf("attachment of seq %d becomes %s", seq, want), func() error {
		for _, entry := range u.history(ticketID) {
			if entry.Seq == seq && len(entry.Attachments) > 0 {
				file = entry.Attachments[0]
			}
		}
		if file.State != want {
			return mismatch("state", file.State, want)
		}
		return nil
	})
	return file
}

func TestAttachment_UploadAndDownload(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	content := testPicture(t)
	id := me.attach("receipt رسید.png", "image/png", content)
	ticket := me.openTicket(object{"attachmentIds": []string{id}})
	want := client.Attachment{ID: id, Name: "receipt رسید.png", Type: "image/png", Size: len(content), State: "ready", Width: 32, Height: 32}
	equal(t, "attachment", me.awaitState(ticket.ID, 1, "ready"), want)

	for _, reader := range []testUser{me, agent} {
		file, err := reader.Download(t.Context(), id)
		wantStatus(t, must(t, file, err), http.StatusOK, nil)
		if !bytes.Equal(file.Body, content) {
			t.Errorf("download by %s: got %d bytes, want the %d that were sent", reader.Profile.Role, len(file.Body), len(content))
		}
		if disposition := file.Header.Get("Content-Disposition"); !strings.HasPrefix(disposition, "attachment") {
			t.Errorf("Content-Disposition: got %q, want attachment", disposition)
		}
		if kind := file.Header.Get("Content-Type"); kind != "image/png" {
			t.Errorf("Content-Type: got %q, want image/png", kind)
		}
	}
	response := me.call("GET", "/attachments/"+id, nil)
	wantStatus(t, response, http.StatusFound, nil)
	file, err := suite.api.Fetch(t.Context(), response.Header.Get("Location"))
	wantStatus(t, must(t, file, err), http.StatusOK, nil)
}

// TestAttachment_Thumbnail checks the thumbnails of a photo, of a small picture and of a
// text, and that a picture of too many pixels is refused.
func TestAttachment_Thumbnail(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 1200, 800)), nil); err != nil {
		t.Fatal(err)
	}
	bomb := []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")
	small := testPicture(t)
	ids := []string{
		me.attach("photo.jpg", "image/jpeg", photo.Bytes()), me.attach("small.png", "image/png", small),
		me.attach("a.txt", "text/plain", []byte("text")),
	}
	refused := me.attach("bomb.gif", "image/gif", bomb)
	ticket := me.openTicket(object{"attachmentIds": ids})
	file := me.awaitState(ticket.ID, 1, "ready")
	equal(t, "width and height", [2]int{file.Width, file.Height}, [2]int{1200, 800})
	fetch := func(reader testUser, id string, want int) client.Response {
		t.Helper()
		response := reader.call("GET", "/attachments/"+id+"?size=480", nil)
		wantStatus(t, response, want, nil)
		if want != http.StatusFound {
			return response
		}
		content, err := suite.api.Fetch(t.Context(), response.Header.Get("Location"))
		return must(t, content, err)
	}
	for _, reader := range []testUser{me, agent} {
		thumb := fetch(reader, ids[0], 302)
		size, format, err := image.DecodeConfig(bytes.NewReader(thumb.Body))
		if err != nil || format != "jpeg" || size.Width != 480 || size.Height != 320 || thumb.Header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("thumbnail: got %s of %d x %d, %v, %v", format, size.Width, size.Height, err, thumb.Header)
		}
	}
	eventually(t, "the others are checked", func() error {
		for _, a := range me.history(ticket.ID)[0].Attachments {
			if a.State != "ready" {
				return mismatch("state", a.State, "ready")
			}
		}
		if response := me.call("GET", "/attachments/"+refused, nil); response.Status != 422 {
			return mismatch("GET of a bomb", response.Status, 422)
		}
		return nil
	})
	if got := fetch(agent, ids[1], 302); !bytes.Equal(got.Body, small) {
		t.Errorf("a small picture: got %d bytes, want the file", len(got.Body))
	}
	equal(t, "thumbnail of a text", wantProblem(t, fetch(me, ids[2], 404), 404).Code, "thumbnail_not_found")
	equal(t, "thumbnail of a bomb", wantProblem(t, fetch(me, refused, 422), 422).Code, "attachment_refused")
	wantProblem(t, fetch(customer(t), ids[0], 404), 404)
	wantProblem(t, me.call("GET", "/attachments/"+ids[0]+"?size=481", nil), 400)
	all := me.history(ticket.ID)[0].Attachments
	equal(t, "width of a text", all[2].Width, 0)
}

func TestAttachment_InMessage(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	id := agent.attach("manual.txt", "text/plain", []byte("Turn it off and on again.\n"))
	entry := agent.post(ticket.ID, "See the file", object{"attachmentIds": []string{id}})
	if len(entry.Attachments) != 1 || entry.Attachments[0].ID != id || entry.Attachments[0].Name != "manual.txt" {
		t.Fatalf("attachments: got %+v, want manual.txt", entry.Attachments)
	}
	me.awaitState(ticket.ID, entry.Seq, "ready")
	file, err := me.Download(t.Context(), id)
	equal(t, "file", string(must(t, file, err).Body), "Turn it off and on again.\n")

	var fileOnly client.Entry
	second := me.attach("b.png", "image/png", testPicture(t))
	body := object{"clientId": client.NewID(), "body": "", "attachmentIds": []string{second}}
	me.mustCall(201, "POST", "/tickets/"+ticket.ID+"/messages", body, &fileOnly)
	equal(t, "an attachment without text: attachments", len(fileOnly.Attachments), 1)
}

func TestAttachment_ForeignNotFound(t *testing.T) {
	t.Parallel()
	owner, me := customer(t), customer(t)
	unattached := owner.attach("loose.png", "image/png", testPicture(t))
	attached := owner.attach("bound.png", "image/png", testPicture(t))
	ticket := owner.openTicket(object{"attachmentIds": []string{attached}})
	owner.awaitState(ticket.ID, 1, "ready")
	mine := me.openTicket(nil)
	for _, id := range []string{unattached, attached, client.NewID()} {
		wantProblem(t, me.call("GET", "/attachments/"+id, nil), 404)
		body := object{"clientId": client.NewID(), "body": "mine now", "attachmentIds": []string{id}}
		problem := wantProblem(t, me.call("POST", "/tickets/"+mine.ID+"/messages", body), 404, 422)
		equal(t, "unknown attachment: code", problem.Code, postUnknownAttachment(t, me, mine.ID).Code)
	}
	wantProblem(t, anonymous(t, "GET", "/attachments/"+attached, nil), 401)
	equal(t, "entries", len(me.history(mine.ID)), 1)
}

// postUnknownAttachment posts a message with an unknown attachment id and returns the
// problem.
func postUnknownAttachment(t *testing.T, me testUser, ticketID string) client.Problem {
	t.Helper()
	body := object{"clientId": client.NewID(), "body": "x", "attachmentIds": []string{client.NewID()}}
	return wantProblem(t, me.call("POST", "/tickets/"+ticketID+"/messages", body), 404, 422)
}

func TestAttachment_InNote(t *testing.T) {
	t.Parallel()
	me, agent, colleague := customer(t), support(t), support2(t)
	ticket := me.openTicket(nil)
	id := agent.attach("internal.txt", "text/plain", []byte("for staff only"))
	note := agent.post(ticket.ID, "see file", object{"internal": true, "attachmentIds": []string{id}})
	colleague.awaitState(ticket.ID, note.Seq, "ready")
	file, err := colleague.Download(t.Context(), id)
	equal(t, "file for staff", string(must(t, file, err).Body), "for staff only")
	wantProblem(t, me.call("GET", "/attachments/"+id, nil), 404)
}

// TestAttachment_Frame checks that those who may read a message learn when an upload
// that arrives after it was checked.
func TestAttachment_Frame(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	content := testPicture(t)
	good := me.createAttachment(object{"name": "a.png", "type": "image/png", "size": len(content)})
	bad := me.createAttachment(object{"name": "b.png", "type": "image/png", "size": 6})
	secret := agent.createAttachment(object{"name": "c.txt", "type": "text/plain", "size": 6})
	ticket := me.openTicket(object{"attachmentIds": []string{good.ID, bad.ID}})
	note := agent.post(ticket.ID, "see file", object{"internal": true, "attachmentIds": []string{secret.ID}})
	mine, theirs := me.connect(), agent.connect()
	theirs.subscribe(ticket.ID)
	awaitFrame := func(c wsConn, id, state string, seq int) {
		t.Helper()
		frame := c.await("an attachment frame", func(f client.Frame) bool { return f.Type == "attachment" && f.ID == id })
		equal(t, "frame", frame.Raw, fmt.Sprintf(`{"type":"attachment","id":%q,"ticketId":%q,"seq":%d,"state":%q}`, id, ticket.ID, seq, state))
	}
	wantStatus(t, uploadContent(t, secret, []byte("secret")), 204, nil)
	awaitFrame(theirs, secret.ID, "ready", note.Seq)
	wantStatus(t, uploadContent(t, good, content), 204, nil)
	awaitFrame(mine, good.ID, "ready", 1)
	awaitFrame(theirs, good.ID, "ready", 1)
	equal(t, "state after the frame", me.history(ticket.ID)[0].Attachments[0].State, "ready")
	wantStatus(t, uploadContent(t, bad, []byte("<html>")), 204, nil)
	awaitFrame(mine, bad.ID, "refused", 1)
	for _, frame := range mine.Frames() {
		if strings.Contains(frame.Raw, secret.ID) {
			t.Errorf("the customer got %s of a note", frame.Raw)
		}
	}
}

func TestAttachment_PendingNotServed(t *testing.T) {
	t.Parallel()
	me := customer(t)
	declared := me.createAttachment(object{"name": "a.png", "type": "image/png", "size": 100})
	if response := me.call("GET", "/attachments/"+declared.ID, nil); response.Status/100 != 4 {
		t.Errorf("GET before the upload: got %s, want a 4xx", response)
	}
	ticket := me.openTicket(object{"attachmentIds": []string{declared.ID}})
	equal(t, "state", me.history(ticket.ID)[0].Attachments[0].State, "pending")
}
