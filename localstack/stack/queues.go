package stack

import (
	"fmt"
	"time"

	"ticketsystem/localstack/queue"
	"ticketsystem/localstack/template"
)

// readQueues reads the queues and the functions that they feed.
func readQueues(a *app) error {
	a.queues = map[string]queue.Settings{}
	resources, err := a.template.Resources("AWS::SQS::Queue")
	if err != nil {
		return err
	}
	for _, r := range resources {
		name, err := a.template.Attribute(r, "QueueName")
		if err != nil {
			return err
		}
		properties, err := a.template.Properties(r)
		if err != nil {
			return err
		}
		if properties["FifoQueue"] != nil {
			return fmt.Errorf("template: resource %s: the local stack knows no FIFO queues", r.ID)
		}
		redrive := template.Map(properties["RedrivePolicy"])
		a.queues[template.Text(name)] = queue.Settings{
			Delay:      seconds(properties["DelaySeconds"], 0),
			Visibility: seconds(properties["VisibilityTimeout"], 30),
			DeadLetter: queue.Name(template.Text(redrive["deadLetterTargetArn"])),
			MaxReceive: template.Number(redrive["maxReceiveCount"], 0),
		}
	}
	for _, f := range a.functions {
		for _, e := range f.Events {
			if e.Type != "SQS" || template.Text(e.Properties["Enabled"]) == "false" {
				continue
			}
			m, err := queueMapping(a, f, e)
			if err != nil {
				return fmt.Errorf("template: resource %s: event %s: %w", f.ID, e.ID, err)
			}
			a.queueMappings = append(a.queueMappings, m)
		}
	}
	return nil
}

func queueMapping(a *app, f template.Function, e template.Event) (queue.Mapping, error) {
	p := e.Properties
	m := queue.Mapping{
		ID: f.ID + "-" + e.ID, Function: f.Folder, Queue: template.Text(p["Queue"]),
		BatchSize:   template.Number(p["BatchSize"], 10),
		Window:      seconds(p["MaximumBatchingWindowInSeconds"], 0),
		Partial:     reportsFailures(e),
		Concurrency: template.Number(template.Map(p["ScalingConfig"])["MaximumConcurrency"], 5), // five is what AWS begins with
	}
	settings, ok := a.queues[queue.Name(m.Queue)]
	switch {
	case !ok:
		return m, fmt.Errorf("no queue %q in the template", m.Queue)
	case settings.Visibility < f.Timeout:
		return m, fmt.Errorf("the queue's VisibilityTimeout of %s is less than the function's Timeout of %s, which AWS refuses", settings.Visibility, f.Timeout)
	case p["FilterCriteria"] != nil:
		return m, fmt.Errorf("the local stack knows no filters of queues")
	}
	return m, nil
}

func reportsFailures(e template.Event) bool {
	for _, kind := range template.Strings(e.Properties["FunctionResponseTypes"]) {
		if kind == "ReportBatchItemFailures" {
			return true
		}
	}
	return false
}

func seconds(v any, otherwise int) time.Duration {
	return time.Duration(template.Number(v, otherwise)) * time.Second
}
