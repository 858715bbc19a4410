package webpush

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"ticketsystem/pkg/notification"
)

// newClient returns a client for addresses that users choose: it follows no redirect, uses
// no proxy and ends within the time limit of the function. control sees the address of each
// connection.
func newClient(control func(network, address string, _ syscall.RawConn) error) *http.Client {
	dialer := &net.Dialer{Timeout: 2 * time.Second, Control: control}
	return &http.Client{
		Timeout: 4 * time.Second,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: 2 * time.Second, ForceAttemptHTTP2: true,
			MaxIdleConns: 100, MaxIdleConnsPerHost: 10, IdleConnTimeout: 50 * time.Second, MaxResponseHeaderBytes: 16 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// refusePrivate refuses connections to addresses that are not on the public internet, such
// as the runtime API of Lambda. It sees the address after the name was resolved.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(target.Addr()) || target.Port() != 443 {
		return fmt.Errorf("not a public address: %w", notification.ErrPushGone)
	}
	return nil
}

// isPublic reports whether an address is routed on the internet (IANA special-purpose
// registries), and does not contain another address.
func isPublic(address netip.Addr) bool {
	address = address.Unmap()
	if !address.IsGlobalUnicast() || address.IsPrivate() || address.Is6() && !netip.MustParsePrefix("2000::/3").Contains(address) {
		return false
	}
	for _, special := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	} {
		if netip.MustParsePrefix(special).Contains(address) {
			return false
		}
	}
	return true
}
