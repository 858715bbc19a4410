package stack

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// listen opens a port for this machine alone, on both of its addresses where
// it has both. Port 0 takes any.
func listen(port int) ([]net.Listener, int, error) {
	first, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, 0, fmt.Errorf("port %d is in use by another program; stop it or choose PORT=...", port)
	}
	if err != nil {
		return nil, 0, err
	}
	port = first.Addr().(*net.TCPAddr).Port
	second, err := net.Listen("tcp6", net.JoinHostPort("::1", strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		_ = first.Close() // it was never used
		return nil, 0, fmt.Errorf("port %d is in use by another program; stop it or choose PORT=...", port)
	}
	if err != nil {
		return []net.Listener{first}, port, nil // a machine without IPv6
	}
	return []net.Listener{first, second}, port, nil
}
