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

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// tongue makes words that no other test has.
type tongue string

func newTongue() tongue { return tongue("q" + strings.ToLower(newID()[18:])) }

func (l tongue) words(words ...string) []string {
	var all []string
	for _, word := range words {
		all = append(all, string(l)+word)
	}
	return all
}

func (l tongue) terms(typed string) []search.Terms {
	return search.Parse(strings.Join(l.words(strings.Fields(typed)...), " "))
}

// found is a ticket with the words that it is found by.
type found struct {
	ticket.Head
	words, secret []string
}

// file stores a ticket with its words.
func file(t *testing.T, who user.Principal, at time.Time, words, secret []string) found {
	t.Helper()
	f, err := filed(t.Context(), who, at, words, secret)
	must(t, err)
	return f
}

func filed(ctx context.Context, who user.Principal, at time.Time, words, secret []string) (found, error) {
	e := entryAt(newID(), 1, who)
	e.Kind, e.CreatedAt, e.Opening = ticket.KindOpened, at, &ticket.Opening{Title: "x"}
	e.State = ticket.State{Status: ticket.StatusNew, Priority: ticket.PriorityLow}
	h := ticket.Fold(ticket.Head{}, []ticket.Entry{e})
	if exists, err := open().Create(ctx, h, e, nil); err != nil || exists {
		return found{}, fmt.Errorf("create: got exists %v, %w", exists, err)
	}
	return found{h, words, secret}, open().LearnTicket(ctx, h.ID, "1", words, secret)
}

// has says whether a ticket is found by one of the terms.
func (f found) has(q ticket.Query) bool {
	words := f.words
	if q.CustomerID == "" {
		words = slices.Concat(words, f.secret)
	}
	return q.Matches(f.Head) && slices.ContainsFunc(q.Terms, func(t search.Terms) bool {
		for _, word := range t.Words {
			if !slices.Contains(words, word) {
				return false
			}
		}
		return t.Beginning == "" || slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, t.Beginning) })
	})
}

// pages are all ids that a search gives, page by page.
func pages(t *testing.T, q ticket.Query) []string {
	t.Helper()
	var ids []string
	var cursor map[string]string
	for range 400 {
		heads, next, err := open().List(t.Context(), q, cursor)
		if err != nil || len(heads) > q.Limit {
			t.Fatalf("%+v: got %d heads, %v", q, len(heads), err)
		}
		for _, h := range heads {
			ids = append(ids, h.ID)
		}
		if cursor = next; cursor == nil {
			return ids
		}
	}
	t.Fatalf("%+v: the search does not end", q)
	return nil
}

// TestSearch asks for mixtures of words, in pages of several sizes, and
// compares with a search in memory.
func TestSearch(t *testing.T) {
	t.Parallel()
	l, sara, mina := newTongue(), customer("Sara"), customer("Mina")
	random := rand.New(rand.NewPCG(1, 2))
	var shelf []found
	start := time.UnixMilli(1_790_000_000_000).UTC()
	for i := range 60 {
		var words, secret []string
		for _, word := range []string{"one", "two", "twofold", "three", "threefold"} {
			switch random.IntN(5) {
			case 0, 1:
				words = append(words, l.words(word)...)
			case 2:
				secret = append(secret, l.words(word)...)
			}
		}
		owner := []user.Principal{sara, mina}[i%2]
		shelf = append(shelf, file(t, owner, start.Add(time.Duration(i)*time.Minute), words, secret))
	}
	slices.Reverse(shelf)
	for _, typed := range []string{"one", "two", "tw", "t", "one two", "two one", "one t", "one two three", "twofold threefold o", "none", "one none", "on one"} {
		for _, q := range []ticket.Query{{}, {CustomerID: sara.UserID}, {CustomerID: sara.UserID, Priority: ticket.PriorityLow}, {AssigneeID: newID()}} {
			q.Terms = l.terms(typed)
			var want []string
			for _, f := range shelf {
				if f.has(q) {
					want = append(want, f.ID)
				}
			}
			for _, q.Limit = range []int{1, 7, 100} {
				if got := pages(t, q); !slices.Equal(got, want) {
					t.Errorf("%q, %+v: got %d tickets, want %d in their order", typed, q, len(got), len(want))
				}
			}
		}
	}
}

