package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/localstack/judge/verdict"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/ticket"
)

// grindAll feeds a mill with what its table's stream tells, and with what
// follows from that, until nothing more follows.
func grindAll(t *testing.T, m *mill, g *gauge, records []map[string]any) (fed int) {
	t.Helper()
	for range 12 {
		if len(records) == 0 {
			return fed
		}
		fed += len(records)
		m.grind(t, records)
		records = g.drain(t)
	}
	t.Fatal("the stream feeds itself without end")
	return fed
}

// alike compares all that two houses hold, and the numbers with the logs.
// What only says how often something was tried is left out.
func alike(a, b map[string]row, logs map[string]ticket.Log) (compared int, differ []string) {
	all := func(pk, sk string) bool { return pk != "STAT" && sk != "~S" && !strings.HasPrefix(pk, "END") }
	compared, differ = differences(rowsLike(a, all), rowsLike(b, all))
	got, want := sums(a), counted(logs)
	for name := range want {
		got[name] += 0
	}
	for name, n := range got {
		if compared++; want[name] != n {
			differ = append(differ, fmt.Sprintf("number %s: got %v, want %v", name, n, want[name]))
		}
	}
	return compared, differ
}

// TestStreamWhateverItDoes: the records of a run come in another order across
// keys, cut, doubled and from further back once more, to functions that die on
// the way, answer in vain or lose their line. Heads, numbers, words, timers and
// notifications are those of a quiet stream, item by item, and of the logs; and
// each mail and SMS goes out once.
func TestStreamWhateverItDoes(t *testing.T) {
	t.Parallel()
	var compared, records, runs, faults, again, sent int
	var differ []string
	seeds := verdict.Pick(1, 12)
	for seed := range uint64(seeds) {
		wild := newPlant(t, seed)
		g := newGauge(t, wild)
		wild.live(t, 6, 10)
		must(t, (&ticket.Bin{Store: wild.store, Pen: pen}).Remove(t.Context(), boss, wild.tickets[0]))
		told, logs, quiet := g.drain(t), wild.logs(t), emptyPlant(t, seed)
		wild.copyTo(t, quiet)
		h := newGauge(t, quiet)
		h.drain(t)
		rough := newMill(t, wild, rand.New(rand.NewPCG(seed, 9)))
		records += grindAll(t, rough, g, told)
		calm := newMill(t, quiet, nil)
		grindAll(t, calm, h, told)
		n, more := alike(wild.rows(t), quiet.rows(t), logs)
		compared, differ = compared+n, append(differ, more...)
		if len(rough.dead)+len(calm.dead) > 0 {
			differ = append(differ, fmt.Sprintf("given up: %v %v", rough.dead, calm.dead))
		}
		if got, want := len(rough.orders), len(calm.orders); got != want {
			differ = append(differ, fmt.Sprintf("%d orders, want %d", got, want))
		}
		letters, wrong := deliver(t, wild, rough.orders)
		sent, differ = sent+letters, append(differ, wrong...)
		runs, faults, again = runs+rough.runs, faults+rough.faults, again+rough.again
	}
	must(t, verdict.Record(verdict.Line{
		Item: "stream", Name: "doubled, mixed up, cut, dying", Figure: fmt.Sprintf("%d of %d items differ", len(differ), compared), Goal: "0 differ", Holds: len(differ) == 0,
		Cause: fmt.Sprintf("%d records, %d of them again from further back, %d runs, %d of them disturbed; %d mails and SMS, each once.", records, again, runs, faults, sent),
	}))
	if len(differ) > 0 {
		t.Errorf("%d of %d differ: %s", len(differ), compared, strings.Join(differ[:min(6, len(differ))], "\n"))
	}
	if faults == 0 || again == 0 || sent == 0 {
		t.Errorf("%d faults, %d again, %d sent: nothing was tried", faults, again, sent)
	}
}

// letters counts what is sent.
type letters struct{ n atomic.Int64 }

func (l *letters) Mail(context.Context, notification.Mail, string) error { l.n.Add(1); return nil }
func (l *letters) Send(context.Context, string, string) error            { l.n.Add(1); return nil }

// deliver carries out all orders, each several times at once, and counts what
// was sent and what says that it was.
func deliver(t *testing.T, p *plant, orders map[notification.Order]int) (sent int, wrong []string) {
	t.Helper()
	out := &letters{}
	courier := &notification.Courier{Ledger: p.store, Mailer: out, Texter: out, Now: still, SMSPerDay: 1_000_000}
	for o := range orders {
		var wait sync.WaitGroup
		for range 2 {
			wait.Go(func() { _, _ = courier.Deliver(t.Context(), o) }) // one is told that the other has it in hand
		}
		wait.Wait()
		if _, err := courier.Deliver(t.Context(), o); err != nil {
			wrong = append(wrong, fmt.Sprintf("order %+v: %v", o, err))
		}
	}
	for k, r := range p.rows(t) {
		for _, channel := range []string{"email", "sms"} {
			d, planned := r[channel].(map[string]any)
			switch {
			case !planned || !strings.HasPrefix(k, "N#"):
			case d["s"] == "sent":
				sent++
			case d["s"] != "skipped":
				wrong = append(wrong, fmt.Sprintf("%s: %s is %v", k, channel, d["s"]))
			}
		}
	}
	if int(out.n.Load()) != sent {
		wrong = append(wrong, fmt.Sprintf("%d were sent, %d say so", out.n.Load(), sent))
	}
	return sent, wrong
}

