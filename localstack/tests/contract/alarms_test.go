package contract

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ticketsystem/localstack/emulator/samtemplate"
	"ticketsystem/pkg/metric"
)

// awsMetrics lists metrics of AWS services with the dimensions that they are published
// with, from the documentation of each service ("" is no dimension).
var awsMetrics = map[string]map[string][]string{
	"AWS/ApiGateway": {
		"Count": {"ApiId"}, "4xx": {"ApiId"}, "5xx": {"ApiId"}, "Latency": {"ApiId"}, "IntegrationLatency": {"ApiId"},
		"ConnectCount": {"ApiId"}, "MessageCount": {"ApiId"},
	},
	"AWS/Lambda": {
		"Invocations": {"", "FunctionName"}, "Errors": {"", "FunctionName"}, "Throttles": {"", "FunctionName"}, "Duration": {"", "FunctionName"},
		"IteratorAge": {"FunctionName"},
	},
	"AWS/SQS": {"ApproximateAgeOfOldestMessage": {"QueueName"}, "ApproximateNumberOfMessagesVisible": {"QueueName"}},
	"AWS/DynamoDB": {
		"ReadThrottleEvents": {"TableName", "GlobalSecondaryIndexName,TableName"}, "WriteThrottleEvents": {"TableName", "GlobalSecondaryIndexName,TableName"},
		"SystemErrors": {"Operation,TableName"}, "ConsumedReadCapacityUnits": {"TableName"}, "ConsumedWriteCapacityUnits": {"TableName"},
	},
	"AWS/SES": {"Reputation.BounceRate": {""}, "Reputation.ComplaintRate": {""}},
	"AWS/SNS": {"SMSMonthToDateSpentUSD": {""}},
}

// dimensionTypes are the resources that the value of a dimension refers to.
var dimensionTypes = map[string][]string{
	"ApiId": {"AWS::Serverless::HttpApi", "AWS::Serverless::WebSocketApi"}, "FunctionName": {"AWS::Serverless::Function"},
	"QueueName": {"AWS::SQS::Queue"}, "TableName": {"AWS::DynamoDB::Table"},
}

// maxAlarmMetrics is CloudWatch's limit of metrics in one alarm.
const maxAlarmMetrics = 10

// metricChecker checks metrics of alarms and dashboards.
type metricChecker struct {
	stack   *samtemplate.Template
	own     []string            // metrics of the stack's namespace
	ids     map[string][]string // resources by type
	indexes []string
	used    map[string]bool // "metric dimension value"
}

func newMetricChecker(t *testing.T) *metricChecker {
	t.Helper()
	stack, _ := load(t)
	c := &metricChecker{stack: stack, own: metric.Names(), ids: map[string][]string{}, used: map[string]bool{}}
	for _, filter := range properties(t, stack, "AWS::Logs::MetricFilter") {
		for _, m := range samtemplate.List(filter["MetricTransformations"]) {
			c.own = append(c.own, samtemplate.String(samtemplate.Map(m)["MetricName"]))
		}
	}
	for _, types := range dimensionTypes {
		for _, kind := range types {
			c.ids[kind] = slices.Collect(maps.Keys(properties(t, stack, kind)))
		}
	}
	for _, table := range properties(t, stack, "AWS::DynamoDB::Table") {
		for _, index := range samtemplate.List(table["GlobalSecondaryIndexes"]) {
			c.indexes = append(c.indexes, samtemplate.String(samtemplate.Map(index)["IndexName"]))
		}
	}
	return c
}

