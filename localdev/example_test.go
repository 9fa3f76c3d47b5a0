package main

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What .env.example offers is taken from .env, and the other way round.
func TestTheExampleHasEveryVariable(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	var offered []string
	for _, m := range regexp.MustCompile(`(?m)^# ([A-Z_]+)=`).FindAllStringSubmatch(string(example), -1) {
		offered = append(offered, m[1])
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(offered)), slices.Sorted(slices.Values(variableNames))); diff != "" {
		t.Errorf("variables of .env.example (-) and those that localdev takes (+):\n%s", diff)
	}
}
