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

// runScript runs a check of one shell script in an empty folder and returns its results.
func runScript(t *testing.T, script string, budget time.Duration) []report.Result {
	t.Helper()
	return runInTemp(t, budget, []string{"sh", "-c", script})
}

// runInTemp runs a check of these commands in an empty folder and returns its results.
func runInTemp(t *testing.T, budget time.Duration, commands ...[]string) []report.Result {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, name := range []string{"QUALITY_DIR", "QUALITY_FULL", "QUALITY_COMMIT", "QUALITY_DEADLINE"} {
		t.Setenv(name, "") // restored at the end
	}
	c := check{name: "x", title: "X", commands: commands}
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
	results := runScript(t, "echo '--- FAIL: TestA (0.00s)'; exit 1", time.Minute)
	if len(results) != 1 || results[0].Pass || !strings.HasSuffix(results[0].Note, "failed: TestA") {
		t.Errorf("got %+v", results)
	}
}

// Without go test, the last line of the program stands for the cause.
func TestRunCheck_FailureNamesLastLine(t *testing.T) {
	results := runScript(t, "echo begun; echo 'no such item'; echo; echo 'make: *** [x] Error 1'; exit 1", time.Minute)
	if len(results) != 1 || !strings.HasSuffix(results[0].Note, "; no such item") {
		t.Errorf("got %+v", results)
	}
}

// A check that is cut fails by that, and keeps what it had recorded.
func TestRunCheck_Deadline(t *testing.T) {
	script := `echo '{"Check": "x", "Name": "rate", "Pass": true}' >"$QUALITY_DIR/x/rate.json"; sleep 600`
	results := runScript(t, script, time.Second)
	if len(results) != 2 || !results[0].Pass || results[1].Pass || !strings.HasPrefix(results[1].Value, "cut after") {
		t.Errorf("got %+v", results)
	}
}

// A failing result of the command says more than its exit status, one of an earlier command
// nothing about it.
func TestRunCheck_FailureOfEachCommand(t *testing.T) {
	fails := []string{"sh", "-c", `sleep 1; echo '{"Check": "x", "Name": "rate", "At": "'$(date -u +%Y-%m-%dT%H:%M:%SZ)'"}' >"$QUALITY_DIR/x/rate.json"; exit 1`}
	results := runInTemp(t, time.Minute, fails, []string{"sh", "-c", "echo 'panic: no answer'; exit 1"}, []string{"sh", "-c", "echo 'no port'; exit 1"})
	var got []string
	for _, r := range results {
		_, cause, _ := strings.Cut(r.Note, "; ")
		_, cause, _ = strings.Cut(cause, "; ")
		got = append(got, r.Name+": "+cause)
	}
	if want := []string{"rate: ", "exit status of command 2 of 3: panic: no answer", "exit status of command 3 of 3: no port"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
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
