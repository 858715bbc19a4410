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
)

// Notification starts a function when objects are created.
type Notification struct {
	Function       string
	Events         []string // s3:ObjectCreated:* or one kind of it
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

// notifyCreated starts the functions that wait for an object such as this.
func (s *Server) notifyCreated(r *http.Request, settings Settings, o object, size int64, etag string) {
	host, _, _ := net.SplitHostPort(r.RemoteAddr) // net/http gives host and port
	for _, n := range settings.Notifications {
		if !n.matches(o.event, o.key) {
			continue
		}
		owner := map[string]string{"principalId": "LOCAL"}
		payload, err := json.Marshal(map[string]any{"Records": []any{map[string]any{
			"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1",
			"eventTime": time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), "eventName": o.event,
			"userIdentity":      owner,
			"requestParameters": map[string]string{"sourceIPAddress": host},
			"responseElements":  map[string]string{"x-amz-request-id": rand.Text(), "x-amz-id-2": rand.Text()},
			"s3": map[string]any{
				"s3SchemaVersion": "1.0", "configurationId": n.Function,
				"bucket": map[string]any{"name": settings.Name, "ownerIdentity": owner, "arn": "arn:aws:s3:::" + settings.Name},
				"object": map[string]any{
					// The key is encoded as in a form, its slashes kept.
					"key":  strings.ReplaceAll(url.QueryEscape(o.key), "%2F", "/"),
					"size": size, "eTag": strings.Trim(etag, `"`), "sequencer": fmt.Sprintf("%016X", time.Now().UnixNano()),
				},
			},
		}}})
		if err != nil {
			s.Logf("s3: event for %s: %v", o.key, err)
			continue
		}
		s.Notify(n.Function, payload)
	}
}
