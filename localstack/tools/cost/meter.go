package main

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"ticketsystem/localstack/emulator/awsproxy"
	"ticketsystem/localstack/testkit/client"
)

// The levers are the parts of the system that the cost is divided into.
const (
	requests      = "requests"
	projections   = "stream"
	search        = "search index"
	push          = "push"
	notifications = "notifications"
	logs          = "logs"
)

// levers returns all levers in the order of the report.
func levers() []string { return []string{requests, projections, search, push, notifications, logs} }

// leverOf returns the lever of a function.
func leverOf(function string) string {
	switch {
	case function == "search-index":
		return search
	case function == "stream-project":
		return projections
	case function == "notification-send":
		return notifications
	case function == "stream-deliver", function == "connect-token-create", strings.HasPrefix(function, "socket-"):
		return push
	}
	return requests
}

// leverOfCall returns the lever of a call to AWS. Subscriptions and notifications have items
// and queues of their own, whichever function uses them.
func leverOfCall(c awsproxy.Call) string {
	if len(c.Permissions) > 0 {
		key, resource := c.Permissions[0].LeadingKey, c.Permissions[0].Resource
		switch {
		case strings.HasPrefix(key, "W#"), strings.HasPrefix(key, "C#"), strings.HasPrefix(key, "X#"):
			return push
		case strings.HasPrefix(key, "N#"), c.Service == "sqs" && strings.HasSuffix(resource, "DeliveryQueue"):
			return notifications
		case strings.HasPrefix(key, "K#"), c.Service == "sqs" && strings.HasSuffix(resource, ".fifo"):
			return search
		}
	}
	return leverOf(c.Function)
}

// counts are named numbers. The name of a part follows the lever and a slash.
type counts map[string]float64

func (c counts) minus(other counts) counts {
	difference := counts{}
	for name, n := range c {
		difference[name] = n - other[name]
	}
	return difference
}

// functionUsage is what one function used.
type functionUsage struct {
	invocations, cpuMs, logBytes float64
	calls                        counts // by service
}

// usage is what the tickets used.
type usage struct {
	tickets                                   int
	billed                                    counts // "lever/name of a price"
	functions                                 map[string]functionUsage
	idleRun                                   *usage // one run of the schedule
	responseBytes, frameBytes, accessLogBytes float64
	texts, mails                              float64
}

func (u usage) minus(v usage) usage {
	u.billed = u.billed.minus(v.billed)
	u.responseBytes -= v.responseBytes
	u.frameBytes -= v.frameBytes
	u.accessLogBytes -= v.accessLogBytes
	u.texts -= v.texts
	u.mails -= v.mails
	functions := map[string]functionUsage{}
	for name, f := range u.functions {
		before := v.functions[name]
		functions[name] = functionUsage{f.invocations - before.invocations, f.cpuMs - before.cpuMs, f.logBytes - before.logBytes, f.calls.minus(before.calls)}
	}
	u.functions = functions
	return u
}

// meter counts what clients and functions do. It is an observer of both.
type meter struct {
	api *client.API

	mu    sync.Mutex
	total usage
	calls map[string]counts // by function
	seen  int               // calls and frames, to find out when the stack is idle
}

func newMeter() *meter {
	return &meter{total: usage{billed: counts{}}, calls: map[string]counts{}}
}

func (m *meter) observe(c awsproxy.Call) awsproxy.Fault {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen++
	if m.calls[c.Function] == nil {
		m.calls[c.Function] = counts{}
	}
	m.calls[c.Function][c.Service]++
	switch c.Service + " " + c.Operation {
	case "execute-api PostToConnection":
		m.total.billed[push+"/WebSocket message"]++
	case "sns Publish":
		m.total.texts++
	case "ses SendEmail":
		m.total.mails++
	}
	if c.Service == "sqs" && len(c.Permissions) > 0 {
		m.total.billed[leverOfCall(c)+"/"+queuePrice(strings.HasSuffix(c.Permissions[0].Resource, ".fifo"))]++
	}
	return awsproxy.None
}

// queuePrice returns the name of the price of a request to a queue.
func queuePrice(fifo bool) string {
	if fifo {
		return "FIFO queue request"
	}
	return "queue request"
}

func (m *meter) consumed(c awsproxy.Call, read, write float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total.billed[leverOfCall(c)+"/read unit"] += read
	m.total.billed[leverOfCall(c)+"/write unit"] += write
}

// ObserveResponse counts a request. Responses are counted as they are before compression.
func (m *meter) ObserveResponse(method, path string, r client.Response) {
	if strings.HasPrefix(path, "/_local/") {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total.billed[requests+"/HTTP request"]++
	m.total.responseBytes += float64(len(r.Body) + headerBytes(r.Header))
	m.total.accessLogBytes += float64(len(accessLogSample) + len(method) + len(path))
}

// accessLogSample is a line of the access log without the route: the format of the template
// with values of usual length.
const accessLogSample = `{"requestId":"JKJaXmPLvHcESHA=","at":"29/Nov/2025:00:08:15 +0000","address":"203.0.113.100",` +
	`"route":"","status":"200","bytes":"2048","ms":"12","error":"-"}`

func headerBytes(h http.Header) (n int) {
	for name, values := range h {
		for _, v := range values {
			n += len(name) + len(v) + len(": \r\n")
		}
	}
	return n
}

// ObserveFrame counts the bytes of a frame that a client received.
func (m *meter) ObserveFrame(text []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen++
	m.total.frameBytes += float64(len(text))
}

// sent counts a frame that a client sends.
func (m *meter) sent() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total.billed[push+"/WebSocket message"]++
}

// connected counts the minutes of a connection.
func (m *meter) connected(minutes float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total.billed[push+"/connection minute"] += minutes
}

// snapshot returns the usage so far.
func (m *meter) snapshot(ctx context.Context) (usage, error) {
	response, err := m.api.Do(ctx, http.MethodGet, "/_local/functions", nil)
	if err != nil {
		return usage{}, err
	}
	var list struct {
		Data []struct {
			Name                  string
			Invocations, LogBytes float64
			CPUMs                 float64
		}
	}
	if err := response.Decode(http.StatusOK, &list); err != nil {
		return usage{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.total
	u.billed, u.functions = m.total.billed.minus(nil), map[string]functionUsage{}
	for _, f := range list.Data {
		u.functions[f.Name] = functionUsage{f.Invocations, f.CPUMs, f.LogBytes, m.calls[f.Name].minus(nil)}
	}
	return u, nil
}

func (m *meter) activity() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seen
}
