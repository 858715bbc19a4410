package webpush_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/webpush"
	"ticketsystem/pkg/webpush/webpushtest"
)

func newKey(t *testing.T) auth.SecretKey {
	t.Helper()
	key, err := auth.NewSecretKey("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestPush checks a message as a push service and a browser do: the signature with the
// public key of the stack, and the decrypted text.
func TestPush(t *testing.T) {
	key, browser := newKey(t).PushKey(), webpushtest.NewBrowser()
	var request *http.Request
	var body []byte
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusCreated)
	}))
	defer service.Close()
	want := notification.PushMessage{NotificationID: "01JD0YJ5S8Q1V3W0X7B2N4M6K8", TicketID: "T", Title: "پاسخ", Body: "Body \"quoted\"", Language: "fa", Direction: "rtl"}
	to := notification.PushSubscription{Platform: "web", Endpoint: service.URL + "/send/1", P256dh: browser.P256dh(), Auth: browser.Auth()}
	if err := webpush.New(key, "help@b.ir", service.URL).Push(t.Context(), to, want); err != nil {
		t.Fatal(err)
	}
	plain, err := browser.Decrypt(body)
	var got notification.PushMessage
	if err != nil || json.Unmarshal(plain, &got) != nil || got != want {
		t.Errorf("got %s, %v, want %+v", plain, err, want)
	}
	if len(body) > 4096 || request.Header.Get("TTL") != "86400" || request.Header.Get("Topic") != want.NotificationID {
		t.Errorf("got %d bytes, header %v", len(body), request.Header)
	}
	token, signer, _ := strings.Cut(strings.TrimPrefix(request.Header.Get("Authorization"), "vapid t="), ", k=")
	if signer != webpush.PublicKey(key) {
		t.Errorf("got key %q, want %q", signer, webpush.PublicKey(key))
	}
	claims := jwt.MapClaims{}
	_, err = jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) {
		raw, err := base64.RawURLEncoding.DecodeString(signer)
		if err != nil {
			return nil, err
		}
		return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	}, jwt.WithAudience(service.URL), jwt.WithExpirationRequired())
	if err != nil || claims["sub"] != "mailto:help@b.ir" {
		t.Errorf("got %v, %v", claims, err)
	}
}

// TestPush_Errors checks which responses end a subscription, and which are not repeated.
func TestPush_Errors(t *testing.T) {
	for status, want := range map[int]error{
		201: nil, 202: nil, 404: notification.ErrPushGone, 410: notification.ErrPushGone, 400: notification.ErrPushRefused,
		403: notification.ErrPushRefused, 413: notification.ErrPushRefused, 307: notification.ErrPushRefused, 429: notification.ErrThrottled, 503: errors.ErrUnsupported,
	} {
		calls := 0
		service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			calls++
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		}))
		browser := webpushtest.NewBrowser()
		err := webpush.New(newKey(t).PushKey(), "help@b.ir", service.URL).Push(t.Context(),
			notification.PushSubscription{Endpoint: service.URL + "/secret", P256dh: browser.P256dh(), Auth: browser.Auth()}, notification.PushMessage{})
		service.Close()
		repeat := err != nil && !errors.Is(err, notification.ErrPushGone) && !errors.Is(err, notification.ErrPushRefused)
		if !errors.Is(err, want) && !(repeat && errors.Is(want, errors.ErrUnsupported)) || calls != 1 {
			t.Errorf("%d: got %v after %d calls, want %v", status, err, calls, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%d: the error contains the endpoint: %v", status, err)
		}
	}
}

// TestPush_PrivateAddress checks that no connection is made to an address that is not
// public, whatever its name.
func TestPush_PrivateAddress(t *testing.T) {
	called := false
	service := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer service.Close()
	browser := webpushtest.NewBrowser()
	sender := webpush.New(newKey(t).PushKey(), "help@b.ir", "")
	for _, endpoint := range []string{
		service.URL, strings.Replace(service.URL, "127.0.0.1", "localhost", 1), "https://10.0.0.1/", "https://169.254.169.254/", "https://[::1]/",
		"https://[fd00::1]/", "https://[::ffff:127.0.0.1]/", "https://100.64.0.1/", "https://0.0.0.0/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://1.1.1.1:8443/",
	} {
		err := sender.Push(t.Context(), notification.PushSubscription{Endpoint: endpoint + "/", P256dh: browser.P256dh(), Auth: browser.Auth()}, notification.PushMessage{})
		if !errors.Is(err, notification.ErrPushGone) || called {
			t.Errorf("%s: got %v, called %v, want a refusal", endpoint, err, called)
		}
	}
}

// TestPushKey_Stable checks that the key of browsers is the same at every start.
func TestPushKey_Stable(t *testing.T) {
	if first, second := webpush.PublicKey(newKey(t).PushKey()), webpush.PublicKey(newKey(t).PushKey()); first != second || len(first) != 87 {
		t.Errorf("got %q and %q", first, second)
	}
}
