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

	"ticketsystem/localstack/testkit/report"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/ticket"
)

// consumeAll passes the stream's records to the consumer, and then the records of the
// consumer's own writes, until there are none left.
func consumeAll(t *testing.T, c *consumer, collector *recordCollector, records []map[string]any) (consumed int) {
	t.Helper()
	for range 12 {
		if len(records) == 0 {
			return consumed
		}
		consumed += len(records)
		c.run(t, records)
		records = collector.drain(t)
	}
	t.Fatal("the stream does not end")
	return consumed
}

// compareTables compares two tables, and the statistics with the logs. Attributes that
// count attempts are ignored.
func compareTables(a, b map[string]item, logs map[string]ticket.Log) (compared int, diffs []string) {
	keep := func(pk, sk string) bool {
		return pk != "STAT" && sk != "~S" && !strings.HasPrefix(sk, "~K") && !strings.HasPrefix(pk, "END")
	}
	compared, diffs = diffItems(filterItems(a, keep), filterItems(b, keep))
	got, want := statsTotals(a), expectedTotals(logs)
	for name := range want {
		got[name] += 0
	}
	for name, n := range got {
		if compared++; want[name] != n {
			diffs = append(diffs, fmt.Sprintf("statistic %s: got %v, want %v", name, n, want[name]))
		}
	}
	return compared, diffs
}

// TestStream_FaultyDelivery delivers records reordered across keys, in random pages and
// repeatedly, to functions that crash, lose responses or lose their connection. All
// projections must equal those of an undisturbed stream and the logs, and each email
// and SMS is sent once.
func TestStream_FaultyDelivery(t *testing.T) {
	t.Parallel()
	var compared, records, invocations, faults, redelivered, sent int
	var diffs []string
	seeds := report.ShortOrFull(1, 12)
	for seed := range uint64(seeds) {
		actual := newWorkload(t, seed)
		collector := newRecordCollector(t, actual)
		actual.runRandom(t, 6, 10)
		must(t, (&ticket.Deleter{Store: actual.store, Audit: recorder}).Delete(t.Context(), adminActor, actual.ticketIDs[0]))
		streamRecords, logs, expected := collector.drain(t), actual.logs(t), newEmptyWorkload(t, seed)
		actual.copyTo(t, expected)
		expectedCollector := newRecordCollector(t, expected)
		expectedCollector.drain(t)
		faulty := newConsumer(t, actual, rand.New(rand.NewPCG(seed, 9)))
		records += consumeAll(t, faulty, collector, streamRecords)
		clean := newConsumer(t, expected, nil)
		consumeAll(t, clean, expectedCollector, streamRecords)
		n, more := compareTables(actual.items(t), expected.items(t), logs)
		compared, diffs = compared+n, append(diffs, more...)
		if len(faulty.deadLetters)+len(clean.deadLetters) > 0 {
			diffs = append(diffs, fmt.Sprintf("dead letters: %v %v", faulty.deadLetters, clean.deadLetters))
		}
		if got, want := len(faulty.jobs), len(clean.jobs); got != want {
			diffs = append(diffs, fmt.Sprintf("%d jobs, want %d", got, want))
		}
		deliveries, wrong := deliverAll(t, actual, faulty.jobs)
		sent, diffs = sent+deliveries, append(diffs, wrong...)
		invocations, faults, redelivered = invocations+faulty.invocations, faults+faulty.faults, redelivered+faulty.redelivered
	}
	must(t, report.Record(report.Result{
		Check: "stream", Name: "repeated, reordered, paged and with crashes", Value: fmt.Sprintf("%d of %d items differ", len(diffs), compared), Target: "0 differ", Pass: len(diffs) == 0,
		Note: fmt.Sprintf("%d records, %d of them delivered again, %d invocations, %d of them with a failure; %d emails and SMS, each once.", records, redelivered, invocations, faults, sent),
	}))
	if len(diffs) > 0 {
		t.Errorf("%d of %d differ: %s", len(diffs), compared, strings.Join(diffs[:min(6, len(diffs))], "\n"))
	}
	if faults == 0 || redelivered == 0 || sent == 0 {
		t.Errorf("%d faults, %d redelivered, %d sent: nothing was tested", faults, redelivered, sent)
	}
}

// countingMailer counts the sent emails and SMS.
type countingMailer struct{ count atomic.Int64 }

func (c *countingMailer) Mail(context.Context, notification.Mail, string) error {
	c.count.Add(1)
	return nil
}
func (c *countingMailer) Send(context.Context, string, string) error { c.count.Add(1); return nil }

// deliverAll runs each job several times concurrently. It returns the number of
// deliveries marked as sent, and the inconsistencies.
func deliverAll(t *testing.T, w *workload, jobs map[notification.DeliveryJob]int) (sent int, wrong []string) {
	t.Helper()
	out := &countingMailer{}
	deliverer := &notification.Deliverer{Store: w.store, Mailer: out, SMS: out, Now: fixedNow, MaxSMSPerDay: 1_000_000}
	for job := range jobs {
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { _, _ = deliverer.Deliver(t.Context(), job) }) // one call finds the delivery claimed by the other
		}
		wg.Wait()
		if _, err := deliverer.Deliver(t.Context(), job); err != nil {
			wrong = append(wrong, fmt.Sprintf("job %+v: %v", job, err))
		}
	}
	for k, it := range w.items(t) {
		for _, channel := range []string{"email", "sms"} {
			d, planned := it[channel].(map[string]any)
			switch {
			case !planned || !strings.HasPrefix(k, "N#"):
			case d["s"] == "sent":
				sent++
			case d["s"] != "skipped":
				wrong = append(wrong, fmt.Sprintf("%s: %s is %v", k, channel, d["s"]))
			}
		}
	}
	if int(out.count.Load()) != sent {
		wrong = append(wrong, fmt.Sprintf("%d were sent, %d are marked as sent", out.count.Load(), sent))
	}
	return sent, wrong
}

