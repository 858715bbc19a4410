// Package webpush sends push messages to browsers (RFC 8030), encrypted (RFC 8291) and
// signed with the key of the stack (VAPID, RFC 8292).
package webpush

import (
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	library "github.com/SherClockHolmes/webpush-go"

	"ticketsystem/pkg/notification"
)

// Sender sends push messages to browsers.
type Sender struct {
	key                *ecdh.PrivateKey
	contact            string
	testService        string
	public, testClient *http.Client
}

// ttl is how long a push service keeps a message for a device that is offline.
const ttl = 24 * time.Hour

// New returns a Sender. contact is the address of the operator in each request: an e-mail
// address or https URL. Endpoints of the origin testService may be private; "" is none.
func New(key *ecdh.PrivateKey, contact, testService string) *Sender {
	return &Sender{key: key, contact: contact, testService: testService, public: newClient(refusePrivate), testClient: newClient(nil)}
}

// PublicKey returns the key that browsers subscribe with: the point in base64url.
func PublicKey(key *ecdh.PrivateKey) string {
	return base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes())
}

// Push implements notification.PushSender. Its errors do not contain the endpoint, which
// permits to send messages.
func (s *Sender) Push(ctx context.Context, to notification.PushSubscription, m notification.PushMessage) error {
	payload, err := json.Marshal(m)
	if err != nil {
		return err
	}
	client := s.public
	if s.testService != "" && strings.HasPrefix(to.Endpoint, s.testService+"/") {
		client = s.testClient
	}
	response, err := library.SendNotificationWithContext(ctx, payload, &library.Subscription{
		Endpoint: to.Endpoint, Keys: library.Keys{P256dh: to.P256dh, Auth: to.Auth},
	}, &library.Options{
		HTTPClient: client, Subscriber: s.contact, TTL: int(ttl.Seconds()), Urgency: library.UrgencyNormal,
		Topic:          m.NotificationID, // a repeat replaces a message that the service still keeps
		VAPIDPublicKey: PublicKey(s.key), VAPIDPrivateKey: base64.RawURLEncoding.EncodeToString(s.key.Bytes()),
	})
	if err != nil {
		var withAddress *url.Error
		if errors.As(err, &withAddress) {
			err = withAddress.Err
		}
		return fmt.Errorf("web push: %w", err)
	}
	defer response.Body.Close()                                      //nolint:errcheck // it was only read
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<10)) // the connection can then be used again
	return statusError(response.StatusCode)
}

// statusError returns the error of a status (RFC 8030, section 5 and 7.3).
func statusError(status int) error {
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusNotFound, status == http.StatusGone:
		return fmt.Errorf("web push: status %d: %w", status, notification.ErrPushGone)
	case status == http.StatusTooManyRequests:
		return fmt.Errorf("web push: status %d: %w", status, notification.ErrThrottled)
	case status == http.StatusRequestTimeout, status >= 500:
		return fmt.Errorf("web push: status %d", status)
	}
	return fmt.Errorf("web push: status %d: %w", status, notification.ErrPushRefused)
}
