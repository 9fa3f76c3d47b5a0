package functions_test

import (
	"fmt"
	"strings"
	"testing"

	"roster/shared/aws/sam"
)

// CloudFormation takes 500 resources in a stack, and SAM makes several for each
// function. The limit of a function keeps room for twenty-five more.
const (
	stackLimit    = 500
	functionLimit = 9  // the usual one
	largestLimit  = 11 // the documentation has three paths, each with GET and HEAD
	moreFunctions = 25
)

// The count here follows SAM's rules without SAM, so that it needs nothing but
// Go. .ci/translations.py compares the report with what SAM's own translator
// makes, where that is installed.
func TestResources(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	var report strings.Builder
	total := len(template.Document["Resources"].(map[string]any)) - len(template.Functions)
	total++ // the API's stage
	total++ // CodeDeploy's application
	total++ // CodeDeploy's role
	for _, f := range template.Functions {
		n := generated(t, f)
		if n > largestLimit {
			t.Errorf("%s makes %d resources, more than %d: share what can be shared", f.LogicalID, n, largestLimit)
		}
		fmt.Fprintf(&report, "%s %d", f.LogicalID, n)
		if len(f.DependsOn) > 0 {
			fmt.Fprintf(&report, ", after %s", strings.Join(f.DependsOn, ", "))
		}
		fmt.Fprintln(&report)
		total += n
	}
	fmt.Fprintf(&report, "total %d\n", total)
	if after := total + moreFunctions*functionLimit; after > stackLimit {
		t.Errorf("%d resources now, %d with %d more functions; a stack has %d at most", total, after, moreFunctions, stackLimit)
	}
	golden(t, "testdata/resources.txt", report.String())
}

// generated counts what SAM makes of a function in a stage with a canary: the
// function, its role, version and alias, a permission for each route, a rule
// and a permission for each schedule, and a deployment group.
func generated(t *testing.T, f sam.Function) int {
	t.Helper()
	for _, name := range []string{"FunctionUrlConfig", "EventInvokeConfig", "DeadLetterQueue", "Role"} {
		if f.Properties[name] != nil {
			t.Errorf("%s has %s, which this test cannot count", f.LogicalID, name)
		}
	}
	n := 4 + len(f.Routes) + 2*len(f.Schedules)
	preference, _ := f.Properties["DeploymentPreference"].(map[string]any)
	if preference != nil && preference["Enabled"] != false {
		n++
	}
	return n
}
