package main

import (
	"strings"

	"ticketsystem/localstack/emulator/samtemplate"
)

const gigabyte = 1 << 30

// bill is what 1,000 tickets cost, and what a month without any costs.
type bill struct {
	prices
	used      usage
	functions []functionLine
	tickets   []line // of 1,000 tickets
	indexes   int    // of the table
	idle      []line // of a month
}

// functionLine is one function in 1,000 tickets.
type functionLine struct {
	name                   string
	invocations, cpuMs, ms float64 // the last two of one invocation
	memory                 int
	usd                    float64
}

func newBill(list prices, template *samtemplate.Template, used usage) (*bill, error) {
	functions, err := template.Functions()
	if err != nil {
		return nil, err
	}
	b := &bill{prices: list, used: used}
	tables, err := template.Resources("AWS::DynamoDB::Table")
	if err != nil {
		return nil, err
	}
	for _, table := range tables {
		b.indexes += len(samtemplate.List(table.Properties["GlobalSecondaryIndexes"]))
	}
	factor := 1000 / float64(used.tickets)
	quantities := counts{
		requests + "/transfer GB": used.responseBytes / gigabyte, push + "/transfer GB": used.frameBytes / gigabyte,
		logs + "/log GB": used.accessLogBytes / gigabyte,
	}
	for name, n := range used.billed {
		quantities[name] += n
	}
	fifo, err := fifoFunctions(template, functions)
	if err != nil {
		return nil, err
	}
	for _, f := range functions {
		own := used.functions[f.Folder]
		if own.invocations == 0 {
			continue
		}
		lever, ms := leverOf(f.Folder), list.duration(own, f.Memory)
		seconds := own.invocations * ms / 1000 * float64(f.Memory) / 1024
		quantities[lever+"/invocation"] += own.invocations
		quantities[lever+"/arm64 GB-second"] += seconds
		quantities[logs+"/log GB"] += own.logBytes / gigabyte
		if isFIFO, polled := fifo[f.Folder]; polled { // Lambda receives and deletes each batch
			quantities[lever+"/"+queuePrice(isFIFO)] += 2 * own.invocations
		}
		invoked, err := list.cost("invocation", own.invocations*factor)
		if err != nil {
			return nil, err
		}
		computed, err := list.cost("arm64 GB-second", seconds*factor)
		if err != nil {
			return nil, err
		}
		b.functions = append(b.functions, functionLine{f.Folder, own.invocations * factor, own.cpuMs / own.invocations, ms, f.Memory, invoked + computed})
	}
	for name := range quantities {
		quantities[name] *= factor
	}
	if b.tickets, err = list.lines(quantities); err != nil {
		return nil, err
	}
	idle, err := idleQuantities(list, template, functions, fifo, used.idleRun)
	if err == nil {
		b.idle, err = list.lines(idle)
	}
	return b, err
}

// fifoFunctions returns the functions that Lambda invokes with messages of a queue, and
// whether it is a FIFO queue.
func fifoFunctions(template *samtemplate.Template, functions []samtemplate.Function) (map[string]bool, error) {
	queues, err := template.Resources("AWS::SQS::Queue")
	if err != nil {
		return nil, err
	}
	fifo := map[string]bool{}
	for _, q := range queues {
		fifo[q.ID] = q.Properties["FifoQueue"] == true
	}
	polled := map[string]bool{}
	for _, f := range functions {
		for _, e := range f.Events {
			if e.Type == "SQS" {
				polled[f.Folder] = fifo[samtemplate.String(e.Properties["Queue"])]
			}
		}
	}
	return polled, nil
}

// sum returns what 1,000 tickets cost.
func (b *bill) sum() float64 { return total(b.tickets, func(line) bool { return true }) }

func total(lines []line, include func(line) bool) (usd float64) {
	for _, l := range lines {
		if include(l) {
			usd += l.usd
		}
	}
	return usd
}

const (
	leastUnits = 5 // MinUnits of infra/capacity.yaml

	// alarmsOfPolicy are the alarms that auto scaling creates for a scaling policy of a table.
	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/AutoScaling.html
	alarmsOfPolicy = 4
)

// alarms returns the alarms of auto scaling, of the reads and writes of the table and its indexes.
func (b *bill) alarms() int { return 2 * (1 + b.indexes) * alarmsOfPolicy }

// fixedCapacity returns what a month of provisioned capacity costs at least: its least units, and
// its alarms.
func (b *bill) fixedCapacity() float64 {
	unit := b.Prices["write capacity-hour"].USD + b.Prices["read capacity-hour"].USD
	return float64(1+b.indexes)*leastUnits*unit*hoursPerMonth + float64(b.alarms())*b.Prices["alarm metric"].USD
}

