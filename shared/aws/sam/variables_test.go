package sam_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/shared/aws/sam"
)

func TestVariables(t *testing.T) {
	t.Parallel()
	f := sam.Function{Environment: map[string]sam.Value{
		"SECRET_ARN": {Intrinsic: true}, "KEYS_SECRET_ARN": {Literal: "arn:other"},
		"STAGE": {Literal: "dev"}, "PUBLIC_URL": {Intrinsic: true}, "ADMIN_EMAIL": {Intrinsic: true},
	}}
	got := f.Variables("arn:one", map[string]string{"PUBLIC_URL": "https://accounts.example.com", "STAGE": "prod"})
	want := []string{"KEYS_SECRET_ARN=arn:one", "PUBLIC_URL=https://accounts.example.com", "SECRET_ARN=arn:one", "STAGE=dev"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
