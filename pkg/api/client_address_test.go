package api

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

// TestClientAddress checks that only our CDN decides the address of the client.
func TestClientAddress(t *testing.T) {
	hash := func(secret string) string {
		sum := sha256.Sum256([]byte(secret))
		return hex.EncodeToString(sum[:])
	}
	const peer, client = "198.51.100.7", "203.0.113.9"
	own := []string{hash("old"), hash("new")}
	for name, test := range map[string]struct {
		hashes  []string
		headers map[string]string
		want    string
	}{
		"no CDN":                    {nil, nil, peer},
		"no CDN, spoofed headers":   {nil, map[string]string{"x-client-address": client, "x-cdn-secret": "new", "x-forwarded-for": client}, peer},
		"no CDN, empty secret":      {nil, map[string]string{"x-client-address": client, "x-cdn-secret": ""}, peer},
		"CDN":                       {own, map[string]string{"x-client-address": client, "x-cdn-secret": "new"}, client},
		"CDN, secret of before":     {own, map[string]string{"x-client-address": client, "x-cdn-secret": "old"}, client},
		"CDN, IPv6":                 {own, map[string]string{"x-client-address": "2001:DB8:0::1", "x-cdn-secret": "new"}, "2001:db8::1"},
		"CDN, IPv4 as IPv6":         {own, map[string]string{"x-client-address": "::ffff:203.0.113.9", "x-cdn-secret": "new"}, client},
		"around the CDN":            {own, map[string]string{"x-client-address": client}, peer},
		"wrong secret":              {own, map[string]string{"x-client-address": client, "x-cdn-secret": "guess"}, peer},
		"the hash as the secret":    {own, map[string]string{"x-client-address": client, "x-cdn-secret": own[1]}, peer},
		"both secrets, joined":      {own, map[string]string{"x-client-address": client, "x-cdn-secret": "guess,new"}, peer},
		"X-Forwarded-For":           {own, map[string]string{"x-forwarded-for": client, "forwarded": "for=" + client, "x-real-ip": client, "cloudfront-viewer-address": client + ":1"}, peer},
		"CDN and X-Forwarded-For":   {own, map[string]string{"x-client-address": client, "x-cdn-secret": "new", "x-forwarded-for": "192.0.2.1"}, client},
		"CDN, no address":           {own, map[string]string{"x-cdn-secret": "new"}, peer},
		"CDN, not an address":       {own, map[string]string{"x-client-address": "203.0.113.9, 192.0.2.1", "x-cdn-secret": "new"}, peer},
		"CDN, address with a zone":  {own, map[string]string{"x-client-address": "fe80::1%eth0", "x-cdn-secret": "new"}, peer},
		"an empty hash in the list": {[]string{""}, map[string]string{"x-client-address": client, "x-cdn-secret": ""}, peer},
	} {
		event := events.APIGatewayV2HTTPRequest{Headers: test.headers}
		event.RequestContext.HTTP.SourceIP = peer
		if got := (&Server{CDNSecretHashes: test.hashes}).clientAddress(event); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}
