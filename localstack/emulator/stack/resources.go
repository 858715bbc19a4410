package stack

import (
	"fmt"
	"os"
	"strings"
	"time"

	"ticketsystem/localstack/emulator/awsapi"
	"ticketsystem/localstack/emulator/dynamodb"
	"ticketsystem/localstack/emulator/httpapi"
	"ticketsystem/localstack/emulator/lambda"
	"ticketsystem/localstack/emulator/s3"
	"ticketsystem/localstack/emulator/samtemplate"
	"ticketsystem/localstack/emulator/sqs"
	"ticketsystem/localstack/emulator/websocketapi"
)

// resources holds the parsed template.
type resources struct {
	modTime        time.Time // of template.yaml
	template       *samtemplate.Template
	functions      []samtemplate.Function
	httpAPI        httpapi.API
	webSocketAPI   websocketapi.API
	bucket         s3.Settings
	streamMappings []dynamodb.Mapping
	table          dynamodb.Table

	queues        map[string]sqs.Settings // by name
	queueMappings []sqs.Mapping
	subscriptions awsapi.Subscriptions
	schedules     []schedule
}

const arnFormat = "arn:aws:%s:us-east-1:000000000000:%s"

// Template returns the current template with local resource names.
func (s *Stack) Template() *samtemplate.Template { return s.reload().template }

// loadTemplate parses the template.
func (s *Stack) loadTemplate() (*resources, error) {
	path := s.templatePath()
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	t, err := samtemplate.Load(path, s.parameters)
	if err != nil {
		return nil, err
	}
	for name := range s.options.Parameters {
		if !t.Declares(name) {
			return nil, fmt.Errorf("template: there is no parameter %s", name)
		}
	}
	t.Attribute = func(r *samtemplate.Resource, attribute string) (any, error) { return s.attribute(t, r, attribute) }
	res := &resources{modTime: info.ModTime(), template: t}
	if res.functions, err = t.Functions(); err != nil {
		return nil, err
	}
	for _, read := range []func(*resources) error{parseHTTPAPI, parseWebSocketAPI, parseStreamMappings, parseTable, parseBucket, parseQueues, parseTopics, parseSchedules} {
		if err := read(res); err != nil {
			return nil, err
		}
	}
	return res, nil
}

// attribute returns the value of Ref or GetAtt.
func (s *Stack) attribute(t *samtemplate.Template, r *samtemplate.Resource, attribute string) (any, error) {
	if strings.HasPrefix(r.Type, "Custom::") || r.Type == "AWS::CloudFormation::CustomResource" {
		return s.customResources.attribute(s.ctx, t, r, attribute)
	}
	name, err := s.physicalName(t, r)
	if err != nil {
		return nil, err
	}
	service := strings.ToLower(strings.Split(r.Type, "::")[1])
	switch r.Type + "." + attribute {
	case "AWS::Serverless::Function.Arn":
		return fmt.Sprintf(arnFormat, "lambda", "function:"+name), nil
	case "AWS::DynamoDB::Table.Arn":
		return fmt.Sprintf(arnFormat, "dynamodb", "table/"+name), nil
	case "AWS::DynamoDB::Table.StreamArn":
		return fmt.Sprintf(arnFormat, "dynamodb", "table/"+name+"/stream/local"), nil
	case "AWS::S3::Bucket.Arn":
		return "arn:aws:s3:::" + name, nil
	case "AWS::SQS::Queue.", "AWS::SQS::Queue.QueueUrl":
		return s.ServicesURL + "/000000000000/" + name, nil
	case "AWS::SQS::Queue.QueueName", "AWS::SNS::Topic.TopicName":
		return name, nil
	case "AWS::SNS::Topic.", "AWS::SNS::Topic.TopicArn":
		return fmt.Sprintf(arnFormat, "sns", name), nil
	}
	switch attribute {
	case "":
		return name, nil
	case "Arn":
		return fmt.Sprintf(arnFormat, service, name), nil
	}
	return nil, fmt.Errorf("resource %s (%s): attribute %s is not supported", r.ID, r.Type, attribute)
}

// physicalName returns the name of a resource: the one in the template, or a
// generated one.
func (s *Stack) physicalName(t *samtemplate.Template, r *samtemplate.Resource) (string, error) {
	property := map[string]string{
		"AWS::DynamoDB::Table": "TableName", "AWS::S3::Bucket": "BucketName", "AWS::SQS::Queue": "QueueName", "AWS::Logs::LogGroup": "LogGroupName",
		"AWS::SNS::Topic": "TopicName", "AWS::SES::ConfigurationSet": "Name",
	}[r.Type]
	if given := r.Properties[property]; property != "" && given != nil {
		resolved, err := t.Resolve(given)
		return samtemplate.String(resolved), err
	}
	switch r.Type {
	case "AWS::Serverless::Function":
		return samtemplate.Folder(r.ID), nil
	case "AWS::S3::Bucket":
		return strings.ToLower(samtemplate.StackName + "-" + r.ID), nil
	}
	return samtemplate.StackName + "-" + r.ID, nil
}

func (s *Stack) lambdaFunctions(res *resources) []lambda.Function {
	functions := make([]lambda.Function, 0, len(res.functions))
	for _, f := range res.functions {
		functions = append(functions, lambda.Function{
			Name: f.Folder, ARN: fmt.Sprintf(arnFormat, "lambda", "function:"+f.Folder), Timeout: max(f.Timeout, s.options.MinTimeout), Memory: f.Memory,
			Environment: func() (map[string]string, error) { return res.template.Environment(f) },
		})
	}
	return functions
}
