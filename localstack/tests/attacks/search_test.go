package attacks

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/report"
)

const (
	rowsPerMessage = 300
	rowsPerTicket  = 2000
	// maxQueryUnits bounds a page of a search: 30 reads, each of at most 16 units.
	maxQueryUnits = 500
)

// distinctWords returns a text of different words, which has at most 10,000 characters.
func distinctWords(n int) string {
	var text strings.Builder
	letters := []rune("abcdefghijklmnopqrstuvwxyz")
	for i := range n {
		r := rand.New(rand.NewPCG(rand.Uint64(), uint64(i)))
		for range 5 {
			text.WriteRune(letters[r.IntN(len(letters))])
		}
		text.WriteByte(' ')
	}
	return text.String()
}

// TestAttack_Search posts messages of 1,500 different words, and searches for many terms.
func TestAttack_Search(t *testing.T) {
	attacker, other := customer(t), opener(t)
	tk, err := attacker.OpenTicket(t.Context(), nil)
	id := must(t, tk, err).ID
	text := distinctWords(1500)
	words := strings.Fields(text)
	await(t, "the index of the ticket", func() error { return found(t, tk.Number, id) })
	fields := suite.meter.postings(id)
	a := begin(t, "one message of 1,500 different words")
	a.count(attacker.Do(t.Context(), "POST", "/tickets/"+id+"/messages", client.Fields{"clientId": client.NewID(), "body": text}))
	await(t, "the search result", func() error { return found(t, words[0], id) })
	a.figures()
	rows := suite.meter.postings(id) - fields
	a.end(fmt.Sprintf("%d index rows", rows), fmt.Sprintf("at most %d", rowsPerMessage), a.accepted() == 1 && rows > 0 && rows <= rowsPerMessage, "")

	messages := report.ShortOrFull(3, 40)
	a = begin(t, fmt.Sprintf("%d more messages of 1,500 different words", messages))
	a.measureDelays(other)
	a.flood(4, messages, func(int) (client.Response, error) {
		return attacker.Do(t.Context(), "POST", "/tickets/"+id+"/messages", client.Fields{"clientId": client.NewID(), "body": distinctWords(1500)})
	}, nil)
	a.figures()
	rows = suite.meter.postings(id) - fields
	a.end(fmt.Sprintf("%d index rows", rows), fmt.Sprintf("at most %d", rowsPerTicket), a.accepted() == messages && rows > 0 && rows <= rowsPerTicket, "")

	queries := report.ShortOrFull(3, 50)
	a = begin(t, "searches for ten terms")
	a.flood(4, queries, func(int) (client.Response, error) {
		q := url.QueryEscape(strings.Join(words[:9], " ") + " " + words[9][:2])
		return suite.agent.Do(t.Context(), "GET", "/tickets?limit=100&q="+q, nil)
	}, nil)
	units := a.figures().read / float64(queries)
	a.end(fmt.Sprintf("%.0f read units a search", units), fmt.Sprintf("at most %d", maxQueryUnits), a.accepted() == queries && units <= maxQueryUnits, "")
}

// found checks that a search of staff finds the ticket.
func found(t *testing.T, word, id string) error {
	t.Helper()
	r, err := suite.agent.Do(t.Context(), "GET", "/tickets?q="+word, nil)
	if err != nil {
		return err
	}
	var page client.List[client.Ticket]
	if err := r.Decode(http.StatusOK, &page); err != nil {
		return err
	}
	if len(page.Data) == 0 || page.Data[0].ID != id {
		return fmt.Errorf("%s finds %d tickets", word, len(page.Data))
	}
	return nil
}
