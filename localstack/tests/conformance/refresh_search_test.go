package conformance

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

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
