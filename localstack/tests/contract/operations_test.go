package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"ticketsystem/localstack/emulator/samtemplate"
	"ticketsystem/pkg/worker"
)

// TestTemplate_DataOutlivesTheStack checks that deleting a stack keeps its data. A failed
// first deployment leaves nothing.
func TestTemplate_DataOutlivesTheStack(t *testing.T) {
	stack, _ := load(t)
	for _, kind := range []string{"AWS::DynamoDB::Table", "AWS::S3::Bucket"} {
		resources, err := stack.Resources(kind)
		if err != nil || len(resources) == 0 {
			t.Fatalf("%s: got %d resources, %v, want some", kind, len(resources), err)
		}
		for _, r := range resources {
			if r.DeletionPolicy != "RetainExceptOnCreate" {
				t.Errorf("%s: got the deletion policy %q, want RetainExceptOnCreate", r.ID, r.DeletionPolicy)
			}
		}
	}
}

// maxGradual limits the functions with a canary, because each takes three resources more.
const maxGradual = 15

// TestTemplate_GradualDeployment checks the functions that CodeDeploy moves: an alarm moves
// them back, and a changed variable reaches them. CodeDeploy starts nothing while the alarm is
// raised, so GradualDeploy=off does without it.
func TestTemplate_GradualDeployment(t *testing.T) {
	stack, err := samtemplate.Load(templateFile, map[string]string{"Stage": "prod"})
	if err != nil {
		t.Fatal(err)
	}
	stack.Attribute = func(resource *samtemplate.Resource, _ string) (any, error) { return resource.ID, nil }
	off, err := samtemplate.Load(templateFile, map[string]string{"GradualDeploy": "off"})
	if err != nil {
		t.Fatal(err)
	}
	off.Attribute = stack.Attribute
	without := properties(t, off, "AWS::Serverless::Function")
	gradual := 0
	for id, p := range properties(t, stack, "AWS::Serverless::Function") {
		if p["AutoPublishAlias"] == nil {
			continue
		}
		gradual++
		preference := samtemplate.Map(p["DeploymentPreference"])
		if enabled := samtemplate.Map(without[id]["DeploymentPreference"])["Enabled"]; preference["Enabled"] != "true" || enabled != "false" {
			t.Errorf("%s: got CodeDeploy %v, and %v with GradualDeploy=off, want true and false", id, preference["Enabled"], enabled)
		}
		if p["AutoPublishAliasAllProperties"] != true || preference["Type"] != "Canary10Percent5Minutes" ||
			!slices.Equal(samtemplate.Strings(preference["Alarms"]), []string{"FailuresAlarm"}) {
			t.Errorf("%s: got %v, all properties %v, want a canary with FailuresAlarm and versions for all properties", id, preference, p["AutoPublishAliasAllProperties"])
		}
	}
	if gradual == 0 || gradual > maxGradual {
		t.Errorf("got %d functions with an alias, want 1 to %d", gradual, maxGradual)
	}
}

// TestTemplate_VisibilityTimeouts checks that a batch of a queue becomes visible again only after
// the invocation that has it must have ended.
func TestTemplate_VisibilityTimeouts(t *testing.T) {
	stack, _ := load(t)
	queues := properties(t, stack, "AWS::SQS::Queue")
	mappings := 0
	for _, f := range functions(t, stack) {
		for _, e := range f.Events {
			if e.Type != "SQS" {
				continue
			}
			mappings++
			queue := fmt.Sprint(e.Properties["Queue"])
			visibility, _ := queues[queue]["VisibilityTimeout"].(int)
			if visibility <= int(f.Timeout.Seconds()) {
				t.Errorf("%s: got %d s of %s, want more than the timeout of %s", queue, visibility, f.ID, f.Timeout)
			}
		}
	}
	if mappings < len(queues)/2 {
		t.Errorf("got %d readers of %d queues, half of which are for dead letters", mappings, len(queues))
	}
}

