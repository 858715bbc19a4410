package awsproxy

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// parseS3 parses an S3 call with a path-style URL.
func (c *Call) parseS3(r *http.Request) {
	object := "arn:aws:s3:::" + strings.TrimPrefix(r.URL.Path, "/")
	source := r.Header.Get("X-Amz-Copy-Source")
	bucket := strings.Count(strings.Trim(r.URL.Path, "/"), "/") == 0
	switch {
	case bucket && r.Method == http.MethodGet:
		c.Operation = "ListObjects"
		c.require("s3:ListBucket", object)
	case r.Method == http.MethodGet:
		c.Operation = "GetObject"
		c.require("s3:GetObject", object)
	case r.Method == http.MethodHead:
		c.Operation = "HeadObject"
		c.require("s3:GetObject", object)
	case r.Method == http.MethodDelete:
		c.Operation = "DeleteObject"
		c.require("s3:DeleteObject", object)
	case source != "":
		c.Operation = "CopyObject"
		if plain, err := url.PathUnescape(source); err == nil {
			source = plain
		}
		c.require("s3:GetObject", "arn:aws:s3:::"+strings.TrimPrefix(source, "/"))
		c.require("s3:PutObject", object)
	default:
		c.Operation = "PutObject"
		c.require("s3:PutObject", object)
	}
}

// parseConnections parses a call of the WebSocket management API.
func (c *Call) parseConnections(r *http.Request) {
	c.Operation = map[string]string{
		http.MethodPost: "PostToConnection", http.MethodGet: "GetConnection", http.MethodDelete: "DeleteConnection",
	}[r.Method]
	_, id, _ := strings.Cut(r.URL.Path, "/@connections/")
	c.require("execute-api:ManageConnections", arn("execute-api", "local/live/"+r.Method+"/@connections/"+id))
}

// parseJSON parses an SQS or SSM call.
func (c *Call) parseJSON(r *http.Request) {
	_, c.Operation, _ = strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var request struct {
		QueueUrl, QueueName, Name string
		Names                     []string
	}
	if json.Unmarshal(c.Body, &request) != nil {
		return // the service returns the error
	}
	if c.Service == "sqs" {
		name := request.QueueUrl[strings.LastIndex(request.QueueUrl, "/")+1:] + request.QueueName
		c.require("sqs:"+strings.TrimSuffix(c.Operation, "Batch"), arn("sqs", name))
		return
	}
	if request.Name != "" {
		request.Names = append(request.Names, request.Name)
	}
	for _, name := range request.Names {
		c.require("ssm:"+c.Operation, arn("ssm", "parameter/"+strings.TrimPrefix(name, "/")))
	}
}

// parseQuery parses an SNS or SES call, whose body is a form.
func (c *Call) parseQuery() {
	form, err := url.ParseQuery(string(c.Body))
	if err != nil {
		return // the service returns the error
	}
	c.Operation = form.Get("Action")
	if c.Service == "ses" {
		c.requireIdentities(form)
	} else {
		c.require(c.Service+":"+c.Operation, cmp.Or(form.Get("TopicArn"), form.Get("TargetArn"), form.Get("EndpointArn"), form.Get("PlatformApplicationArn"), "*")) // a phone number has no ARN
	}
	if set := form.Get("ConfigurationSetName"); set != "" {
		c.require(c.Service+":"+c.Operation, arn("ses", "configuration-set/"+set))
	}
}

// requireIdentities adds the permissions for the sender and the recipients of an e-mail. SES checks
// those of the recipients in its sandbox only.
func (c *Call) requireIdentities(form url.Values) {
	sender := form.Get("Source")
	addresses := []string{sender}
	for i := 1; form.Has(fmt.Sprintf("Destination.ToAddresses.member.%d", i)); i++ {
		addresses = append(addresses, form.Get(fmt.Sprintf("Destination.ToAddresses.member.%d", i)))
	}
	for _, address := range addresses {
		c.Permissions = append(c.Permissions, Permission{Action: "ses:" + c.Operation, Resource: arn("ses", "identity/"+address), Sender: sender})
	}
}

// parseLambda parses a Lambda call.
func (c *Call) parseLambda(r *http.Request) {
	c.Operation = "Invoke"
	name := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/2015-03-31/functions/"), "/invocations")
	c.require("lambda:InvokeFunction", arn("lambda", "function:"+name[strings.LastIndex(name, ":")+1:]))
}
