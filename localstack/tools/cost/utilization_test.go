package main

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"gopkg.in/yaml.v3"

	"ticketsystem/localstack/repo"
)

// simulatedDays returns which part of a provisioned capacity is used in some days, and which part
// of the units is throttled. Auto scaling raises the capacity after two minutes in which more than
// target of it is used, and lowers it after 15 minutes in which 0.2 less is used, each to what the
// last minute needs (https://repost.aws/knowledge-center/dynamodb-auto-scaling). Assumed: the change
// takes another five minutes, and each hour is billed at its highest capacity. The table may also
// use what it has not used in the last five minutes.
//
// At noon there is five times as much traffic as at night. noise is the standard deviation of a
// minute, as part of its traffic.
func simulatedDays(target, noise float64) (used, throttled float64) {
	const days, day, hour, lag, atNoon = 5, 24 * 60, 60, 5, 5.0
	random := rand.New(rand.NewPCG(1, 2))
	capacity := 1 / target
	var consumed, billed, highest, refused, unused, next float64
	above, below, changesAt := 0, 0, -1
	for minute := range days * day {
		if minute == changesAt {
			capacity, above, below, changesAt = next, 0, 0, -1
		}
		traffic := 1 + (atNoon-1)*(1-math.Cos(2*math.Pi*float64(minute)/day))/2
		traffic *= max(1+noise*random.NormFloat64(), 0)
		unused = min(unused+capacity-traffic, 5*capacity)
		if unused < 0 {
			refused, unused = refused-unused, 0
		}
		consumed += traffic
		if highest = max(highest, capacity); minute%hour == hour-1 {
			billed, highest = billed+hour*highest, 0
		}
		above, below = streak(above, traffic > target*capacity), streak(below, traffic < (target-0.2)*capacity)
		if changesAt < 0 && (above >= 2 || below >= 15) {
			next, changesAt = traffic/target, minute+lag
		}
	}
	return consumed / billed, refused / consumed
}

// streak returns the length of a streak after one more minute.
func streak(n int, continues bool) int {
	if continues {
		return n + 1
	}
	return 0
}

// capacityDefault returns the default of a parameter of infra/capacity.yaml.
func capacityDefault(t *testing.T, parameter string) float64 {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repo.MustRoot(), "infra", "capacity.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Parameters map[string]struct {
			Default float64 `yaml:"Default"`
		} `yaml:"Parameters"`
	}
	if err := yaml.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	return template.Parameters[parameter].Default
}

// TestUtilization checks that the utilization of prices.json is reached with the default target of
// infra/capacity.yaml, without throttling. In a stack with seven tickets a second, one minute
// differs from the next by about 5 %.
func TestUtilization(t *testing.T) {
	list, err := loadPrices()
	if err != nil {
		t.Fatal(err)
	}
	target := capacityDefault(t, "UtilizationPercent") / 100
	used, throttled := simulatedDays(target, 0.05)
	t.Logf("used: %.3f", used)
	if used < list.Utilization.Part || throttled > 0 {
		t.Errorf("got %.3f used and %.4f throttled, want at least %.2f and none", used, throttled, list.Utilization.Part)
	}
	if least := capacityDefault(t, "MinUnits"); least != leastUnits {
		t.Errorf("got MinUnits %v in infra/capacity.yaml, want %d as in the bill", least, leastUnits)
	}
	if uneven, _ := simulatedDays(target, 0.2); uneven >= used {
		t.Errorf("uneven traffic uses %.3f, want less than %.3f", uneven, used)
	}
}
