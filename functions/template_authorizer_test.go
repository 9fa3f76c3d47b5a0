package functions_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Other stacks import the authorizer's alias by the name of this output. API
// Gateway may call it for authorizers of this account and Region, and for nothing
// else.
func TestTheAuthorizerIsForOtherStacks(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	permissions := resources(template, "AWS::Lambda::Permission")
	want := map[string]map[string]any{"InvokeAuthorizer": {
		"FunctionName": ref("AuthorizerFunction.Alias"),
		"Action":       "lambda:InvokeFunction",
		"Principal":    "apigateway.amazonaws.com",
		"SourceArn":    map[string]any{"Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:*/authorizers/*"},
	}}
	if diff := cmp.Diff(want, permissions); diff != "" {
		t.Errorf("permissions (-want +got):\n%s", diff)
	}
	if routes := template.Function("authorizer").Routes; len(routes) > 0 {
		t.Errorf("the authorizer has the routes %v", routes)
	}
	output := template.Document["Outputs"].(map[string]any)["AuthorizerArn"].(map[string]any)
	delete(output, "Description")
	if diff := cmp.Diff(map[string]any{
		"Value":  ref("AuthorizerFunction.Alias"),
		"Export": map[string]any{"Name": map[string]any{"Fn::Sub": "${AWS::StackName}-AuthorizerArn"}},
	}, output); diff != "" {
		t.Errorf("the output (-want +got):\n%s", diff)
	}
}
