package blob

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"ticketsystem/pkg/attachment"
)

// PresignPost presigns the upload of one object with this key, media type and 1
// to size bytes, for ttl. With sha256 (base64 of the digest) S3 accepts only
// that content.
func (s *Store) PresignPost(ctx context.Context, key, contentType string, size int64, sha256 string, ttl time.Duration) (attachment.Upload, error) {
	conditions := []any{
		map[string]string{"key": key},
		map[string]string{"Content-Type": contentType},
		[]any{"content-length-range", 1, size},
	}
	if sha256 != "" {
		conditions = append(conditions, map[string]string{checksumField: sha256})
	}
	signed, err := s.presign.PresignPostObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(s.bucket), Key: aws.String(key),
	}, func(o *s3.PresignPostOptions) {
		o.Expires = ttl
		o.Conditions = conditions
	})
	if err != nil {
		return attachment.Upload{}, fmt.Errorf("sign the upload of %s: %w", key, err)
	}
	signed.Values["Content-Type"] = contentType
	if sha256 != "" {
		signed.Values[checksumField] = sha256
	}
	return attachment.Upload{URL: signed.URL, Fields: signed.Values}, nil
}

// checksumField is the form field with the checksum that S3 verifies.
const checksumField = "x-amz-checksum-sha256"

// PresignGet returns a download URL for one object, valid for ttl. The browser
// saves the file as downloadName instead of displaying it, so that uploaded
// HTML does not run in the bucket's origin.
func (s *Store) PresignGet(ctx context.Context, key, downloadName, contentType string, ttl time.Duration) (string, error) {
	signed, err := s.presign.PresignGetObject(ctx, &s3.GetObjectInput{
		Bucket: aws.String(s.bucket), Key: aws.String(key),
		ResponseContentDisposition: aws.String(contentDisposition(downloadName)),
		ResponseContentType:        aws.String(contentType),
	}, s3.WithPresignExpires(ttl))
	if err != nil {
		return "", fmt.Errorf("sign the download of %s: %w", key, err)
	}
	return signed.URL, nil
}

// contentDisposition returns the header value with two forms of the name (RFC
// 6266): ASCII for old clients, and the extended form of RFC 5987.
func contentDisposition(name string) string {
	var plain, extended strings.Builder
	for _, r := range name {
		if r < ' ' || r > '~' || r == '"' || r == '\\' || r == '%' {
			r = '_'
		}
		plain.WriteRune(r)
	}
	for i := range len(name) {
		if isAttrChar(name[i]) {
			extended.WriteByte(name[i])
		} else {
			fmt.Fprintf(&extended, "%%%02X", name[i])
		}
	}
	return `attachment; filename="` + plain.String() + `"; filename*=UTF-8''` + extended.String()
}

// isAttrChar reports whether c may appear unescaped in an extended value (RFC 5987).
func isAttrChar(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0
}
