package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"ticketsystem/localstack/testkit/golden"
)

// fixture is a bucket "files" with a client and the payloads of its notifications.
type fixture struct {
	bucket *Server
	server *httptest.Server
	client *s3.Client
	events []string
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	bucket, err := New(t.TempDir(), "files")
	if err != nil {
		t.Fatal(err)
	}
	fx := &fixture{bucket: bucket}
	bucket.Credentials = Credentials{"AKID", "secret", "token"}
	bucket.Logf = t.Logf
	bucket.Notify = func(_ string, payload []byte) { fx.events = append(fx.events, string(payload)) }
	bucket.Settings = func() Settings {
		return Settings{
			Name:          "files",
			CORS:          []CORSRule{{Origins: []string{"https://*.example"}, Methods: []string{"GET", "POST"}, Headers: []string{"content-type"}, MaxAge: 60}},
			Notifications: []Notification{{Function: "check", Events: []string{"s3:ObjectCreated:*"}, Prefix: "uploads/"}},
		}
	}
	fx.server = httptest.NewServer(bucket)
	t.Cleanup(fx.server.Close)
	fx.client = s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: &fx.server.URL, UsePathStyle: true,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret", SessionToken: "token"}, nil
		}),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
	})
	return fx
}

// signForm returns the fields of a presigned form for one key, text/plain and 2 to 5
// bytes.
func (fx *fixture) signForm(t *testing.T, key string, expires time.Duration) map[string]string {
	t.Helper()
	signed, err := s3.NewPresignClient(fx.client).PresignPostObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("files"), Key: &key},
		func(o *s3.PresignPostOptions) {
			o.Expires = expires
			o.Conditions = []any{
				[]any{"content-length-range", 2, 5}, map[string]string{"Content-Type": "text/plain"}, []any{"starts-with", "$x-amz-meta-name", "n"},
				[]any{"starts-with", "$x-amz-checksum-sha256", ""}, []any{"starts-with", "$success_action_status", "2"},
			}
		})
	if err != nil {
		t.Fatal(err)
	}
	signed.Values["Content-Type"], signed.Values["x-amz-meta-name"] = "text/plain", "name"
	signed.Values["success_action_status"], signed.Values["x-amz-checksum-sha256"] = "204", sha256Base64("hello")
	return signed.Values
}

func sha256Base64(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (fx *fixture) post(t *testing.T, fields map[string]string, file string) (testResponse, string) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, v := range fields {
		if err := form.WriteField(name, v); err != nil {
			t.Fatal(err)
		}
	}
	part, err := form.CreateFormFile("file", "f.txt")
	if err == nil {
		_, err = part.Write([]byte(file))
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, fx.server.URL+"/files", &body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Origin", "https://app.example")
	return do(t, r)
}

// testResponse is the status and header of a response.
type testResponse struct {
	StatusCode int
	Header     http.Header
}

func do(t *testing.T, r *http.Request) (testResponse, string) {
	t.Helper()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return testResponse{response.StatusCode, response.Header}, string(text)
}

func TestNewEventRecord(t *testing.T) {
	o := object{key: "uploads/a b", event: "ObjectCreated:Post"}
	golden.JSON(t, "event_record", newEventRecord("files", o, 5, `"etag"`, time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)))
}

func TestPostPolicy(t *testing.T) {
	for name, c := range map[string]struct {
		file   string
		change func(fields map[string]string)
		status int
		code   string
	}{
		"as signed":               {"hello", func(map[string]string) {}, 204, ""},
		"201 on request":          {"hello", func(f map[string]string) { f["success_action_status"] = "201" }, 201, "<Key>uploads/a</Key>"},
		"too large":               {"hello!", func(map[string]string) {}, 400, "EntityTooLarge"},
		"too small":               {"h", func(map[string]string) {}, 400, "EntityTooSmall"},
		"other bytes":             {"hallo", func(map[string]string) {}, 400, "BadDigest"},
		"other key":               {"hello", func(f map[string]string) { f["key"] = "uploads/b" }, 403, "Policy Condition failed"},
		"other type":              {"hello", func(f map[string]string) { f["Content-Type"] = "text/html" }, 403, "Policy Condition failed"},
		"wrong prefix":            {"hello", func(f map[string]string) { f["x-amz-meta-name"] = "x" }, 403, "Policy Condition failed"},
		"field without condition": {"hello", func(f map[string]string) { f["x-amz-meta-more"] = "x" }, 403, "Extra input fields: x-amz-meta-more"},
		"policy changed":          {"hello", func(f map[string]string) { f["policy"] = base64.StdEncoding.EncodeToString([]byte(`{}`)) }, 403, "SignatureDoesNotMatch"},
		"no signature":            {"hello", func(f map[string]string) { delete(f, "X-Amz-Signature") }, 403, "AccessDenied"},
		"other credential": {"hello", func(f map[string]string) {
			f["X-Amz-Credential"] = strings.Replace(f["X-Amz-Credential"], "AKID", "OTHER", 1)
		}, 403, "InvalidAccessKeyId"},
	} {
		t.Run(name, func(t *testing.T) {
			fx := newFixture(t)
			fields := fx.signForm(t, "uploads/a", time.Minute)
			c.change(fields)
			response, text := fx.post(t, fields, c.file)
			if response.StatusCode != c.status || !strings.Contains(text, c.code) {
				t.Fatalf("got %d %s, want %d %s", response.StatusCode, text, c.status, c.code)
			}
			if got := response.Header.Get("Access-Control-Allow-Origin"); got != "https://app.example" {
				t.Errorf("CORS: got %q", got)
			}
			if accepted := c.status < 300; accepted != (len(fx.events) == 1) {
				t.Errorf("got %d events", len(fx.events))
			}
		})
	}
}

