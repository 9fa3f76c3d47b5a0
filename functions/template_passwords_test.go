package functions_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Each function that sets passwords asks the same length of them: 12, unless a
// secret says otherwise. facts_test.go says which functions those are.
func TestTheTemplateAsksTwelveCharacters(t *testing.T) {
	t.Parallel()
	got := map[string]any{}
	for _, f := range readTemplate(t).Functions {
		if _, sets := f.Environment["PASSWORD_MIN_LENGTH"]; sets {
			variables := f.Properties["Environment"].(map[string]any)["Variables"].(map[string]any)
			got[f.Folder] = variables["PASSWORD_MIN_LENGTH"]
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(got)) {
		if diff := cmp.Diff(any(12), got[folder]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", folder, diff)
		}
	}
	if len(got) != 7 {
		t.Errorf("%d functions ask it: %v", len(got), got)
	}
}
