package main

import (
	"fmt"
	"slices"
	"strings"

	"ticketsystem/pkg/metric"
)

// summary returns the cost by service and lever as text.
func (b *bill) summary() string {
	var text strings.Builder
	fmt.Fprintf(&text, "1,000 tickets: %.3f USD on demand, %.3f with provisioned capacity (target %.2f); a month without users: %.2f USD\n%s\n%s",
		b.sum(), b.busy(), target, total(b.idle, func(line) bool { return true }), b.matrix(), b.utilizations())
	return text.String()
}

// matrix returns a table of services and levers.
func (b *bill) matrix() string {
	var text strings.Builder
	fmt.Fprintf(&text, "| USD | %s | sum |\n|---|%s--:|\n", strings.Join(levers(), " | "), strings.Repeat("--:|", len(levers())))
	row := func(name string, include func(line) bool) {
		fmt.Fprintf(&text, "| %s |", name)
		for _, lever := range levers() {
			fmt.Fprintf(&text, " %.4f |", total(b.tickets, func(l line) bool { return l.lever == lever && include(l) }))
		}
		fmt.Fprintf(&text, " %.4f |\n", total(b.tickets, include))
	}
	for _, s := range services {
		row(s.name, func(l line) bool { return slices.Contains(s.prices, l.price) })
	}
	row("**sum**", func(line) bool { return true })
	return text.String()
}

// cause says in figures why the target is missed.
func (b *bill) cause() string {
	if b.sum() <= target {
		return ""
	}
	unit := func(lever, price string) float64 {
		return total(b.tickets, func(l line) bool { return l.lever == lever && l.price == price }) / b.Prices[price].USD * b.Prices[price].Per / 1000
	}
	without := func(names ...string) float64 {
		return total(b.tickets, func(l line) bool { return !slices.Contains(names, l.lever) })
	}
	return fmt.Sprintf("A ticket writes %.0f units for lists and statistics (each message changes the rows of six indexes, and so does a read marker after which fewer messages are unread), "+
		"%.0f for the search index (a posting for each word and for its first two letters, ADR 0041), %.0f for notifications, and %.0f by the requests themselves. "+
		"It sends %.0f WebSocket messages (each entry at once to both sides, a hint of it from the stream to those who have not read it, the ticket to the queue, read markers) and invokes functions of the push %.0f times. "+
		"Without the search index 1,000 tickets cost %.3f USD, without push %.3f, without both %.3f, without notifications %.3f. "+
		"The requests and the lists, without search, push and notifications, are %.3f.",
		unit(projections, "write unit"), unit(search, "write unit"), unit(notifications, "write unit"), unit(requests, "write unit"),
		unit(push, "WebSocket message"), unit(push, "invocation"),
		without(search), without(push), without(search, push), without(notifications), without(search, push, notifications))
}

// utilizations returns a table of what 1,000 tickets cost with provisioned capacity.
func (b *bill) utilizations() string {
	var header, rule, row strings.Builder
	for _, used := range []float64{0.9, 0.8, b.Utilization.Part, 0.6, 0.5, 0.4, 0.3} {
		fmt.Fprintf(&header, " %.0f %% |", 100*used)
		rule.WriteString("--:|")
		fmt.Fprintf(&row, " %.3f |", b.provisioned(used))
	}
	return fmt.Sprintf("| Used |%s on demand |\n|---|%s--:|\n| USD for 1,000 tickets |%s %.3f |\n", header.String(), rule.String(), row.String(), b.sum())
}

// chart returns the cost of each lever as a Mermaid chart.
func (b *bill) chart() string {
	var names, values []string
	for _, lever := range levers() {
		names = append(names, fmt.Sprintf("%q", lever))
		values = append(values, fmt.Sprintf("%.4f", total(b.tickets, func(l line) bool { return l.lever == lever })))
	}
	return fmt.Sprintf("```mermaid\nxychart-beta\n    title \"USD for 1,000 tickets\"\n    x-axis [%s]\n    y-axis \"USD\"\n    bar [%s]\n```\n", strings.Join(names, ", "), strings.Join(values, ", "))
}

