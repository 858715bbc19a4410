package conformance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// uniqueWords makes words that no other test uses.
type uniqueWords string

func newUniqueWords() uniqueWords { return uniqueWords("q" + strings.ToLower(newID()[20:])) }

func (w uniqueWords) words(words ...string) []string {
	var all []string
	for _, word := range words {
		all = append(all, string(w)+word)
	}
	return all
}

func (w uniqueWords) terms(typed string) []search.Terms {
	return search.Parse(strings.Join(w.words(strings.Fields(typed)...), " "))
}

// indexedTicket is a ticket with its indexed terms.
type indexedTicket struct {
	ticket.Ticket
	words, staffOnly []string
}

// indexTicket stores and indexes a ticket.
func indexTicket(t *testing.T, actor user.Principal, at time.Time, words, staffOnly []string) indexedTicket {
	t.Helper()
	it, err := tryIndexTicket(t.Context(), actor, at, words, staffOnly)
	must(t, err)
	return it
}

func tryIndexTicket(ctx context.Context, actor user.Principal, at time.Time, words, staffOnly []string) (indexedTicket, error) {
	e := newEntry(newID(), 1, actor)
	e.Kind, e.CreatedAt, e.Opening = ticket.KindOpened, at, &ticket.Opening{Title: "x"}
	e.State = ticket.State{Status: ticket.StatusNew, Priority: ticket.PriorityLow}
	tk := ticket.Fold(ticket.Ticket{}, []ticket.Entry{e})
	if exists, err := openStore().CreateTicket(ctx, tk, e, nil); err != nil || exists {
		return indexedTicket{}, fmt.Errorf("create: got exists %v, %w", exists, err)
	}
	return indexedTicket{tk, words, staffOnly}, openStore().IndexTicket(ctx, tk.ID, "1", words, staffOnly)
}

// matches reports whether the ticket matches one of the terms of q.
func (it indexedTicket) matches(q ticket.Query) bool {
	words := it.words
	if q.CustomerID == "" {
		words = slices.Concat(words, it.staffOnly)
	}
	return q.Matches(it.Ticket) && search.MatchAny(q.Terms, words)
}

// TestSearch_OwnTicketsBounded checks that a page of a search of own tickets reads a bounded amount,
// however long the indexed texts are, and that the search goes on with a cursor.
func TestSearch_OwnTicketsBounded(t *testing.T) {
	store, meter := newMeteredStore()
	sara, db := customer("Sara"), dynamodb.NewFromConfig(env.config)
	var words []string
	for i := range 150 {
		words = append(words, fmt.Sprintf("%04d%s", i, strings.Repeat("ش", 28)))
	}
	text := func(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
	list, first := &types.AttributeValueMemberL{}, indexTicket(t, sara, app.Now().Add(-time.Hour), []string{"needle"}, nil)
	for _, word := range words {
		list.Value = append(list.Value, text(word))
	}
	const entries = 600 // of 9 KB
	var batch []types.WriteRequest
	for i := range entries {
		sk := fmt.Sprintf("%013d#%s#%010d", app.Now().UnixMilli()+int64(i), newID(), 1)
		batch = append(batch, types.WriteRequest{PutRequest: &types.PutRequest{Item: map[string]types.AttributeValue{"PK": text("K#c#" + sara.UserID), "SK": text(sk), "words": list}}})
		if len(batch) == 25 {
			_, err := db.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{env.table: batch}})
			must(t, err)
			batch = nil
		}
	}
	q := ticket.Query{CustomerID: sara.UserID, Terms: search.Parse("needle"), Limit: 20}
	var cursor map[string]string
	for page := 1; ; page++ {
		meter.reset()
		found, next, err := store.ListTickets(t.Context(), q, cursor)
		must(t, err)
		if got, _ := meter.reset(); got.read > 400 {
			t.Errorf("page %d: got %v, want at most 400 read units", page, got)
		}
		if cursor = next; next == nil {
			if len(found) != 1 || found[0].ID != first.ID || page < 3 {
				t.Errorf("page %d: got %d tickets, want the oldest after some pages", page, len(found))
			}
			return
		}
	}
}