// utilizationFor returns the utilization of provisioned capacity at which 1,000 tickets cost usd.
func (b *bill) utilizationFor(usd float64) float64 {
	full := b.provisioned(1)
	units := b.provisioned(0.5) - full // what the units cost if all are used
	return units / (usd - (full - units))
}

// leastUtilization returns the utilization from which on provisioned capacity costs less than
// requests on demand. Reads and writes have the same.
func (b *bill) leastUtilization() float64 {
	write := b.Prices["write unit"]
	return b.Prices["write capacity-hour"].USD / secondsPerHour / (write.USD / write.Per)
}

// provisioned returns what 1,000 tickets cost if the table has provisioned capacity, of which the
// part utilization is used.
func (b *bill) provisioned(utilization float64) float64 {
	hour := map[string]string{"write unit": "write capacity-hour", "read unit": "read capacity-hour"}
	usd := 0.0
	for _, l := range b.tickets {
		if capacity, found := hour[l.price]; found {
			usd += l.quantity / secondsPerHour / utilization * b.Prices[capacity].USD
		} else {
			usd += l.usd
		}
	}
	return usd
}

// busy returns what 1,000 tickets cost in a stack with steady traffic and provisioned capacity.
func (b *bill) busy() float64 { return b.provisioned(b.Utilization.Part) }

// services are the services by the prices that belong to them, in the order of the report.
var services = []struct {
	name   string
	prices []string
}{
	{"DynamoDB writes", []string{"write unit"}},
	{"DynamoDB reads", []string{"read unit"}},
	{"Lambda", []string{"invocation", "arm64 GB-second"}},
	{"API Gateway HTTP", []string{"HTTP request"}},
	{"API Gateway WebSocket", []string{"WebSocket message", "connection minute"}},
	{"SQS", []string{"queue request", "FIFO queue request"}},
	{"CloudWatch Logs", []string{"log GB"}},
	{"data transfer", []string{"transfer GB"}},
}

const (
	hoursPerMonth  = 730
	secondsPerHour = 3600

	// Lambda keeps five long polls of 20 s open for an idle queue.
	// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
	pollsPerHour = 5 * secondsPerHour / 20

	scheduleRunsPerHour = 12 // rate(5 minutes)

	// DynamoDB asks KMS for the key of the table once in five minutes for each active client.
	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html
	keyRequestsPerHour = 12
)

// idleQuantities returns what a month costs without any user.
func idleQuantities(list prices, template *samtemplate.Template, functions []samtemplate.Function, fifo map[string]bool, run *usage) (counts, error) {
	idle := counts{}
	for _, isFIFO := range fifo {
		idle["polling of queues by Lambda/"+queuePrice(isFIFO)] += pollsPerHour * hoursPerMonth
	}
	const schedule = "schedule of ticket-automate"
	for name, n := range run.billed {
		_, what, _ := strings.Cut(name, "/")
		idle[schedule+"/"+what] += n * scheduleRunsPerHour * hoursPerMonth
	}
	for _, f := range functions {
		if own := run.functions[f.Folder]; own.invocations > 0 {
			runs := own.invocations * scheduleRunsPerHour * hoursPerMonth
			idle[schedule+"/invocation"] += runs
			idle[schedule+"/arm64 GB-second"] += runs * list.duration(own, f.Memory) / 1000 * float64(f.Memory) / 1024
		}
	}
	idle["key of the table for the schedule/KMS request"] = keyRequestsPerHour * hoursPerMonth
	metrics, err := alarmMetrics(template)
	if err != nil {
		return nil, err
	}
	idle["alarms/alarm metric"] = metrics
	for kind, name := range map[string]string{"AWS::CloudWatch::Dashboard": "dashboard/dashboard", "AWS::Logs::MetricFilter": "metrics of the stack/custom metric"} {
		found, err := template.Resources(kind)
		if err != nil {
			return nil, err
		}
		idle[name] += float64(len(found))
	}
	return idle, nil
}

// alarmMetrics returns the metrics of all alarms: an alarm with an expression costs as many
// alarms as it has metrics.
func alarmMetrics(template *samtemplate.Template) (n float64, err error) {
	alarms, err := template.Resources("AWS::CloudWatch::Alarm")
	if err != nil {
		return 0, err
	}
	for _, alarm := range alarms {
		own := 0.0
		for _, m := range samtemplate.List(alarm.Properties["Metrics"]) {
			if samtemplate.Map(m)["MetricStat"] != nil {
				own++
			}
		}
		n += max(own, 1)
	}
	return n, nil
}
