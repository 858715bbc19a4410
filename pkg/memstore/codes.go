package memstore

import (
	"context"
	"maps"
	"slices"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/limit"
)

type codeKey struct{ recipientMAC, purpose, id string }

// reservation is the last code of a client and recipient, and the number of codes.
type reservation struct {
	id    string
	at    time.Time
	count int
}

func keyOf(c account.OneTimeCode) codeKey { return codeKey{c.RecipientMAC, c.Purpose, c.ID} }

func errCodeUsed() error {
	return apperr.New(apperr.CodeWrong, "").WithFields(apperr.Field{Pointer: "/code", Code: "wrong", Message: "This code has been used."})
}

// ReserveCode counts a code of a client and recipient.
func (s *Store) ReserveCode(_ context.Context, counter limit.Counter, c account.OneTimeCode, cutoff time.Time, limit int) (last time.Time, count int, reserved bool, err error) {
	err = s.do("ReserveCode", counter.Scope, func() error {
		r, exists := s.reservations[counter]
		if reserved = !exists || !r.at.After(cutoff) && r.count < limit; reserved {
			r = reservation{c.ID, c.SentAt, r.count + 1}
			s.reservations[counter] = r
		}
		last, count, reserved = r.at, r.count, reserved || r.id == c.ID
		return nil
	})
	return last, count, reserved, err
}

// ReleaseCode takes a code from its counter.
func (s *Store) ReleaseCode(_ context.Context, counter limit.Counter, c account.OneTimeCode, last time.Time) error {
	return s.do("ReleaseCode", counter.Scope, func() error {
		if r := s.reservations[counter]; r.id == c.ID {
			s.reservations[counter] = reservation{at: last, count: r.count - 1}
		}
		return nil
	})
}

// PutCode stores a code.
func (s *Store) PutCode(_ context.Context, c account.OneTimeCode) error {
	return s.do("PutCode", c.RecipientMAC, func() error {
		s.codes[keyOf(c)] = c
		return nil
	})
}

// UnexpiredCodes returns the unexpired codes of a recipient and purpose.
func (s *Store) UnexpiredCodes(_ context.Context, recipientMAC, purpose string) (live []account.OneTimeCode, err error) {
	err = s.do("UnexpiredCodes", recipientMAC, func() error {
		for _, c := range s.codes {
			if c.RecipientMAC == recipientMAC && c.Purpose == purpose && c.ExpiresAt.After(s.now()) {
				live = append(live, c)
			}
		}
		return nil
	})
	return live, err
}

// Codes returns all one-time codes.
func (s *Store) Codes() []account.OneTimeCode {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.codes))
}

// consume deletes a code and reports whether it existed.
func (s *Store) consume(c account.OneTimeCode) bool {
	found := s.hasCode(c)
	delete(s.codes, keyOf(c))
	return found
}

func (s *Store) hasCode(c account.OneTimeCode) bool {
	_, found := s.codes[keyOf(c)]
	return found
}

// CountCodeAttempt counts one attempt on a code.
func (s *Store) CountCodeAttempt(_ context.Context, c account.OneTimeCode, maxAttempts int) (found bool, lockedUntil time.Time, err error) {
	err = s.do("CountCodeAttempt", c.RecipientMAC, func() error {
		stored, exists := s.codes[keyOf(c)]
		live := exists && stored.ExpiresAt.After(s.now())
		switch found = live && stored.Attempts < maxAttempts; {
		case found:
			stored.Attempts++
			s.codes[keyOf(stored)] = stored
		case live:
			lockedUntil = stored.ExpiresAt
		}
		return nil
	})
	return found, lockedUntil, err
}

// AddWithin implements limit.Store.
func (s *Store) AddWithin(_ context.Context, c limit.Counter, n, maximum int) (added bool, err error) {
	err = s.do("AddWithin", c.Scope, func() error {
		if added = s.counters[c]+n <= maximum; added {
			s.counters[c] += n
		}
		return nil
	})
	return added, err
}

// AddToCounter adds n to a rate counter.
func (s *Store) AddToCounter(_ context.Context, c limit.Counter, n int) (sum int, err error) {
	err = s.do("AddToCounter", c.Scope, func() error {
		s.counters[c] += n
		sum = s.counters[c]
		return nil
	})
	return sum, err
}