// searchAll returns the ids on all pages of a search.
func searchAll(t *testing.T, q ticket.Query) []string {
	t.Helper()
	var ids []string
	var cursor map[string]string
	for range 400 {
		tickets, next, err := openStore().ListTickets(t.Context(), q, cursor)
		if err != nil || len(tickets) > q.Limit {
			t.Fatalf("%+v: got %d tickets, %v", q, len(tickets), err)
		}
		for _, tk := range tickets {
			ids = append(ids, tk.ID)
		}
		if cursor = next; cursor == nil {
			return ids
		}
	}
	t.Fatalf("%+v: the search does not end", q)
	return nil
}

// TestSearchTickets runs combinations of words and page sizes, and compares the result
// with a search in memory.
func TestSearchTickets(t *testing.T) {
	t.Parallel()
	w, sara, mina := newUniqueWords(), customer("Sara"), customer("Mina")
	rng := rand.New(rand.NewPCG(1, 2))
	var indexed []indexedTicket
	start := time.UnixMilli(1_790_000_000_000).UTC()
	for i := range 60 {
		var words, staffOnly []string
		for _, word := range []string{"one", "two", "twofold", "three", "threefold"} {
			switch rng.IntN(5) {
			case 0, 1:
				words = append(words, w.words(word)...)
			case 2:
				staffOnly = append(staffOnly, w.words(word)...)
			}
		}
		owner := []user.Principal{sara, mina}[i%2]
		indexed = append(indexed, indexTicket(t, owner, start.Add(time.Duration(i)*time.Minute), words, staffOnly))
	}
	slices.Reverse(indexed)
	for _, typed := range []string{"one", "two", "tw", "t", "one two", "two one", "one t", "one two three", "twofold threefold o", "none", "one none", "on one"} {
		for _, q := range []ticket.Query{{}, {CustomerID: sara.UserID}, {CustomerID: sara.UserID, Priorities: []ticket.Priority{ticket.PriorityLow}}, {AssigneeID: newID()}} {
			q.Terms = w.terms(typed)
			var want []string
			for _, it := range indexed {
				if it.matches(q) {
					want = append(want, it.ID)
				}
			}
			for _, q.Limit = range []int{1, 7, 100} {
				if got := searchAll(t, q); !slices.Equal(got, want) {
					t.Errorf("%q, %+v: got %d tickets, want %d in their order", typed, q, len(got), len(want))
				}
			}
		}
	}
}

// TestSearchTickets_AlternativeTerms checks that a ticket that matches one or both
// alternatives is found once.
func TestSearchTickets_AlternativeTerms(t *testing.T) {
	t.Parallel()
	w, sara := newUniqueWords(), customer("Sara")
	at := time.UnixMilli(1_790_000_000_000).UTC()
	var want []string
	for i, words := range [][]string{w.words("whole"), w.words("part", "other"), w.words("whole", "part", "other"), w.words("part")} {
		it := indexTicket(t, sara, at.Add(time.Duration(i)*time.Second), words, nil)
		if i < 3 {
			want = append([]string{it.ID}, want...)
		}
	}
	terms := []search.Terms{{Prefix: w.words("whole")[0]}, {Tokens: w.words("part"), Prefix: w.words("oth")[0]}}
	for _, limit := range []int{1, 2, 10} {
		for _, owner := range []string{"", sara.UserID} {
			if got := searchAll(t, ticket.Query{Terms: terms, CustomerID: owner, Limit: limit}); !slices.Equal(got, want) {
				t.Errorf("pages of %d for %q: got %v, want %v", limit, owner, got, want)
			}
		}
	}
}

