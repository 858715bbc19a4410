package contract

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"ticketsystem/localstack/emulator/samtemplate"
)

// TestCapacity checks that infra/capacity.yaml scales the reads and the writes of the table and of
// each index: an index that is full stops the writes of the table.
func TestCapacity(t *testing.T) {
	stack, _ := load(t)
	var want []string
	for _, unit := range []string{"Read", "Write"} {
		want = append(want, "table/name dynamodb:table:"+unit+"CapacityUnits")
		for _, index := range samtemplate.List(properties(t, stack, "AWS::DynamoDB::Table")["Table"]["GlobalSecondaryIndexes"]) {
			want = append(want, "table/name/index/"+samtemplate.String(samtemplate.Map(index)["IndexName"])+" dynamodb:index:"+unit+"CapacityUnits")
		}
	}
	slices.Sort(want)

	capacity, err := samtemplate.Load(capacityFile, map[string]string{"TableName": "name"})
	if err != nil {
		t.Fatal(err)
	}
	capacity.Attribute = func(r *samtemplate.Resource, _ string) (any, error) { return r.ID, nil }
	targets := map[string]string{} // what is scaled, by target
	for id, p := range properties(t, capacity, "AWS::ApplicationAutoScaling::ScalableTarget") {
		targets[id] = samtemplate.String(p["ResourceId"]) + " " + samtemplate.String(p["ScalableDimension"])
	}
	if got := slices.Sorted(maps.Values(targets)); !slices.Equal(got, want) {
		t.Errorf("got targets of\n%s\nwant of\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var scaled []string
	for id, p := range properties(t, capacity, "AWS::ApplicationAutoScaling::ScalingPolicy") {
		target := targets[samtemplate.String(p["ScalingTargetId"])]
		metric := samtemplate.String(samtemplate.Map(samtemplate.Map(p["TargetTrackingScalingPolicyConfiguration"])["PredefinedMetricSpecification"])["PredefinedMetricType"])
		if unit := strings.TrimSuffix(strings.TrimPrefix(metric, "DynamoDB"), "CapacityUtilization"); !strings.HasSuffix(target, ":"+unit+"CapacityUnits") {
			t.Errorf("%s: got the metric %s of the target %q", id, metric, target)
		}
		scaled = append(scaled, target)
	}
	slices.Sort(scaled)
	if !slices.Equal(scaled, want) {
		t.Errorf("got policies of\n%s\nwant of\n%s", strings.Join(scaled, "\n"), strings.Join(want, "\n"))
	}
}

// TestCapacity_Provisioned checks that the table and each index have a capacity with
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
		table := properties(t, stack, "AWS::DynamoDB::Table")["Table"]
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
