package functions_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// `sam local` gives a variable that refers to a resource the resource's logical ID.
// A function would look for a secret of that name in Secrets Manager and not start.
// So env.json in docs/localdev.md empties these variables.
func TestSAMLocalNeedsNoSecret(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/localdev.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), `    {"Parameters": `)
	var given map[string]string
	if err := json.NewDecoder(strings.NewReader(after)).Decode(&given); err != nil {
		t.Fatalf("docs/localdev.md has no env.json: %v", err)
	}
	template := readTemplate(t)
	conditional := map[string]bool{"SECRET_ARN": true, "MIGRATE_SECRET_ARN": true} // empty without the parameters
	for _, f := range template.Functions {
		if f.Folder == "rotate_keys" { // it works on secrets alone
			continue
		}
		for _, variable := range secretVariables() {
			_, declared := f.Environment[variable]
			if value, empty := given[variable]; declared && !conditional[variable] && (!empty || value != "") {
				t.Errorf("%s would look for the secret that %s names", f.Folder, variable)
			}
		}
	}
}
