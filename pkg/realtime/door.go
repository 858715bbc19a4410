package realtime

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"time"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/user"
)

// Door lets sockets in.
type Door struct {
	Store  Store
	Now    func() time.Time
	Random io.Reader
}

// Pass makes a single-use pass that opens a socket for the person within
// PassLife. A browser cannot send headers with a handshake, and an access
// token in an address would end up in logs.
func (d *Door) Pass(ctx context.Context, who user.Principal) (pass string, expires time.Time, err error) {
	var secret [24]byte
	if _, err := io.ReadFull(d.Random, secret[:]); err != nil {
		return "", time.Time{}, err
	}
	pass = base64.RawURLEncoding.EncodeToString(secret[:])
	expires = d.Now().Add(PassLife)
	return pass, expires, d.Store.AddPass(ctx, hashOf(pass), who, expires)
}

// Redeem gives the person behind a pass, once. Errors: unauthenticated.
func (d *Door) Redeem(ctx context.Context, pass string) (user.Principal, error) {
	who, found, err := d.Store.TakePass(ctx, hashOf(pass))
	if err == nil && !found {
		err = fault.New(fault.Unauthenticated, "")
	}
	return who, err
}

// Open registers a connection; from now on its owner's events reach it.
func (d *Door) Open(ctx context.Context, connectionID string, who user.Principal) error {
	now := d.Now()
	c := Connection{ID: connectionID, Who: who, OpenedAt: now, ExpiresAt: now.Add(connectionLife)}
	if err := d.Store.AddConnection(ctx, c); err != nil {
		return err
	}
	_, err := d.Store.Watch(ctx, c, UserTopic(who.UserID))
	return err
}

func hashOf(pass string) string {
	sum := sha256.Sum256([]byte(pass))
	return hex.EncodeToString(sum[:])
}