// properties returns the resolved properties of all resources of a type, by id.
func properties(t *testing.T, stack *samtemplate.Template, kind string) map[string]map[string]any {
	t.Helper()
	resources, err := stack.Resources(kind)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]any{}
	for _, r := range resources {
		except := []string{"Events", "Environment", "Policies", "CorsConfiguration", "AccessLogSettings", "Routes", "LoggingConfig"}
		if all[r.ID], err = stack.Properties(r, except...); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// check reports a metric that does not exist.
func (c *metricChecker) check(t *testing.T, where, namespace, name string, dimensions map[string]string) {
	t.Helper()
	c.used[name] = true
	names := slices.Sorted(maps.Keys(dimensions))
	if namespace == samtemplate.StackName {
		if !slices.Contains(c.own, name) || len(dimensions) > 0 {
			t.Errorf("%s: got the metric %s with dimensions %v, want one of %v without", where, name, names, c.own)
		}
		return
	}
	if !slices.Contains(awsMetrics[namespace][name], strings.Join(names, ",")) {
		t.Errorf("%s: got %s %s with dimensions %v, want one of %v", where, namespace, name, names, awsMetrics[namespace])
	}
	for dimension, value := range dimensions {
		c.used[name+" "+value] = true
		known := slices.Contains(c.indexes, value)
		if types, isResource := dimensionTypes[dimension]; isResource {
			known = slices.ContainsFunc(types, func(kind string) bool { return slices.Contains(c.ids[kind], value) })
		}
		if !known && dimension != "Operation" {
			t.Errorf("%s: got the dimension %s of %q, want a resource of the template", where, dimension, value)
		}
	}
}

func dimensionsOf(list any) map[string]string {
	all := map[string]string{}
	for _, d := range samtemplate.List(list) {
		all[samtemplate.String(samtemplate.Map(d)["Name"])] = samtemplate.String(samtemplate.Map(d)["Value"])
	}
	return all
}

var (
	expressionID   = regexp.MustCompile(`\b[a-z][A-Za-z0-9_]*\b`)
	expressionFunc = regexp.MustCompile(`\b([A-Z]+)\(`)
)

// TestAlarms_MetricsExist checks each alarm: its metrics and dimensions exist, its expression
// names metrics of the alarm, it notifies the topic of the stack, and the runbook has it.
func TestAlarms_MetricsExist(t *testing.T) {
	c := newMetricChecker(t)
	runbook := readFile(t, filepath.Join(root, "docs", "operate.md"))
	for id, p := range properties(t, c.stack, "AWS::CloudWatch::Alarm") {
		if list := samtemplate.List(p["Metrics"]); list != nil {
			c.checkMath(t, id, list)
		} else {
			c.check(t, id, samtemplate.String(p["Namespace"]), samtemplate.String(p["MetricName"]), dimensionsOf(p["Dimensions"]))
		}
		if actions := samtemplate.Strings(p["AlarmActions"]); !slices.Equal(actions, []string{"AlarmNotifications"}) {
			t.Errorf("%s: got the actions %v, want the stack's topic", id, actions)
		}
		if !strings.Contains(string(runbook), "\n| `"+id+"` | ") {
			t.Errorf("docs/operate.md does not say what to do for %s", id)
		}
	}
	for _, queue := range c.ids["AWS::SQS::Queue"] {
		name := "ApproximateAgeOfOldestMessage"
		if strings.HasSuffix(queue, "DLQ") {
			name = "ApproximateNumberOfMessagesVisible"
		}
		if !c.used[name+" "+queue] {
			t.Errorf("no alarm watches %s of %s", name, queue)
		}
	}
	for _, index := range c.indexes {
		if !c.used["WriteThrottleEvents "+index] {
			t.Errorf("no alarm watches throttled writes of the index %s", index)
		}
	}
}

func (c *metricChecker) checkMath(t *testing.T, id string, list []any) {
	t.Helper()
	var ids, returned []string
	expression, periods := "", map[string]bool{}
	for _, item := range list {
		query := samtemplate.Map(item)
		if query["ReturnData"] != false {
			returned = append(returned, samtemplate.String(query["Id"]))
		}
		stat := samtemplate.Map(query["MetricStat"])
		if stat == nil {
			expression = samtemplate.String(query["Expression"])
			continue
		}
		ids, periods[samtemplate.String(stat["Period"])] = append(ids, samtemplate.String(query["Id"])), true
		m := samtemplate.Map(stat["Metric"])
		c.check(t, id, samtemplate.String(m["Namespace"]), samtemplate.String(m["MetricName"]), dimensionsOf(m["Dimensions"]))
	}
	if len(returned) != 1 || len(periods) != 1 || len(ids) > maxAlarmMetrics {
		t.Errorf("%s: got %d results, %d periods, %d metrics, want 1, 1 and at most %d", id, len(returned), len(periods), len(ids), maxAlarmMetrics)
	}
	named := expressionID.FindAllString(expression, -1)
	if !strings.Contains(expression, "METRICS()") {
		slices.Sort(named)
		slices.Sort(ids)
		if !slices.Equal(slices.Compact(named), ids) {
			t.Errorf("%s: got the expression %q, want one that names exactly %v", id, expression, ids)
		}
	}
	for _, f := range expressionFunc.FindAllStringSubmatch(expression, -1) {
		if !slices.Contains([]string{"IF", "SUM", "MAX", "FILL", "METRICS"}, f[1]) { // SEARCH is for dashboards only
			t.Errorf("%s: got the function %s in %q", id, f[1], expression)
		}
	}
}

// The stack name has no quotes: a quoted term matches only a whole name, and a function's name goes on
// after that of the stack (CloudWatch User Guide, "CloudWatch search expression syntax").
var searchExpression = regexp.MustCompile(`^SUM\(SEARCH\('\{(AWS/\w+),(FunctionName)\} MetricName="(\w+)" FunctionName=` + samtemplate.StackName + `', '\w+', \d+\)\)$`)

// TestDashboard_MetricsExist checks the metrics of each widget, that all fit one screen, and that
// each queue and each metric of the code is shown.
func TestDashboard_MetricsExist(t *testing.T) {
	c := newMetricChecker(t)
	for id, p := range properties(t, c.stack, "AWS::CloudWatch::Dashboard") {
		var body struct {
			Widgets []struct {
				X, Y, Width, Height int
				Properties          struct {
					Title   string
					Metrics [][]any
				}
			}
		}
		if err := json.Unmarshal([]byte(samtemplate.String(p["DashboardBody"])), &body); err != nil || len(body.Widgets) == 0 {
			t.Fatalf("%s: got %d widgets, %v", id, len(body.Widgets), err)
		}
		for _, w := range body.Widgets {
			if w.X+w.Width > 24 || w.Y+w.Height > 18 {
				t.Errorf("%s: got %+v, want it within 24 columns and 18 rows", w.Properties.Title, w)
			}
			for _, m := range w.Properties.Metrics {
				c.checkWidget(t, w.Properties.Title, m)
			}
		}
	}
	shown := metric.Names()
	for _, queue := range c.ids["AWS::SQS::Queue"] {
		shown = append(shown, "ApproximateNumberOfMessagesVisible "+queue)
	}
	for _, name := range shown {
		if !c.used[name] {
			t.Errorf("the dashboard does not show %s", name)
		}
	}
}

func (c *metricChecker) checkWidget(t *testing.T, title string, m []any) {
	t.Helper()
	if search, isSearch := m[0].(map[string]any); isSearch {
		parts := searchExpression.FindStringSubmatch(samtemplate.String(search["expression"]))
		if len(parts) != 4 || !slices.Contains(awsMetrics[parts[1]][parts[3]], parts[2]) {
			t.Errorf("%s: got the search %v, want one of metrics that exist", title, search)
		}
		return
	}
	if _, isOptions := m[len(m)-1].(map[string]any); isOptions {
		m = m[:len(m)-1]
	}
	dimensions := map[string]string{}
	for i := 2; i+1 < len(m); i += 2 {
		dimensions[samtemplate.String(m[i])] = samtemplate.String(m[i+1])
	}
	c.check(t, title, samtemplate.String(m[0]), samtemplate.String(m[1]), dimensions)
}

// TestMetricFilters_MatchLogs checks that the code logs the messages that metric filters count.
func TestMetricFilters_MatchLogs(t *testing.T) {
	stack, _ := load(t)
	message := regexp.MustCompile(`\$\.msg = ("[^"]+")`)
	for id, p := range properties(t, stack, "AWS::Logs::MetricFilter") {
		for _, found := range message.FindAllStringSubmatch(samtemplate.String(p["FilterPattern"]), -1) {
			if !sourceContains(t, found[1]) {
				t.Errorf("%s: got the message %s, want one that the code logs", id, found[1])
			}
		}
	}
}

// sourceContains reports whether a Go file under pkg contains the text.
func sourceContains(t *testing.T, text string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "pkg", "*", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source := readFile(t, file)
		if !strings.HasSuffix(file, "_test.go") && strings.Contains(string(source), text) {
			return true
		}
	}
	return false
}