// TestSearchTickets_ManyWords checks that the beginning of very many different words finds
// the same as that of few, newest first, with a bounded number of reads.
func TestSearchTickets_ManyWords(t *testing.T) {
	t.Parallel()
	w, sara, at := newUniqueWords(), customer("Sara"), time.UnixMilli(1_790_000_000_000).UTC()
	var want, both []string
	for i := range 30 {
		words := w.words("other")
		if i%3 == 0 {
			words = nil
			for n := range 20 {
				words = append(words, w.words(fmt.Sprintf("many%dx%d", i, n))...)
			}
		}
		if i%2 == 0 {
			words = append(words, w.words("even")...)
		}
		it := indexTicket(t, sara, at.Add(time.Duration(i)*time.Second), words, nil)
		if i%3 == 0 {
			want = append([]string{it.ID}, want...)
			if i%2 == 0 {
				both = append([]string{it.ID}, both...)
			}
		}
	}
	for typed, want := range map[string][]string{"many": want, "even many": both, "many9": want[6:7]} {
		for _, limit := range []int{2, 50} {
			if got := searchAll(t, ticket.Query{Terms: w.terms(typed), Limit: limit}); !slices.Equal(got, want) {
				t.Errorf("%q, pages of %d: got %v, want %v", typed, limit, got, want)
			}
		}
	}
	store, m := newMeteredStore()
	_, _, err := store.ListTickets(t.Context(), ticket.Query{Terms: w.terms("many"), Limit: 20}, nil)
	if got, _ := m.reset(); err != nil || got.read > 500 {
		t.Errorf("got %v, %v, want at most 500 read units", got, err)
	}
}

// TestSearchUsers checks that users are found by their current terms only.
func TestSearchUsers(t *testing.T) {
	t.Parallel()
	w := newUniqueWords()
	var users []user.User
	for i := range 5 {
		u := storeUser(t, time.UnixMilli(int64(1_790_000_000_000+i)).UTC(), w.words("name", fmt.Sprint("n", i)))
		must(t, openStore().RefreshUser(t.Context(), u.ID))
		users = append([]user.User{u}, users...)
	}
	search := func(typed string) (ids []string) {
		var cursor map[string]string
		for {
			some, next, err := openStore().SearchUsers(t.Context(), w.terms(typed), 2, cursor)
			must(t, err)
			ids = append(ids, some...)
			if cursor = next; cursor == nil {
				return ids
			}
		}
	}
	var all []string
	for _, u := range users {
		all = append(all, u.ID)
	}
	if got := search("nam"); !slices.Equal(got, all) {
		t.Errorf("got %v, want %v", got, all)
	}
	name := strings.Join(w.words("name", "n7"), " ")
	_, err := openStore().UpdateUser(t.Context(), users[0].ID, account.ProfileUpdate{Name: &name})
	must(t, err)
	must(t, openStore().DeleteUser(t.Context(), users[1], audit.Record{ID: newID()}))
	for _, u := range users {
		must(t, openStore().RefreshUser(t.Context(), u.ID))
	}
	for typed, want := range map[string][]string{"name": {all[0], all[2], all[3], all[4]}, "name n7": all[:1], "n4": nil, "n3": nil, "name n": {all[0], all[2], all[3], all[4]}} {
		if got := search(typed); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", typed, got, want)
		}
	}
}

