package iamcheck

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
            - {Effect: Allow, Action: ses:SendEmail, Resource: "arn:aws:ses:us-east-1:1:identity/*"}
            - {Effect: Allow, Action: ses:SendRawEmail, Resource: "arn:aws:ses:us-east-1:1:identity/*", Condition: {StringEquals: {"ses:FromAddress": a@b.ir}}}
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
		" wide: s3:GetObject on * wide: ses:SendEmail on arn:aws:ses:us-east-1:1:identity/*" +
		" wide: ses:SendRawEmail on arn:aws:ses:us-east-1:1:identity/* ses:FromAddress=a@b.ir wide: sqs:SendMessage on arn:aws:sqs:us-east-1:1:*]"
	if text := fmt.Sprint(got.Unused); text != want {
		t.Errorf("unused: got %s\nwant %s", text, want)
	}
	if len(got.Wildcards) != 6 || len(got.Exceptions) != 1 || got.Calls != 7 {
		t.Errorf("got %d wide, %d excused, %d calls, want 6, 1, 7", len(got.Wildcards), len(got.Exceptions), got.Calls)
	}
}

const policies = `
Resources:
  PostFunction:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - Statement:
            - Effect: Allow
              Action: [dynamodb:PutItem, dynamodb:Query, dynamodb:Scan]
              Resource: !GetAtt Table.Arn
            # It stores files.
            - Effect: Allow
              Action: s3:PutObject
              Resource: "arn:aws:s3:::b/files/*"

  Table:
    Type: AWS::DynamoDB::Table
`

// TestUpdate checks the statements that recorded calls and exceptions result in. Writes
// share their keys, and reads have those of the writes too.
func TestUpdate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(path, []byte(policies), 0o600); err != nil {
		t.Fatal(err)
	}
	load := func() *samtemplate.Template {
		parsed, err := samtemplate.Load(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		parsed.Attribute = func(*samtemplate.Resource, string) (any, error) { return "arn:aws:dynamodb:us-east-1:1:table/t", nil }
		return parsed
	}
	const table = "arn:aws:dynamodb:us-east-1:1:table/t"
	exceptions := []Exception{{Functions: []string{"post"}, Action: "dynamodb:DeleteItem", Keys: []string{"I#*"}}}
	want := strings.ReplaceAll(strings.ReplaceAll(policies, "[dynamodb:PutItem, dynamodb:Query, dynamodb:Scan]", "[dynamodb:DeleteItem, dynamodb:PutItem]"), "Table.Arn\n", `Table.Arn
              Condition: {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["CONFIG", "I#*"]}}
            - Effect: Allow
              Action: dynamodb:Query
              Resource: !GetAtt Table.Arn
              Condition: {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["CONFIG", "I#*", "T#*"]}}
            - Effect: Allow
              Action: dynamodb:Query
              Resource: !Sub "${Table.Arn}/index/status-waiting"
`)
	for _, calls := range [][]awsproxy.Permission{{
		{Action: "dynamodb:PutItem", Resource: table, LeadingKey: "CONFIG"}, {Action: "dynamodb:Query", Resource: table, LeadingKey: "T#2"},
		{Action: "dynamodb:Query", Resource: table + "/index/status-waiting", LeadingKey: "open"},
	}, nil} { // an update without calls keeps what is there
		var r Recorder
		r.Observe(awsproxy.Call{Function: "post", Permissions: calls})
		removed, err := r.Update(path, load(), exceptions)
		if err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprint(removed); calls != nil && text != "[post: dynamodb:Scan on "+table+"]" || calls == nil && len(removed) > 0 {
			t.Errorf("removed %s", text)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != want {
			t.Errorf("got %v\n%s\nwant\n%s", err, text, want)
		}
	}
}

// TestUpdate_SessionUse checks that a function gets only the attributes of a session's last use
// while it writes no others to a user, and that a call that returns or names more is reported.
func TestUpdate_SessionUse(t *testing.T) {
	const table = "arn:aws:dynamodb:us-east-1:1:table/t"
	path := filepath.Join(t.TempDir(), "template.yaml")
	load := func() *samtemplate.Template {
		parsed, err := samtemplate.Load(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		parsed.Attribute = func(*samtemplate.Resource, string) (any, error) { return table, nil }
		return parsed
	}
	use := awsproxy.Permission{Action: "dynamodb:UpdateItem", Resource: table, LeadingKey: "U#1", Attributes: SessionUse}
	more, returning := use, use
	more.Attributes, returning.ReturnValues = "PK SK ttl used user", "ALL_NEW"
	for name, c := range map[string]struct {
		call       awsproxy.Permission
		restricted bool
	}{"last use": {use, true}, "another attribute": {more, false}, "returned item": {returning, false}} {
		if err := os.WriteFile(path, []byte(policies), 0o600); err != nil {
			t.Fatal(err)
		}
		var r, later Recorder
		r.Observe(awsproxy.Call{Function: "post", Permissions: []awsproxy.Permission{use, c.call, {Action: "dynamodb:PutItem", Resource: table, LeadingKey: "T#1"}}})
		if _, err := r.Update(path, load(), nil); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), `{"dynamodb:Attributes": ["PK", "SK", "ttl", "used"]}`) != c.restricted || strings.Contains(string(text), `["T#*", "U#*"]`) == c.restricted {
			t.Errorf("%s: got\n%s", name, text)
		}
		all, err := Grants(load())
		if err != nil {
			t.Fatal(err)
		}
		later.Observe(awsproxy.Call{Function: "post", Permissions: []awsproxy.Permission{use, more, returning}})
		if missing := later.Compare(all, nil).Missing; (len(missing) == 2) != c.restricted {
			t.Errorf("%s: got missing %v", name, missing)
		}
	}
}

func TestKeyPattern(t *testing.T) {
	for key, want := range map[string]string{"T#1": "T#*", "W#ticket:1": "W#*", "K#c#1": "K#c#*", "K#s#a#b$": "K#s#*", "CONFIG": "CONFIG", "0": "0"} {
		if got := keyPattern(awsproxy.Permission{Action: "dynamodb:Query", Resource: "t", LeadingKey: key}); got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
	}
}
