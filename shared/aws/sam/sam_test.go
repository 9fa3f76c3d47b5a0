package sam_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/shared/aws/sam"
)

const small = `
AWSTemplateFormatVersion: 2010-09-09
Globals:
  Function:
    Timeout: 10
    VpcConfig: !If [HasVpc, {SubnetIds: !Ref Subnets}, !Ref AWS::NoValue]
    Environment: {Variables: {LEVEL: info, STAGE: !Ref Stage, LOCAL: !Ref AWS::NoValue}}
Resources:
  Zebra:
    Type: AWS::Serverless::Function
    DependsOn: Schema
    Properties:
      CodeUri: ./functions/zebra/
      MemorySize: 1024
      Policies: !Ref Read
      Environment: {Variables: {LEVEL: debug, LIMIT: 8, LOUD: true, URL: !Sub 'https://${Host}'}}
      Events:
        Put: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: put, Path: '/z/{name}'}}
        Get: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: GET, Path: '/z/{name}'}}
        Queue: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}
  Ant:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/ant
      Policies:
        - AWSLambdaBasicExecutionRole
        - Statement: {Effect: Allow, Action: sqs:SendMessage, Resource: !GetAtt Queue.Arn}
      Events:
        Rest: {Type: HttpApi}
        Daily: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
        Weekly: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(7 days)}}
  Read:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - {Effect: Allow, Action: [s3:GetObject, s3:ListBucket], Resource: '*', Condition: {Bool: {a: true}}}
          - !If [HasVpc, {Effect: Deny, Action: a:B, Resource: c}, !Ref AWS::NoValue]
`

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := sam.Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	arn := map[string]any{"Fn::GetAtt": []any{"Queue", "Arn"}}
	want := []sam.Function{{
		LogicalID: "Zebra", Folder: "zebra", Memory: 1024, Timeout: 10, DependsOn: []string{"Schema"},
		Routes: []sam.Route{{"GET", "/z/{name}"}, {"PUT", "/z/{name}"}},
		Environment: map[string]sam.Value{
			"LEVEL": {Literal: "debug"}, "STAGE": {Intrinsic: true}, "LIMIT": {Literal: "8"}, "LOUD": {Literal: "true"}, "URL": {Intrinsic: true},
		},
		Policies: []sam.Policy{{Name: "Read", Statements: []sam.Statement{
			{Effect: "Allow", Actions: []string{"s3:GetObject", "s3:ListBucket"}, Resources: []any{"*"}, Conditions: map[string]any{"Bool": map[string]any{"a": true}}},
			{Effect: "Deny", Actions: []string{"a:B"}, Resources: []any{"c"}},
		}}},
	}, {
		LogicalID: "Ant", Folder: "ant", Memory: 128, Timeout: 10,
		Routes:      []sam.Route{{"ANY", "$default"}},
		Schedules:   []string{"rate(1 day)", "rate(7 days)"},
		Environment: map[string]sam.Value{"LEVEL": {Literal: "info"}, "STAGE": {Intrinsic: true}},
		Policies: []sam.Policy{{Name: "AWSLambdaBasicExecutionRole"}, {Statements: []sam.Statement{
			{Effect: "Allow", Actions: []string{"sqs:SendMessage"}, Resources: []any{arn}},
		}}},
	}}
	for i := range got.Functions {
		got.Functions[i].Properties = nil
	}
	if diff := cmp.Diff(want, got.Functions); diff != "" {
		t.Errorf("functions (-want +got):\n%s", diff)
	}
}

func TestParseKeepsTheDocument(t *testing.T) {
	t.Parallel()
	got, err := sam.Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	if got.Document["AWSTemplateFormatVersion"] != "2010-09-09" {
		t.Errorf("the version became %#v, want the text as written", got.Document["AWSTemplateFormatVersion"])
	}
	want := map[string]any{"Fn::If": []any{"HasVpc", map[string]any{"SubnetIds": map[string]any{"Ref": "Subnets"}}, map[string]any{"Ref": "AWS::NoValue"}}}
	if diff := cmp.Diff(want, got.Function("ant").Properties["VpcConfig"]); diff != "" {
		t.Errorf("VpcConfig from Globals (-want +got):\n%s", diff)
	}
	if got.Function("bee") != nil || got.Resource("Bee") != nil {
		t.Error("something was found that is not there")
	}
	if got.Resource("Read")["Type"] != "AWS::IAM::ManagedPolicy" {
		t.Error("the resource Read was not found")
	}
}

