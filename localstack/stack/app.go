package stack

import (
	"fmt"
	"os"
	"strings"
	"time"

	"ticketsystem/localstack/bucket"
	"ticketsystem/localstack/dynamo"
	"ticketsystem/localstack/httpapi"
	"ticketsystem/localstack/lambda"
	"ticketsystem/localstack/queue"
	"ticketsystem/localstack/services"
	"ticketsystem/localstack/socket"
	"ticketsystem/localstack/template"
)

// app is what the template says at one time.
type app struct {
	changed   time.Time // of the template's file
	template  *template.Template
	functions []template.Function
	http      httpapi.API
	socket    socket.API
	bucket    bucket.Settings
	mappings  []dynamo.Mapping
	table     dynamo.Table

	queues        map[string]queue.Settings // by name
	queueMappings []queue.Mapping
	links         services.Links
	schedules     []schedule
}

const arn = "arn:aws:%s:us-east-1:000000000000:%s"

// Template is the template as it is now, its resources named as they are here.
func (s *Stack) Template() *template.Template { return s.current().template }

// load reads the template.
func (s *Stack) load() (*app, error) {
	path := s.templatePath()
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	t, err := template.Load(path, s.parameters)
	if err != nil {
		return nil, err
	}
	t.Attribute = func(r *template.Resource, attribute string) (any, error) { return s.attribute(t, r, attribute) }
	a := &app{changed: info.ModTime(), template: t}
	if a.functions, err = t.Functions(); err != nil {
		return nil, err
	}
	for _, read := range []func(*app) error{readHTTP, readSocket, readMappings, readTable, readBucket, readQueues, readTopics, readSchedules} {
		if err := read(a); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// attribute answers Ref and GetAtt.
func (s *Stack) attribute(t *template.Template, r *template.Resource, attribute string) (any, error) {
	if strings.HasPrefix(r.Type, "Custom::") || r.Type == "AWS::CloudFormation::CustomResource" {
		return s.customs.attribute(s.ctx, t, r, attribute)
	}
	name, err := s.physical(t, r)
	if err != nil {
		return nil, err
	}
	service := strings.ToLower(strings.Split(r.Type, "::")[1])
	switch r.Type + "." + attribute {
	case "AWS::Serverless::Function.Arn":
		return fmt.Sprintf(arn, "lambda", "function:"+name), nil
	case "AWS::DynamoDB::Table.Arn":
		return fmt.Sprintf(arn, "dynamodb", "table/"+name), nil
	case "AWS::DynamoDB::Table.StreamArn":
		return fmt.Sprintf(arn, "dynamodb", "table/"+name+"/stream/local"), nil
	case "AWS::S3::Bucket.Arn":
		return "arn:aws:s3:::" + name, nil
	case "AWS::SQS::Queue.", "AWS::SQS::Queue.QueueUrl":
		return s.ServicesURL + "/000000000000/" + name, nil
	case "AWS::SQS::Queue.QueueName", "AWS::SNS::Topic.TopicName":
		return name, nil
	case "AWS::SNS::Topic.", "AWS::SNS::Topic.TopicArn":
		return fmt.Sprintf(arn, "sns", name), nil
	}
	switch attribute {
	case "":
		return name, nil
	case "Arn":
		return fmt.Sprintf(arn, service, name), nil
	}
	return nil, fmt.Errorf("resource %s (%s): attribute %s is not known here", r.ID, r.Type, attribute)
}

// physical is a resource's name: the one the template gives it or a made-up one.
func (s *Stack) physical(t *template.Template, r *template.Resource) (string, error) {
	property := map[string]string{
		"AWS::DynamoDB::Table": "TableName", "AWS::S3::Bucket": "BucketName", "AWS::SQS::Queue": "QueueName", "AWS::Logs::LogGroup": "LogGroupName",
		"AWS::SNS::Topic": "TopicName", "AWS::SES::ConfigurationSet": "Name",
	}[r.Type]
	if given := r.Properties[property]; property != "" && given != nil {
		resolved, err := t.Resolve(given)
		return template.Text(resolved), err
	}
	switch r.Type {
	case "AWS::Serverless::Function":
		return template.Folder(r.ID), nil
	case "AWS::S3::Bucket":
		return strings.ToLower(template.StackName + "-" + r.ID), nil
	}
	return template.StackName + "-" + r.ID, nil
}

func (s *Stack) lambdas(a *app) []lambda.Function {
	functions := make([]lambda.Function, 0, len(a.functions))
	for _, f := range a.functions {
		functions = append(functions, lambda.Function{
			Name: f.Folder, ARN: fmt.Sprintf(arn, "lambda", "function:"+f.Folder), Timeout: max(f.Timeout, s.options.Patience), Memory: f.Memory,
			Environment: func() (map[string]string, error) { return a.template.Environment(f) },
		})
	}
	return functions
}
