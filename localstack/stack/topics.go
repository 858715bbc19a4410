package stack

import (
	"fmt"

	"ticketsystem/localstack/services"
	"ticketsystem/localstack/template"
)

// readTopics reads the topics with their functions, and the configuration sets
// with the topics that their events go to.
func readTopics(a *app) error {
	a.links = services.Links{Topics: map[string][]string{}, Sets: map[string][]services.MailEvents{}}
	for _, kind := range []string{"AWS::SNS::Topic", "AWS::SES::ConfigurationSet"} {
		resources, err := a.template.Resources(kind)
		if err != nil {
			return err
		}
		for _, r := range resources {
			ref, err := a.template.Attribute(r, "")
			if err != nil {
				return err
			}
			if kind == "AWS::SNS::Topic" {
				a.links.Topics[template.Text(ref)] = nil
			} else {
				a.links.Sets[template.Text(ref)] = nil
			}
		}
	}
	for _, f := range a.functions {
		for _, e := range f.Events {
			if e.Type != "SNS" {
				continue
			}
			topic := template.Text(e.Properties["Topic"])
			if e.Properties["FilterPolicy"] != nil {
				return fmt.Errorf("template: resource %s: event %s: the local stack knows no filter policies", f.ID, e.ID)
			}
			a.links.Topics[topic] = append(a.links.Topics[topic], f.Folder)
		}
	}
	return readMailEvents(a)
}

func readMailEvents(a *app) error {
	resources, err := a.template.Resources("AWS::SES::ConfigurationSetEventDestination")
	if err != nil {
		return err
	}
	for _, r := range resources {
		properties, err := a.template.Properties(r)
		if err != nil {
			return err
		}
		set, to := template.Text(properties["ConfigurationSetName"]), template.Map(properties["EventDestination"])
		if _, ok := a.links.Sets[set]; !ok {
			return fmt.Errorf("template: resource %s: no configuration set %q", r.ID, set)
		}
		topic := template.Text(template.Map(to["SnsDestination"])["TopicARN"])
		if topic == "" || template.Text(to["Enabled"]) != "true" {
			continue // not enabled is what AWS takes a missing word for
		}
		a.links.Sets[set] = append(a.links.Sets[set], services.MailEvents{Topic: topic, Kinds: template.Strings(to["MatchingEventTypes"])})
	}
	return nil
}
