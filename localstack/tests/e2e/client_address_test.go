package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"

	"ticketsystem/localstack/testkit/client"
)

// cdnSecret is the secret of the CDN of the suite's own stack.
const cdnSecret = "5d41402abc4b2a76b9719d911017c592"

func cdnSecretHash() string {
	sum := sha256.Sum256([]byte(cdnSecret))
	return hex.EncodeToString(sum[:])
}

// TestClientAddress_OnlyFromCDN checks whose address the audit log has: headers that a client
// can send change nothing, those of the CDN with its secret do.
func TestClientAddress_OnlyFromCDN(t *testing.T) {
	if suite.local == nil {
		t.Skip("another stack has another secret")
	}
	t.Parallel()
	admin := newStaff(t, "admin")
	const other = "203.0.113.9"
	addressOf := func(options ...client.Option) string {
		t.Helper()
		var u adminUserView
		admin.mustCall(201, "POST", "/users", object{"phone": client.RandomPhone(), "name": "Reza"}, &u, options...)
		var page client.List[auditRecord]
		eventually(t, "the record", func() error {
			if admin.get("/admin/audit?target="+u.ID, &page); len(page.Data) == 0 {
				return errors.New("no record yet")
			}
			return nil
		})
		return page.Data[0].Address
	}
	spoofed := []client.Option{
		client.Header("X-Forwarded-For", other), client.Header("Forwarded", "for="+other), client.Header("X-Real-Ip", other),
		client.Header("CloudFront-Viewer-Address", other+":443"), client.Header("X-Client-Address", other),
	}
	direct := addressOf()
	equal(t, "with the headers of a proxy", addressOf(spoofed...), direct)
	equal(t, "with a wrong secret", addressOf(append(spoofed, client.Header("X-Cdn-Secret", cdnSecretHash()))...), direct)
	equal(t, "through the CDN", addressOf(append(spoofed, client.Header("X-Cdn-Secret", cdnSecret))...), other)
	if direct == other || direct == "" {
		t.Errorf("got the address %q without a CDN", direct)
	}
}