// TestSearchEitherWay: what fits one of two readings is found, once.
func TestSearchEitherWay(t *testing.T) {
	t.Parallel()
	l, sara := newTongue(), customer("Sara")
	at := time.UnixMilli(1_790_000_000_000).UTC()
	var want []string
	for i, words := range [][]string{l.words("whole"), l.words("part", "other"), l.words("whole", "part", "other"), l.words("part")} {
		f := file(t, sara, at.Add(time.Duration(i)*time.Second), words, nil)
		if i < 3 {
			want = append([]string{f.ID}, want...)
		}
	}
	terms := []search.Terms{{Beginning: l.words("whole")[0]}, {Words: l.words("part"), Beginning: l.words("oth")[0]}}
	for _, limit := range []int{1, 2, 10} {
		for _, owner := range []string{"", sara.UserID} {
			if got := pages(t, ticket.Query{Terms: terms, CustomerID: owner, Limit: limit}); !slices.Equal(got, want) {
				t.Errorf("pages of %d for %q: got %v, want %v", limit, owner, got, want)
			}
		}
	}
}

// TestLearnOnce: a cause counts once, a known word is not written again, and
// one that was staff's becomes everybody's.
func TestLearnOnce(t *testing.T) {
	t.Parallel()
	l, sara := newTongue(), customer("Sara")
	f := file(t, sara, wiring.Now(), nil, l.words("hidden"))
	mine := ticket.Query{Terms: l.terms("hidden"), CustomerID: sara.UserID, Limit: 5}
	if got := pages(t, mine); len(got) != 0 {
		t.Errorf("a word of a note: the customer finds %v", got)
	}
	store, m := metered()
	for _, step := range []struct {
		name, cause string
		words       []string
	}{{"the same cause", "1", l.words("other")}, {"no new word", "3", nil}} {
		m.reset()
		must(t, store.LearnTicket(t.Context(), f.ID, step.cause, step.words, l.words("hidden")))
		if got, calls := m.reset(); got.write != 0 || got.trips != 1 {
			t.Errorf("%s: got %v (%v), want one read", step.name, got, calls)
		}
	}
	must(t, store.LearnTicket(t.Context(), f.ID, "4", l.words("hidden"), nil))
	if got := pages(t, mine); !slices.Equal(got, []string{f.ID}) {
		t.Errorf("said in the open: the customer finds %v", got)
	}
}

// TestForgetTicket: no row is left, for anybody, however often it is done.
func TestForgetTicket(t *testing.T) {
	t.Parallel()
	l, sara := newTongue(), customer("Sara")
	f := file(t, sara, wiring.Now(), l.words("one", "two"), l.words("three"))
	must(t, open().LearnTicket(t.Context(), f.ID, "2", l.words("three"), l.words("four")))
	for range 2 {
		must(t, open().ForgetTicket(t.Context(), f.ID))
	}
	for _, pk := range []string{"K#s#" + l.words("one")[0] + "$", "K#s#" + l.words("thr")[0], "K#s#" + l.words("four")[0], "K#c#" + sara.UserID, "K#t#" + f.ID} {
		if n := rowsOf(t, pk); n != 0 {
			t.Errorf("%s has %d rows left", pk, n)
		}
	}
	must(t, open().LearnTicket(t.Context(), newID(), "1", l.words("one"), nil))
	if n := rowsOf(t, "K#s#"+l.words("one")[0]+"$"); n != 0 {
		t.Errorf("a ticket that is not there has learnt a word")
	}
}

// TestSearchUsers finds people by their words, and no longer by those that they
// have given up.
func TestSearchUsers(t *testing.T) {
	t.Parallel()
	l := newTongue()
	var people []user.User
	for i := range 5 {
		u := user.User{ID: newID(), CreatedAt: time.UnixMilli(int64(1_790_000_000_000 + i)).UTC()}
		must(t, open().LearnUser(t.Context(), u, nil, l.words("name", fmt.Sprint("n", i))))
		people = append([]user.User{u}, people...)
	}
	ask := func(typed string) (ids []string) {
		var cursor map[string]string
		for {
			some, next, err := open().SearchUsers(t.Context(), l.terms(typed), 2, cursor)
			must(t, err)
			ids = append(ids, some...)
			if cursor = next; cursor == nil {
				return ids
			}
		}
	}
	var all []string
	for _, u := range people {
		all = append(all, u.ID)
	}
	if got := ask("nam"); !slices.Equal(got, all) {
		t.Errorf("got %v, want %v", got, all)
	}
	must(t, open().LearnUser(t.Context(), people[0], l.words("name", "n4"), l.words("name", "n7")))
	must(t, open().LearnUser(t.Context(), people[1], l.words("name", "n3"), nil))
	for typed, want := range map[string][]string{"name": {all[0], all[2], all[3], all[4]}, "name n7": all[:1], "n4": nil, "n3": nil, "name n": {all[0], all[2], all[3], all[4]}} {
		if got := ask(typed); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", typed, got, want)
		}
	}
}

