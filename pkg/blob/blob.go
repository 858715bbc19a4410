// Package blob stores files in S3. Clients upload and download them with
// presigned URLs, so the content does not pass through a function.
package blob

import (
	"bytes"
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

// Store stores objects in one bucket.
type Store struct {
	client  *s3.Client
	presign *s3.PresignClient
	bucket  string
}

// New returns a Store for the bucket.
func New(config aws.Config, bucket string) *Store {
	client := s3.NewFromConfig(config, func(o *s3.Options) {
		// Local S3 emulators do not resolve a host name per bucket.
		o.UsePathStyle = config.BaseEndpoint != nil
		// A ranged read has no checksum to validate, and a presigned URL that
		// includes the checksum mode does not work as a browser link.
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
	})
	return &Store{client: client, presign: s3.NewPresignClient(client), bucket: bucket}
}

// Head returns the metadata of an object, or attachment.ErrObjectNotFound. It
// fails if S3 returns no ETag, because later calls use it as their condition. S3
// answers 403 for a missing object without the s3:ListBucket permission.
func (s *Store) Head(ctx context.Context, key string) (attachment.ObjectInfo, error) {
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{
		Bucket: aws.String(s.bucket), Key: aws.String(key), ChecksumMode: types.ChecksumModeEnabled,
	})
	if err != nil {
		return attachment.ObjectInfo{}, translate("head of", key, err)
	}
	if aws.ToString(out.ETag) == "" {
		return attachment.ObjectInfo{}, fmt.Errorf("head of object %s: %w", key, errNoETag)
	}
	return attachment.ObjectInfo{
		Size: aws.ToInt64(out.ContentLength), Type: aws.ToString(out.ContentType), SHA256: aws.ToString(out.ChecksumSHA256),
		ETag: aws.ToString(out.ETag),
	}, nil
}

// errNoETag is returned instead of a call with an empty condition. The SDK would
// send an empty header, and S3 does not document what that means.
var errNoETag = errors.New("no ETag")

// ReadPrefix returns at most the first n bytes of an object if its ETag is still
// etag. It returns attachment.ErrObjectNotFound if the object is missing or has
// another ETag. The result is empty for an empty object.
func (s *Store) ReadPrefix(ctx context.Context, key, etag string, n int64) ([]byte, error) {
	if etag == "" {
		return nil, fmt.Errorf("read object %s: %w", key, errNoETag)
	}
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{
		Bucket: aws.String(s.bucket), Key: aws.String(key), IfMatch: aws.String(etag), Range: aws.String(fmt.Sprintf("bytes=0-%d", n-1)),
	})
	if httpStatus(err) == http.StatusRequestedRangeNotSatisfiable { // the object is empty
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

// Put stores an object.
func (s *Store) Put(ctx context.Context, key, contentType string, content []byte) error {
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(s.bucket), Key: aws.String(key), ContentType: aws.String(contentType), Body: bytes.NewReader(content),
	})
	if err != nil {
		return translate("put", key, err)
	}
	return nil
}

// Copy copies an object within the bucket if its ETag is still etag. It returns
// attachment.ErrObjectNotFound if it is missing or has another ETag.
func (s *Store) Copy(ctx context.Context, from, etag, to string) error {
	if etag == "" {
		return fmt.Errorf("copy object %s: %w", from, errNoETag)
	}
	_, err := s.client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: aws.String(s.bucket), Key: aws.String(to),
		CopySource: aws.String(s.bucket + "/" + from), CopySourceIfMatch: aws.String(etag),
	})
	if err != nil {
		return translate("copy", from, err)
	}
	return nil
}

// Delete deletes an object. A missing object is not an error.
func (s *Store) Delete(ctx context.Context, key string) error {
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(s.bucket), Key: aws.String(key)})
	if err != nil && httpStatus(err) != http.StatusNotFound {
		return translate("delete", key, err)
	}
	return nil
}

// translate uses the HTTP status, because the response to HEAD has no body. Status
// 412 reports that the object has another ETag.
func translate(action, key string, err error) error {
	switch httpStatus(err) {
	case http.StatusNotFound:
		return fmt.Errorf("%w: %s", attachment.ErrObjectNotFound, key)
	case http.StatusPreconditionFailed:
		return fmt.Errorf("%w: %s with the given ETag", attachment.ErrObjectNotFound, key)
	}
	return fmt.Errorf("%s object %s: %w", action, key, err)
}

// httpStatus returns the HTTP status of a failed call, or 0 for other errors.
func httpStatus(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}