// TestSearchTickets_ConstantCost checks that a search costs the same with 100 and with
// 5,000 tickets, and that a search with many candidates and no result stops in time.
func TestSearchTickets_ConstantCost(t *testing.T) {
	t.Parallel()
	w, sara, now := newUniqueWords(), customer("Sara"), app.Now()
	store, m := newMeteredStore()
	for i := range 100 {
		actor := customer("")
		if i%4 < 2 {
			actor = sara
		}
		indexTicket(t, actor, now.Add(time.Duration(i)*time.Second), w.words("all", []string{"odd", "even"}[i%2]), nil)
	}
	searches := []struct{ typed, owner string }{{"all", ""}, {"al", ""}, {"all odd", ""}, {"odd all", ""}, {"al", sara.UserID}, {"all od", sara.UserID}}
	measure := func() (all []cost) {
		for _, s := range searches {
			m.reset()
			tickets, next, err := store.ListTickets(t.Context(), ticket.Query{Terms: w.terms(s.typed), CustomerID: s.owner, Limit: 20}, nil)
			if err != nil || len(tickets) != 20 || next == nil {
				t.Errorf("%q: got %d tickets, %v", s.typed, len(tickets), err)
			}
			got, _ := m.reset()
			all = append(all, got)
		}
		return all
	}
	few := measure()
	addPostings(t, w, now, 4900)
	for i, many := range measure() {
		if many.roundTrips > few[i].roundTrips || many.read > few[i].read+0.5 { // with 100 tickets there are only 50 items; a step reads 100
			t.Errorf("%q: with 5,000 tickets %v, with 100 %v", searches[i].typed, many, few[i])
		}
	}
	m.reset()
	tickets, next, err := store.ListTickets(t.Context(), ticket.Query{Terms: w.terms("odd even"), Limit: 20}, nil)
	if got, _ := m.reset(); err != nil || len(tickets) != 0 || next == nil || got.roundTrips > 32 {
		t.Errorf("terms without a common ticket: got %d tickets, %v, %v", len(tickets), got, err)
	}
	mina := customer("Mina")
	oldest := indexTicket(t, mina, now.Add(-6_000*time.Second), w.words("all"), nil)
	q := ticket.Query{Terms: w.terms("al"), CustomerIDs: []string{mina.UserID}, Limit: 100}
	var found []string
	var cursor map[string]string
	for pages := 0; pages == 0 || cursor != nil && pages < 30; pages++ {
		m.reset()
		tickets, next, err := store.ListTickets(t.Context(), q, cursor)
		if got, _ := m.reset(); err != nil || got.read > 250 {
			t.Fatalf("page %d of a filter that few tickets pass: got %v, %v, want at most 250 read units", pages, got, err)
		}
		for _, tk := range tickets {
			found = append(found, tk.ID)
		}
		cursor = next
	}
	if !slices.Equal(found, []string{oldest.ID}) {
		t.Errorf("with a filter that few tickets pass: got %v, want the oldest", found)
	}
}

// addPostings writes only the index items of n older tickets, because the engine is
// slow.
func addPostings(t *testing.T, w uniqueWords, before time.Time, n int) {
	t.Helper()
	db := dynamodb.NewFromConfig(env.config)
	var writes []types.WriteRequest
	for i := range n {
		at := ticket.TimeSortKey(before.Add(-time.Duration(i+1)*time.Second)) + "#" + newID()
		for _, pk := range []string{w.words("all$")[0], w.words([]string{"odd", "even"}[i%2])[0] + "$"} {
			writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: map[string]types.AttributeValue{
				"PK": &types.AttributeValueMemberS{Value: "K#s#" + pk}, "SK": &types.AttributeValueMemberS{Value: at},
			}}})
		}
	}
	for some := range slices.Chunk(writes, 25) {
		_, err := db.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{env.table: some}})
		must(t, err)
	}
}

// TestSearchTickets_InvalidCursor checks that invalid cursors are rejected.
func TestSearchTickets_InvalidCursor(t *testing.T) {
	q := ticket.Query{Terms: newUniqueWords().terms("x"), Limit: 1}
	for name, cursor := range map[string]map[string]string{"of a list": {"PK": "T#x", "SK": "~H", "q": "0", "w": "1"}, "empty": {"at": ""}} {
		_, _, err := openStore().ListTickets(t.Context(), q, cursor)
		wantCode(t, name, err, apperr.BadCursor)
	}
}
