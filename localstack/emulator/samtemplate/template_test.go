package samtemplate

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

const sample = `
Parameters:
  Stage: {Type: String, Default: prod}
  Origins: {Type: String, Default: "a,b"}
Mappings: {Sizes: {dev: {memory: 64}}}
Conditions:
  IsDev: !Equals [!Ref Stage, dev]
  Not: !Not [!Condition IsDev]
  Both: !And [!Condition IsDev, {"Fn::Equals": [1, "1"]}]
  Either: {"Fn::Or": [!Condition Not, !Condition IsDev]}
Globals:
  Function:
    Timeout: 7
    Environment: {Variables: {STAGE: !Ref Stage, KEY: !GetAtt Keys.Public}}
Resources:
  Keys: {Type: "Custom::SigningKey", Properties: {ServiceToken: !GetAtt SigningKeyCreateFunction.Arn}}
  Away: {Type: "Custom::SigningKey", Condition: Not}
  SigningKeyCreateFunction: {Type: "AWS::Serverless::Function", Properties: {Environment: {Variables: {KEY: ""}}}}
  MessagePostFunction:
    Type: AWS::Serverless::Function
    Properties:
      MemorySize: !FindInMap [Sizes, !Ref Stage, memory]
      Events:
        Http: {Type: HttpApi, Properties: {Path: "/tickets/{id}/messages", Method: POST}}
      Environment: {Variables: {PLACE: !Sub "${AWS::Region}/${Keys}/${!Kept}"}}
  Broken: {Type: "AWS::SQS::Queue", Properties: {Name: !Ref Nothing}}
  Shapes:
    Type: Test::Shapes
    Properties:
      Joined: !Join ["-", [a, !Ref Stage, 3]]
      Second: !Select [1, !Split [",", !Ref Origins]]
      Conditional: !If [Both, yes-it-is, no]
      Long: {"Fn::If": [Either, {"Fn::Sub": ["${x}-${Stage}", {x: !Ref Stage}]}, no]}
      Gone: !If [Not, here, !Ref AWS::NoValue]
      List: [!If [Not, here, !Ref "AWS::NoValue"], stays]
      Number: 12
`

func parseSample(t *testing.T) *Template {
	t.Helper()
	tpl, err := Parse([]byte(sample), map[string]string{"Stage": "dev", "Unknown": "ignored"})
	if err != nil {
		t.Fatal(err)
	}
	tpl.Attribute = func(r *Resource, attribute string) (any, error) {
		if r.ID == "Broken" {
			return nil, fmt.Errorf("no attribute %s", attribute)
		}
		return r.ID + "!" + attribute, nil
	}
	return tpl
}

func TestProperties_Intrinsics(t *testing.T) {
	tpl := parseSample(t)
	shapes, err := tpl.Resources("Test::Shapes")
	if err != nil {
		t.Fatal(err)
	}
	got, err := tpl.Properties(shapes[0])
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"Joined": "a-dev-3", "Second": "b", "Conditional": "yes-it-is", "Long": "dev-dev", "List": []any{"stays"}, "Number": 12,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestFunctions(t *testing.T) {
	functions, err := parseSample(t).Functions()
	if err != nil {
		t.Fatal(err)
	}
	tpl := parseSample(t)
	post := functions[0]
	if post.Folder != "message-post" || post.Timeout != 7*time.Second || post.Memory != 64 {
		t.Errorf("got %+v", post)
	}
	if len(post.Events) != 1 || post.Events[0].Type != "HttpApi" || post.Events[0].Properties["Method"] != "POST" {
		t.Errorf("events: got %+v", post.Events)
	}
	for i, want := range []map[string]string{
		{"STAGE": "dev", "KEY": "Keys!Public", "PLACE": "us-east-1/Keys!/${Kept}"},
		{"STAGE": "dev", "KEY": ""},
	} {
		got, err := tpl.Environment(functions[i])
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("environment of %s: got %v, %v, want %v", functions[i].ID, got, err, want)
		}
	}
}

func TestResources_Condition(t *testing.T) {
	found, err := parseSample(t).Resources("Custom::")
	if err != nil || len(found) != 1 || found[0].ID != "Keys" {
		t.Errorf("got %v, %v, want Keys only", found, err)
	}
}

func TestErrors_NameLocation(t *testing.T) {
	tpl := parseSample(t)
	broken, err := tpl.Resources("AWS::SQS::Queue")
	if err != nil {
		t.Fatal(err)
	}
	_, err = tpl.Properties(broken[0])
	for _, part := range []string{"Broken", "Name", `"Nothing"`} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v does not contain %s", err, part)
		}
	}
	for text, part := range map[string]string{
		"a: 1\na: 2":                      `duplicate key "a"`,
		"Parameters: {P: {Type: String}}": "parameter P",
		"Resources: {R: {}}":              "resource R",
		"":                                "empty",
		"[1]":                             "not a YAML mapping",
	} {
		if _, err := Parse([]byte(text), nil); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: got error %v, want one with %q", text, err, part)
		}
	}
}

// TestParse_ParameterValue checks that a value that CloudFormation would refuse is refused.
func TestParse_ParameterValue(t *testing.T) {
	text := []byte(`{Parameters: {Days: {Type: Number, Default: 3, MinValue: 0.01, MaxValue: 9}, Brand: {Type: String, Default: "", MaxLength: 3}, Mode: {Type: String, Default: auto, AllowedValues: [auto, "on", 7]}, Url: {Type: String, Default: "", AllowedPattern: "(https?://[^\\s]+)?"}}, Resources: {}}`)
	for _, c := range []struct {
		name, value string
		valid       bool
	}{
		{"Days", "0.01", true}, {"Days", "0.009", false}, {"Days", "-1", false}, {"Days", "9", true}, {"Days", "9.1", false}, {"Days", "NaN", false}, {"Brand", "علی", true}, {"Brand", "abcd", false}, {"Days", "abc", false}, {"Days", "", false}, {"Mode", "on", true}, {"Mode", "7", true}, {"Mode", "yes", false},
		{"Url", "", true}, {"Url", "http://a.ir", true}, {"Url", "a.ir", false}, {"Url", "http://a.ir b", false},
	} {
		_, err := Parse(text, map[string]string{c.name: c.value})
		if (err == nil) != c.valid || err != nil && !strings.Contains(err.Error(), c.name) {
			t.Errorf("%s=%s: got %v, want valid %v", c.name, c.value, err, c.valid)
		}
	}
}

// TestParse_Rules checks that parameters that break a rule are refused with its description.
func TestParse_Rules(t *testing.T) {
	const text = `
Parameters: {Name: {Type: String, Default: ""}, Zone: {Type: String, Default: ""}}
Rules:
  Domain: {Assertions: [{Assert: !Or [!Equals [!Ref Name, ""], !Not [!Equals [!Ref Zone, ""]]], AssertDescription: Name needs Zone}]}
Resources: {}`
	for _, c := range []struct {
		text, name, zone, want string
	}{
		{text, "", "", ""},
		{text, "a", "Z", ""},
		{text, "a", "", "rule Domain: Name needs Zone"},
		{strings.ReplaceAll(text, "{Assertions", "{RuleCondition: !Equals [a, b], Assertions"), "", "", "rule Domain must consist of assertions"},
		{strings.ReplaceAll(text, "Assert: !Or", "Assert: !Join"), "", "", "rule Domain is not a boolean"},
	} {
		_, err := Parse([]byte(c.text), map[string]string{"Name": c.name, "Zone": c.zone})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("Name=%s Zone=%s: got %v, want %q", c.name, c.zone, err, c.want)
		}
	}
}
