package functions_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What stays when the stack is deleted must not be a surprise.
func TestWhatStaysIsListed(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/uninstall.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		first, _, isRow := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		if isRow && strings.HasPrefix(line, "| `") {
			for _, name := range regexp.MustCompile("`([A-Za-z]+)`").FindAllStringSubmatch(first, -1) {
				listed[name[1]] = true
			}
		}
	}
	template := readTemplate(t)
	stays := map[string]bool{}
	for id := range template.Document["Resources"].(map[string]any) {
		policy, _ := template.Resource(id)["DeletionPolicy"].(string)
		if strings.HasPrefix(policy, "Retain") {
			stays[id] = true
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(stays)), slices.Sorted(maps.Keys(listed))); diff != "" {
		t.Errorf("(-what stays by template.yaml +docs/uninstall.md):\n%s", diff)
	}
}

// A failed first deployment is deleted, with everything that is RetainExceptOnCreate.
// The log that says why it failed must not be.
func TestTheLogOfAFailedDeploymentStays(t *testing.T) {
	t.Parallel()
	if got := readTemplate(t).Resource("FunctionLogs")["DeletionPolicy"]; got != "Retain" {
		t.Errorf("FunctionLogs has DeletionPolicy %v", got)
	}
}
