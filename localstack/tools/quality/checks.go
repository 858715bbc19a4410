package main

// check is one part of the quality suite.
type check struct {
	name     string // identifies the check in results and on the command line
	title    string
	commands [][]string // run from the root of the repository
}

// goTest returns the command that runs the tests of a package that match a pattern.
func goTest(pattern, pkg string) []string {
	return []string{"go", "test", "-count=1", "-timeout=4h", "-run", pattern, pkg}
}

const (
	conformance = "./localstack/tests/conformance"
	e2e         = "./localstack/tests/e2e"
)

// checks returns all checks in the order of the report.
func checks() []check {
	return []check{
		{"costs", "Cost of every operation", [][]string{goTest("^TestOperationCosts$|^TestPostCostUnderContention$", conformance)}},
		{"cost", "Cost of 1,000 tickets", [][]string{{"make", "cost"}}},
		{"hot-keys", "Rate at which the busiest key is full", [][]string{goTest("^TestCeiling", "./localstack/tools/hotkeys")}},
		{"scale", "Cost and latency with 10 million items", [][]string{goTest("^TestCostAtScale", conformance)}},
		{"cold-start", "Cold start of every function", [][]string{{"go", "run", "./localstack/tools/bench", "cold-start"}}},
		{"faults", "Exactly-once under faults", [][]string{goTest("^TestFaults", "./localstack/tests/faultinjection")}},
		{"crash-points", "Same state after a crash at any point and a retry", [][]string{goTest("^TestCrashPoints", "./localstack/...")}},
		{"linearizability", "Linearizability of the ticket log", [][]string{goTest("^TestLinear", conformance)}},
		{"races", "Data races in the store tests", [][]string{{"env", "-u", "QUALITY_FULL", "-u", "QUALITY_DIR", "go", "test", "-race", "-count=1", "-timeout=1h", conformance}}},
		{"stream", "Projections equal a replay of the log under stream faults", [][]string{goTest("^TestStream_|^TestReplay|^TestPoison", "./localstack/...")}},
		{"authorization", "Authorization matrix", [][]string{goTest("^TestRoleMatrix", e2e)}},
		{"fuzz", "Fuzzing of decoders and API", [][]string{{"make", "fuzz"}}},
		{"auth", "Authentication attacks", [][]string{goTest("^TestAuth", "./localstack/...")}},
		{"attacks", "Attacks with the default limits", [][]string{goTest("^TestAttack", "./localstack/tests/attacks")}},
		{"iam", "IAM least privilege", [][]string{goTest(".", e2e)}},
		{"accessibility", "Accessibility and appearance of the web console", [][]string{{"make", "test-console-quality"}}},
		{"template", "Template linters", [][]string{{"make", "lint-template"}}},
		{"speed", "Throughput, latency and memory", [][]string{{"make", "bench"}}},
		{"console", "Sizes, speed and memory of the web console", [][]string{{"make", "speed-console"}}},
		{"seeded-bugs", "Seeded bugs detected", [][]string{{"make", "mutation-test"}}},
	}
}
