package contract

import "testing"

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
