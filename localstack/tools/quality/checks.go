package main

import "time"

// check is one part of the quality suite.
type check struct {
	name     string // identifies the check in results and on the command line
	title    string
	budget   time.Duration
	commands [][]string // run from the root of the repository
}

// goTest returns the command that runs the tests of packages that match a pattern.
func goTest(pattern string, packages ...string) []string {
	return append([]string{"go", "test", "-count=1", "-timeout=4h", "-run", pattern}, packages...)
}

const (
	conformance = "./localstack/tests/conformance"
	e2e         = "./localstack/tests/e2e"
	faults      = "./localstack/tests/faultinjection"
)

// checks returns all checks in the order of the report. A run of all takes 85 minutes at
// most, on two cores. Checks that measure time stand first: until they are done, nothing else
// may run on the machine. The faults and the seeded bugs stand last because they use what is
// left.
func checks() []check {
	return []check{
		{"costs", "Cost of every operation", time.Minute, [][]string{goTest("^TestOperationCosts$|^TestPostCostUnderContention$", conformance)}},
		{"cost", "Cost of 1,000 tickets", 3 * time.Minute, [][]string{{"make", "cost"}}},
		{"hot-keys", "Rate at which the busiest key is full", time.Minute, [][]string{goTest("^TestCeiling", "./localstack/tools/hotkeys")}},
		{"scale", "Cost and latency with 10 million items", 6 * time.Minute, [][]string{goTest("^TestCostAtScale", conformance)}},
		{"cold-start", "Cold start of every function", 3 * time.Minute, [][]string{{"go", "run", "./localstack/tools/bench", "cold-start"}}},
		{"speed", "Throughput, latency and memory", 12 * time.Minute, [][]string{{"make", "bench"}}},
		{"console", "Sizes, speed and memory of the web console", 3 * time.Minute, [][]string{{"make", "speed-console"}}},
		{"crash-points", "Same state after a crash at any point and a retry", time.Minute, [][]string{goTest("^TestCrashPoints", conformance, faults)}},
		{"linearizability", "Linearizability of the ticket log", 4 * time.Minute, [][]string{goTest("^TestLinear", conformance)}},
		{"races", "Data races in the store tests", 5 * time.Minute, [][]string{{"env", "-u", "QUALITY_FULL", "-u", "QUALITY_DIR", "CGO_ENABLED=1", "go", "test", "-race", "-count=1", "-timeout=1h", conformance}}},
		{"stream", "Projections equal a replay of the log under stream faults", 3 * time.Minute, [][]string{goTest("^TestStream_|^TestReplay|^TestPoison", conformance, "./localstack/emulator/stack", e2e)}},
		{"authorization", "Authorization matrix", time.Minute, [][]string{goTest("^TestRoleMatrix", e2e)}},
		{"fuzz", "Fuzzing of decoders and API", 11 * time.Minute, [][]string{{"make", "fuzz"}}},
		{"auth", "Authentication attacks", 2 * time.Minute, [][]string{goTest("^TestAuth", conformance, e2e)}},
		{"attacks", "Attacks with the default limits", 4 * time.Minute, [][]string{goTest("^TestAttack", "./localstack/tests/attacks")}},
		{"iam", "IAM least privilege", 3 * time.Minute, [][]string{goTest(".", e2e)}},
		{"restore", "Restore drill on the emulator", time.Minute, [][]string{{"make", "test-restore"}}},
		{"accessibility", "Accessibility and appearance of the web console", 11 * time.Minute, [][]string{{"make", "test-console-quality"}}},
		{"template", "Template linters", 2 * time.Minute, [][]string{{"make", "lint-template"}}},
		{"faults", "Exactly-once under faults", 4 * time.Minute, [][]string{goTest("^TestFaults_ThrottledKeys$|^TestFaults_FullTable$", faults), goTest("^TestFaults_ExactlyOnce$", faults)}},
		{"seeded-bugs", "Seeded bugs detected", 3 * time.Minute, [][]string{{"make", "mutation-test"}}},
	}
}
