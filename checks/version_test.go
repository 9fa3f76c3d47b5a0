package checks_test

import (
	"regexp"
	"strings"
	"testing"

	"roster"
)

var semver = regexp.MustCompile(`^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-dev)?$`)

// There is one version. A release takes "-dev" off it, and dates its heading in the
// changelog.
func TestThereIsOneVersion(t *testing.T) {
	t.Parallel()
	if !semver.MatchString(roster.Version) {
		t.Errorf("Version is %q", roster.Version)
	}
	inOpenAPI := regexp.MustCompile(`[ ,{]version: ([0-9][^ ,}\n]*)`).FindAllStringSubmatch(string(roster.OpenAPI), -1)
	if len(inOpenAPI) < 3 { // info, and two examples
		t.Errorf("openapi.yaml says the version %d times", len(inOpenAPI))
	}
	for _, said := range inOpenAPI {
		if said[1] != roster.Version {
			t.Errorf("openapi.yaml says %q, Version is %q", said[1], roster.Version)
		}
	}
	heading := regexp.MustCompile(`(?m)^## (\S+) \((unreleased|[0-9]{4}-[0-9]{2}-[0-9]{2})\)$`).FindStringSubmatch(readFile(t, "CHANGELOG.md"))
	if heading == nil || heading[1] != roster.Version {
		t.Fatalf("the first heading of CHANGELOG.md is %q, and should have %s", heading, roster.Version)
	}
	if dev := strings.HasSuffix(roster.Version, "-dev"); dev != (heading[2] == "unreleased") {
		t.Errorf("CHANGELOG.md says %s of %s", heading[2], roster.Version)
	}
}
