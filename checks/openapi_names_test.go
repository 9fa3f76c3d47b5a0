package checks_test

import (
	"strings"
	"testing"

	yaml3 "go.yaml.in/yaml/v3"

	"roster"
)

// Generators of clients make one type for each component, whatever its section,
// and some of them compare without regard to case. So each has a name of its own.
func TestComponentsHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	var doc struct {
		Components map[string]map[string]any
	}
	if err := yaml3.Unmarshal(roster.OpenAPI, &doc); err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for section, named := range doc.Components {
		if section == "headers" || section == "securitySchemes" { // they become no types
			continue
		}
		for name := range named {
			key := strings.ToLower(name)
			if other, taken := sections[key]; taken {
				t.Errorf("openapi.yaml: %s is in components.%s and in components.%s", name, section, other)
			}
			sections[key] = section
		}
	}
	if len(sections) < 30 {
		t.Errorf("openapi.yaml has only %d components", len(sections))
	}
}
