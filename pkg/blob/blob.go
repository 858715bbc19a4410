// Package blob keeps files in S3. Their bytes never pass through a function:
// clients send and fetch them with addresses that are signed here.
package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"ticketsystem/pkg/attachment"
)

var _ attachment.ObjectStore = (*Store)(nil)

// Store keeps objects in one bucket.
type Store struct {
	client  *s3.Client
	presign *s3.PresignClient
	bucket  string
}

// New makes a Store.
func New(config aws.Config, bucket string) *Store {
	client := s3.NewFromConfig(config, func(o *s3.Options) {
		// Stand-ins for S3 on one machine have no host name for each bucket.
		o.UsePathStyle = config.BaseEndpoint != nil
		// Parts of objects have no checksum to validate, and a signed address
		// with the mode in it would not work from a browser's link.
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
	})
	return &Store{client: client, presign: s3.NewPresignClient(client), bucket: bucket}
}

// Head looks at an object. Error: attachment.ErrNoBytes; S3 says so only to
// those who may list the bucket, others are refused.
func (s *Store) Head(ctx context.Context, key string) (attachment.ObjectInfo, error) {
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{
		Bucket: aws.String(s.bucket), Key: aws.String(key), ChecksumMode: types.ChecksumModeEnabled,
	})
	if err != nil {
		return attachment.ObjectInfo{}, translate("head of", key, err)
	}
	return attachment.ObjectInfo{
		Size: aws.ToInt64(out.ContentLength), Type: aws.ToString(out.ContentType), SHA256: aws.ToString(out.ChecksumSHA256),
	}, nil
}

// ReadPrefix reads the first bytes of an object, at most n. An empty object gives
// none. Error: attachment.ErrNoBytes.
func (s *Store) ReadPrefix(ctx context.Context, key string, n int64) ([]byte, error) {
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{
		Bucket: aws.String(s.bucket), Key: aws.String(key), Range: aws.String(fmt.Sprintf("bytes=0-%d", n-1)),
	})
	if httpStatus(err) == http.StatusRequestedRangeNotSatisfiable { // an empty object has no first byte
		return nil, nil
	}
	if err != nil {
		return nil, translate("read", key, err)
	}
	prefix, err := io.ReadAll(io.LimitReader(out.Body, n))
	if err = errors.Join(err, out.Body.Close()); err != nil {
		return nil, fmt.Errorf("read object %s: %w", key, err)
	}
	return prefix, nil
}

// Copy copies an object within the bucket as long as its tag is this one.
// Error: attachment.ErrNoBytes, also when the tag is another by now.
func (s *Store) Copy(ctx context.Context, from, etag, to string) error {
	_, err := s.client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: aws.String(s.bucket), Key: aws.String(to),
		CopySource: aws.String(s.bucket + "/" + from), CopySourceIfMatch: aws.String(etag),
	})
	if httpStatus(err) == http.StatusPreconditionFailed {
		return fmt.Errorf("%w: %s as it was", attachment.ErrObjectNotFound, from)
	}
	if err != nil {
		return translate("copy", from, err)
	}
	return nil
}

// Delete forgets an object. One that is not there is no error.
func (s *Store) Delete(ctx context.Context, key string) error {
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(s.bucket), Key: aws.String(key)})
	if err != nil && httpStatus(err) != http.StatusNotFound {
		return translate("delete", key, err)
	}
	return nil
}

// translate goes by the status: the answer to a HEAD has no body to say more.
func translate(action, key string, err error) error {
	if httpStatus(err) == http.StatusNotFound {
		return fmt.Errorf("%w: %s", attachment.ErrObjectNotFound, key)
	}
	return fmt.Errorf("%s object %s: %w", action, key, err)
}

// httpStatus gives the HTTP status of a refused call, 0 for other errors.
func httpStatus(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}