// TestSamconfig_Tags checks that each environment tags its stack: CloudFormation passes the
// tags of a stack on to its resources.
func TestSamconfig_Tags(t *testing.T) {
	text := readFile(t, filepath.Join(root, "samconfig.toml"))
	blocks := strings.Split(string(text), ".deploy.parameters]")[1:]
	if len(blocks) == 0 {
		t.Fatal("got no environment in samconfig.toml")
	}
	tags := regexp.MustCompile(`(?m)^tags = \["Application=ticketsystem", "Stage=(\w+)"\]$`)
	stage := regexp.MustCompile(`(?m)^parameter_overrides = \["Stage=(\w+)"`)
	for _, block := range blocks {
		tag, parameter := tags.FindStringSubmatch(block), stage.FindStringSubmatch(block)
		if len(tag) != 2 || len(parameter) != 2 || tag[1] != parameter[1] {
			t.Errorf("got the tags %v and the stage %v, want tags with the stage of the stack:\n%s", tag, parameter, block)
		}
	}
}

// TestTemplate_Budget checks that a budget is optional, and whom it tells.
func TestTemplate_Budget(t *testing.T) {
	for limit, want := range map[string]int{"0": 0, "50": 1} {
		stack, err := samtemplate.Load(templateFile, map[string]string{"MonthlyBudget": limit, "AlarmEmail": "ops@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		budgets, err := stack.Resources("AWS::Budgets::Budget")
		if err != nil || len(budgets) != want {
			t.Errorf("%s: got %d budgets, %v, want %d", limit, len(budgets), err, want)
		}
		for _, b := range budgets {
			properties, err := stack.Properties(b)
			if text := fmt.Sprint(properties); err != nil || !strings.Contains(text, "Amount:50") || strings.Count(text, "Address:ops@example.com") != 2 {
				t.Errorf("%s: got %s, %v", limit, text, err)
			}
		}
	}
}

// TestTemplate_Rules checks that a parameter that has no effect without another one is refused,
// with a text that names both.
func TestTemplate_Rules(t *testing.T) {
	zone := map[string]string{"HostedZoneId": "Z1"}
	domain := map[string]string{"DomainName": "help.example.com"}
	provider := map[string]string{"SmsProviderUrl": "https://sms.example.com"}
	for _, test := range []struct {
		name, value, needs string
		with               map[string]string
	}{
		{"DomainName", "help.example.com", "HostedZoneId", zone},
		{"HostedZoneId", "Z1", "DomainName", domain},
		{"MonthlyBudget", "50", "AlarmEmail", map[string]string{"AlarmEmail": "ops@example.com"}},
		{"SmsProviderHeader", "Authorization: {secret}", "SmsProviderUrl", provider},
		{"SmsProviderBody", "to={to}", "SmsProviderUrl", provider},
		{"SmsProviderAccepted", "ok", "SmsProviderUrl", provider},
	} {
		_, err := samtemplate.Load(templateFile, map[string]string{test.name: test.value})
		if err == nil || !strings.Contains(err.Error(), test.name) || !strings.Contains(err.Error(), "need") || !strings.Contains(err.Error(), test.needs) {
			t.Errorf("%s alone: got %v, want that it needs %s", test.name, err, test.needs)
		}
		both := maps.Clone(test.with)
		both[test.name] = test.value
		if _, err := samtemplate.Load(templateFile, both); err != nil {
			t.Errorf("%s with %s: %v", test.name, test.needs, err)
		}
	}
}

// TestDeploy_UnknownEnvironment checks that nothing is deployed without the parameters of an
// environment, which would be the defaults of the template.
func TestDeploy_UnknownEnvironment(t *testing.T) {
	for environment, want := range map[string]bool{"prod": true, "nowhere": false, "": false} {
		out, err := deploy(t, "ENV="+environment)
		if deployed := strings.Contains(out, "sam deploy"); deployed != want || (err == nil) != want {
			t.Errorf("%q: got %v, deployed %v, want %v\n%s", environment, err, deployed, want, out)
		}
	}
}

// deploy runs `make deploy` without building, and with a SAM CLI that prints its arguments.
func deploy(t *testing.T, variables ...string) (string, error) {
	t.Helper()
	args := []string{"--no-print-directory", "-o", ".cache/sam/installed", "-o", ".cache/functions-linux-arm64/built", "deploy", "GOARCH=arm64", "SAM=echo sam"}
	command := exec.CommandContext(t.Context(), "make", append(args, variables...)...)
	command.Dir, command.Env = root, append(os.Environ(), "MAKEFLAGS=") // not those of `make test`
	out, err := command.CombinedOutput()
	return string(out), err
}

// TestDeploy_NamesEveryParameter checks that a deployment sets each parameter: CloudFormation
// keeps the previous value of a parameter that it is not given.
func TestDeploy_NamesEveryParameter(t *testing.T) {
	want := templateDefaults(t)
	want["Stage"], want["LogRetentionDays"], want["Version"] = "prod", "365", "v1"
	out, err := deploy(t, "ENV=prod", "COMMIT=v1")
	_, arguments, _ := strings.Cut(out[strings.LastIndex(out, "\nsam deploy")+1:], "--parameter-overrides ")
	got := map[string]string{}
	for argument := range strings.FieldsSeq(arguments) {
		name, value, _ := strings.Cut(argument, "=")
		got[name] = strings.Trim(value, `"`) // as the SAM CLI does
	}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

// templateDefaults returns the defaults of the parameters of the template.
func templateDefaults(t *testing.T) map[string]string {
	t.Helper()
	var template struct {
		Parameters map[string]struct {
			Default *string `yaml:"Default"`
		} `yaml:"Parameters"`
	}
	if err := yaml.Unmarshal(readFile(t, templateFile), &template); err != nil {
		t.Fatal(err)
	}
	defaults := map[string]string{}
	for name, parameter := range template.Parameters {
		if parameter.Default != nil {
			defaults[name] = *parameter.Default
		}
	}
	return defaults
}

// TestDeploy_Urgent checks that only an urgent deployment does without CodeDeploy.
func TestDeploy_Urgent(t *testing.T) {
	for urgent, want := range map[string]string{"": "on", "yes": "off"} {
		out, err := deploy(t, "ENV=prod", "URGENT="+urgent)
		switches := regexp.MustCompile(`GradualDeploy="?(\w+)`).FindAllStringSubmatch(out, -1)
		if err != nil || len(switches) == 0 || switches[len(switches)-1][1] != want {
			t.Errorf("URGENT=%s: got %v, %v, want %s", urgent, switches, err, want)
		}
	}
}

// TestRollback_KeepsSettings checks that a rollback deploys the earlier code with the present
// settings: with the number of shards of then, tickets would not be found. It does not wait for
// the end of an alarm.
func TestRollback_KeepsSettings(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(name string, args ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), name, args...)
		command.Dir = folder
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	write("Makefile", string(readFile(t, filepath.Join(root, "Makefile"))))
	write("samconfig.toml", "QueueShards=1")
	run("git", "init", "--quiet")
	run("git", "add", ".")
	run("git", "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message", "before")
	run("git", "tag", "before")
	write("samconfig.toml", "QueueShards=8")
	out := run("make", "rollback", "ENV=prod", "TO=before", "MAKE=cat .cache/rollback/samconfig.toml; echo make")
	for _, want := range []string{"QueueShards=8", "deploy ENV=prod", "URGENT=yes", "COMMIT=before"} {
		if !strings.Contains(out, want) {
			t.Errorf("got no %s in\n%s", want, out)
		}
	}
}

// TestReplayScript_ReadsResult checks that infra/replay.sh finds the counts in the result of the
// function.
func TestReplayScript_ReadsResult(t *testing.T) {
	script := readFile(t, filepath.Join(root, "infra", "replay.sh"))
	pattern := regexp.MustCompile(`grep -o '([^']+)'`).FindSubmatch(script)
	result, err := json.Marshal(worker.ReplayResult{Cursor: "next", Tickets: 10, Repaired: 2, Users: 3})
	if err != nil || pattern == nil || !regexp.MustCompile(string(pattern[1])).Match(result) {
		t.Errorf("got %s, %v, want what the script matches: %s", result, err, pattern)
	}
}
