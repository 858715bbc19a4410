package account_test

import (
	"context"
	"testing"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/user"
)

// costlySearch finds the user with an id on every page, of which there is no last one.
type costlySearch struct {
	account.UserDirectoryStore
	id          string
	full        bool // whether a page has as many users as it may have
	calls, want int
}

func (s *costlySearch) SearchUsers(_ context.Context, _ []search.Terms, limit int, _ map[string]string) (ids []string, next map[string]string, err error) {
	s.calls++
	for len(ids) == 0 || s.full && len(ids) < limit {
		ids = append(ids, s.id)
	}
	return ids, map[string]string{"at": s.id}, nil
}

// TestUserDirectory_SearchBounded checks that a page with a filter ends with a search that stopped
// at its limit of reads, and otherwise after ten searches.
func TestUserDirectory_SearchBounded(t *testing.T) {
	f := newFixture(t)
	id := f.addUser(t).User.ID
	for _, s := range []*costlySearch{{want: 1}, {full: true, want: 10}} {
		s.UserDirectoryStore, s.id = f, id
		directory := account.UserDirectory{Store: s, DefaultRegion: "IR"}
		users, next, err := directory.List(t.Context(), account.UserQuery{Text: "sara", Role: user.RoleAdmin, Limit: 20}, nil)
		if len(users) > 0 || next == nil || err != nil || s.calls != s.want {
			t.Errorf("full pages %v: got %d users, cursor %v, %v after %d searches, want %d searches", s.full, len(users), next, err, s.calls, s.want)
		}
	}
}
