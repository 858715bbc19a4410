package conformance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/stream"
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
	return q.Matches(it.Ticket) && slices.ContainsFunc(q.Terms, func(t search.Terms) bool {
		for _, word := range t.Tokens {
			if !slices.Contains(words, word) {
				return false
			}
		}
		return t.Prefix == "" || slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, t.Prefix) })
	})
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
		for _, q := range []ticket.Query{{}, {CustomerID: sara.UserID}, {CustomerID: sara.UserID, Priority: ticket.PriorityLow}, {AssigneeID: newID()}} {
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

// TestIndexTicket_Idempotent checks that a repeated cause and a known term write
// nothing, and that a staff-only term can become public.
func TestIndexTicket_Idempotent(t *testing.T) {
	t.Parallel()
	w, sara := newUniqueWords(), customer("Sara")
	it := indexTicket(t, sara, app.Now(), nil, w.words("hidden"))
	mine := ticket.Query{Terms: w.terms("hidden"), CustomerID: sara.UserID, Limit: 5}
	if got := searchAll(t, mine); len(got) != 0 {
		t.Errorf("a term of a note: the customer finds %v", got)
	}
	store, m := newMeteredStore()
	for _, step := range []struct {
		name, cause string
		words       []string
	}{{"the same cause", "1", w.words("other")}, {"no new term", "3", nil}} {
		m.reset()
		must(t, store.IndexTicket(t.Context(), it.ID, step.cause, step.words, w.words("hidden")))
		if got, calls := m.reset(); got.write != 0 || got.roundTrips != 1 {
			t.Errorf("%s: got %v (%v), want one read", step.name, got, calls)
		}
	}
	must(t, store.IndexTicket(t.Context(), it.ID, "4", w.words("hidden"), nil))
	if got := searchAll(t, mine); !slices.Equal(got, []string{it.ID}) {
		t.Errorf("now public: the customer finds %v", got)
	}
}

// TestIndexTicket_Limits checks that an entry adds at most 300 rows and a ticket has at
// most 2,000, that whole words are indexed before prefixes, and that indexing a full
// ticket costs one small read.
func TestIndexTicket_Limits(t *testing.T) {
	t.Parallel()
	w, sara := newUniqueWords(), customer("Sara")
	longWords := func(entry int) []string {
		words := make([]string, 90)
		for i := range words {
			words[i] = w.words(fmt.Sprintf("%dx%dx", entry, i))[0]
		}
		return words
	}
	store, m := newMeteredStore()
	it := indexTicket(t, sara, app.Now(), longWords(1), nil)
	if n := countItems(t, "K#c#"+sara.UserID); n != 90 {
		t.Errorf("one entry: the customer finds %d of 90 words", n)
	}
	for i := 2; i <= 30; i++ {
		m.reset()
		must(t, store.IndexTicket(t.Context(), it.ID, fmt.Sprintf("%010d", i), longWords(i), nil))
		if got, _ := m.reset(); got.write > 310 {
			t.Errorf("entry %d: got %v, want at most 300 rows and their record", i, got)
		}
	}
	if n := countItems(t, "K#c#"+sara.UserID); n < 600 || n > 1000 {
		t.Errorf("the customer finds %d words, want those of 2,000 rows", n)
	}
	for range 2 {
		m.reset()
		must(t, store.IndexTicket(t.Context(), it.ID, "0000000031", longWords(31), nil))
		if got, calls := m.reset(); got.write != 0 || got.roundTrips != 1 || got.read > 10 {
			t.Errorf("a full ticket: got %v (%v), want one read", got, calls)
		}
	}
	terms := search.Parse
	for word, want := range map[string]int{longWords(1)[0]: 1, longWords(1)[89]: 1, longWords(31)[0]: 0} {
		if got := searchAll(t, ticket.Query{Terms: terms(word), Limit: 5}); len(got) != want {
			t.Errorf("%s: got %d tickets, want %d", word, len(got), want)
		}
	}
	must(t, store.DeindexTicket(t.Context(), it.ID))
	for _, pk := range []string{"K#c#" + sara.UserID, "K#t#" + it.ID, "K#s#" + longWords(1)[0] + "$", "K#s#" + string(w)} {
		if n := countItems(t, pk); n != 0 {
			t.Errorf("%s has %d items left", pk, n)
		}
	}
}

// TestIndexTicket_ManySmallEntries checks that indexing an entry reads a bounded number
// of records: few while there is room, and the newest ones of a full ticket.
func TestIndexTicket_ManySmallEntries(t *testing.T) {
	t.Parallel()
	sara := customer("Sara")
	it := indexTicket(t, sara, app.Now(), nil, nil)
	store, m := newMeteredStore()
	for i := range 200 {
		m.reset()
		must(t, store.IndexTicket(t.Context(), it.ID, fmt.Sprintf("%010d", i+2), []string{strings.ToLower(newID()[14:])}, nil))
		got, calls := m.reset()
		switch {
		case got.roundTrips > 6 || got.read > 10:
			t.Fatalf("entry %d: got %v (%v)", i, got, calls)
		case i >= 190 && (got.roundTrips != 1 || got.read > 2 || got.write != 0):
			t.Fatalf("entry %d of a full ticket: got %v (%v), want one small read", i, got, calls)
		}
	}
}

// storeUser stores a user with a name of these words.
func storeUser(t *testing.T, at time.Time, words []string) user.User {
	t.Helper()
	l := newLogin()
	l.User.CreatedAt, l.User.Name = at, strings.Join(words, " ")
	must(t, openStore().PutAccount(t.Context(), l))
	return l.User
}

// TestRefreshUser_Limit checks that a user has at most 300 rows, and none after removal.
func TestRefreshUser_Limit(t *testing.T) {
	t.Parallel()
	w := newUniqueWords()
	var words []string
	for i := range 120 {
		words = append(words, w.words(fmt.Sprintf("%dx", i))...)
	}
	store, m := newMeteredStore()
	u := storeUser(t, app.Now(), words)
	must(t, store.RefreshUser(t.Context(), u.ID))
	if got, _ := m.reset(); got.write > 305 {
		t.Errorf("got %v, want at most 300 rows and their record", got)
	}
	must(t, store.DeleteUser(t.Context(), u, audit.Record{ID: newID()}))
	must(t, store.RefreshUser(t.Context(), u.ID))
	for _, pk := range []string{"K#t#" + u.ID, "K#u#" + words[0] + "$", "K#u#" + words[119] + "$", "K#u#" + string(w)} {
		if n := countItems(t, pk); n != 0 {
			t.Errorf("%s has %d items left", pk, n)
		}
	}
}

// refreshTicket stores a ticket again with another title and tags, and refreshes its terms.
func refreshTicket(t *testing.T, id, title string, tags ...string) {
	t.Helper()
	log, err := openStore().ReadLogFrom(t.Context(), id, 1)
	must(t, err)
	tk := log.Ticket
	tk.Title, tk.Tags = title, tags
	must(t, openStore().SaveProjection(t.Context(), tk))
	must(t, openStore().RefreshTicket(t.Context(), id))
}

// TestRefreshTicket checks that a ticket is found by its present title, tags and
// customer, also after 2,000 rows of its texts, and by no former one. A word that a text
// has as well is kept.
func TestRefreshTicket(t *testing.T) {
	t.Parallel()
	w := newUniqueWords()
	owner := storeUser(t, app.Now(), w.words("sara"))
	it := indexTicket(t, owner.Principal(""), app.Now(), w.words("text", "both"), nil)
	find := func(word string, want bool) {
		t.Helper()
		if got := searchAll(t, ticket.Query{Terms: w.terms(word), Limit: 5}); (len(got) == 1) != want {
			t.Errorf("%s: found %v, want %v", word, got, want)
		}
	}
	refreshTicket(t, it.ID, w.words("first")[0]+" "+w.words("both")[0], w.words("vip")...)
	for _, word := range []string{"first", "fir", "both", "vip", "sara", "text"} {
		find(word, true)
	}
	refreshTicket(t, it.ID, w.words("second")[0], w.words("refund")...)
	for word, want := range map[string]bool{"first": false, "fir": false, "vip": false, "second": true, "refund": true, "both": true, "sara": true} {
		find(word, want)
	}
	for i := range 30 {
		var words []string
		for n := range 90 {
			words = append(words, w.words(fmt.Sprintf("%dx%dx", i, n))...)
		}
		must(t, openStore().IndexTicket(t.Context(), it.ID, fmt.Sprintf("%010d", i+2), words, nil))
	}
	refreshTicket(t, it.ID, w.words("third")[0], w.words("paid")...)
	name := w.words("mina")[0]
	_, err := openStore().UpdateUser(t.Context(), owner.ID, account.ProfileUpdate{Name: &name})
	must(t, err)
	must(t, openStore().RefreshTicket(t.Context(), it.ID))
	for word, want := range map[string]bool{"second": false, "refund": false, "sara": false, "third": true, "paid": true, "mina": true, "both": true} {
		find(word, want)
	}
	must(t, openStore().DeleteUser(t.Context(), owner, audit.Record{ID: newID()}))
	must(t, openStore().RefreshTicket(t.Context(), it.ID))
	find("mina", false)
	find("third", true)
}

// TestRefreshTicket_Limit checks that a title and tags of the longest kind write a bounded
// number of rows, and that the customer is found nevertheless.
func TestRefreshTicket_Limit(t *testing.T) {
	t.Parallel()
	w := newUniqueWords()
	owner := storeUser(t, app.Now(), w.words("sara"))
	it := indexTicket(t, owner.Principal(""), app.Now(), nil, nil)
	store, m := newMeteredStore()
	for _, first := range []rune{'a', 'α'} {
		var title []string
		for n := range 66 {
			title = append(title, string([]rune{first + rune(n%24), first + rune(n/24)}))
		}
		tags := make([]string, 20)
		for n := range tags {
			tags[n] = strings.Repeat(fmt.Sprintf("%c%d ", first, n), 15)
		}
		refreshTicket(t, it.ID, strings.Join(title, " "), tags...)
		m.reset()
		must(t, store.RefreshTicket(t.Context(), it.ID))
		if got, _ := m.reset(); got.write != 0 || got.read > 1300 {
			t.Errorf("repeated: got %v, want no write", got)
		}
		if got := searchAll(t, ticket.Query{Terms: w.terms("sara"), Limit: 5}); len(got) != 1 {
			t.Errorf("the customer finds %v", got)
		}
	}
	if n := countItems(t, "K#c#"+owner.ID); n > 200 {
		t.Errorf("got %d words of the title", n)
	}
}

// TestDeindexTicket checks that no index items are left, also when it is repeated.
func TestDeindexTicket(t *testing.T) {
	t.Parallel()
	w, sara := newUniqueWords(), customer("Sara")
	it := indexTicket(t, sara, app.Now(), w.words("one", "two"), w.words("three"))
	must(t, openStore().IndexTicket(t.Context(), it.ID, "2", w.words("three"), w.words("four")))
	for range 2 {
		must(t, openStore().DeindexTicket(t.Context(), it.ID))
	}
	for _, pk := range []string{"K#s#" + w.words("one")[0] + "$", "K#s#" + w.words("thr")[0], "K#s#" + w.words("four")[0], "K#c#" + sara.UserID, "K#t#" + it.ID} {
		if n := countItems(t, pk); n != 0 {
			t.Errorf("%s has %d items left", pk, n)
		}
	}
	must(t, openStore().IndexTicket(t.Context(), newID(), "1", w.words("one"), nil))
	if n := countItems(t, "K#s#"+w.words("one")[0]+"$"); n != 0 {
		t.Errorf("a term was indexed for an unknown ticket")
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
}

// addPostings writes only the index items of n older tickets, because the engine is
// slow.
func addPostings(t *testing.T, w uniqueWords, before time.Time, n int) {
	t.Helper()
	db := dynamodb.NewFromConfig(env.config)
	var writes []types.WriteRequest
	for i := range n {
		at := ticket.TimeSortKey(before.Add(-time.Duration(i+1)*time.Second)) + "#" + newID()
		for _, pk := range []string{w.words("all$")[0], w.words("al")[0], w.words([]string{"odd", "even"}[i%2])[0] + "$", w.words([]string{"odd", "even"}[i%2])[0]} {
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

// countItems returns the number of items in a partition.
func countItems(t *testing.T, pk string) int32 {
	t.Helper()
	out, err := dynamodb.NewFromConfig(env.config).Query(t.Context(), &dynamodb.QueryInput{
		TableName: &env.table, KeyConditionExpression: aws.String("PK = :pk"), ConsistentRead: aws.Bool(true),
		ExpressionAttributeValues: map[string]types.AttributeValue{":pk": &types.AttributeValueMemberS{Value: pk}},
	})
	must(t, err)
	return out.Count
}

// indexEntries runs the search handler for entries.
func indexEntries(ctx context.Context, store *dynamo.Store, entries ...ticket.Entry) error {
	for _, e := range entries {
		if err := stream.IndexSearch(store)(ctx, event.EntryAppended{Entry: e}); err != nil {
			return err
		}
	}
	return nil
}
