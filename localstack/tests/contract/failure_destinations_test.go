package contract

import (
	"strings"
	"testing"

	"ticketsystem/localstack/emulator/samtemplate"
)

// maxStreamFilters is the default quota of Lambda for an event source mapping.
const maxStreamFilters = 5

// TestTemplate_AsyncFailureDestinations checks that failed asynchronous events are
// stored or raise an alarm. The checkov exceptions in the template rely on it.
func TestTemplate_AsyncFailureDestinations(t *testing.T) {
	stack, _ := load(t)
	alarms, err := stack.Resources("AWS::CloudWatch::Alarm")
	if err != nil {
		t.Fatal(err)
	}
	watched := map[string]bool{}
	for _, alarm := range alarms {
		if samtemplate.String(alarm.Properties["MetricName"]) != "Errors" {
			continue
		}
		for _, dimension := range samtemplate.List(alarm.Properties["Dimensions"]) {
			function := samtemplate.Map(samtemplate.Map(dimension)["Value"])["Ref"]
			watched[samtemplate.String(function)] = true
		}
	}
	asynchronous := 0
	for _, function := range functions(t, stack) {
		for _, event := range function.Events {
			switch event.Type {
			case "S3", "SNS", "Schedule", "ScheduleV2", "EventBridgeRule":
				asynchronous++
				if function.OnFailure == "" && !watched[function.ID] {
					t.Errorf("%s: got neither an on-failure destination nor an alarm on its errors, want one for its %s events", function.ID, event.Type)
				}
			case "SQS":
				// The queue's redrive policy keeps failed messages.
			case "DynamoDB":
				if samtemplate.Map(event.Properties["DestinationConfig"])["OnFailure"] == nil {
					t.Errorf("%s: got no on-failure destination, want one for its stream", function.ID)
				}
				if n := len(samtemplate.List(samtemplate.Map(event.Properties["FilterCriteria"])["Filters"])); n == 0 || n > maxStreamFilters {
					t.Errorf("%s: got %d stream filters, want 1 to %d", function.ID, n, maxStreamFilters)
				}
			}
		}
	}
	if asynchronous == 0 {
		t.Error("got no asynchronous function, want some")
	}
}

func TestTemplate_QueueEncryptionAndDLQ(t *testing.T) {
	stack, _ := load(t)
	queues, err := stack.Resources("AWS::SQS::Queue")
	if err != nil {
		t.Fatal(err)
	}
	for _, queue := range queues {
		if queue.Properties["SqsManagedSseEnabled"] != true {
			t.Errorf("%s: got SqsManagedSseEnabled %v, want true", queue.ID, queue.Properties["SqsManagedSseEnabled"])
		}
		if queue.Properties["RedrivePolicy"] == nil && !strings.HasSuffix(queue.ID, "DLQ") {
			t.Errorf("%s: got no redrive policy, want one", queue.ID)
		}
	}
}
