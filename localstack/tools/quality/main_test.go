package main

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"ticketsystem/localstack/testkit/report"
)

func TestRunCheck_FailureNamesTests(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"QUALITY_DIR", "QUALITY_FULL", "QUALITY_COMMIT"} {
		t.Setenv(name, "") // restored at the end
	}
	script := "echo '--- FAIL: TestA (0.00s)'; exit 1"
	if err := runCheck(context.Background(), check{"x", "X", [][]string{{"sh", "-c", script}}}, true, "c"); err != nil {
		t.Fatal(err)
	}
	results, err := loadResults("x")
	if err != nil || len(results) != 1 || !strings.HasSuffix(results[0].Note, "failed: TestA") || results[0].Commit != "c" {
		t.Errorf("got %+v, %v", results, err)
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
