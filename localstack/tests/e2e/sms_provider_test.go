package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ticketsystem/localstack/emulator/stack"
	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/seed"
	"ticketsystem/pkg/awstest"
	secretstore "ticketsystem/pkg/secret"
)

// TestSMSProvider signs in with a code that the HTTP API of a provider delivers, and the secret
// of that API from SSM. It needs the local stack.
func TestSMSProvider(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		return
	}
	type message struct{ Key, To, Text string }
	received := make(chan message, 10)
	var attempts atomic.Int32
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if attempts.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable) // the queue tries again
			return
		}
		m := message{Key: r.Header.Get("X-Api-Key")}
		_ = json.NewDecoder(r.Body).Decode(&m) // the fields are compared
		received <- m
		_, _ = io.WriteString(w, `{"status":"accepted"}`)
	}))
	t.Cleanup(provider.Close)
	local, err := stack.Start(t.Context(), stack.Options{
		InMemory: true, Seed: seed.Seed, MinTimeout: time.Minute, Parameters: map[string]string{
			"SmsProviderUrl": provider.URL, "SmsProviderHeader": "X-Api-Key: {secret}", "SmsProviderBody": `{"to":"{to}","text":"{text}"}`, "SmsProviderAccepted": "accepted",
		},
	})
	must(t, local, err)
	t.Cleanup(local.Close)
	config := awstest.Config()
	config.BaseEndpoint = aws.String(local.ServicesURL)
	must(t, config, secretstore.New(config).Replace(t.Context(), "/ticketsystem/sms-secret", "provider-key"))
	api := client.New(local.HTTPURL, local.SocketURL, local.OutboxURL)
	api.Observe(suite.spec)
	phone := client.RandomPhone()
	challenge, err := api.Do(t.Context(), "POST", "/otp", object{"phone": phone, "purpose": "signup"})
	wantStatus(t, must(t, challenge, err), 202, nil)
	select {
	case m := <-received:
		equal(t, "the key", m.Key, "provider-key")
		equal(t, "the number", m.To, phone)
		me, err := api.SignUpWithCode(t.Context(), phone, "Sara Customer", regexp.MustCompile(`\d{6}`).FindString(m.Text))
		testUser{t, must(t, me, err)}.get("/profile", nil)
	case <-time.After(firstBuildTimeout):
		t.Fatalf("no message after %d attempts", attempts.Load())
	}
	texts, err := api.TextMessages(t.Context(), phone)
	equal(t, "messages through SNS", len(must(t, texts, err)), 0)
}
