package stack

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// listen opens a port on the IPv4 and, if available, the IPv6 loopback address. Port
// 0 selects one that is free on both.
func listen(port int) ([]net.Listener, int, error) {
	for {
		listeners, opened, err := listenOn(port)
		if port != 0 || !errors.Is(err, errPortInUse) {
			return listeners, opened, err
		}
	}
}

var errPortInUse = errors.New("in use by another program; stop it or choose another one with PORT")

func listenOn(port int) ([]net.Listener, int, error) {
	first, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, 0, fmt.Errorf("port %d is %w", port, errPortInUse)
	}
	if err != nil {
		return nil, 0, err
	}
	if address, ok := first.Addr().(*net.TCPAddr); ok {
		port = address.Port
	}
	second, err := net.Listen("tcp6", net.JoinHostPort("::1", strconv.Itoa(port)))
	switch {
	case err == nil:
		return []net.Listener{first, second}, port, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, 0, errors.Join(fmt.Errorf("port %d is %w", port, errPortInUse), first.Close())
	}
	return []net.Listener{first}, port, nil // without IPv6
}
