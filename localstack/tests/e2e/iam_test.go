package e2e

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"ticketsystem/localstack/repo"
	"ticketsystem/localstack/testkit/iamcheck"
	"ticketsystem/localstack/testkit/report"
)

// fullRun reports whether the whole suite has run.
func fullRun() bool {
	for _, name := range []string{"test.run", "test.skip"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" && f.Value.String() != "." {
			return false
		}
	}
	return true
}

// unusedGrants is the name of a result.
const unusedGrants = "unused grants"

// reportUnused returns an error if a quality report is written. Otherwise it prints a
// warning, because some calls depend on timing.
func reportUnused(grants []iamcheck.Grant) error {
	var errs []error
	for _, g := range grants {
		errs = append(errs, errors.New("not used: "+g.String()))
	}
	if err := errors.Join(errs...); os.Getenv("QUALITY_DIR") != "" || err == nil {
		return err
	} else if _, err := fmt.Fprintln(os.Stderr, err); err != nil {
		return err
	}
	return nil
}

// checkPermissions compares the functions' AWS calls during the suite with their
// policies. Every call must be allowed, and no grant may have a wildcard resource. If
// the whole suite has run, every grant must have been used. With UPDATE_GOLDEN set it
// first writes the recorded calls into the policies of template.yaml.
func checkPermissions(full bool) error {
	if os.Getenv("UPDATE_GOLDEN") != "" {
		path := filepath.Join(repo.MustRoot(), "template.yaml")
		removed, err := suite.calls.Update(path, suite.local.Template(), iamcheck.Exceptions())
		if err != nil {
			return err
		}
		for _, text := range removed {
			if _, err := fmt.Fprintln(os.Stderr, "removed, because no call has used it:", text); err != nil {
				return err
			}
		}
	}
	all, err := iamcheck.Grants(suite.local.Template())
	if err != nil {
		return err
	}
	found := suite.calls.Compare(all, iamcheck.Exceptions())
	lines := []report.Result{{
		Name: "calls not allowed by any policy", Value: fmt.Sprintf("%d of %d calls of %d functions", len(found.Missing), found.Calls, found.Functions),
		Pass: len(found.Missing) == 0, Note: strings.Join(found.Missing, "; "),
	}, {
		Name: "grants of the policies in template.yaml on all resources (`*`) or all items", Value: fmt.Sprintf("%d of %d", len(found.Wildcards), found.Grants), Pass: len(found.Wildcards) == 0, Note: strings.Join(found.Wildcards, "; "),
	}}
	if full {
		lines = append(lines, report.Result{
			Name: unusedGrants, Value: fmt.Sprintf("%d of %d", len(found.Unused), found.Grants), Pass: len(found.Unused) == 0,
			Note: fmt.Sprintf("%d are used by the suite, %d have a documented exception", len(found.CallsByGrant), len(found.Exceptions)),
		})
	}
	var errs []error
	for _, l := range lines {
		l.Check, l.Target = "iam", "0"
		if full {
			errs = append(errs, report.Record(l))
		}
		if !l.Pass && l.Name != unusedGrants {
			errs = append(errs, fmt.Errorf("%s: %s", l.Name, l.Value))
		}
	}
	for _, text := range found.Missing {
		errs = append(errs, errors.New("not allowed: "+text))
	}
	if full {
		errs = append(errs, reportUnused(found.Unused),
			report.Detail("iam", "Permissions of the functions and their use", found.Table(all)))
	}
	return errors.Join(errs...)
}
