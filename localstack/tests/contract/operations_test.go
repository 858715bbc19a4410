package contract

import (
	"slices"
	"testing"

	"ticketsystem/localstack/emulator/samtemplate"
)

// TestTemplate_DataOutlivesTheStack checks that deleting a stack keeps its data. A failed
// first deployment leaves nothing.
func TestTemplate_DataOutlivesTheStack(t *testing.T) {
	stack, _ := load(t)
	for _, kind := range []string{"AWS::DynamoDB::Table", "AWS::S3::Bucket"} {
		resources, err := stack.Resources(kind)
		if err != nil || len(resources) == 0 {
			t.Fatalf("%s: got %d resources, %v, want some", kind, len(resources), err)
		}
		for _, r := range resources {
			if r.DeletionPolicy != "RetainExceptOnCreate" {
				t.Errorf("%s: got the deletion policy %q, want RetainExceptOnCreate", r.ID, r.DeletionPolicy)
			}
		}
	}
}

// maxGradual limits the functions with a canary, because each takes three resources more.
const maxGradual = 15

// TestTemplate_GradualDeployment checks the functions that CodeDeploy moves: an alarm moves
// them back, and a changed variable reaches them.
func TestTemplate_GradualDeployment(t *testing.T) {
	stack, err := samtemplate.Load(templateFile, map[string]string{"Stage": "prod"})
	if err != nil {
		t.Fatal(err)
	}
	stack.Attribute = func(resource *samtemplate.Resource, _ string) (any, error) { return resource.ID, nil }
	gradual := 0
	for id, p := range properties(t, stack, "AWS::Serverless::Function") {
		if p["AutoPublishAlias"] == nil {
			continue
		}
		gradual++
		preference := samtemplate.Map(p["DeploymentPreference"])
		if p["AutoPublishAliasAllProperties"] != true || preference["Type"] != "Canary10Percent5Minutes" ||
			!slices.Equal(samtemplate.Strings(preference["Alarms"]), []string{"FailuresAlarm"}) {
			t.Errorf("%s: got %v, all properties %v, want a canary with FailuresAlarm and versions for all properties", id, preference, p["AutoPublishAliasAllProperties"])
		}
	}
	if gradual == 0 || gradual > maxGradual {
		t.Errorf("got %d functions with an alias, want 1 to %d", gradual, maxGradual)
	}
}
