// Package sam reads template.yaml, the AWS SAM template: which functions there
// are, which routes lead to them, and which memory, variables and rights each
// has. So localdev, the tests and the function not_found share one list of routes.
//
//	t, err := sam.Parse(roster.Template)
//	f := t.Function("get_user")
//
// It refuses to be CloudFormation: it evaluates no intrinsic function, translates
// nothing, and keeps properties that Roster does not need as they are. It refuses
// to guess: a template that it does not understand is an error.
package sam

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// Template is the content of a SAM template.
type Template struct {
	// Functions are the resources of type AWS::Serverless::Function, in the
	// file's order, with Globals merged in.
	Functions []Function
	// Document is the whole file in JSON's form: maps, lists, strings, numbers
	// and booleans. Short tags are written out: !Ref X is {"Ref": "X"} and
	// !GetAtt X.Y is {"Fn::GetAtt": ["X", "Y"]}.
	Document map[string]any
}

// Function is one Lambda function.
type Function struct {
	LogicalID   string
	Folder      string // the last element of CodeUri, such as "get_user"
	Memory      int    // MB
	Timeout     int    // seconds
	Routes      []Route
	Schedules   []string // expressions, such as "rate(1 day)"
	Environment map[string]Value
	Policies    []Policy
	DependsOn   []string
	Properties  map[string]any // all of them, in JSON's form, with Globals merged in
}

// Value is the value of an environment variable.
type Value struct {
	Literal   string
	Intrinsic bool // an intrinsic function such as !Ref gives it, and Literal is empty
}

// Parse reads a template.
func Parse(template []byte) (*Template, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(template, &root); err != nil {
		return nil, fmt.Errorf("the template is not YAML: %w", err)
	}
	if root.Kind == 0 {
		return nil, fmt.Errorf("the template is empty")
	}
	form, err := jsonForm(root.Content[0])
	if err != nil {
		return nil, fmt.Errorf("the template: %w", err)
	}
	document, ok := form.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the template is not a mapping")
	}
	t := &Template{Document: document}
	if err := t.readFunctions(keysInOrder(root.Content[0], "Resources")); err != nil {
		return nil, fmt.Errorf("the template: %w", err)
	}
	return t, nil
}

// Routes returns the routes of all functions, in the file's order.
func (t *Template) Routes() []Route {
	var routes []Route
	for _, f := range t.Functions {
		routes = append(routes, f.Routes...)
	}
	return routes
}

// Function returns the function whose code is in the folder, or nil.
func (t *Template) Function(folder string) *Function {
	for i := range t.Functions {
		if t.Functions[i].Folder == folder {
			return &t.Functions[i]
		}
	}
	return nil
}

// Resource returns a resource in JSON's form, or nil.
func (t *Template) Resource(logicalID string) map[string]any {
	resource, _ := mapping(t.Document, "Resources")[logicalID].(map[string]any)
	return resource
}
