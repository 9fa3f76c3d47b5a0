package functions_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"roster"
	"roster/shared/aws/sam"
)

// CloudFormation refuses a stack whose resources need each other in a circle,
// and it says so only when it makes the stack: sam validate and sam build say
// nothing. Edges count under every condition, also in a branch that !If does not
// take. .ci/translations.py looks for circles in what SAM's own
// translator makes, with the conditions resolved; this test needs only Go.
func TestNoResourceNeedsItself(t *testing.T) {
	t.Parallel()
	template, err := sam.Parse(roster.Template)
	if err != nil {
		t.Fatal(err)
	}
	if circle := graphOf(t, template).circle(); circle != nil {
		t.Errorf("CloudFormation would refuse the stack: %s", strings.Join(circle, " → "))
	}
}

// The first version of the template had this circle: the canary of a function looks
// at an alarm on the API, and the API leads to the function.
func TestACircleIsFound(t *testing.T) {
	t.Parallel()
	template, err := sam.Parse([]byte(`
Globals:
  Function: {AutoPublishAlias: live, DeploymentPreference: {Type: AllAtOnce, Alarms: !If [IsProd, [!Ref Alarm], !Ref AWS::NoValue]}}
Resources:
  Api: {Type: AWS::Serverless::HttpApi}
  GetFunction:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: functions/get, Events: {Get: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: GET, Path: /}}}}
  Alarm: {Type: AWS::CloudWatch::Alarm, Properties: {Name: !Sub 'faults of ${Api}'}}
`))
	if err != nil {
		t.Fatal(err)
	}
	const want = "Alarm → Api → GetFunctionAliaslive → GetFunctionDeploymentGroup → Alarm"
	if got := strings.Join(graphOf(t, template).circle(), " → "); got != want {
		t.Errorf("found %q, want %q", got, want)
	}
}

// graph says which resources each resource needs.
type graph map[string][]string

// graphOf is the graph of the translated template, by SAM's rules: a function
// becomes a function, an alias that a deployment group moves, and that group,
// which needs the alarms; an API needs the aliases that its routes lead to.
func graphOf(t *testing.T, template *sam.Template) graph {
	t.Helper()
	resources, ok := template.Document["Resources"].(map[string]any)
	if !ok {
		t.Fatal("the template has no resources")
	}
	g := graph{}
	for id := range resources {
		resource := template.Resource(id)
		body := maps.Clone(resource)
		if resource["Type"] == "AWS::Serverless::Function" {
			f := functionOf(template, id)
			properties := maps.Clone(f.Properties)
			delete(properties, "Events")
			delete(properties, "DeploymentPreference")
			body["Properties"] = properties
			g.need(id+"Aliaslive", id)
			if preference, _ := f.Properties["DeploymentPreference"].(map[string]any); preference["Enabled"] != false {
				g.need(id+"Aliaslive", id+"DeploymentGroup")
				g.needAll(id+"DeploymentGroup", preference)
			}
			for range f.Routes {
				g.need("Api", id+"Aliaslive")
			}
		}
		g.needAll(id, body)
		for _, other := range asList(resource["DependsOn"]) {
			g.need(id, other.(string))
		}
	}
	return g
}

func functionOf(template *sam.Template, id string) sam.Function {
	i := slices.IndexFunc(template.Functions, func(f sam.Function) bool { return f.LogicalID == id })
	return template.Functions[i]
}

func asList(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{value}
}

func (g graph) need(id, other string) { g[id] = append(g[id], other) }

var substituted = regexp.MustCompile(`\$\{([A-Za-z0-9]+)(\.[A-Za-z0-9.]+)?\}`)

// needAll adds what the intrinsic functions of a value name.
func (g graph) needAll(id string, value any) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			g.needAll(id, item)
		}
	case map[string]any:
		for key, item := range v {
			switch text, _ := item.(string); {
			case key == "Ref" && text != "":
				g.need(id, translated(text))
			case key == "Fn::GetAtt":
				g.need(id, asList(item)[0].(string))
			case key == "Fn::Sub":
				text, _ := asList(item)[0].(string)
				for _, m := range substituted.FindAllStringSubmatch(text, -1) {
					g.need(id, translated(m[1]+m[2]))
				}
				g.needAll(id, item)
			default:
				g.needAll(id, item)
			}
		}
	}
}

// translated is the resource behind a name: !Ref F.Alias is the function's alias.
func translated(name string) string {
	id, part, _ := strings.Cut(name, ".")
	if part == "Alias" {
		return id + "Aliaslive"
	}
	return id
}

// circle returns resources that need each other, the first once more at the
// end, or nil.
func (g graph) circle() []string {
	done := map[string]bool{}
	var path []string
	var visit func(id string) []string
	visit = func(id string) []string {
		if i := slices.Index(path, id); i >= 0 {
			return append(slices.Clone(path[i:]), id)
		}
		if done[id] {
			return nil
		}
		done[id] = true
		path = append(path, id)
		defer func() { path = path[:len(path)-1] }()
		needed := slices.Sorted(slices.Values(g[id]))
		for _, other := range slices.Compact(needed) {
			if circle := visit(other); circle != nil {
				return circle
			}
		}
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(g)) {
		if circle := visit(id); circle != nil {
			return circle
		}
	}
	return nil
}