// page returns docs/cost.md.
func (b *bill) page() string {
	var text strings.Builder
	write := func(format string, args ...any) { fmt.Fprintf(&text, format, args...) }
	idle := total(b.idle, func(line) bool { return true })
	write("# What it costs\n\nWritten by `make cost` from one run of %d tickets on the local stack; do not edit it. ", b.used.tickets)
	write("Prices: [prices.json](../localstack/tools/cost/prices.json) (list prices of %s without free tiers, each with its source and date).\n\n", b.Region)
	write("**1,000 tickets of the standard mix cost %.3f USD** in a table on demand, and [%.3f in one with provisioned capacity](#provisioned-capacity) (target: at most %.2f), without SMS and e-mail. **A month without any user costs %.2f USD.**\n\n",
		b.sum(), b.busy(), target, idle)
	write("## 1,000 tickets\n\n%s\n%s\n", b.matrix(), b.chart())
	if cause := b.cause(); cause != "" {
		write("**Why it is above the target.** %s\n\n%s\n", cause, whatStays)
	}
	write("%s\n", explanation)
	write("## Provisioned capacity\n\n%s\n", b.utilizations())
	fixed := b.fixedCapacity()
	write(provisionedText, 100*b.leastUtilization(), 100*b.utilizationFor(target), 100*b.Utilization.Part, fixed, leastUnits, b.indexes, b.alarms(), fixed/(b.sum()-b.busy()))
	write("## The mix\n\n")
	write("For one ticket:\n\n")
	for _, s := range (&players{}).steps() {
		write("1. %s\n", s.name)
	}
	write("\nNot in the sum, for 1,000 tickets: %.0f SMS and %.0f e-mails that this mix sends to customers who are away. Their price depends on the country.\n\n", b.used.texts*1000/float64(b.used.tickets), b.used.mails*1000/float64(b.used.tickets))
	write("## Quantities for 1,000 tickets\n\n| Lever | Unit | Quantity | USD |\n|---|---|--:|--:|\n")
	for _, l := range b.tickets {
		write("| %s | %s | %.5g | %.4f |\n", l.lever, l.price, l.quantity, l.usd)
	}
	write("\n## Functions\n\n%s\n\n| Function | Invocations | Processor time, ms | Billed, ms | Memory, MB | USD |\n|---|--:|--:|--:|--:|--:|\n", functionsText)
	slices.SortFunc(b.functions, func(a, c functionLine) int { return strings.Compare(a.name, c.name) })
	for _, f := range b.functions {
		write("| %s | %.0f | %.2f | %.1f | %d | %.4f |\n", f.name, f.invocations, f.cpuMs, f.ms, f.memory, f.usd)
	}
	write("\n## A month without users\n\n| What | Unit | Quantity | USD |\n|---|---|--:|--:|\n")
	for _, l := range b.idle {
		write("| %s | %s | %.5g | %.2f |\n", l.lever, l.price, l.quantity, l.usd)
	}
	custom := float64(len(metric.Names())) * b.Prices["custom metric"].USD
	write("| **sum** | | | **%.2f** |\n\n", idle)
	write(idleText, len(metric.Names()), custom, b.Prices["table GB-month"].USD, b.Prices["PITR GB-month"].USD, b.Prices["backup GB-month"].USD)
	return text.String()
}

const whatStays = `What stays, and why:

- **Lists** (in stream and requests): the row of a ticket is in six indexes, so that each list is one request. An answer changes the keys of all six, which is a delete and a put in each, with the ticket 13 units. The waiting side is in four of the keys, because a queue begins with those who wait. Indexes with keys only would save four units for each further message, and a list of 25 would take a second request and 12 read units more.
- **Statistics** (in stream): each change is a transaction with the checkpoint of the ticket, at twice the price of a plain write. This is what makes the sums exact although the stream repeats records. What an agent does is one item for the agent and the category.
- **Search index**: a posting for each word, and one for its first two letters. Without the second, a search by few letters would find only a part of the tickets in a page (ADR 0041).
- **Push**: both sides get each entry at once, and those who have not read it one hint from the stream, because the function may fail between the write and the push (ADR 0046). To omit the hint, each post would have to store that its push was sent: one more write, and its author would wait for it. An agent with the queue open gets the changed ticket as well, and the hint although the ticket names the entry, because clients from before wait for it: 6 frames. The author's own connection gets the entry too, because a client may show its own messages by this frame: 9 frames.
- **Notifications**: an unread one is a transaction with the count of its user; one that was read before is a single write (ADR 0043).
- **Requests**: of each request the HTTP API takes 1 USD per million, whatever the function does.
`

const provisionedText = `With ` + "`TableCapacity=provisioned`" + ` and ` + "`infra/capacity.yaml`" + ` ([steps](operate.md#lower-the-cost-of-a-busy-stack)) the units of the table and its indexes are billed by the hour, used or not. They cost less than on demand if more than %.0f %% of them are used, and the target is met from %.0f %% on.

How many are used depends on how even the traffic is. %.0f %% of reads and writes is assumed: simulated days of a stack with seven tickets a second reach it ([utilization_test.go](../localstack/tools/cost/utilization_test.go)); a smaller one, whose minutes differ more, uses less. Not in the table, in USD a month: %.2f for the least capacity (%d read and write units for the table and each of its %d indexes) and the %d alarms of auto scaling. At the assumed utilization this is saved from about %.0f,000 tickets a month on.

`

const explanation = `Counted: the units that DynamoDB's engine reports for each call of a function, invocations, requests, frames and queue messages. Each step waits until the stack is idle, as with little traffic: only a message and its read marker are in one batch of the stream. More traffic shares its invocations.

| Lever | Is |
|---|---|
| requests | the HTTP API, its functions, and what they read and write |
| stream | stream-project: tickets, lists, statistics, activity |
| search index | SearchIndexQueue, search-index, and the postings |
| push | the WebSocket API, subscriptions, stream-deliver |
| notifications | notifications in the app, DeliveryQueue, notification-send |
| logs | the access log and what functions log |
`

const functionsText = `Processor time is that of the functions' processes on the local stack (the process clock of Linux), without their start, for one invocation. Billed is what Lambda would measure: the processor time divided by the function's share of a processor (memory / 1,769 MB), and an assumed wait for each call (prices.json), one after the other. Both are upper estimates: Lambda does not slow down short invocations by the whole share, and several calls run at the same time. Cold starts are not in it.`

const idleText = `Also, as soon as they are used: %d metrics of the business (%.2f USD a month). With the data: each GB of the table costs %.2f USD a month and its point-in-time recovery %.2f more; an AWS Backup of it (` + "`BackupDays`" + `) %.2f. Free of charge: schedules, the signing key in SSM (a standard parameter), AWS managed keys apart from their requests, S3 without objects, topics, log groups without lines, two budgets of an account, and reading the stream. ` + "`Tracing`" + ` and ` + "`RequestLogPercent`" + ` are off by default.
`
