package stack

import (
	"fmt"

	"ticketsystem/localstack/emulator/awsapi"
	"ticketsystem/localstack/emulator/samtemplate"
)

// parseTopics reads the subscribers of SNS topics and the event destinations of SES
// configuration sets.
func parseTopics(res *resources) error {
	res.subscriptions = awsapi.Subscriptions{Topics: map[string][]string{}, ConfigurationSets: map[string][]awsapi.EventDestination{}}
	for _, kind := range []string{"AWS::SNS::Topic", "AWS::SES::ConfigurationSet"} {
		resources, err := res.template.Resources(kind)
		if err != nil {
			return err
		}
		for _, r := range resources {
			ref, err := res.template.Attribute(r, "")
			if err != nil {
				return err
			}
			if kind == "AWS::SNS::Topic" {
				res.subscriptions.Topics[samtemplate.String(ref)] = nil
			} else {
				res.subscriptions.ConfigurationSets[samtemplate.String(ref)] = nil
			}
		}
	}
	for _, f := range res.functions {
		for _, e := range f.Events {
			if e.Type != "SNS" {
				continue
			}
			topic := samtemplate.String(e.Properties["Topic"])
			if e.Properties["FilterPolicy"] != nil {
				return fmt.Errorf("template: resource %s: event %s: the local stack does not support filter policies", f.ID, e.ID)
			}
			res.subscriptions.Topics[topic] = append(res.subscriptions.Topics[topic], f.Folder)
		}
	}
	return parseEventDestinations(res)
}

func parseEventDestinations(res *resources) error {
	resources, err := res.template.Resources("AWS::SES::ConfigurationSetEventDestination")
	if err != nil {
		return err
	}
	for _, r := range resources {
		properties, err := res.template.Properties(r)
		if err != nil {
			return err
		}
		set, to := samtemplate.String(properties["ConfigurationSetName"]), samtemplate.Map(properties["EventDestination"])
		if _, ok := res.subscriptions.ConfigurationSets[set]; !ok {
			return fmt.Errorf("template: resource %s: no configuration set %q", r.ID, set)
		}
		topic := samtemplate.String(samtemplate.Map(to["SnsDestination"])["TopicARN"])
		if topic == "" || samtemplate.String(to["Enabled"]) != "true" {
			continue // AWS treats a missing Enabled as false
		}
		res.subscriptions.ConfigurationSets[set] = append(res.subscriptions.ConfigurationSets[set], awsapi.EventDestination{Topic: topic, EventTypes: samtemplate.Strings(to["MatchingEventTypes"])})
	}
	return nil
}
