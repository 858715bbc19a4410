package main

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/report"
)

// runInTemp runs a check of one shell script in an empty folder and returns its results.
func runInTemp(t *testing.T, script string, budget time.Duration) []report.Result {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, name := range []string{"QUALITY_DIR", "QUALITY_FULL", "QUALITY_COMMIT", "QUALITY_DEADLINE"} {
		t.Setenv(name, "") // restored at the end
	}
	c := check{name: "x", title: "X", commands: [][]string{{"sh", "-c", script}}}
	if err := runCheck(context.Background(), c, runInfo{Commit: "c"}, time.Now().Add(budget)); err != nil {
		t.Fatal(err)
	}
	if run, err := loadRun("x"); err != nil || run.Commit != "c" || run.At.IsZero() {
		t.Errorf("got %+v, %v", run, err)
	}
	results, err := loadResults("x")
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func TestRunCheck_FailureNamesTests(t *testing.T) {
	results := runInTemp(t, "echo '--- FAIL: TestA (0.00s)'; exit 1", time.Minute)
	if len(results) != 1 || results[0].Pass || !strings.HasSuffix(results[0].Note, "failed: TestA") {
		t.Errorf("got %+v", results)
	}
}

// Without go test, the last line of the program stands for the cause.
func TestRunCheck_FailureNamesLastLine(t *testing.T) {
	results := runInTemp(t, "echo begun; echo 'no such item'; echo; echo 'make: *** [x] Error 1'; exit 1", time.Minute)
	if len(results) != 1 || !strings.HasSuffix(results[0].Note, "; no such item") {
		t.Errorf("got %+v", results)
	}
}

// A check that is cut fails by that, and keeps what it had recorded.
func TestRunCheck_Deadline(t *testing.T) {
	script := `echo '{"Check": "x", "Name": "rate", "Pass": true}' >"$QUALITY_DIR/x/rate.json"; sleep 600`
	results := runInTemp(t, script, time.Second)
	if len(results) != 2 || !results[0].Pass || results[1].Pass || !strings.HasPrefix(results[1].Value, "cut after") {
		t.Errorf("got %+v", results)
	}
}

// A failing result of the check says more than its exit status.
func TestRecordFailure_KeepsOwnResult(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("QUALITY_DIR", resultsDir)
	if err := report.Record(report.Result{Check: "x", Name: "rate"}); err != nil {
		t.Fatal(err)
	}
	if err := recordFailure(check{name: "x"}, []string{"go"}, os.ErrInvalid, "no log"); err != nil {
		t.Fatal(err)
	}
	results, err := loadResults("x")
	names := slices.Collect(func(yield func(string) bool) {
		for _, r := range results {
			yield(r.Name)
		}
	})
	if err != nil || !slices.Equal(names, []string{"rate"}) {
		t.Errorf("got %v, %v", names, err)
	}
}

// A child that outlives its parent ends with the group: the pipe it holds is closed.
func TestKillGroup(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("sh", "-c", "sleep 600 &")
	command.Stdout, command.SysProcAttr = write, &syscall.SysProcAttr{Setpgid: true}
	if err := command.Run(); err != nil {
		t.Fatal(err)
	}
	if err := write.Close(); err != nil {
		t.Fatal(err)
	}
	killGroup(command)
	if _, err := read.Read(make([]byte, 1)); err == nil {
		t.Error("the child wrote")
	}
}
