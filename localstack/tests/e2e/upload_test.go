package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
)

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
