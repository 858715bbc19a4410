package report

import (
	"os"
	"testing"
	"time"
)

// Names that end alike after a slash are different results.
func TestRecord_SlashInName(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("QUALITY_DIR", dir)
	for _, name := range []string{"a/c", "b/c", "c", "a%2Fc"} {
		if err := Record(Result{Check: "x", Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(dir + "/x")
	if err != nil || len(files) != 4 {
		t.Errorf("got %d files, %v; want 4", len(files), err)
	}
}

func TestTimeLeft(t *testing.T) {
	for deadline, want := range map[string]bool{
		"": true, time.Now().Add(time.Hour).Format(time.RFC3339): true, time.Now().Add(wrapUp / 2).Format(time.RFC3339): false,
	} {
		if t.Setenv("QUALITY_DEADLINE", deadline); TimeLeft() != want {
			t.Errorf("deadline %q: got %t", deadline, !want)
		}
	}
}
