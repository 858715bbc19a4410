package conformance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

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
// most 2,000, and that indexing a full ticket costs one small read.
func TestIndexTicket_Limits(t *testing.T) {
	t.Parallel()
	w, sara := newUniqueWords(), customer("Sara")
	longWords := func(entry int) []string {
		words := make([]string, 200)
		for i := range words {
			words[i] = w.words(fmt.Sprintf("%dx%dx", entry, i))[0]
		}
		return words
	}
	store, m := newMeteredStore()
	it := indexTicket(t, sara, app.Now(), longWords(1), nil)
	for i := 2; i <= 30; i++ {
		m.reset()
		must(t, store.IndexTicket(t.Context(), it.ID, fmt.Sprintf("%010d", i), longWords(i), nil))
		if got, _ := m.reset(); got.write > 310 {
			t.Errorf("entry %d: got %v, want at most 300 rows and their record", i, got)
		}
	}
	for range 2 {
		m.reset()
		must(t, store.IndexTicket(t.Context(), it.ID, "0000000031", longWords(31), nil))
		if got, calls := m.reset(); got.write != 0 || got.roundTrips != 1 || got.read > 10 {
			t.Errorf("a full ticket: got %v (%v), want one read", got, calls)
		}
	}
	terms := search.Parse
	for word, want := range map[string]int{longWords(1)[0]: 1, longWords(1)[140]: 1, longWords(1)[199]: 0, longWords(31)[0]: 0} {
		if got := searchAll(t, ticket.Query{Terms: terms(word), Limit: 5}); len(got) != want {
			t.Errorf("%s: got %d tickets, want %d", word, len(got), want)
		}
	}
	must(t, store.DeindexTicket(t.Context(), it.ID))
	for _, pk := range []string{"K#c#" + sara.UserID, "K#t#" + it.ID, "K#s#" + longWords(1)[0] + "$"} {
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
	small := func() (words []string) {
		for range 6 {
			words = append(words, strings.ToLower(newID()[14:]))
		}
		return words
	}
	for i := range 200 {
		m.reset()
		must(t, store.IndexTicket(t.Context(), it.ID, fmt.Sprintf("%010d", i+2), small(), nil))
		got, calls := m.reset()
		switch {
		case got.roundTrips > 7 || got.read > 16:
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
	for _, pk := range []string{"K#t#" + u.ID, "K#u#" + words[0] + "$", "K#u#" + words[119] + "$"} {
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
		await(t, func() error {
			if got := searchAll(t, ticket.Query{Terms: w.terms(word), Limit: 5}); (len(got) == 1) != want {
				return fmt.Errorf("%s: found %v, want %v", word, got, want)
			}
			return nil
		})
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
	for _, pk := range []string{"K#s#" + w.words("one")[0] + "$", "K#c#" + sara.UserID, "K#t#" + it.ID} {
		if n := countItems(t, pk); n != 0 {
			t.Errorf("%s has %d items left", pk, n)
		}
	}
	if words := wordsLeft(t, w); len(words) != 0 {
		t.Errorf("the words %v are left", words)
	}
	must(t, openStore().IndexTicket(t.Context(), newID(), "1", w.words("one"), nil))
	if n := countItems(t, "K#s#"+w.words("one")[0]+"$"); n != 0 {
		t.Errorf("a term was indexed for an unknown ticket")
	}
}

// A stored ticket that is missing, unlike a deleted one, is restored by a replay, whose terms a
// refresh at the same time must not remove.
func TestRefreshTicket_NotStored(t *testing.T) {
	t.Parallel()
	w := newUniqueWords()
	it := indexTicket(t, customer("Sara"), app.Now(), w.words("one"), nil)
	_, err := dynamodb.NewFromConfig(env.config).DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &env.table, Key: map[string]types.AttributeValue{
		"PK": &types.AttributeValueMemberS{Value: "T#" + it.ID}, "SK": &types.AttributeValueMemberS{Value: "~H"},
	}})
	must(t, err)
	must(t, openStore().RefreshTicket(t.Context(), it.ID))
	if n := countItems(t, "K#t#"+it.ID); n == 0 {
		t.Error("the terms were removed")
	}
}

// wordsLeft returns the stored words of a test.
func wordsLeft(t *testing.T, w uniqueWords) (words []string) {
	t.Helper()
	out, err := dynamodb.NewFromConfig(env.config).Query(t.Context(), &dynamodb.QueryInput{
		TableName: &env.table, KeyConditionExpression: aws.String("PK = :pk AND begins_with(SK, :w)"), ConsistentRead: aws.Bool(true),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":pk": &types.AttributeValueMemberS{Value: "K#s#" + string(w)[:3] + "%"}, ":w": &types.AttributeValueMemberS{Value: string(w)},
		},
	})
	must(t, err)
	for _, item := range out.Items {
		words = append(words, item["SK"].(*types.AttributeValueMemberS).Value)
	}
	return words
}

// beforeDelete is an HTTP client that calls do before the first DeleteItem.
type beforeDelete struct {
	aws.HTTPClient
	once sync.Once
	do   func()
}

func (b *beforeDelete) Do(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".DeleteItem") {
		b.once.Do(b.do)
	}
	return b.HTTPClient.Do(r)
}

// TestIndexTicket_SharedWords checks that a word is stored as long as a ticket has it, also
// when one ticket gets it while another loses it.
func TestIndexTicket_SharedWords(t *testing.T) {
	t.Parallel()
	w, sara := newUniqueWords(), customer("Sara")
	word := w.words("shared")
	first, second, third := indexTicket(t, sara, app.Now(), word, nil), indexTicket(t, sara, app.Now(), word, nil), indexTicket(t, sara, app.Now(), nil, nil)
	must(t, openStore().DeindexTicket(t.Context(), first.ID))
	if words := wordsLeft(t, w); len(words) != 1 {
		t.Errorf("one of two tickets is gone: got the words %v", words)
	}
	config := env.config.Copy()
	config.HTTPClient = &beforeDelete{HTTPClient: config.HTTPClient, do: func() { must(t, openStore().IndexTicket(t.Context(), third.ID, "2", word, nil)) }}
	must(t, openStoreWith(config).DeindexTicket(t.Context(), second.ID))
	await(t, func() error {
		if got := searchAll(t, ticket.Query{Terms: w.terms("sha"), Limit: 5}); !slices.Equal(got, []string{third.ID}) {
			return fmt.Errorf("found %v, want %s", got, third.ID)
		}
		return nil
	})
	must(t, openStore().DeindexTicket(t.Context(), third.ID))
	if words := wordsLeft(t, w); len(words) != 0 {
		t.Errorf("the words %v are left", words)
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
