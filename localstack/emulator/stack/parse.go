package stack

import (
	"fmt"
	"strings"
	"time"

	"ticketsystem/localstack/emulator/dynamodb"
	"ticketsystem/localstack/emulator/httpapi"
	"ticketsystem/localstack/emulator/s3"
	"ticketsystem/localstack/emulator/samtemplate"
	"ticketsystem/localstack/emulator/websocketapi"
)

func parseHTTPAPI(res *resources) error {
	apis, err := res.template.Resources("AWS::Serverless::HttpApi")
	if err != nil {
		return err
	}
	var defaults httpapi.Throttle
	routeSettings := map[string]any{}
	for _, api := range apis {
		properties, err := res.template.Properties(api, "AccessLogSettings", "Domain")
		if err != nil {
			return err
		}
		defaults, routeSettings = throttle(properties["DefaultRouteSettings"], httpapi.Throttle{}), samtemplate.Map(properties["RouteSettings"])
		if c := samtemplate.Map(properties["CorsConfiguration"]); len(c) > 0 {
			res.httpAPI.CORS = &httpapi.CORS{
				Origins: samtemplate.Strings(c["AllowOrigins"]), Methods: samtemplate.Strings(c["AllowMethods"]),
				Headers: samtemplate.Strings(c["AllowHeaders"]), Expose: samtemplate.Strings(c["ExposeHeaders"]),
				Credentials: samtemplate.String(c["AllowCredentials"]) == "true", MaxAge: samtemplate.Number(c["MaxAge"], 0),
			}
		}
	}
	for _, f := range res.functions {
		for _, e := range f.Events {
			if e.Type != "HttpApi" {
				continue
			}
			method, path := strings.ToUpper(samtemplate.String(e.Properties["Method"])), samtemplate.String(e.Properties["Path"])
			if method == "" {
				method = "ANY"
			}
			if path == "$default" {
				path = ""
			}
			res.httpAPI.Routes = append(res.httpAPI.Routes, httpapi.Route{
				Method: method, Path: path, Function: f.Folder, Throttle: throttle(routeSettings[method+" "+path], defaults),
			})
		}
	}
	return nil
}

// throttle returns the limit of route settings. What they do not set is as in defaults.
func throttle(settings any, defaults httpapi.Throttle) httpapi.Throttle {
	s := samtemplate.Map(settings)
	return httpapi.Throttle{
		Rate: float64(samtemplate.Number(s["ThrottlingRateLimit"], int(defaults.Rate))), Burst: samtemplate.Number(s["ThrottlingBurstLimit"], defaults.Burst),
	}
}

func parseWebSocketAPI(res *resources) error {
	apis, err := res.template.Resources("AWS::Serverless::WebSocketApi")
	if err != nil {
		return err
	}
	res.webSocketAPI = websocketapi.API{Stage: "default", Routes: map[string]websocketapi.Route{}}
	for _, api := range apis {
		properties, err := res.template.Properties(api, "AccessLogSettings", "Domain")
		if err != nil {
			return err
		}
		if stage := samtemplate.String(properties["StageName"]); stage != "" {
			res.webSocketAPI.Stage = stage
		}
		res.webSocketAPI.RouteSelection = samtemplate.String(properties["RouteSelectionExpression"])
		for key, route := range samtemplate.Map(properties["Routes"]) {
			function := samtemplate.String(samtemplate.Map(route)["FunctionArn"])
			res.webSocketAPI.Routes[key] = websocketapi.Route{
				Function:        function[strings.LastIndex(function, ":")+1:],
				ReturnsResponse: samtemplate.Map(route)["RouteResponseSelectionExpression"] != nil,
			}
		}
	}
	return nil
}

func parseTable(res *resources) error {
	tables, err := res.template.Resources("AWS::DynamoDB::Table")
	if err != nil || len(tables) == 0 {
		return err
	}
	if len(tables) > 1 {
		return fmt.Errorf("template: resource %s: the local stack supports one table", tables[1].ID)
	}
	name, err := res.template.Attribute(tables[0], "")
	if err != nil {
		return err
	}
	properties, err := res.template.Properties(tables[0])
	if err != nil {
		return err
	}
	res.table, err = dynamodb.ParseTable(properties, samtemplate.String(name))
	return err
}

