package contract

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"ticketsystem/localstack/emulator/samtemplate"
)

// TestRestore_Detach checks that infra/restore.py replaces every form of a reference to the
// table, and that functions with an alias get a version with the new table at once.
func TestRestore_Detach(t *testing.T) {
	const template = `{
		"Parameters": {"TableSize": {"Type": "Number", "Default": 1}},
		"Resources": {
			"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {}},
			"TableErrorsAlarm": {"Type": "AWS::CloudWatch::Alarm", "DependsOn": "Table", "Properties": {"Name": {"Ref": "Table"}, "Size": {"Ref": "TableSize"}}},
			"F": {"Type": "AWS::Lambda::Function", "DependsOn": ["Table", "R"], "Properties": {
				"List": [{"Fn::GetAtt": ["Table", "Arn"]}, {"Fn::GetAtt": ["R", "Arn"]}],
				"Dotted": {"Fn::GetAtt": "Table.StreamArn"},
				"Sub": {"Fn::Sub": "${Table.Arn}/index/a ${Table} ${TableSize} ${!Table} ${AWS::Region}"},
				"SubWithMap": {"Fn::Sub": ["${Table}/${X}", {"X": {"Ref": "Table"}}]},
				"Shadowed": {"Fn::Sub": ["${Table}", {"Table": "own"}]},
				"If": {"Fn::If": ["IsProd", {"Ref": "Table"}, "Table"]}
			}},
			"G": {"Type": "AWS::Lambda::Function", "Properties": {"Environment": {"Variables": {"TABLE_NAME": {"Ref": "Table"}}}}},
			"GVersion0a1b": {"Type": "AWS::Lambda::Version", "DeletionPolicy": "Retain", "Properties": {"FunctionName": {"Ref": "G"}}},
			"GAliaslive": {"Type": "AWS::Lambda::Alias", "UpdatePolicy": {"CodeDeployLambdaAliasUpdate": {}},
				"Properties": {"FunctionVersion": {"Fn::GetAtt": ["GVersion0a1b", "Version"]}}}
		},
		"Outputs": {"TableName": {"Value": {"Ref": "Table"}}}
	}`
	const want = `{
		"Parameters": {"TableSize": {"Type": "Number", "Default": 1}},
		"Resources": {
			"TableErrorsAlarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Name": "new", "Size": {"Ref": "TableSize"}}},
			"F": {"Type": "AWS::Lambda::Function", "DependsOn": ["R"], "Properties": {
				"List": ["arn:new", {"Fn::GetAtt": ["R", "Arn"]}],
				"Dotted": "arn:stream",
				"Sub": {"Fn::Sub": "arn:new/index/a new ${TableSize} ${!Table} ${AWS::Region}"},
				"SubWithMap": {"Fn::Sub": ["new/${X}", {"X": "new"}]},
				"Shadowed": {"Fn::Sub": ["${Table}", {"Table": "own"}]},
				"If": {"Fn::If": ["IsProd", "new", "Table"]}
			}},
			"G": {"Type": "AWS::Lambda::Function", "Properties": {"Environment": {"Variables": {"TABLE_NAME": "new", "RESTORED_TABLE": "new"}}}},
			"GVersion0a1bRestored": {"Type": "AWS::Lambda::Version", "DeletionPolicy": "Retain", "Properties": {"FunctionName": {"Ref": "G"}}},
			"GAliaslive": {"Type": "AWS::Lambda::Alias",
				"Properties": {"FunctionVersion": {"Fn::GetAtt": ["GVersion0a1bRestored", "Version"]}}}
		},
		"Outputs": {"TableName": {"Value": "new"}}
	}`
	command := exec.CommandContext(t.Context(), "python3", filepath.Join(root, "infra", "restore.py"), "--detach", "new", "arn:new", "arn:stream")
	command.Stdin = strings.NewReader(template)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("restore.py: %v\n%s", err, stderr.String())
	}
	var got, wanted any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, wanted) {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
}

// python runs statements after those of infra/restore.py, with a Restore of a stack whose calls
// of AWS a test replaces. It returns their output.
func python(t *testing.T, statements string) string {
	t.Helper()
	const prepare = `
import json, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import restore
r = restore.Restore.__new__(restore.Restore)
r.stack = "prod"
`
	command := exec.CommandContext(t.Context(), "python3", "-c", prepare+statements, filepath.Join(root, "infra"))
	command.Dir = t.TempDir()
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("restore.py: %v\n%s", err, out)
	}
	return string(out)
}

