package stack

import (
	"fmt"
	"time"

	"ticketsystem/localstack/emulator/samtemplate"
	"ticketsystem/localstack/emulator/sqs"
)

// parseQueues reads the queues and their event source mappings.
func parseQueues(res *resources) error {
	res.queues = map[string]sqs.Settings{}
	resources, err := res.template.Resources("AWS::SQS::Queue")
	if err != nil {
		return err
	}
	for _, r := range resources {
		name, err := res.template.Attribute(r, "QueueName")
		if err != nil {
			return err
		}
		properties, err := res.template.Properties(r)
		if err != nil {
			return err
		}
		if properties["ContentBasedDeduplication"] != nil {
			return fmt.Errorf("template: resource %s: the local stack does not support ContentBasedDeduplication", r.ID)
		}
		redrive := samtemplate.Map(properties["RedrivePolicy"])
		res.queues[samtemplate.String(name)] = sqs.Settings{
			Delay:             seconds(properties["DelaySeconds"], 0),
			VisibilityTimeout: seconds(properties["VisibilityTimeout"], 30),
			DeadLetterQueue:   sqs.Name(samtemplate.String(redrive["deadLetterTargetArn"])),
			MaxReceiveCount:   samtemplate.Number(redrive["maxReceiveCount"], 0),
			FIFO:              properties["FifoQueue"] == true,
		}
	}
	for _, f := range res.functions {
		for _, e := range f.Events {
			if e.Type != "SQS" || samtemplate.String(e.Properties["Enabled"]) == "false" {
				continue
			}
			m, err := parseQueueMapping(res, f, e)
			if err != nil {
				return fmt.Errorf("template: resource %s: event %s: %w", f.ID, e.ID, err)
			}
			res.queueMappings = append(res.queueMappings, m)
		}
	}
	return nil
}

func parseQueueMapping(res *resources, f samtemplate.Function, e samtemplate.Event) (sqs.Mapping, error) {
	p := e.Properties
	m := sqs.Mapping{
		ID: f.ID + "-" + e.ID, Function: f.Folder, Queue: samtemplate.String(p["Queue"]),
		BatchSize:      samtemplate.Number(p["BatchSize"], 10),
		BatchWindow:    seconds(p["MaximumBatchingWindowInSeconds"], 0),
		ReportFailures: reportsFailures(e),
		MaxConcurrency: samtemplate.Number(samtemplate.Map(p["ScalingConfig"])["MaximumConcurrency"], 5), // the initial number of pollers on AWS
	}
	settings, ok := res.queues[sqs.Name(m.Queue)]
	switch {
	case !ok:
		return m, fmt.Errorf("no queue %q in the template", m.Queue)
	case settings.VisibilityTimeout < f.Timeout:
		return m, fmt.Errorf("the queue's VisibilityTimeout of %s is less than the function's Timeout of %s, which AWS rejects", settings.VisibilityTimeout, f.Timeout)
	case settings.FIFO && (m.BatchSize > 10 || m.BatchWindow > 0):
		return m, fmt.Errorf("the mapping of a FIFO queue has a batch size above 10 or a batching window, which AWS rejects")
	case p["FilterCriteria"] != nil:
		return m, fmt.Errorf("the local stack does not support filters of queues")
	}
	return m, nil
}

func reportsFailures(e samtemplate.Event) bool {
	for _, kind := range samtemplate.Strings(e.Properties["FunctionResponseTypes"]) {
		if kind == "ReportBatchItemFailures" {
			return true
		}
	}
	return false
}

func seconds(v any, fallback int) time.Duration {
	return time.Duration(samtemplate.Number(v, fallback)) * time.Second
}