func parseStreamMappings(res *resources) error {
	for _, f := range res.functions {
		for _, e := range f.Events {
			if e.Type != "DynamoDB" {
				continue
			}
			m, err := ParseStreamMapping(f, e)
			if err != nil {
				return fmt.Errorf("template: resource %s: event %s: %w", f.ID, e.ID, err)
			}
			res.streamMappings = append(res.streamMappings, m)
		}
	}
	return nil
}

// ParseStreamMapping reads the event source mapping of a function's DynamoDB event.
func ParseStreamMapping(f samtemplate.Function, e samtemplate.Event) (dynamodb.Mapping, error) {
	p := e.Properties
	m := dynamodb.Mapping{
		ID: f.ID + "-" + e.ID, Function: f.Folder,
		FromStart:      samtemplate.String(p["StartingPosition"]) == "TRIM_HORIZON",
		BatchSize:      samtemplate.Number(p["BatchSize"], 100),
		BatchWindow:    seconds(p["MaximumBatchingWindowInSeconds"], 0),
		ReportFailures: reportsFailures(e),
		Bisect:         samtemplate.String(p["BisectBatchOnFunctionError"]) == "true",
		MaxRetries:     samtemplate.Number(p["MaximumRetryAttempts"], -1),
		MaxRecordAge:   time.Duration(max(samtemplate.Number(p["MaximumRecordAgeInSeconds"], 0), 0)) * time.Second,
		OnFailure:      samtemplate.String(samtemplate.Map(samtemplate.Map(p["DestinationConfig"])["OnFailure"])["Destination"]),
	}
	for _, filter := range samtemplate.List(samtemplate.Map(p["FilterCriteria"])["Filters"]) {
		pattern, err := dynamodb.ParsePattern(samtemplate.String(samtemplate.Map(filter)["Pattern"]))
		if err != nil {
			return m, err
		}
		m.Filters = append(m.Filters, pattern)
	}
	return m, nil
}

func parseBucket(res *resources) error {
	buckets, err := res.template.Resources("AWS::S3::Bucket")
	if err != nil || len(buckets) == 0 {
		return err
	}
	if len(buckets) > 1 {
		return fmt.Errorf("template: resource %s: the local stack supports one bucket", buckets[1].ID)
	}
	name, err := res.template.Attribute(buckets[0], "")
	if err != nil {
		return err
	}
	properties, err := res.template.Properties(buckets[0])
	if err != nil {
		return err
	}
	res.bucket.Name = samtemplate.String(name)
	for _, rule := range samtemplate.List(samtemplate.Map(properties["CorsConfiguration"])["CorsRules"]) {
		c := samtemplate.Map(rule)
		res.bucket.CORS = append(res.bucket.CORS, s3.CORSRule{
			Origins: samtemplate.Strings(c["AllowedOrigins"]), Methods: samtemplate.Strings(c["AllowedMethods"]),
			Headers: samtemplate.Strings(c["AllowedHeaders"]), Expose: samtemplate.Strings(c["ExposedHeaders"]),
			MaxAge: samtemplate.Number(c["MaxAge"], 0),
		})
	}
	for _, f := range res.functions {
		for _, e := range f.Events {
			if e.Type == "S3" {
				res.bucket.Notifications = append(res.bucket.Notifications, parseNotification(f, e))
			}
		}
	}
	return nil
}

func parseNotification(f samtemplate.Function, e samtemplate.Event) s3.Notification {
	n := s3.Notification{Function: f.Folder, Events: samtemplate.Strings(e.Properties["Events"])}
	for _, rule := range samtemplate.List(samtemplate.Map(samtemplate.Map(e.Properties["Filter"])["S3Key"])["Rules"]) {
		value := samtemplate.String(samtemplate.Map(rule)["Value"])
		if strings.EqualFold(samtemplate.String(samtemplate.Map(rule)["Name"]), "prefix") {
			n.Prefix = value
		} else {
			n.Suffix = value
		}
	}
	return n
}
