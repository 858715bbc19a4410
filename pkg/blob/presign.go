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

// PresignPost signs the upload of one file under exactly this key and media
// type, of 1 to size bytes, for ttl. With sha256 (base64 of the digest) S3
// takes no other bytes; "" leaves them open.
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

// checksumField is the form field S3 checks the bytes against.
const checksumField = "x-amz-checksum-sha256"

// PresignGet signs the download of one object for ttl. The browser saves it
// under downloadName and never shows it as a page of the bucket's origin: an
// uploaded file must not run there.
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

// contentDisposition names a file twice (RFC 6266): in plain ASCII for old readers,
// and in the extended form of RFC 5987, where a name in any script survives.
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

// isAttrChar: what RFC 5987 lets stand in an extended value as it is.
func isAttrChar(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0
}