// TestPoisonRecords checks that a record that cannot be decoded and one that crashes
// the function end in the DLQ after their attempts. All others are processed, and a
// replay repairs the projections of the second.
func TestPoisonRecords(t *testing.T) {
	t.Parallel()
	w := newWorkload(t, 77)
	collector := newRecordCollector(t, w)
	w.runRandom(t, 3, 6)
	w.batchWrite(t, types.WriteRequest{PutRequest: &types.PutRequest{Item: map[string]types.AttributeValue{
		"PK": &types.AttributeValueMemberS{Value: "T#" + newID()}, "SK": &types.AttributeValueMemberS{Value: "M#0000000001"},
		"at": &types.AttributeValueMemberS{Value: "yesterday"}, "k": &types.AttributeValueMemberS{Value: "opened"},
	}}})
	w.runRandom(t, 1, 2)
	streamRecords, logs := collector.drain(t), w.logs(t)
	expected := newEmptyWorkload(t, 77)
	w.copyTo(t, expected)
	expectedCollector := newRecordCollector(t, expected)
	expectedCollector.drain(t)
	c := newConsumer(t, w, nil)
	var poisoned map[string]string
	c.poisonRecords, poisoned = findPoisonRecords(t, streamRecords, w.ticketIDs[1])
	consumeAll(t, c, collector, streamRecords)
	checkDeadLetters(t, c, poisoned)
	w.replay(t, w.store)
	clean := newConsumer(t, expected, nil)
	consumeAll(t, clean, expectedCollector, slices.DeleteFunc(streamRecords, func(r map[string]any) bool {
		seq := r["dynamodb"].(map[string]any)["SequenceNumber"].(string)
		_, isPoison := poisoned[seq]
		_, fatal := c.poisonRecords[seq]
		return isPoison && !fatal
	}))
	withoutNotifications := func(r map[string]item) map[string]item {
		return filterItems(r, func(pk, sk string) bool { return !strings.HasPrefix(pk, "N#") })
	}
	compared, diffs := compareTables(withoutNotifications(w.items(t)), withoutNotifications(expected.items(t)), logs)
	must(t, report.Record(report.Result{
		Check: "stream", Name: "poison", Value: fmt.Sprintf("%d dead letters, %d of %d items differ", len(c.deadLetters), len(diffs), compared),
		Target: fmt.Sprintf("%d dead letters, 0 differ", len(poisoned)), Pass: len(diffs) == 0 && len(c.deadLetters) == len(poisoned),
		Note: "Two poison records of stream-project, one of stream-deliver; after a replay.",
	}))
	if len(diffs) > 0 {
		t.Errorf("%d of %d differ: %s", len(diffs), compared, strings.Join(diffs[:min(6, len(diffs))], "\n"))
	}
}

// findPoisonRecords returns the poison records by sequence number, with the function that reads
// them: the entry that cannot be decoded, the first message of a ticket and the new ticket itself.
// The last two are made fatal.
func findPoisonRecords(t *testing.T, streamRecords []map[string]any, ticketID string) (fatal, poisoned map[string]string) {
	t.Helper()
	fatal, poisoned = map[string]string{}, map[string]string{}
	for _, r := range streamRecords {
		change := r["dynamodb"].(map[string]any)
		seq := change["SequenceNumber"].(string)
		image, err := json.Marshal(change["NewImage"])
		must(t, err)
		has := func(text string) bool { return strings.Contains(string(image), text) }
		switch ofTicket := partitionKey(r) == "T#"+ticketID; {
		case has(`"yesterday"`):
			poisoned[seq] = "stream-project"
		case ofTicket && has(`"M#0000000002"`):
			fatal[seq], poisoned[seq] = "", "stream-project"
		case ofTicket && has(`"~H"`) && r["eventName"] == "INSERT":
			fatal[seq], poisoned[seq] = "", "stream-deliver"
		}
	}
	if len(fatal) != 2 || len(poisoned) != 3 {
		t.Fatalf("got %d poison records, %d of them fatal", len(poisoned), len(fatal))
	}
	return fatal, poisoned
}

// checkDeadLetters checks that each poison record is in the DLQ alone and once, after the attempts
// set in the template.
func checkDeadLetters(t *testing.T, c *consumer, poisoned map[string]string) {
	t.Helper()
	got := map[string]bool{}
	for _, body := range c.deadLetters {
		var letter struct {
			RequestContext     struct{ FunctionArn string }
			DDBStreamBatchInfo struct {
				StartSequenceNumber string
				BatchSize           int
			}
		}
		must(t, json.Unmarshal([]byte(body), &letter))
		if letter.DDBStreamBatchInfo.BatchSize != 1 {
			t.Errorf("%d records in one dead letter", letter.DDBStreamBatchInfo.BatchSize)
		}
		got[letter.RequestContext.FunctionArn+" "+letter.DDBStreamBatchInfo.StartSequenceNumber] = true
	}
	want := map[string]bool{}
	for _, mapping := range c.mappings {
		for seq, function := range poisoned {
			if function != mapping.Function {
				continue
			}
			k := mapping.Function + " " + seq
			want[k] = true
			// The first attempt may have been in a batch with other records.
			if n := c.attempts[k]; n < mapping.MaxRetries || n > mapping.MaxRetries+1 {
				t.Errorf("%s had %d single-record attempts, want %d", k, n, mapping.MaxRetries+1)
			}
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("dead letters: %v, want %v", got, want)
	}
}
