package iamcheck

import (
	"fmt"
	"testing"

	"ticketsystem/localstack/emulator/awsproxy"
	"ticketsystem/localstack/emulator/samtemplate"
)

const document = `
Resources:
  PostFunction:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - Statement:
            - {Effect: Allow, Action: [dynamodb:PutItem, dynamodb:Query], Resource: ["arn:aws:dynamodb:us-east-1:1:table/t"]}
            - {Effect: Allow, Action: s3:GetObject, Resource: "arn:aws:s3:::b/files/*"}
            - {Effect: Allow, Action: sns:Publish, NotResource: "arn:aws:sns:*:*:*"}
            - {Effect: Allow, Action: execute-api:ManageConnections, Resource: "arn:aws:execute-api:us-east-1:1:abc/live/POST/@connections/*"}
  WideFunction:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - Statement:
            - {Effect: Allow, Action: "dynamodb:*", Resource: "arn:aws:dynamodb:us-east-1:1:table/t"}
            - {Effect: Allow, Action: s3:GetObject, Resource: "*"}
            - {Effect: Allow, Action: sqs:SendMessage, Resource: "arn:aws:sqs:us-east-1:1:*"}
`

// TestCompare checks that missing, unused and wildcard permissions are reported.
func TestCompare(t *testing.T) {
	parsed, err := samtemplate.Parse([]byte(document), nil)
	if err != nil {
		t.Fatal(err)
	}
	all, err := Grants(parsed)
	if err != nil {
		t.Fatal(err)
	}
	var r Recorder
	for _, permission := range []awsproxy.Permission{
		{Action: "dynamodb:PutItem", Resource: "arn:aws:dynamodb:us-east-1:1:table/t"},
		{Action: "dynamodb:PutItem", Resource: "arn:aws:dynamodb:us-east-1:1:table/t"},
		{Action: "dynamodb:Query", Resource: "arn:aws:dynamodb:us-east-1:1:table/t/index/i"},
		{Action: "sns:Publish", Resource: "*"},
		{Action: "sns:Publish", Resource: "arn:aws:sns:us-east-1:1:topic"},
		{Action: "execute-api:ManageConnections", Resource: "arn:aws:execute-api:us-east-1:1:local/live/POST/@connections/a/b="},
		{Action: "execute-api:ManageConnections", Resource: "arn:aws:execute-api:us-east-1:1:local/live/DELETE/@connections/a"},
	} {
		if fault := r.Observe(awsproxy.Call{Function: "post", Permissions: []awsproxy.Permission{permission}}); fault != awsproxy.None {
			t.Errorf("got %v, want no fault", fault)
		}
	}
	got := r.Compare(all, []Exception{{Functions: []string{"post"}, Action: "s3:GetObject", Reason: "signed"}})
	want := "[post: dynamodb:Query on arn:aws:dynamodb:us-east-1:1:table/t/index/i" +
		" post: execute-api:ManageConnections on arn:aws:execute-api:us-east-1:1:local/live/DELETE/@connections/a" +
		" post: sns:Publish on arn:aws:sns:us-east-1:1:topic]"
	if text := fmt.Sprint(got.Missing); text != want {
		t.Errorf("missing: got %s\nwant %s", text, want)
	}
	want = "[post: dynamodb:Query on arn:aws:dynamodb:us-east-1:1:table/t wide: dynamodb:* on arn:aws:dynamodb:us-east-1:1:table/t" +
		" wide: s3:GetObject on * wide: sqs:SendMessage on arn:aws:sqs:us-east-1:1:*]"
	if text := fmt.Sprint(got.Unused); text != want {
		t.Errorf("unused: got %s\nwant %s", text, want)
	}
	if len(got.Wildcards) != 3 || len(got.Exceptions) != 1 || got.Calls != 7 {
		t.Errorf("got %d wide, %d excused, %d calls, want 3, 1, 7", len(got.Wildcards), len(got.Exceptions), got.Calls)
	}
}
