// Package tap stands between the functions of the local stack and everything
// they call. It knows who calls what, lets an observer see each call and decide
// what becomes of it, and passes the rest on.
package awsproxy

import (
	"net/http"
	"strings"
)

// Call is one request of a function to a service.
type Call struct {
	Function    string       // its folder
	Instance    string       // the process
	Service     string       // as signatures name it: dynamodb, s3, sqs, sns, ses, ssm, lambda, execute-api
	Operation   string       // as the service names it: Query, GetObject
	Permissions []Permission // what it needs leave for
	Body        []byte       // of the request, as it was sent
}

// Permission is one thing that a policy must allow for a call to go through.
type Permission struct {
	Action   string // dynamodb:PutItem
	Resource string // an ARN, or * where an action knows no resource
}

// AccessKey is the access key of an instance, by which its calls are told from others.
func AccessKey(base, function, instance string) string { return base + "." + function + "." + instance }

// parseCall tells who calls what. It is false for requests that nobody signed in
// their header, such as uploads with an address that a function gave away.
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

// accessKeyOf is the access key and the service that a request was signed with.
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

// require notes an action that the call needs leave for.
func (c *Call) require(action, resource string) {
	c.Permissions = append(c.Permissions, Permission{Action: action, Resource: resource})
}

// arn names a resource of this machine's account.
func arn(service, resource string) string {
	return "arn:aws:" + service + ":us-east-1:000000000000:" + resource
}