// TestSearchCostIsFlat: a search costs the same among 100 tickets and among
// 5,000, and one that finds nothing in spite of many rows gives up in time.
func TestSearchCostIsFlat(t *testing.T) {
	t.Parallel()
	l, sara, now := newTongue(), customer("Sara"), wiring.Now()
	store, m := metered()
	for i := range 100 {
		who := customer("")
		if i%4 < 2 {
			who = sara
		}
		file(t, who, now.Add(time.Duration(i)*time.Second), l.words("all", []string{"odd", "even"}[i%2]), nil)
	}
	searches := []struct{ typed, owner string }{{"all", ""}, {"al", ""}, {"all odd", ""}, {"odd all", ""}, {"al", sara.UserID}, {"all od", sara.UserID}}
	prices := func() (all []price) {
		for _, s := range searches {
			m.reset()
			heads, next, err := store.List(t.Context(), ticket.Query{Terms: l.terms(s.typed), CustomerID: s.owner, Limit: 20}, nil)
			if err != nil || len(heads) != 20 || next == nil {
				t.Errorf("%q: got %d tickets, %v", s.typed, len(heads), err)
			}
			got, _ := m.reset()
			all = append(all, got)
		}
		return all
	}
	few := prices()
	addRows(t, l, now, 4900)
	for i, many := range prices() {
		if many.trips > few[i].trips || many.read > few[i].read+0.5 { // of 100 tickets 50 rows were all, a step reads 100
			t.Errorf("%q: among 5,000 tickets %v, among 100 %v", searches[i].typed, many, few[i])
		}
	}
	m.reset()
	heads, next, err := store.List(t.Context(), ticket.Query{Terms: l.terms("odd even"), Limit: 20}, nil)
	if got, _ := m.reset(); err != nil || len(heads) != 0 || next == nil || got.trips > 32 {
		t.Errorf("words that never meet: got %d tickets, %v, %v", len(heads), got, err)
	}
}

// addRows writes the rows of n older tickets by which the test searches: the
// engine is slow at more.
func addRows(t *testing.T, l tongue, before time.Time, n int) {
	t.Helper()
	db := dynamodb.NewFromConfig(house.config)
	var writes []types.WriteRequest
	for i := range n {
		at := ticket.TimeKey(before.Add(-time.Duration(i+1)*time.Second)) + "#" + newID()
		for _, pk := range []string{l.words("all$")[0], l.words("al")[0], l.words([]string{"odd", "even"}[i%2])[0] + "$", l.words([]string{"odd", "even"}[i%2])[0]} {
			writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: map[string]types.AttributeValue{
				"PK": &types.AttributeValueMemberS{Value: "K#s#" + pk}, "SK": &types.AttributeValueMemberS{Value: at},
			}}})
		}
	}
	for some := range slices.Chunk(writes, 25) {
		_, err := db.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{house.table: some}})
		must(t, err)
	}
}

// TestStrangeSearchCursors are refused.
func TestStrangeSearchCursors(t *testing.T) {
	q := ticket.Query{Terms: newTongue().terms("x"), Limit: 1}
	for name, cursor := range map[string]map[string]string{"of a list": {"PK": "T#x", "SK": "~H", "q": "0", "w": "1"}, "empty": {"at": ""}} {
		_, _, err := open().List(t.Context(), q, cursor)
		refused(t, name, err, fault.BadCursor)
	}
}

// rowsOf counts the rows of a partition.
func rowsOf(t *testing.T, pk string) int32 {
	t.Helper()
	out, err := dynamodb.NewFromConfig(house.config).Query(t.Context(), &dynamodb.QueryInput{
		TableName: &house.table, KeyConditionExpression: aws.String("PK = :pk"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":pk": &types.AttributeValueMemberS{Value: pk}},
	})
	must(t, err)
	return out.Count
}

// learn does what the stream does for search with the entries of a ticket.
func learn(ctx context.Context, store *table.Table, entries ...ticket.Entry) error {
	for _, e := range entries {
		if err := stream.Search(store)(ctx, table.Change{Created: true, Entry: &e}); err != nil {
			return err
		}
	}
	return nil
}
