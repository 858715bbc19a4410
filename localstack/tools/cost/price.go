package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed prices.json
var pricesJSON []byte

// price is a list price.
type price struct {
	USD, Per     float64
	Source, Date string
}

// prices is the price file.
type prices struct {
	Region  string
	Prices  map[string]price
	Assumed map[string]any // milliseconds by service, and a note

	Utilization struct{ Part float64 } // of provisioned capacity
}

// loadPrices returns the price file, in which each price must have a source and a date.
func loadPrices() (prices, error) {
	var p prices
	if err := json.Unmarshal(pricesJSON, &p); err != nil {
		return p, fmt.Errorf("prices.json: %w", err)
	}
	for name, item := range p.Prices {
		if item.USD <= 0 || item.Per <= 0 || !strings.HasPrefix(item.Source, "https://") || item.Date == "" {
			return p, fmt.Errorf("prices.json: %s: got %+v, want a price with source and date", name, item)
		}
	}
	if u := p.Utilization.Part; u <= 0 || u > 1 {
		return p, fmt.Errorf("prices.json: utilization: got %v, want a part of 1", u)
	}
	return p, nil
}

// cost returns the price of a quantity.
func (p prices) cost(name string, quantity float64) (float64, error) {
	item, found := p.Prices[name]
	if !found {
		return 0, fmt.Errorf("prices.json: there is no price of a %s", name)
	}
	return quantity * item.USD / item.Per, nil
}

// line is one line of a bill.
type line struct {
	lever, price  string
	quantity, usd float64
}

// lines returns the priced lines of quantities by "lever/price", sorted.
func (p prices) lines(quantities counts) ([]line, error) {
	var all []line
	for _, name := range slices.Sorted(maps.Keys(quantities)) {
		lever, what, _ := strings.Cut(name, "/")
		usd, err := p.cost(what, quantities[name])
		if err != nil {
			return nil, err
		}
		if quantities[name] != 0 {
			all = append(all, line{lever, what, quantities[name], usd})
		}
	}
	return all, nil
}

// vCPU is the memory (MB) for which Lambda gives a function one processor. A smaller function
// gets its share, so its processor time takes longer.
const vCPU = 1769

// duration returns the billed milliseconds of one invocation: the processor time at the
// function's share, and the wait for its calls. Lambda rounds up, on average by half.
func (p prices) duration(f functionUsage, memory int) float64 {
	if f.invocations == 0 {
		return 0
	}
	ms := f.cpuMs * vCPU / float64(min(memory, vCPU))
	for service, n := range f.calls {
		wait, _ := p.Assumed[service].(float64)
		ms += n * wait
	}
	return ms/f.invocations + 0.5
}
