package s3

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// Notification invokes a function when objects are created.
type Notification struct {
	Function       string
	Events         []string // such as s3:ObjectCreated:*
	Prefix, Suffix string
}

func (n Notification) matches(event, key string) bool {
	if !strings.HasPrefix(key, n.Prefix) || !strings.HasSuffix(key, n.Suffix) {
		return false
	}
	for _, pattern := range n.Events {
		if matchWildcard(strings.TrimPrefix(pattern, "s3:"), event) {
			return true
		}
	}
	return false
}

// notifyCreated invokes the functions whose notification matches the object.
func (s *Server) notifyCreated(r *http.Request, settings Settings, o object, size int64, etag string) {
	host, _, _ := net.SplitHostPort(r.RemoteAddr) // net/http sets host and port
	for _, n := range settings.Notifications {
		if !n.matches(o.event, o.key) {
			continue
		}
		record := newEventRecord(settings.Name, o, size, etag, time.Now().UTC())
		record.S3.ConfigurationID, record.RequestParameters.SourceIPAddress = n.Function, host
		record.ResponseElements = map[string]string{"x-amz-request-id": rand.Text(), "x-amz-id-2": rand.Text()}
		payload, err := json.Marshal(events.S3Event{Records: []events.S3EventRecord{record}})
		if err != nil {
			s.Logf("s3: event for %s: %v", o.key, err)
			continue
		}
		s.Notify(n.Function, payload)
	}
}

// newEventRecord returns the record of a created object. Its key is form-encoded
// with slashes kept, as in S3 events.
func newEventRecord(bucket string, o object, size int64, etag string, at time.Time) events.S3EventRecord {
	owner := events.S3UserIdentity{PrincipalID: "LOCAL"}
	return events.S3EventRecord{
		EventVersion: "2.1", EventSource: "aws:s3", AWSRegion: "us-east-1", EventTime: at, EventName: o.event, PrincipalID: owner,
		S3: events.S3Entity{
			SchemaVersion: "1.0",
			Bucket:        events.S3Bucket{Name: bucket, OwnerIdentity: owner, Arn: "arn:aws:s3:::" + bucket},
			Object: events.S3Object{
				Key:  strings.ReplaceAll(url.QueryEscape(o.key), "%2F", "/"),
				Size: size, ETag: strings.Trim(etag, `"`), Sequencer: fmt.Sprintf("%016X", at.UnixNano()),
			},
		},
	}
}