// function makes a template of one function with these properties.
func function(properties string) string {
	return "Resources: {F: {Type: AWS::Serverless::Function, Properties: {CodeUri: functions/f, " + properties + "}}}"
}

func event(properties string) string {
	return function("Events: {E: {Type: HttpApi, Properties: {" + properties + "}}}")
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ template, want string }{
		"nothing":               {"", "empty"},
		"broken YAML":           {"Resources: {F: [", "not YAML"},
		"a list":                {"- Resources", "not a mapping"},
		"no resources":          {"Transform: x", "no Resources"},
		"a key twice":           {"Resources: {}\nTransform: x\nTransform: y", "line 3: Transform is given twice"},
		"an alias":              {"Resources: {A: &a {Type: x}, B: *a}", "aliases"},
		"a merge key":           {"Resources: {A: &a {Type: x}, B: {<<: *a}}", "plain keys"},
		"no CodeUri":            {"Resources: {F: {Type: AWS::Serverless::Function, Properties: {}}}", "F: it needs a CodeUri"},
		"a CodeUri from far":    {"Resources: {F: {Type: AWS::Serverless::Function, Properties: {CodeUri: !Ref Where}}}", "CodeUri"},
		"the root as CodeUri":   {"Resources: {F: {Type: AWS::Serverless::Function, Properties: {CodeUri: .}}}", "CodeUri"},
		"two with one folder":   {"Resources: {F: {Type: AWS::Serverless::Function, Properties: {CodeUri: a/f}}, G: {Type: AWS::Serverless::Function, Properties: {CodeUri: a/f/}}}", "G: its folder f already belongs to F"},
		"memory by reference":   {function("MemorySize: !Ref Size"), "MemorySize"},
		"no time":               {function("Timeout: 0"), "Timeout"},
		"time in words":         {function("Timeout: long"), "Timeout"},
		"a variable with parts": {function("Environment: {Variables: {A: [1]}}"), "variable A"},
		"no such method":        {event("Method: PSOT, Path: /"), `"PSOT"`},
		"no method":             {event("Path: /"), `Method ""`},
		"no path":               {event("Method: GET"), "Path"},
		"a path from nowhere":   {event("Method: GET, Path: users"), "Path"},
		"a route twice":         {function("Events: {A: {Type: HttpApi, Properties: {Method: GET, Path: /a}}, B: {Type: HttpApi, Properties: {Method: get, Path: /a}}}"), "GET /a leads to"},
		"a schedule from far":   {function("Events: {E: {Type: Schedule, Properties: {Schedule: !Ref When}}}"), "Schedule"},
		"a policy template":     {function("Policies: [{S3ReadPolicy: {BucketName: b}}]"), "policy templates"},
		"an unknown policy":     {function("Policies: [!Ref Nobody]"), "Nobody"},
		"all but an action":     {function("Policies: [{Statement: {Effect: Allow, NotAction: a:b, Resource: c}}]"), "NotAction"},
		"no resource":           {function("Policies: [{Statement: {Effect: Allow, Action: a:b}}]"), "Resource"},
		"an action from far":    {function("Policies: [{Statement: {Effect: Allow, Action: !Ref A, Resource: c}}]"), "action"},
		"a statement of text":   {function("Policies: [{Statement: allow}]"), "no mapping"},
		"a dependence on parts": {"Resources: {F: {Type: AWS::Serverless::Function, DependsOn: [[G]], Properties: {CodeUri: f}}}", "DependsOn"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := sam.Parse([]byte(test.template))
			if err == nil {
				t.Fatalf("accepted: %+v", got)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %q, want %q in it", err, test.want)
			}
		})
	}
}

func TestMustRoutes(t *testing.T) {
	t.Parallel()
	found := false
	for _, route := range sam.MustRoutes() {
		if route.Path == sam.DefaultPath {
			t.Error("the default route is among them")
		}
		found = found || route == sam.Route{Method: "POST", Path: "/api/user/login"}
	}
	if !found {
		t.Error("POST /api/user/login is not among them")
	}
}

// FuzzParse looks for templates that end the program, and for functions that
// cannot be found again.
func FuzzParse(f *testing.F) {
	f.Add(small)
	f.Add(event("Method: GET, Path: /"))
	f.Fuzz(func(t *testing.T, template string) {
		got, err := sam.Parse([]byte(template))
		if err != nil {
			return
		}
		for _, function := range got.Functions {
			if found := got.Function(function.Folder); found == nil || found.LogicalID != function.LogicalID {
				t.Errorf("the function in %q is not found by it", function.Folder)
			}
		}
	})
}
