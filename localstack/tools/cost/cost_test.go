package main

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"ticketsystem/localstack/emulator/awsproxy"
	"ticketsystem/localstack/emulator/samtemplate"
	"ticketsystem/localstack/repo"
)

func loadTemplate(t *testing.T) *samtemplate.Template {
	t.Helper()
	template, err := samtemplate.Load(filepath.Join(repo.MustRoot(), "template.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	template.Attribute = func(r *samtemplate.Resource, _ string) (any, error) { return r.ID, nil }
	return template
}

func testBill(t *testing.T) *bill {
	t.Helper()
	list, err := loadPrices()
	if err != nil {
		t.Fatal(err)
	}
	used := usage{
		tickets: 10, billed: counts{requests + "/HTTP request": 400, search + "/write unit": 3000},
		functions: map[string]functionUsage{
			"message-post": {invocations: 60, cpuMs: 120, calls: counts{"dynamodb": 120}},
			"search-index": {invocations: 70, logBytes: gigabyte / 100},
		},
		idleRun: &usage{billed: counts{requests + "/read unit": 0.5}, functions: map[string]functionUsage{"ticket-automate": {invocations: 1}}},
	}
	b, err := newBill(list, loadTemplate(t), used)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func near(got, want float64) bool { return math.Abs(got-want) <= 1e-9+math.Abs(want)/1e6 }

// TestNewBill checks the arithmetic of 1,000 tickets from counts of 10.
func TestNewBill(t *testing.T) {
	b := testBill(t)
	got := map[string]line{}
	for _, l := range b.tickets {
		got[l.lever+"/"+l.price] = l
	}
	// message-post: 2 ms of a processor are 13.8 ms at 256 MB, two calls wait 10 ms, half a millisecond is rounded up.
	seconds := 6000 * (2*1769.0/256 + 10 + 0.5) / 1000 * 256 / 1024
	for name, want := range map[string]struct{ quantity, usd float64 }{
		"requests/HTTP request":           {40_000, 0.04},
		"search index/write unit":         {300_000, 0.1875},
		"requests/invocation":             {6000, 0.0012},
		"requests/arm64 GB-second":        {seconds, seconds * 0.0000133334},
		"search index/FIFO queue request": {14_000, 0.007},
		"logs/log GB":                     {1, 0.5},
	} {
		if l := got[name]; !near(l.quantity, want.quantity) || !near(l.usd, want.usd) {
			t.Errorf("%s: got %+v, want %+v", name, l, want)
		}
	}
	sum := 0.0
	for _, s := range services {
		for _, l := range b.tickets {
			for _, name := range s.prices {
				if l.price == name {
					sum += l.usd
				}
			}
		}
	}
	if !near(sum, b.sum()) {
		t.Errorf("the services of the table cost %v, all lines %v", sum, b.sum())
	}
}

// TestBill_Provisioned checks that only the units of the table have another price, and that it is
// the same as on demand at the least utilization.
func TestBill_Provisioned(t *testing.T) {
	b := testBill(t)
	// 300,000 write units are 83.3 unit-hours; half of the capacity is used.
	want := b.sum() - 0.1875 + 2*300_000/3600.0*0.00065
	if got := b.provisioned(0.5); !near(got, want) {
		t.Errorf("at 50 %%: got %v USD, want %v", got, want)
	}
	if got := b.provisioned(b.leastUtilization()); !near(got, b.sum()) {
		t.Errorf("at the least utilization: got %v USD, want %v as on demand", got, b.sum())
	}
	if want := 9*5*0.00078*730 + 72*0.1; !near(b.fixedCapacity(), want) {
		t.Errorf("the least capacity: got %v USD a month, want %v", b.fixedCapacity(), want)
	}
	if got := b.provisioned(b.utilizationFor(0.9)); !near(got, 0.9) {
		t.Errorf("at the utilization for 0.9 USD: got %v", got)
	}
}

// TestNewBill_Idle checks that a month without users has every part of the template that
// costs something.
func TestNewBill_Idle(t *testing.T) {
	got := map[string]float64{}
	for _, l := range testBill(t).idle {
		got[l.lever+"/"+l.price] = l.quantity
	}
	alarms, err := loadTemplate(t).Resources("AWS::CloudWatch::Alarm")
	if err != nil {
		t.Fatal(err)
	}
	if n := got["alarms/alarm metric"]; n <= float64(len(alarms)) {
		t.Errorf("got %v metrics of %d alarms, want more: some alarms have several", n, len(alarms))
	}
	for name, want := range map[string]float64{
		"schedule of ticket-automate/invocation": 8760, "schedule of ticket-automate/read unit": 4380,
		"key of the table for the schedule/KMS request": 8760, "dashboard/dashboard": 1, "polling of queues by Lambda/FIFO queue request": 657_000,
	} {
		if !near(got[name], want) {
			t.Errorf("%s: got %v, want %v", name, got[name], want)
		}
	}
}

// TestLeverOfCall checks that subscriptions, postings and notifications are divided by what
// they are, not by the function that uses them.
func TestLeverOfCall(t *testing.T) {
	for _, test := range []struct{ function, service, key, resource, want string }{
		{"message-post", "dynamodb", "T#1", "", requests},
		{"message-post", "dynamodb", "W#ticket:1", "", push},
		{"stream-project", "dynamodb", "T#1", "", projections},
		{"stream-project", "dynamodb", "N#1", "", notifications},
		{"stream-project", "sqs", "", "arn:aws:sqs:us-east-1:000000000000:ticketsystem-search-index.fifo", search},
		{"stream-deliver", "sqs", "", "arn:aws:sqs:us-east-1:000000000000:ticketsystem-DeliveryQueue", notifications},
		{"search-index", "dynamodb", "T#1", "", search},
		{"socket-ping", "dynamodb", "", "", push},
	} {
		c := awsproxy.Call{Function: test.function, Service: test.service, Permissions: []awsproxy.Permission{{LeadingKey: test.key, Resource: test.resource}}}
		if got := leverOfCall(c); got != test.want {
			t.Errorf("%+v: got %s, want %s", test, got, test.want)
		}
	}
}

// TestPage checks that the page has a table, a chart and the steps of the mix.
func TestPage(t *testing.T) {
	page := testBill(t).page()
	for _, want := range []string{"| **sum** |", "xychart-beta", "1. agent: post a message", "| message-post | 6000 | 2.00 |"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if strings.Count(page, "post a message") != 6 || strings.Count(page, "status ") != 2 {
		t.Errorf("the mix has not 6 messages and 2 changes of the status")
	}
}
