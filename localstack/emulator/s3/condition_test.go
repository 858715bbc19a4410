package s3

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/blob"
	"ticketsystem/pkg/filetype"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/thumbnail"
	"ticketsystem/pkg/user"
)

// put stores an object and returns its ETag.
func (fx *fixture) put(t *testing.T, key, content string) string {
	t.Helper()
	out, err := fx.client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("files"), Key: &key, Body: strings.NewReader(content)})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.ETag)
}

// status returns the HTTP status of an SDK call.
func status(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return http.StatusOK
}

func TestConditions(t *testing.T) {
	fx := newFixture(t)
	current := fx.put(t, "a b", "hello")
	for _, c := range []struct {
		name, key       string
		match, notMatch *string
		get, copied     int
	}{
		{"none", "a b", nil, nil, 200, 200},
		{"match", "a b", &current, nil, 200, 200},
		{"any", "a b", aws.String("*"), nil, 200, 200},
		{"other ETag", "a b", aws.String(`"0123"`), nil, 412, 412},
		{"empty", "a b", aws.String(""), nil, 400, 400},
		{"quotes only", "a b", aws.String(`""`), nil, 400, 400},
		{"none match", "a b", nil, aws.String(`"0123"`), 200, 200},
		{"not changed", "a b", nil, &current, 304, 412},
		{"missing object", "none", &current, nil, 404, 404},
	} {
		get := func() error {
			_, err := fx.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("files"), Key: &c.key, IfMatch: c.match, IfNoneMatch: c.notMatch, Range: aws.String("bytes=0-1")})
			return err
		}
		if got := status(get()); got != c.get {
			t.Errorf("%s: GET: got %d, want %d", c.name, got, c.get)
		}
		_, err := fx.client.CopyObject(t.Context(), &s3.CopyObjectInput{
			Bucket: aws.String("files"), Key: aws.String("copy of " + c.name), CopySource: aws.String("files/" + strings.ReplaceAll(c.key, " ", "%20")),
			CopySourceIfMatch: c.match, CopySourceIfNoneMatch: c.notMatch,
		})
		if got := status(err); got != c.copied {
			t.Errorf("%s: copy: got %d, want %d: %v", c.name, got, c.copied, err)
		}
		_, err = fx.client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("files"), Key: aws.String("copy of " + c.name)})
		if exists := err == nil; exists != (c.copied == http.StatusOK) {
			t.Errorf("%s: the copy exists: %v", c.name, exists)
		}
	}
}

// TestProcessUpload_Swapped replaces an upload by a page, after any of the calls that
// validate it. The page must not become a file.
func TestProcessUpload_Swapped(t *testing.T) {
	const png, page = "\x89PNG\r\n\x1a\n", "<html>.."
	for name, before := range map[string]func(*http.Request) bool{
		"before the read": func(r *http.Request) bool { return r.Header.Get("Range") != "" },
		"before the copy": func(r *http.Request) bool { return r.Header.Get("X-Amz-Copy-Source") != "" },
	} {
		t.Run(name, func(t *testing.T) {
			fx := newFixture(t)
			swap := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if before(r) {
					fx.put(t, "uploads/"+strings.Repeat("A", 26), page)
				}
				fx.server.Config.Handler.ServeHTTP(w, r)
			}))
			defer swap.Close()
			config := aws.Config{
				Region: "us-east-1", BaseEndpoint: &swap.URL,
				Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
					return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret", SessionToken: "token"}, nil
				}),
			}
			store := memstore.New(time.Now)
			service := attachment.Service{Store: store, Objects: blob.New(config, "files"), Now: time.Now, NewID: func() string { return strings.Repeat("A", 26) }, MaxSize: 100, Matches: filetype.Matches, Picture: thumbnail.Make}
			a, _, err := service.CreateUpload(t.Context(), user.Principal{UserID: "sara"}, attachment.UploadRequest{Name: "a.png", Type: "image/png", Size: int64(len(png))})
			if err != nil {
				t.Fatal(err)
			}
			fx.put(t, a.UploadKey(), png)
			if err := service.ProcessUpload(t.Context(), a.ID); err != nil {
				t.Fatal(err)
			}
			if got, err := store.Attachment(t.Context(), a.ID); got.State != attachment.Pending || err != nil {
				t.Errorf("got %s, %v, want pending: the event of the replacement decides", got.State, err)
			}
			if _, err := fx.client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("files"), Key: aws.String(a.Key())}); status(err) != http.StatusNotFound {
				t.Errorf("the page became a file: %v", err)
			}
		})
	}
}
