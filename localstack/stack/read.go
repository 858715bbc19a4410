package stack

import (
	"fmt"
	"strings"
	"time"

	"ticketsystem/localstack/bucket"
	"ticketsystem/localstack/dynamo"
	"ticketsystem/localstack/httpapi"
	"ticketsystem/localstack/socket"
	"ticketsystem/localstack/template"
)

func readHTTP(a *app) error {
	apis, err := a.template.Resources("AWS::Serverless::HttpApi")
	if err != nil {
		return err
	}
	for _, api := range apis {
		properties, err := a.template.Properties(api, "AccessLogSettings", "Domain")
		if err != nil {
			return err
		}
		if c := template.Map(properties["CorsConfiguration"]); len(c) > 0 {
			a.http.CORS = &httpapi.CORS{
				Origins: template.Strings(c["AllowOrigins"]), Methods: template.Strings(c["AllowMethods"]),
				Headers: template.Strings(c["AllowHeaders"]), Expose: template.Strings(c["ExposeHeaders"]),
				Credentials: template.Text(c["AllowCredentials"]) == "true", MaxAge: template.Number(c["MaxAge"], 0),
			}
		}
	}
	for _, f := range a.functions {
		for _, e := range f.Events {
			if e.Type != "HttpApi" {
				continue
			}
			method, path := strings.ToUpper(template.Text(e.Properties["Method"])), template.Text(e.Properties["Path"])
			if method == "" {
				method = "ANY"
			}
			if path == "$default" {
				path = ""
			}
			a.http.Routes = append(a.http.Routes, httpapi.Route{Method: method, Path: path, Function: f.Folder})
		}
	}
	return nil
}

func readSocket(a *app) error {
	apis, err := a.template.Resources("AWS::Serverless::WebSocketApi")
	if err != nil {
		return err
	}
	a.socket = socket.API{Stage: "default", Routes: map[string]socket.Route{}}
	for _, api := range apis {
		properties, err := a.template.Properties(api, "AccessLogSettings", "Domain")
		if err != nil {
			return err
		}
		if stage := template.Text(properties["StageName"]); stage != "" {
			a.socket.Stage = stage
		}
		a.socket.Selection = template.Text(properties["RouteSelectionExpression"])
		for key, route := range template.Map(properties["Routes"]) {
			function := template.Text(template.Map(route)["FunctionArn"])
			a.socket.Routes[key] = socket.Route{
				Function: function[strings.LastIndex(function, ":")+1:],
				Responds: template.Map(route)["RouteResponseSelectionExpression"] != nil,
			}
		}
	}
	return nil
}

func readTable(a *app) error {
	tables, err := a.template.Resources("AWS::DynamoDB::Table")
	if err != nil || len(tables) == 0 {
		return err
	}
	if len(tables) > 1 {
		return fmt.Errorf("template: resource %s: the local stack knows one table", tables[1].ID)
	}
	name, err := a.template.Attribute(tables[0], "")
	if err != nil {
		return err
	}
	properties, err := a.template.Properties(tables[0])
	if err != nil {
		return err
	}
	a.table, err = dynamo.ReadTable(properties, template.Text(name))
	return err
}

func readMappings(a *app) error {
	for _, f := range a.functions {
		for _, e := range f.Events {
			if e.Type != "DynamoDB" {
				continue
			}
			m, err := StreamMapping(f, e)
			if err != nil {
				return fmt.Errorf("template: resource %s: event %s: %w", f.ID, e.ID, err)
			}
			a.mappings = append(a.mappings, m)
		}
	}
	return nil
}

// StreamMapping reads an event of a function that follows a stream.
func StreamMapping(f template.Function, e template.Event) (dynamo.Mapping, error) {
	p := e.Properties
	m := dynamo.Mapping{
		ID: f.ID + "-" + e.ID, Function: f.Folder,
		FromStart: template.Text(p["StartingPosition"]) == "TRIM_HORIZON",
		BatchSize: template.Number(p["BatchSize"], 100),
		Window:    seconds(p["MaximumBatchingWindowInSeconds"], 0),
		Partial:   reportsFailures(e),
		Bisect:    template.Text(p["BisectBatchOnFunctionError"]) == "true",
		Retries:   template.Number(p["MaximumRetryAttempts"], -1),
		MaxAge:    time.Duration(max(template.Number(p["MaximumRecordAgeInSeconds"], 0), 0)) * time.Second,
		OnFailure: template.Text(template.Map(template.Map(p["DestinationConfig"])["OnFailure"])["Destination"]),
	}
	for _, filter := range template.List(template.Map(p["FilterCriteria"])["Filters"]) {
		pattern, err := dynamo.ParsePattern(template.Text(template.Map(filter)["Pattern"]))
		if err != nil {
			return m, err
		}
		m.Filters = append(m.Filters, pattern)
	}
	return m, nil
}

func readBucket(a *app) error {
	buckets, err := a.template.Resources("AWS::S3::Bucket")
	if err != nil || len(buckets) == 0 {
		return err
	}
	if len(buckets) > 1 {
		return fmt.Errorf("template: resource %s: the local stack knows one bucket", buckets[1].ID)
	}
	name, err := a.template.Attribute(buckets[0], "")
	if err != nil {
		return err
	}
	properties, err := a.template.Properties(buckets[0])
	if err != nil {
		return err
	}
	a.bucket.Name = template.Text(name)
	for _, rule := range template.List(template.Map(properties["CorsConfiguration"])["CorsRules"]) {
		c := template.Map(rule)
		a.bucket.CORS = append(a.bucket.CORS, bucket.Rule{
			Origins: template.Strings(c["AllowedOrigins"]), Methods: template.Strings(c["AllowedMethods"]),
			Headers: template.Strings(c["AllowedHeaders"]), Expose: template.Strings(c["ExposedHeaders"]),
			MaxAge: template.Number(c["MaxAge"], 0),
		})
	}
	for _, f := range a.functions {
		for _, e := range f.Events {
			if e.Type == "S3" {
				a.bucket.Notifications = append(a.bucket.Notifications, notification(f, e))
			}
		}
	}
	return nil
}

func notification(f template.Function, e template.Event) bucket.Notification {
	n := bucket.Notification{Function: f.Folder, Events: template.Strings(e.Properties["Events"])}
	for _, rule := range template.List(template.Map(template.Map(e.Properties["Filter"])["S3Key"])["Rules"]) {
		value := template.Text(template.Map(rule)["Value"])
		if strings.EqualFold(template.Text(template.Map(rule)["Name"]), "prefix") {
			n.Prefix = value
		} else {
			n.Suffix = value
		}
	}
	return n
}
