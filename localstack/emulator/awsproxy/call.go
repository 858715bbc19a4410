// Package awsproxy is a proxy between functions and the AWS emulators. It identifies
// the calling instance, the operation and the required permissions of each call. An
// observer sees every call and may inject a fault.
package awsproxy

import (
	"net/http"
	"strings"
)

// Call is one request of a function to a service.
type Call struct {
	Function    string       // its folder
	Instance    string       // id of its process
	Service     string       // name in signatures: dynamodb, s3, sqs, sns, ses, ssm, lambda, execute-api
	Operation   string       // name of the API operation, such as Query or GetObject
	Permissions []Permission // that the call requires
	Body        []byte       // of the request
}

// Permission is an action on a resource that a policy must allow.
type Permission struct {
	Action   string // such as dynamodb:PutItem
	Resource string // an ARN, or * for an action without a resource
	// LeadingKey is the value of the partition key of a DynamoDB call, which policies compare
	// with the condition key dynamodb:LeadingKeys.
	LeadingKey string
	// Attributes are the top-level attributes that an UpdateItem names, and ReturnValues are those
	// that it returns. Policies compare them with dynamodb:Attributes and dynamodb:ReturnValues.
	Attributes, ReturnValues string
	// Sender is the From address of an e-mail, which policies compare with ses:FromAddress.
	Sender string
}

// AccessKey returns the access key of an instance, which identifies its calls.
func AccessKey(base, function, instance string) string { return base + "." + function + "." + instance }

// parseCall returns the call of a request. It reports false for a request without a
// signature in its header, such as one with a presigned URL.
func parseCall(r *http.Request, body []byte) (Call, bool) {
	key, service, ok := accessKeyOf(r)
	if !ok {
		return Call{}, false
	}
	c := Call{Service: service, Body: body}
	if parts := strings.Split(key, "."); len(parts) == 3 {
		c.Function, c.Instance = parts[1], parts[2]
	}
	switch service {
	case "dynamodb":
		c.parseDynamoDB(r)
	case "s3":
		c.parseS3(r)
	case "execute-api":
		c.parseConnections(r)
	case "sqs", "ssm":
		c.parseJSON(r)
	case "sns", "ses":
		c.parseQuery()
	case "lambda":
		c.parseLambda(r)
	}
	return c, true
}

// accessKeyOf returns the access key and service of a request's signature.
func accessKeyOf(r *http.Request) (key, service string, ok bool) {
	_, credential, ok := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if !ok {
		return "", "", false
	}
	credential, _, _ = strings.Cut(credential, ",")
	parts := strings.Split(strings.TrimSpace(credential), "/")
	if len(parts) != 5 {
		return "", "", false
	}
	return parts[0], parts[3], true
}

// require adds a required permission.
func (c *Call) require(action, resource string) {
	c.Permissions = append(c.Permissions, Permission{Action: action, Resource: resource})
}

// arn returns the ARN of a resource in the local account.
func arn(service, resource string) string {
	return "arn:aws:" + service + ":us-east-1:000000000000:" + resource
}
