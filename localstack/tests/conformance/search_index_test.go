package conformance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/app"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
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
func countItems(t *testing.T, pk string, options ...func(*dynamodb.QueryInput)) int32 {
	t.Helper()
	in := &dynamodb.QueryInput{
		TableName: &env.table, KeyConditionExpression: aws.String("PK = :pk"), ConsistentRead: aws.Bool(true),
		ExpressionAttributeValues: map[string]types.AttributeValue{":pk": &types.AttributeValueMemberS{Value: pk}},
	}
	for _, option := range options {
		option(in)
	}
	out, err := dynamodb.NewFromConfig(env.config).Query(t.Context(), in)
	must(t, err)
	return out.Count
}

// withoutTTL leaves out the items that expire.
func withoutTTL(in *dynamodb.QueryInput) {
	in.FilterExpression, in.ExpressionAttributeNames = aws.String("attribute_not_exists(#ttl)"), map[string]string{"#ttl": "ttl"}
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
