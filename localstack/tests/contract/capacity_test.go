package contract

import (
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"ticketsystem/localstack/emulator/samtemplate"
)

// TestCapacity checks that infra/capacity.yaml scales every index of the table, in each of its
// loops over indexes: an index that is full stops the writes of the table.
func TestCapacity(t *testing.T) {
	stack, _ := load(t)
	tables, err := stack.Resources("AWS::DynamoDB::Table")
	if err != nil || len(tables) != 1 {
		t.Fatalf("got %d tables (%v), want 1", len(tables), err)
	}
	var want []string
	for _, index := range samtemplate.List(tables[0].Properties["GlobalSecondaryIndexes"]) {
		want = append(want, samtemplate.String(samtemplate.Map(index)["IndexName"]))
	}
	slices.Sort(want)

	var capacity struct {
		Resources map[string][]any `yaml:"Resources"` // a loop: variable, values, body
	}
	if err := yaml.Unmarshal(readFile(t, capacityFile), &capacity); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for name, loop := range capacity.Resources {
		if !strings.HasPrefix(name, "Fn::ForEach::Index") {
			continue
		}
		checked++
		var got []string
		for _, value := range samtemplate.List(loop[1]) {
			got = append(got, samtemplate.String(value))
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got the indexes %v, want those of the table, %v", name, got, want)
		}
	}
	if checked != 2 {
		t.Errorf("got %d loops over indexes, want one of targets and one of policies", checked)
	}
}

// TestCapacity_Provisioned checks that the table and each index get a capacity with
// TableCapacity=provisioned, without which CloudFormation cannot change it, and none on demand.
func TestCapacity_Provisioned(t *testing.T) {
	for capacity, want := range map[string]struct {
		mode  string
		units bool
	}{"on-demand": {"PAY_PER_REQUEST", false}, "provisioned": {"PROVISIONED", true}} {
		stack, err := samtemplate.Load(templateFile, map[string]string{"TableCapacity": capacity, "TableUnits": "200"})
		if err != nil {
			t.Fatal(err)
		}
		tables, err := stack.Resources("AWS::DynamoDB::Table")
		if err != nil {
			t.Fatal(err)
		}
		table, err := stack.Properties(tables[0])
		if err != nil {
			t.Fatal(err)
		}
		if got := samtemplate.String(table["BillingMode"]); got != want.mode {
			t.Errorf("%s: got BillingMode %s, want %s", capacity, got, want.mode)
		}
		for _, owner := range append(samtemplate.List(table["GlobalSecondaryIndexes"]), any(table)) {
			units := samtemplate.Map(samtemplate.Map(owner)["ProvisionedThroughput"])
			if (units["ReadCapacityUnits"] != nil && units["WriteCapacityUnits"] != nil) != want.units {
				t.Errorf("%s: got units %v of %v", capacity, units, samtemplate.Map(owner)["IndexName"])
			}
		}
	}
}
