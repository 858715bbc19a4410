package memstore

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/user"
)

// CreateSession stores a session and consumes the code, if any.
func (s *Store) CreateSession(_ context.Context, session account.Session, code *account.OneTimeCode) error {
	return s.do("CreateSession", session.User.ID, func() error {
		if code != nil && !s.consume(*code) {
			return errCodeUsed()
		}
		s.sessions[session.Family] = session
		return nil
	})
}

func (s *Store) session(userID, family string) (account.Session, bool) {
	session, found := s.sessions[family]
	return session, found && session.User.ID == userID
}

// sessionExpiry returns when a session used now expires, in whole seconds like
// DynamoDB's TTL.
func sessionExpiry(now time.Time) time.Time {
	return now.Add(account.SessionTTL).Truncate(time.Second)
}

// RotateSession replaces the current token hash of a session.
func (s *Store) RotateSession(_ context.Context, userID, family, currentHash, nextHash string, now time.Time) (session account.Session, rotated, found bool, err error) {
	err = s.do("RotateSession", userID, func() error {
		if session, found = s.session(userID, family); !found {
			session = account.Session{}
			return nil
		}
		if rotated = session.CurrentHash == currentHash && session.ExpiresAt.After(now); rotated {
			session.CurrentHash, session.PreviousHash = nextHash, currentHash
			session.RotatedAt, session.LastUsedAt, session.ExpiresAt = now, now, sessionExpiry(now)
			s.sessions[family] = session
		}
		return nil
	})
	return session, rotated, found, err
}

// EndSession deletes a session and revokes it.
func (s *Store) EndSession(_ context.Context, userID, family string, at time.Time) (ended bool, err error) {
	err = s.do("EndSession", userID, func() error {
		session, found := s.session(userID, family)
		ended = found && session.ExpiresAt.After(s.now())
		if ended {
			delete(s.sessions, family)
			s.revoke(family, user.Revocation{At: at, Until: at.Add(account.SessionRevocationTTL)})
		}
		return nil
	})
	return ended, err
}

// ListSessions returns the active sessions of a user, newest first.
func (s *Store) ListSessions(_ context.Context, userID, after string, limit int) (sessions []account.Session, more bool, err error) {
	err = s.do("ListSessions", userID, func() error {
		for _, family := range slices.Backward(sortedKeys(s.sessions)) {
			session, owned := s.session(userID, family)
			if owned && session.ExpiresAt.After(s.now()) && (after == "" || family < after) {
				sessions = append(sessions, session)
			}
		}
		if more = len(sessions) > limit; more {
			sessions = sessions[:limit]
		}
		return nil
	})
	return sessions, more, err
}

// Session implements account.CookieStore.
func (s *Store) Session(_ context.Context, userID, family string) (session account.Session, found bool, err error) {
	err = s.do("Session", userID, func() error {
		session, found = s.session(userID, family)
		return nil
	})
	return session, found, err
}

// TouchSession implements account.CookieStore.
func (s *Store) TouchSession(_ context.Context, userID, family string, now time.Time) error {
	return s.do("TouchSession", userID, func() error {
		if session, found := s.session(userID, family); found {
			session.LastUsedAt, session.ExpiresAt = now, sessionExpiry(now)
			s.sessions[family] = session
		}
		return nil
	})
}

// DeleteSessions implements account.SessionStore.
func (s *Store) DeleteSessions(_ context.Context, userID string) error {
	return s.do("DeleteSessions", userID, func() error {
		s.deleteSessions(userID)
		return nil
	})
}

func (s *Store) deleteSessions(userID string) {
	maps.DeleteFunc(s.sessions, func(_ string, session account.Session) bool { return session.User.ID == userID })
}

// CountSession implements stream.SessionStore.
func (s *Store) CountSession(_ context.Context, userID, family string, hour time.Time) (n int, err error) {
	err = s.do("CountSession", userID, func() error {
		key := userID + hour.Format("#15")
		if s.startedSessions[key] == nil {
			s.startedSessions[key] = map[string]bool{}
		}
		s.startedSessions[key][family] = true
		n = len(s.startedSessions[key])
		return nil
	})
	return n, err
}

// BlockLogin implements stream.SessionStore.
func (s *Store) BlockLogin(_ context.Context, phone string, maxSessions int, until time.Time) error {
	return s.do("BlockLogin", phone, func() error {
		s.blockedLogins[phone] = loginBlock{maxSessions, until.Truncate(time.Second)}
		return nil
	})
}

// AddRevocation revokes the access tokens of a user or session family.
func (s *Store) AddRevocation(_ context.Context, subject string, r user.Revocation) error {
	return s.do("AddRevocation", subject, func() error {
		s.revoke(subject, r)
		return nil
	})
}

func (s *Store) revoke(subject string, r user.Revocation) {
	if r.Until.IsZero() {
		r.Until = r.At.Add(account.RevocationTTL)
	}
	r.Until = r.Until.Truncate(time.Second)
	if slices.Contains(s.revocations[subject], r) {
		return
	}
	s.revocations[subject] = append(s.revocations[subject], r)
	slices.SortFunc(s.revocations[subject], func(a, b user.Revocation) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Role, b.Role), cmp.Compare(a.PhoneVersion, b.PhoneVersion))
	})
}

// RevocationsSince implements account.RevocationStore.
func (s *Store) RevocationsSince(_ context.Context, since time.Time) (list account.Restrictions, err error) {
	err = s.do("RevocationsSince", "", func() error {
		list = account.NewRestrictions()
		list.Keys = maps.Clone(s.publicKeys)
		for subject, all := range s.revocations {
			for _, r := range all {
				if !r.At.Before(since) && r.Until.After(s.now()) {
					list.Revocations[subject] = append(list.Revocations[subject], r)
				}
			}
		}
		for _, b := range s.blocks {
			if !b.At.Before(since) && b.Until.After(s.now()) {
				list.Blocks[b.UserID] = append(list.Blocks[b.UserID], b)
			}
		}
		return nil
	})
	return list, err
}

// PublishKeys implements account.KeyStore.
func (s *Store) PublishKeys(_ context.Context, keys auth.PublicKeys, at, before time.Time) (published bool, err error) {
	err = s.do("PublishKeys", "", func() error {
		if published = s.publicKeys == nil || !s.publishedAt.After(before); published {
			s.publicKeys, s.publishedAt = maps.Clone(keys), at
		}
		return nil
	})
	return published, err
}

// AddBlock implements limit.BlockStore.
func (s *Store) AddBlock(_ context.Context, b limit.Block) error {
	return s.do("AddBlock", b.UserID, func() error {
		s.blocks = append(slices.DeleteFunc(s.blocks, func(other limit.Block) bool {
			return other.UserID == b.UserID && other.Rule.Name == b.Rule.Name && other.At.Equal(b.At)
		}), b)
		return nil
	})
}

// CountEntries implements limit.BlockStore.
func (s *Store) CountEntries(_ context.Context, userID string, minute time.Time, n int) (inMinute, inDay int, err error) {
	err = s.do("CountEntries", userID, func() error {
		key := "entries#" + userID + minute.Format("#2006-01-02")
		c := s.entryCounts[key]
		if c.minute.Before(minute) {
			c.minute, c.inMinute = minute, 0
		}
		c.inMinute, c.inDay = c.inMinute+n, c.inDay+n
		s.entryCounts[key] = c
		inMinute, inDay = c.inMinute, c.inDay
		return nil
	})
	return inMinute, inDay, err
}

// entryCount counts the entries of a user on a day, and in its last minute with any.
type entryCount struct {
	minute          time.Time
	inMinute, inDay int
}
