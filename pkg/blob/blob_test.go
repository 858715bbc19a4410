package blob_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/awstest"
	"ticketsystem/pkg/blob"
)

const digest = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="

// policy returns the conditions of a presigned upload.
func policy(t *testing.T, upload attachment.Upload) (conditions []any, expiration time.Time) {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(upload.Fields["policy"])
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Conditions []any     `json:"conditions"`
		Expiration time.Time `json:"expiration"`
	}
	if err := json.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	return document.Conditions, document.Expiration
}

func contains(conditions []any, want any) bool {
	for _, condition := range conditions {
		if reflect.DeepEqual(condition, want) {
			return true
		}
	}
	return false
}

func TestPresignPost(t *testing.T) {
	store := blob.New(awstest.Config(), "files")
	upload, err := store.PresignPost(context.Background(), "uploads/1", "image/png", 2048, digest, 10*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if want := "https://files.s3.eu-central-1.amazonaws.com"; strings.TrimSuffix(upload.URL, "/") != want {
		t.Errorf("URL: got %q, want %q", upload.URL, want)
	}
	conditions, expiration := policy(t, upload)
	for _, want := range []any{
		map[string]any{"bucket": "files"},
		map[string]any{"key": "uploads/1"},
		map[string]any{"Content-Type": "image/png"},
		map[string]any{"x-amz-checksum-sha256": digest},
		[]any{"content-length-range", 1.0, 2048.0},
	} {
		if !contains(conditions, want) {
			t.Errorf("condition %v is missing in %v", want, conditions)
		}
	}
	if left := time.Until(expiration); left < 9*time.Minute || left > 10*time.Minute {
		t.Errorf("expires in %v, want 10 minutes", left)
	}
	for field, want := range map[string]string{"key": "uploads/1", "Content-Type": "image/png", "x-amz-checksum-sha256": digest, "X-Amz-Security-Token": "session"} {
		if got := upload.Fields[field]; got != want {
			t.Errorf("field %s: got %q, want %q", field, got, want)
		}
	}
	if upload.Fields["X-Amz-Signature"] == "" {
		t.Error("the form is not signed")
	}
}

func TestPresignPost_NoDigest(t *testing.T) {
	server := awstest.New(t, func(awstest.Request) awstest.Response { return awstest.Response{Status: 500} })
	upload, err := blob.New(server.Config, "files").PresignPost(context.Background(), "uploads/1", "text/plain", 1, "", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, found := upload.Fields["x-amz-checksum-sha256"]; found || strings.Contains(upload.Fields["policy"], "checksum") {
		t.Error("the form requires a checksum that was not declared")
	}
	if want := *server.Config.BaseEndpoint + "/files"; upload.URL != want {
		t.Errorf("URL with a custom endpoint: got %q, want %q", upload.URL, want)
	}
}

func TestPresignGet(t *testing.T) {
	signedURL, err := blob.New(awstest.Config(), "files").PresignGet(context.Background(), "uploads/1", `فاکتور "۲" 100%.pdf`, "application/pdf", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := url.Parse(signedURL)
	if err != nil {
		t.Fatal(err)
	}
	if parsed.Host != "files.s3.eu-central-1.amazonaws.com" || parsed.Path != "/uploads/1" {
		t.Errorf("got %s", signedURL)
	}
	for name, want := range map[string]string{
		"X-Amz-Expires":         "60",
		"response-content-type": "application/pdf",
		"response-content-disposition": `attachment; filename="______ ___ 100_.pdf"; ` +
			`filename*=UTF-8''%D9%81%D8%A7%DA%A9%D8%AA%D9%88%D8%B1%20%22%DB%B2%22%20100%25.pdf`,
	} {
		if got := parsed.Query().Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got := parsed.Query().Get("X-Amz-SignedHeaders"); got != "host" {
		t.Errorf("signed headers: got %q, want host, the only one that a browser link sends", got)
	}
}

func TestHead(t *testing.T) {
	server := awstest.New(t, func(awstest.Request) awstest.Response {
		return awstest.Response{Status: 200, Header: map[string]string{"Content-Length": "7", "Content-Type": "image/png", "X-Amz-Checksum-Sha256": digest, "ETag": `"1"`}}
	})
	got, err := blob.New(server.Config, "files").Head(context.Background(), "uploads/1")
	if want := (attachment.ObjectInfo{Size: 7, Type: "image/png", SHA256: digest, ETag: `"1"`}); got != want || err != nil {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if call := server.OnlyRequest(t); call.Method != "HEAD" || call.Path != "/files/uploads/1" {
		t.Errorf("got %s %s", call.Method, call.Path)
	}
}

// TestConditions checks that a read and a copy are conditional on the ETag, that
// another ETag is reported as a missing object, and that no call has an empty
// condition.
func TestConditions(t *testing.T) {
	ctx, answer, sent := t.Context(), awstest.Response{}, []awstest.Request(nil)
	server := awstest.New(t, func(request awstest.Request) awstest.Response {
		sent = append(sent, request)
		return answer
	})
	store := blob.New(server.Config, "files")
	calls := map[string]func(etag string) error{
		"If-Match": func(etag string) error {
			_, err := store.ReadPrefix(ctx, "uploads/1", etag, 512)
			return err
		},
		"X-Amz-Copy-Source-If-Match": func(etag string) error { return store.Copy(ctx, "uploads/1", etag, "files/1") },
	}
	for header, call := range calls {
		answer = awstest.Response{Status: 206, Body: "<CopyObjectResult/>"}
		if err := call(`"1"`); err != nil {
			t.Errorf("%s: got %v", header, err)
		}
		answer = awstest.Response{Status: 412, Body: "<Error><Code>PreconditionFailed</Code></Error>"}
		if err := call(`"2"`); !errors.Is(err, attachment.ErrObjectNotFound) {
			t.Errorf("%s, other ETag: got %v, want ErrObjectNotFound", header, err)
		}
		if err := call(""); err == nil || errors.Is(err, attachment.ErrObjectNotFound) {
			t.Errorf("%s, empty ETag: got %v, want an error", header, err)
		}
	}
	if len(sent) != 4 {
		t.Fatalf("got %d requests, want 4: none with an empty condition", len(sent))
	}
	for _, request := range sent {
		if request.Header.Get("If-Match")+request.Header.Get("X-Amz-Copy-Source-If-Match") == "" {
			t.Errorf("%s %s has no condition", request.Method, request.Path)
		}
	}
}

func TestHead_NoETag(t *testing.T) {
	server := awstest.New(t, func(awstest.Request) awstest.Response { return awstest.Response{Status: 200} })
	if got, err := blob.New(server.Config, "files").Head(t.Context(), "uploads/1"); err == nil {
		t.Errorf("got %+v, want an error", got)
	}
}

func TestReadPrefix(t *testing.T) {
	server := awstest.New(t, func(awstest.Request) awstest.Response { return awstest.Response{Status: 206, Body: "\x89PNG"} })
	got, err := blob.New(server.Config, "files").ReadPrefix(context.Background(), "uploads/1", `"1"`, 512)
	if string(got) != "\x89PNG" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if got := server.OnlyRequest(t).Header.Get("Range"); got != "bytes=0-511" {
		t.Errorf("range: got %q", got)
	}
}

func TestReadPrefix_ServerIgnoresRange(t *testing.T) {
	server := awstest.New(t, func(awstest.Request) awstest.Response {
		return awstest.Response{Status: 200, Body: strings.Repeat("x", 5000)}
	})
	got, err := blob.New(server.Config, "files").ReadPrefix(context.Background(), "uploads/1", `"1"`, 512)
	if len(got) != 512 || err != nil {
		t.Errorf("got %d bytes, %v, want 512", len(got), err)
	}
}

func TestStore_EmptyAndMissingObjects(t *testing.T) {
	ctx := context.Background()
	response := awstest.Response{Status: 416, Body: `<Error><Code>InvalidRange</Code></Error>`}
	server := awstest.New(t, func(awstest.Request) awstest.Response { return response })
	store := blob.New(server.Config, "files")
	if got, err := store.ReadPrefix(ctx, "k", `"1"`, 512); len(got) != 0 || err != nil {
		t.Errorf("empty object: got %q, %v", got, err)
	}
	response = awstest.Response{Status: 404, Body: `<Error><Code>NoSuchKey</Code></Error>`}
	if _, err := store.ReadPrefix(ctx, "k", `"1"`, 512); !errors.Is(err, attachment.ErrObjectNotFound) {
		t.Errorf("ReadPrefix: got %v, want ErrObjectNotFound", err)
	}
	if _, err := store.Head(ctx, "k"); !errors.Is(err, attachment.ErrObjectNotFound) {
		t.Errorf("Head: got %v, want ErrObjectNotFound", err)
	}
	if err := store.Delete(ctx, "k"); err != nil {
		t.Errorf("Delete: got %v", err)
	}
	response = awstest.Response{Status: 403, Body: `<Error><Code>AccessDenied</Code></Error>`}
	if _, err := store.Head(ctx, "k"); err == nil || errors.Is(err, attachment.ErrObjectNotFound) {
		t.Errorf("refused Head: got %v", err)
	}
	if err := store.Delete(ctx, "k"); err == nil {
		t.Error("refused Delete: no error")
	}
}
