package e2e

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"ticketsystem/localstack/judge/verdict"
	"ticketsystem/localstack/privileges"
)

// whole says whether all of the suite has run.
func whole() bool {
	for _, name := range []string{"test.run", "test.skip"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" && f.Value.String() != "." {
			return false
		}
	}
	return true
}

// unused is the name of a finding.
const unused = "grants that nothing uses"

// tellUnused is an error where the judge asks. Elsewhere it is a word of
// warning: some calls follow only from who was faster than whom.
func tellUnused(grants []privileges.Grant) error {
	var errs []error
	for _, g := range grants {
		errs = append(errs, errors.New("not used: "+g.String()))
	}
	if err := errors.Join(errs...); os.Getenv("JUDGE_OUT") != "" || err == nil {
		return err
	} else if _, err := fmt.Fprintln(os.Stderr, err); err != nil {
		return err
	}
	return nil
}

// judgePrivileges holds what the functions called while the suite ran against
// their policies. What they called must be allowed, and nothing on everything;
// what is allowed must have been called, if all of the suite has run.
func judgePrivileges(whole bool) error {
	all, err := privileges.Grants(suite.local.Template())
	if err != nil {
		return err
	}
	found := suite.calls.Compare(all, privileges.Reasons())
	lines := []verdict.Line{{
		Name: "calls that no policy allows", Figure: fmt.Sprintf("%d of %d calls of %d functions", len(found.Missing), found.Calls, found.Functions),
		Holds: len(found.Missing) == 0, Cause: strings.Join(found.Missing, "; "),
	}, {
		Name: "grants on everything (`*`)", Figure: fmt.Sprintf("%d of %d", len(found.Wide), found.Grants), Holds: len(found.Wide) == 0, Cause: strings.Join(found.Wide, "; "),
	}}
	if whole {
		lines = append(lines, verdict.Line{
			Name: unused, Figure: fmt.Sprintf("%d of %d", len(found.Unused), found.Grants), Holds: len(found.Unused) == 0,
			Cause: fmt.Sprintf("%d are used by the suite, %d have a written reason", len(found.Seen), len(found.Excused)),
		})
	}
	var errs []error
	for _, l := range lines {
		l.Item, l.Goal = "privileges", "0"
		if whole {
			errs = append(errs, verdict.Record(l))
		}
		if !l.Holds && l.Name != unused {
			errs = append(errs, fmt.Errorf("%s: %s", l.Name, l.Figure))
		}
	}
	for _, text := range found.Missing {
		errs = append(errs, errors.New("not allowed: "+text))
	}
	if whole {
		errs = append(errs, tellUnused(found.Unused),
			verdict.Detail("privileges", "What functions may do, and how often they did", found.Table(all)))
	}
	return errors.Join(errs...)
}
