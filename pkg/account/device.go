package account

import (
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"ticketsystem/pkg/auth"
)

// A device cookie proves that its holder has signed in to a phone number. It consists of the user
// id and the family of the session that was opened (ULIDs), and of a MAC that includes the number.
const (
	deviceBytes = 2*len(ulid.ULID{}) + macBytes
	deviceLabel = "device cookie"
	// DeviceTTL is how long a device cookie is valid: as long as browsers keep a cookie.
	DeviceTTL = 400 * 24 * time.Hour
)

// Devices issues and verifies device cookies.
type Devices struct {
	Key auth.SecretKey
	Now func() time.Time
}

// client is what guesses and requests of codes for a phone number are counted for.
type client struct {
	name   string // the device, or the network of the IP address
	userID string // the user who signed in on the device, or who is signed in and enters a password; "" for others
}

// userClient returns the client of a signed-in user, whose address is not counted: others behind
// it take nothing from the user.
func userClient(userID string) client { return client{name: "user " + userID} }

// networkClient returns the client of a caller without a device cookie.
func networkClient(caller Caller) client { return client{name: NetworkOf(caller.IP)} }

// client returns the client of a caller who acts on a phone number.
func (d *Devices) client(caller Caller, number string) client {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(caller.Device)
	if err != nil || len(raw) != deviceBytes {
		return networkClient(caller)
	}
	ids, mac := raw[:deviceBytes-macBytes], raw[deviceBytes-macBytes:]
	family := ulid.ULID(ids[len(ulid.ULID{}):])
	if subtle.ConstantTimeCompare(mac, d.mac(ids, number)) != 1 || d.Now().Sub(family.Timestamp()) > DeviceTTL {
		return networkClient(caller)
	}
	return client{name: "device " + family.String(), userID: ulid.ULID(ids[:len(ulid.ULID{})]).String()}
}

// codeClient returns the client of a caller who requests or enters a code.
func (d *Devices) codeClient(caller Caller, number, purpose string) client {
	if isBoundToUser(purpose) {
		return userClient(caller.UserID)
	}
	return d.client(caller, number)
}

// cookie returns the device cookie of a client with a session, "" without one.
func (d *Devices) cookie(userID, family, number string) string {
	session, err := ulid.Parse(family)
	if err != nil {
		return ""
	}
	user := ulid.MustParse(userID)
	ids := slices.Concat(user[:], session[:])
	return base64.RawURLEncoding.EncodeToString(append(ids, d.mac(ids, number)...))
}

func (d *Devices) mac(ids []byte, number string) []byte {
	return d.Key.MAC(deviceLabel, string(ids), number)[:macBytes]
}