func TestPostPolicy_Expired(t *testing.T) {
	fx := newFixture(t)
	if response, text := fx.post(t, fx.signForm(t, "uploads/a", time.Nanosecond), "hello"); response.StatusCode != 403 || !strings.Contains(text, "Policy expired") {
		t.Errorf("got %d %s", response.StatusCode, text)
	}
}

func TestPost_StoresAndNotifies(t *testing.T) {
	fx := newFixture(t)
	if response, text := fx.post(t, fx.signForm(t, "uploads/a b", time.Minute), "hello"); response.StatusCode != 204 {
		t.Fatalf("got %d %s", response.StatusCode, text)
	}
	head, err := fx.client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("files"), Key: aws.String("uploads/a b"), ChecksumMode: types.ChecksumModeEnabled})
	if err != nil {
		t.Fatal(err)
	}
	if *head.ContentLength != 5 || *head.ContentType != "text/plain" || aws.ToString(head.ChecksumSHA256) != sha256Base64("hello") || head.Metadata["name"] != "name" {
		t.Errorf("got %+v", head)
	}
	var event struct {
		Records []struct {
			EventName string
			S3        struct {
				Bucket struct{ Name string }
				Object struct {
					Key  string
					Size int
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(fx.events[0]), &event); err != nil {
		t.Fatal(err)
	}
	r := event.Records[0]
	if r.EventName != "ObjectCreated:Post" || r.S3.Bucket.Name != "files" || r.S3.Object.Key != "uploads/a+b" || r.S3.Object.Size != 5 {
		t.Errorf("got %+v", r)
	}
}

func TestUploads(t *testing.T) {
	fx := newFixture(t)
	for _, file := range []string{"hello", "much too long"} {
		fx.post(t, fx.signForm(t, "uploads/a", time.Minute), file)
	}
	got := fx.bucket.Uploads()
	if len(got) != 2 || got[1].Key != "uploads/a" || got[1].Type != "text/plain" || got[1].Size != 5 || got[1].Error != "" || !strings.HasPrefix(got[0].Error, "EntityTooLarge") {
		t.Errorf("got %+v, want the refused upload and then the stored one", got)
	}
}

func TestServer_SDKCalls(t *testing.T) {
	fx := newFixture(t)
	ctx, bucket, key := t.Context(), aws.String("files"), aws.String("other/x~y+z.txt")
	if _, err := fx.client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("0123456789")}); err != nil {
		t.Fatal(err)
	}
	if len(fx.events) != 0 {
		t.Errorf("object outside of the prefix: got %d events", len(fx.events))
	}
	got, err := fx.client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key, Range: aws.String("bytes=2-4")})
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := io.ReadAll(got.Body); string(text) != "234" {
		t.Errorf("range: got %q", text)
	}
	if _, err := fx.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: key}); err != nil {
		t.Fatal(err)
	}
	if _, err := fx.client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key}); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("after delete: got %v, want 404", err)
	}
}

func TestGet_Presigned(t *testing.T) {
	fx := newFixture(t)
	bucket, key := aws.String("files"), aws.String("k")
	if _, err := fx.client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("hello")}); err != nil {
		t.Fatal(err)
	}
	sign := func(expires time.Duration) string {
		signed, err := s3.NewPresignClient(fx.client).PresignGetObject(t.Context(), &s3.GetObjectInput{
			Bucket: bucket, Key: key, ResponseContentDisposition: aws.String(`attachment; filename="a b.txt"`),
		}, s3.WithPresignExpires(expires))
		if err != nil {
			t.Fatal(err)
		}
		return signed.URL
	}
	good := sign(time.Minute)
	for name, c := range map[string]struct {
		url    string
		status int
	}{
		"signed": {good, 200}, "unsigned": {fx.server.URL + "/files/k", 403}, "list unsigned": {fx.server.URL + "/files", 403},
		"changed": {strings.Replace(good, "a%20b", "x%20b", 1), 403}, "other key": {strings.Replace(good, "/files/k", "/files/j", 1), 403},
		"longer": {strings.Replace(good, "Expires=60", "Expires=600", 1), 403}, "bad expiry": {strings.Replace(good, "Expires=60", "Expires=9999999", 1), 400},
	} {
		r, err := http.NewRequest(http.MethodGet, c.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, text := do(t, r)
		if response.StatusCode != c.status {
			t.Errorf("%s: got %d %s, want %d", name, response.StatusCode, text, c.status)
		}
		if name == "signed" && (text != "hello" || response.Header.Get("Content-Disposition") != `attachment; filename="a b.txt"` || response.Header.Get("X-Amz-Security-Token") != "") {
			t.Errorf("got %q %v", text, response.Header)
		}
	}
	r, _ := http.NewRequest(http.MethodGet, good, nil)
	if e := (Credentials{"AKID", "secret", "token"}).authenticate(asServerRequest(r), time.Now().Add(2*time.Minute)); e == nil || e.message != "Request has expired" {
		t.Errorf("expired: got %v", e)
	}
}

// asServerRequest sets the Host of a client request as a server does.
func asServerRequest(r *http.Request) *http.Request {
	r.Host = r.URL.Host
	return r
}

func TestCORS_Preflight(t *testing.T) {
	fx := newFixture(t)
	for origin, want := range map[string]int{"https://app.example": 200, "https://evil.test": 403} {
		r, err := http.NewRequest(http.MethodOptions, fx.server.URL+"/files", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "POST")
		r.Header.Set("Access-Control-Request-Headers", "content-type")
		if response, text := do(t, r); response.StatusCode != want || (want == 200) != (response.Header.Get("Access-Control-Allow-Origin") == origin) {
			t.Errorf("%s: got %d %s %v", origin, response.StatusCode, text, response.Header)
		}
	}
}
