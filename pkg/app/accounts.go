package app

import (
	"crypto/rand"
	"fmt"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/phone"
)

// Authenticator returns the service that verifies access tokens and session cookies.
func (a *App) Authenticator() *account.Authenticator {
	return &account.Authenticator{Verifier: a.Verifier(), Revocations: a.Revocations(), Cookies: a.Store(), Now: Now, StaffSecondFactor: a.staffSecondFactor()}
}

// UserDirectory returns the service that lists and creates users.
func (a *App) UserDirectory() *account.UserDirectory {
	return &account.UserDirectory{Store: a.Store(), Recorder: a.AuditRecorder(), Random: rand.Reader, DefaultRegion: a.defaultRegion(), StaffSecondFactor: a.staffSecondFactor()}
}

// Profiles returns the service for a user's own profile and sessions.
func (a *App) Profiles() *account.Profiles {
	return &account.Profiles{
		Store: a.Store(), Attachments: a.Store(), ChangeLimiter: a.Limiter("profile-changes", "PROFILE_CHANGES_PER_HOUR", 30, time.Hour), Now: Now,
	}
}

// OTP returns the service that issues and verifies one-time codes.
func (a *App) OTP() *account.OTP {
	return &account.OTP{
		Store: a.Store(), Limiter: a.rateLimiter(), Devices: a.devices(), Key: a.Key(),
		DefaultRegion: a.defaultRegion(), Now: Now, Random: rand.Reader,
	}
}

func (a *App) rateLimiter() *account.RateLimiter {
	return &account.RateLimiter{CounterStore: a.Store(), Key: a.Key(), PerClient: a.ratePerIP(), Now: Now}
}

func (a *App) devices() *account.Devices { return &account.Devices{Key: a.Key(), Now: Now} }

// Credentials returns the service that changes passwords, phone numbers and e-mail
// addresses.
func (a *App) Credentials() *account.Credentials {
	return &account.Credentials{Store: a.Store(), OTP: a.OTP(), Passwords: a.Passwords(), Now: Now, Random: rand.Reader, StaffSecondFactor: a.staffSecondFactor()}
}

// Passwords returns the service that verifies passwords.
func (a *App) Passwords() *account.Passwords {
	return &account.Passwords{Store: a.Store(), Limiter: a.rateLimiter(), Devices: a.devices(), Full: &account.FullCounters{}}
}

// staffSecondFactor reports whether staff sign in with password and code, from
// STAFF_SECOND_FACTOR (on or off). The default is on: a missing variable does not weaken the sign-in.
func (a *App) staffSecondFactor() bool {
	value := a.String("STAFF_SECOND_FACTOR", "on")
	if value != "on" && value != "off" {
		a.Fail("STAFF_SECOND_FACTOR", fmt.Errorf("must be on or off, is %q", value))
	}
	return value != "off"
}

// SessionTokens returns the service that creates and rotates refresh tokens.
func (a *App) SessionTokens() *account.SessionTokens {
	return &account.SessionTokens{Store: a.Store(), Key: a.Key(), Now: Now, NewID: a.NewID, Random: rand.Reader, StaffSecondFactor: a.staffSecondFactor()}
}

func (a *App) defaultRegion() string {
	region := a.String("DEFAULT_REGION", "IR")
	if !phone.KnownRegion(region) {
		a.Fail("DEFAULT_REGION", fmt.Errorf("must be the ISO 3166 alpha-2 code of a country, is %q", region))
	}
	return region
}
