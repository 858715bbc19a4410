package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/netip"

	"github.com/aws/aws-lambda-go/events"
)

// Headers that our CDN sets (infra/edge.yaml). It replaces what the client sent.
const (
	cdnSecretHeader     = "x-cdn-secret" //nolint:gosec // the name of a header
	clientAddressHeader = "x-client-address"
)

// clientAddress returns the IP address of the client. Behind our CDN it is in a header, which
// counts only with the secret of the CDN. A client can send any header, X-Forwarded-For too.
func (s *Server) clientAddress(event events.APIGatewayV2HTTPRequest) string {
	peer := event.RequestContext.HTTP.SourceIP
	if !s.sentByCDN(event.Headers[cdnSecretHeader]) {
		return peer
	}
	address, err := netip.ParseAddr(event.Headers[clientAddressHeader])
	if err != nil || address.Zone() != "" {
		return peer
	}
	return address.Unmap().String()
}

// sentByCDN reports whether a secret is one of the CDN. Two are valid while it is replaced.
func (s *Server) sentByCDN(secret string) bool {
	sum := sha256.Sum256([]byte(secret))
	hash, valid := []byte(hex.EncodeToString(sum[:])), 0
	for _, known := range s.CDNSecretHashes {
		valid |= subtle.ConstantTimeCompare(hash, []byte(known))
	}
	return valid == 1
}
