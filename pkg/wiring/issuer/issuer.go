// Package issuer wires what signs access tokens.
package issuer

import (
	"context"
	"sync"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/secret"
	"ticketsystem/pkg/wiring"
)

// People is the front desk for accounts with the private key, which is read
// from TOKEN_KEY_PARAMETER at the first token and kept.
func People(h *wiring.House) *account.Service {
	people := h.FrontDesk()
	k := &keeper{secrets: secret.New(h.AWS("SSM")), parameter: h.Need("TOKEN_KEY_PARAMETER"), issuer: h.Need("TOKEN_ISSUER"), newID: h.NewID}
	people.Issuer = k.Issuer
	return people
}

type keeper struct {
	secrets   *secret.Store
	parameter string
	issuer    string
	newID     func() string

	mu     sync.Mutex
	cached *auth.Issuer
}

// Issuer fetches the key when it is not there yet.
func (k *keeper) Issuer(ctx context.Context) (*auth.Issuer, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.cached != nil {
		return k.cached, nil
	}
	text, err := k.secrets.Get(ctx, k.parameter)
	if err != nil {
		return nil, err
	}
	key, err := auth.ParsePrivateKey(text)
	if err != nil {
		return nil, err
	}
	k.cached = auth.NewIssuer(key, k.issuer, wiring.Now, k.newID)
	return k.cached, nil
}