// TestPoison: a record that cannot be read and one that kills whoever reads it
// end among the failures within their attempts; all others pass, and a replay
// makes up for what the second has cost.
func TestPoison(t *testing.T) {
	t.Parallel()
	p := newPlant(t, 77)
	g := newGauge(t, p)
	p.live(t, 3, 6)
	p.write(t, types.WriteRequest{PutRequest: &types.PutRequest{Item: map[string]types.AttributeValue{
		"PK": &types.AttributeValueMemberS{Value: "T#" + newID()}, "SK": &types.AttributeValueMemberS{Value: "M#0000000001"},
		"at": &types.AttributeValueMemberS{Value: "yesterday"}, "k": &types.AttributeValueMemberS{Value: "opened"},
	}}})
	p.live(t, 1, 2)
	told, logs := g.drain(t), p.logs(t)
	quiet := emptyPlant(t, 77)
	p.copyTo(t, quiet)
	h := newGauge(t, quiet)
	h.drain(t)
	m := newMill(t, p, nil)
	var bad []string
	m.poison, bad = poisonOf(t, told, p.tickets[1])
	grindAll(t, m, g, told)
	checkDead(t, m, bad)
	p.replay(t, p.store)
	calm := newMill(t, quiet, nil)
	grindAll(t, calm, h, slices.DeleteFunc(told, func(r map[string]any) bool {
		number := r["dynamodb"].(map[string]any)["SequenceNumber"].(string)
		_, deadly := m.poison[number]
		return slices.Contains(bad, number) && !deadly
	}))
	telling := func(r map[string]row) map[string]row {
		return rowsLike(r, func(pk, sk string) bool { return !strings.HasPrefix(pk, "N#") })
	}
	compared, differ := alike(telling(p.rows(t)), telling(quiet.rows(t)), logs)
	must(t, verdict.Record(verdict.Line{
		Item: "stream", Name: "poison", Figure: fmt.Sprintf("%d dead letters, %d of %d items differ", len(m.dead), len(differ), compared),
		Goal: fmt.Sprintf("%d dead letters, 0 differ", 2*len(bad)), Holds: len(differ) == 0 && len(m.dead) == 2*len(bad),
		Cause: fmt.Sprintf("%d poisoned records, followed by 2 functions; after a replay.", len(bad)),
	}))
	if len(differ) > 0 {
		t.Errorf("%d of %d differ: %s", len(differ), compared, strings.Join(differ[:min(6, len(differ))], "\n"))
	}
}

// poisonOf picks the records that are poison: the entry that cannot be read,
// and the first message of a ticket, which kills.
func poisonOf(t *testing.T, told []map[string]any, ticketID string) (deadly map[string]string, all []string) {
	t.Helper()
	deadly = map[string]string{}
	for _, r := range told {
		change := r["dynamodb"].(map[string]any)
		number, image := change["SequenceNumber"].(string), change["NewImage"]
		if text, err := json.Marshal(image); err == nil && strings.Contains(string(text), `"yesterday"`) {
			all = append(all, number)
		} else if partitionOf(r) == "T#"+ticketID && strings.Contains(string(text), `"M#0000000002"`) {
			deadly[number], all = "", append(all, number)
		}
	}
	if len(deadly) != 1 || len(all) != 2 {
		t.Fatalf("got %d poisoned records, %d of them deadly", len(all), len(deadly))
	}
	slices.Sort(all)
	return deadly, all
}

// checkDead: each poisoned record alone, from each of the functions, after the
// attempts that the template grants.
func checkDead(t *testing.T, m *mill, bad []string) {
	t.Helper()
	got := map[string]bool{}
	for _, body := range m.dead {
		var letter struct {
			RequestContext     struct{ FunctionArn string }
			DDBStreamBatchInfo struct {
				StartSequenceNumber string
				BatchSize           int
			}
		}
		must(t, json.Unmarshal([]byte(body), &letter))
		if letter.DDBStreamBatchInfo.BatchSize != 1 {
			t.Errorf("%d records were given up at once", letter.DDBStreamBatchInfo.BatchSize)
		}
		got[letter.RequestContext.FunctionArn+" "+letter.DDBStreamBatchInfo.StartSequenceNumber] = true
	}
	want := map[string]bool{}
	for _, mapping := range m.mappings {
		for _, number := range bad {
			k := mapping.Function + " " + number
			want[k] = true
			// The first may have been with others, that passed.
			if n := m.attempts[k]; n < mapping.Retries || n > mapping.Retries+1 {
				t.Errorf("%s had %d attempts alone, want %d", k, n, mapping.Retries+1)
			}
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("given up: %v, want %v", got, want)
	}
}
