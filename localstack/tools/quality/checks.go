package main

// check is one thing that the judge asks of the system.
type check struct {
	name     string // its slug, which findings name
	title    string
	commands [][]string // the commands that answer it, run from the repository's root
}

// goTest runs the tests of a package that match a pattern.
func goTest(pattern, pkg string) []string {
	return []string{"go", "test", "-count=1", "-timeout=4h", "-run", pattern, pkg}
}

const (
	conformance = "./localstack/tests/conformance"
	e2e         = "./localstack/tests/e2e"
)

// checks in the order of the report.
func checks() []check {
	return []check{
		{"floors", "Does every operation cost what the design allows?", [][]string{goTest("^TestOperationCosts$|^TestPostCostUnderContention$", conformance)}},
		{"growth", "Does it cost and take the same among 10 million items?", [][]string{goTest("^TestCostAtScale", conformance)}},
		{"cold-start", "How long does a function take to its first answer, beside an empty one?", [][]string{{"go", "run", "./localstack/tools/bench", "cold-start"}}},
		{"faults", "Is a message that was acknowledged there once, whatever breaks?", [][]string{goTest("^TestFaults", "./localstack/tests/faultinjection")}},
		{"crash-points", "Is the state the same, wherever a function dies?", [][]string{goTest("^TestCrashPoints", "./localstack/...")}},
		{"log", "Is the log linearizable?", [][]string{goTest("^TestLinear", conformance)}},
		{"stream", "Do projections equal a replay of the log, whatever the stream does?", [][]string{goTest("^TestStream_|^TestReplay|^TestPoison", "./localstack/...")}},
		{"roles", "Does who may not get nothing?", [][]string{goTest("^TestRoleMatrix", e2e)}},
		{"fuzz", "Is no input answered by an error of ours?", [][]string{{"make", "fuzz"}}},
		{"auth", "Does no one get in who should not, and nobody stay out?", [][]string{goTest("^TestAuth", "./localstack/...")}},
		{"privileges", "May a function call what it calls, and nothing else?", [][]string{goTest(".", e2e)}},
		{"templates", "Do the templates hold to good practice?", [][]string{{"make", "check-template"}}},
		{"speed", "How fast is it, and how much does it hold?", [][]string{{"make", "bench"}}},
		{"mutants", "Do the tests see a bug when there is one?", [][]string{{"make", "mutate"}}},
	}
}
