package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
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

func TestCreateAttachment_Invalid(t *testing.T) {
	t.Parallel()
	me := customer(t)
	for name, c := range map[string]struct {
		body  object
		field string
	}{
		"no name":          {object{"type": "image/png", "size": 10}, "name"},
		"blank name":       {object{"name": " ", "type": "image/png", "size": 10}, "name"},
		"no extension":     {object{"name": "picture", "type": "image/png", "size": 10}, "name"},
		"NUL":              {object{"name": "a\x00.png", "type": "image/png", "size": 10}, "name"},
		"program":          {object{"name": "virus.exe", "type": "application/x-msdownload", "size": 10}, ""},
		"page":             {object{"name": "page.html", "type": "text/html", "size": 10}, ""},
		"other extension":  {object{"name": "photo.png", "type": "image/jpeg", "size": 10}, ""},
		"double extension": {object{"name": "photo.png.exe", "type": "image/png", "size": 10}, ""},
		"no type":          {object{"name": "a.png", "size": 10}, "type"},
		"no size":          {object{"name": "a.png", "type": "image/png"}, "size"},
		"empty":            {object{"name": "a.png", "type": "image/png", "size": 0}, "size"},
		"negative":         {object{"name": "a.png", "type": "image/png", "size": -1}, "size"},
		"too large":        {object{"name": "a.png", "type": "image/png", "size": 25<<20 + 1}, "size"},
		"size type":        {object{"name": "a.png", "type": "image/png", "size": "10"}, "size"},
		"fraction":         {object{"name": "a.png", "type": "image/png", "size": 1.5}, "size"},
		"checksum":         {object{"name": "a.png", "type": "image/png", "size": 10, "sha256": "abc"}, "sha256"},
		"unknown field":    {object{"name": "a.png", "type": "image/png", "size": 10, "acl": "public-read"}, "acl"},
	} {
		response := me.call("POST", "/attachments", c.body)
		if response.Status != 400 && response.Status != 422 {
			t.Errorf("%s: got %s, want 400 or 422", name, response)
			continue
		}
		if problem := wantProblem(t, response, 400, 422); c.field != "" && !pointsAt(problem, c.field) {
			t.Errorf("%s: got errors %+v, want one that points at /%s", name, problem.Errors, c.field)
		}
	}
	for name, mediaType := range map[string]string{
		"a.png": "image/png", "a.jpg": "image/jpeg", "a.jpeg": "image/jpeg", "a.webp": "image/webp", "a.gif": "image/gif",
		"a.pdf": "application/pdf", "a.txt": "text/plain", "a.mp4": "video/mp4", "a.m4a": "audio/mp4", "a.ogg": "audio/ogg",
		"a.zip": "application/zip", "A.PNG": "image/png", "a.heic": "image/heic", "a.mov": "video/quicktime", "a.csv": "text/csv",
		"b.jpg": "image/jpg", "b.m4a": "audio/m4a", "a.log": "text/plain; charset=utf-8",
	} {
		me.mustCall(201, "POST", "/attachments", object{"name": name, "type": mediaType, "size": 25 << 20}, nil)
	}
}

func TestUpload_SizeLimit(t *testing.T) {
	t.Parallel()
	me := customer(t)
	content := testPicture(t)
	more := append(bytes.Clone(content), make([]byte, 4096)...)
	declared := me.createAttachment(object{"name": "a.png", "type": "image/png", "size": len(content)})
	if declared.ExpiresAt.Before(time.Now()) || declared.ExpiresAt.After(time.Now().Add(24*time.Hour)) {
		t.Errorf("expiresAt: got %s, want soon", declared.ExpiresAt)
	}
	if response := uploadContent(t, declared, more); response.Status/100 != 4 {
		t.Errorf("more bytes than declared: got %s, want a 4xx of S3", response)
	}
	for field := range declared.Upload.Fields {
		forged := me.createAttachment(object{"name": "a.png", "type": "image/png", "size": len(content)})
		if strings.EqualFold(field, "key") {
			forged.Upload.Fields[field] = "uploads/elsewhere"
			if response := uploadContent(t, forged, content); response.Status/100 != 4 {
				t.Errorf("forged %s: got %s, want a 4xx of S3", field, response)
			}
		}
		if strings.EqualFold(field, "content-type") {
			forged.Upload.Fields[field] = "text/html"
			if response := uploadContent(t, forged, content); response.Status/100 != 4 {
				t.Errorf("forged %s: got %s, want a 4xx of S3", field, response)
			}
		}
	}
	if response := uploadContent(t, declared, content); response.Status/100 != 2 {
		t.Errorf("the declared bytes: got %s, want a 2xx of S3", response)
	}
}

func TestUpload_TypeMismatch(t *testing.T) {
	t.Parallel()
	me := customer(t)
	page := []byte("<html><script>alert(1)</script></html>")
	declared := me.createAttachment(object{"name": "harmless.png", "type": "image/png", "size": len(page)})
	ticket := me.openTicket(object{"attachmentIds": []string{declared.ID}})
	if response := uploadContent(t, declared, page); response.Status/100 != 2 {
		t.Fatalf("upload: got %s, want a 2xx of S3, which does not check the type", response)
	}
	me.awaitState(ticket.ID, 1, "refused")
	if response := me.call("GET", "/attachments/"+declared.ID, nil); response.Status/100 != 4 {
		t.Errorf("GET of rejected content: got %s, want a 4xx", response)
	}
	body := object{"clientId": client.NewID(), "body": "again", "attachmentIds": []string{declared.ID}}
	wantProblem(t, me.call("POST", "/tickets/"+ticket.ID+"/messages", body), 409, 422)
}

func TestUpload_ChecksumMismatch(t *testing.T) {
	t.Parallel()
	me := customer(t)
	content := testPicture(t)
	sum := sha256.Sum256(content)
	fields := object{"name": "a.png", "type": "image/png", "size": len(content), "sha256": base64.StdEncoding.EncodeToString(sum[:])}
	good := me.createAttachment(fields)
	if response := uploadContent(t, good, content); response.Status/100 != 2 {
		t.Fatalf("content with the right checksum: got %s, want a 2xx of S3", response)
	}
	first := me.openTicket(object{"attachmentIds": []string{good.ID}})
	me.awaitState(first.ID, 1, "ready")

	bad := me.createAttachment(fields)
	second := me.openTicket(object{"attachmentIds": []string{bad.ID}})
	other := bytes.Clone(content)
	other[len(other)-20] ^= 0xff
	if response := uploadContent(t, bad, other); response.Status/100 != 4 {
		me.awaitState(second.ID, 1, "refused")
	}
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
