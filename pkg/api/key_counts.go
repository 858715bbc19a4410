package api

import (
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/user"
)

// keyCounts bounds what requests with an Idempotency-Key store, in ten minutes: the requests of a
// network without credentials, and the responses of a user. It is local to a function instance,
// because a counter in the table would cost each such request a write.
type keyCounts struct{ networks, users limit.WindowCounts[string] }

const (
	keyWindow   = 10 * time.Minute
	maxCounted  = 10_000 // networks, and users; bounds the memory
	maxKeyKiB   = 4096   // of responses of a customer
	staffFactor = 5      // as much for staff
)

// admit counts a request and reports whether its key has an effect. perIP is the maximum of a
// network.
func (k *keyCounts) admit(r *Request, now time.Time, perIP int) bool {
	start := now.Truncate(keyWindow)
	if isAnonymous(r.Principal) {
		return k.networks.Add(start, account.NetworkOf(r.address), 1, maxCounted) <= perIP
	}
	most := maxKeyKiB
	if r.Principal.Role.IsStaff() {
		most *= staffFactor
	}
	return k.users.Add(start, r.Principal.UserID, 0, maxCounted) < most
}

// stored counts a stored response of a user.
func (k *keyCounts) stored(actor user.Principal, now time.Time, response string) {
	if !isAnonymous(actor) {
		k.users.Add(now.Truncate(keyWindow), actor.UserID, 1+len(response)>>10, maxCounted)
	}
}
