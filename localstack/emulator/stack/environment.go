package stack

import (
	"cmp"
	"strings"

	"ticketsystem/localstack/emulator/awsproxy"
)

// Credentials of the functions. The S3 emulator verifies signatures against them.
const (
	accessKey    = "LOCALSTACK"
	secretKey    = "local-secret"
	sessionToken = "local-session"
)

// environment returns the variables that all functions share: region, credentials and
// endpoints.
func (s *Stack) environment() map[string]string {
	env := map[string]string{
		"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
		"AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": secretKey, "AWS_SESSION_TOKEN": sessionToken,
		"AWS_ENDPOINT_URL": cmp.Or(s.proxyURL, s.ServicesURL),
	}
	for name, url := range map[string]string{
		"DYNAMODB": s.DynamoDBURL, "S3": s.S3URL, "SNS": s.ServicesURL, "SES": s.ServicesURL, "SSM": s.ServicesURL, "SQS": s.ServicesURL,
	} {
		env["AWS_ENDPOINT_URL_"+name] = cmp.Or(s.proxyURL, url)
	}
	return env
}

// instanceEnv gives each instance its own access key, by which the AWS proxy
// identifies the caller. It returns nil without a proxy.
func (s *Stack) instanceEnv() func(function, instance string) map[string]string {
	if s.options.Observer == nil {
		return nil
	}
	return func(function, instance string) map[string]string {
		return map[string]string{"AWS_ACCESS_KEY_ID": awsproxy.AccessKey(accessKey, function, instance)}
	}
}

// serviceURL returns the endpoint of a service behind the AWS proxy. Requests without
// a signature in their header use presigned URLs, so they go to S3.
func (s *Stack) serviceURL(name string) string {
	switch name {
	case "dynamodb":
		return s.DynamoDBURL
	case "s3", "":
		return s.S3URL
	case "execute-api":
		return "http" + strings.TrimPrefix(s.SocketURL, "ws")
	}
	return s.ServicesURL
}