// TestRestore_NoCanaries checks that no update of a restore waits for CodeDeploy, which starts
// nothing while its alarm is raised.
func TestRestore_NoCanaries(t *testing.T) {
	out := python(t, `
template = {"Resources": {"Table": {"Type": "AWS::DynamoDB::Table"}, "Alias": {"Type": "AWS::Lambda::Alias", "UpdatePolicy": {}}}}
r.table = lambda name: {"TableArn": "arn", "LatestStreamArn": "stream"}
r.table_of_stack = lambda: "old"
r.apply = lambda template, kind, **options: print(kind, "UpdatePolicy" in template["Resources"]["Alias"])
r.switch("new", template)
`)
	if want := "UPDATE False\nIMPORT False\nUPDATE False\n"; out != want {
		t.Errorf("got the updates and whether they have a canary\n%s\nwant\n%s", out, want)
	}
}

// TestRestore_Target checks that each restore of the last moment has a table of its own, that a
// repeated run goes on with its table, and that a table of another run is used only if that is
// confirmed.
func TestRestore_Target(t *testing.T) {
	out := python(t, `
import datetime, pathlib, types
exists = {}
r.cloudformation = types.SimpleNamespace(get_template=lambda **which: {"TemplateBody": {}})
r.table_of_stack = lambda: "old"
r.table = exists.get
restore.confirm = print
plan = pathlib.Path(".cache/plan.json")
def run(at, day):
    print(day, restore.planned(r, at, plan, datetime.datetime(2026, 3, day))["target"])
run("latest", 1)
run("latest", 2)
plan.unlink()
run("latest", 3)
plan.unlink()
exists["prod-20260301"] = {"CreationDateTime": "Monday"}
run("2026-03-01", 4)
`)
	const want = `prod: table old as of latest becomes prod-latest-20260301T000000Z
restore?
1 prod-latest-20260301T000000Z
go on with the interrupted restore of prod-latest-20260301T000000Z? To begin a new one, delete .cache/plan.json
2 prod-latest-20260301T000000Z
prod: table old as of latest becomes prod-latest-20260303T000000Z
restore?
3 prod-latest-20260303T000000Z
prod: table old as of 2026-03-01 becomes prod-20260301
use prod-20260301, which exists since Monday?
4 prod-20260301
`
	if out != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
}

// TestTemplate_Recovery checks what a restore needs: point-in-time recovery of the table, and
// versions of files that are kept as long.
func TestTemplate_Recovery(t *testing.T) {
	const days = 35 // of point-in-time recovery
	stack, _ := load(t)
	for id, p := range properties(t, stack, "AWS::DynamoDB::Table") {
		if samtemplate.Map(p["PointInTimeRecoverySpecification"])["PointInTimeRecoveryEnabled"] != true {
			t.Errorf("%s: got %v, want point-in-time recovery", id, p["PointInTimeRecoverySpecification"])
		}
	}
	for id, p := range properties(t, stack, "AWS::S3::Bucket") {
		if status := samtemplate.Map(p["VersioningConfiguration"])["Status"]; status != "Enabled" {
			t.Errorf("%s: got the versioning %v, want Enabled", id, status)
		}
		kept := 0
		for _, rule := range samtemplate.List(samtemplate.Map(p["LifecycleConfiguration"])["Rules"]) {
			if r := samtemplate.Map(rule); r["Prefix"] == nil {
				kept = samtemplate.Number(samtemplate.Map(r["NoncurrentVersionExpiration"])["NoncurrentDays"], 0)
			}
		}
		if kept != days {
			t.Errorf("%s: got versions kept for %d days, want %d", id, kept, days)
		}
	}
}

// TestTemplate_Backup checks that a backup is made of the table and the bucket, if it is wanted.
func TestTemplate_Backup(t *testing.T) {
	for days, want := range map[string]int{"0": 0, "30": 1} {
		stack, err := samtemplate.Load(templateFile, map[string]string{"BackupDays": days})
		if err != nil {
			t.Fatal(err)
		}
		stack.Attribute = func(resource *samtemplate.Resource, _ string) (any, error) { return resource.ID, nil }
		for _, kind := range []string{"BackupVault", "BackupPlan", "BackupSelection"} {
			if got := properties(t, stack, "AWS::Backup::"+kind); len(got) != want {
				t.Errorf("BackupDays=%s: got %d of %s, want %d", days, len(got), kind, want)
			}
		}
		for _, p := range properties(t, stack, "AWS::Backup::BackupSelection") {
			if got := samtemplate.Strings(samtemplate.Map(p["BackupSelection"])["Resources"]); !reflect.DeepEqual(got, []string{"Table", "Bucket"}) {
				t.Errorf("BackupDays=%s: got a backup of %v, want the table and the bucket", days, got)
			}
		}
	}
}
