package sam

import (
	"fmt"
	"maps"
	"path"
)

// Lambda's own defaults.
const (
	defaultMemory  = 128
	defaultTimeout = 3
)

func (t *Template) readFunctions(logicalIDs []string) error {
	if len(logicalIDs) == 0 {
		return fmt.Errorf("it has no Resources")
	}
	globals := mapping(mapping(t.Document, "Globals"), "Function")
	folders, routes := map[string]string{}, map[Route]string{}
	for _, id := range logicalIDs {
		resource := t.Resource(id)
		if resource["Type"] != "AWS::Serverless::Function" {
			continue
		}
		f, err := t.function(id, resource, globals)
		if err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
		if other, taken := folders[f.Folder]; taken {
			return fmt.Errorf("%s: its folder %s already belongs to %s", id, f.Folder, other)
		}
		folders[f.Folder] = id
		for _, route := range f.Routes {
			if other, taken := routes[route]; taken {
				return fmt.Errorf("%s: its route %s leads to %s already", id, route, other)
			}
			routes[route] = id
		}
		t.Functions = append(t.Functions, f)
	}
	return nil
}

func (t *Template) function(id string, resource, globals map[string]any) (Function, error) {
	own := mapping(resource, "Properties")
	properties := merge(globals, own)
	f := Function{LogicalID: id, Properties: properties}
	uri, ok := own["CodeUri"].(string)
	if !ok || path.Base(uri) == "." || path.Base(uri) == "/" {
		return f, fmt.Errorf("it needs a CodeUri such as functions/get_user")
	}
	f.Folder = path.Base(uri)
	for _, other := range list(resource["DependsOn"]) {
		name, ok := other.(string)
		if !ok {
			return f, fmt.Errorf("DependsOn must name resources")
		}
		f.DependsOn = append(f.DependsOn, name)
	}
	var err error
	if f.Memory, err = number(properties, "MemorySize", defaultMemory); err != nil {
		return f, err
	}
	if f.Timeout, err = number(properties, "Timeout", defaultTimeout); err != nil {
		return f, err
	}
	if f.Environment, err = environment(properties); err != nil {
		return f, err
	}
	if f.Policies, err = t.policies(own["Policies"]); err != nil {
		return f, err
	}
	return f, f.readEvents(mapping(own, "Events"))
}

// number refuses an intrinsic function, whose value localdev and the tests could
// not know.
func number(properties map[string]any, name string, absent int) (int, error) {
	value, given := properties[name]
	if !given {
		return absent, nil
	}
	n, ok := value.(int)
	if !ok || n <= 0 {
		return 0, fmt.Errorf("%s must be a whole number above 0, written out", name)
	}
	return n, nil
}

func environment(properties map[string]any) (map[string]Value, error) {
	variables := mapping(mapping(properties, "Environment"), "Variables")
	environment := make(map[string]Value, len(variables))
	for name, value := range variables {
		if isNoValue(value) {
			continue
		}
		switch v := value.(type) {
		case string:
			environment[name] = Value{Literal: v}
		case int, float64, bool:
			environment[name] = Value{Literal: fmt.Sprint(v)}
		default:
			if !IsIntrinsic(value) {
				return nil, fmt.Errorf("the environment variable %s must be one value", name)
			}
			environment[name] = Value{Intrinsic: true}
		}
	}
	return environment, nil
}

// merge puts a resource's properties over Globals as SAM does: it merges mappings,
// appends lists and replaces everything else, including intrinsic functions.
func merge(global, own map[string]any) map[string]any {
	merged := make(map[string]any, len(global)+len(own))
	maps.Copy(merged, global)
	for key, value := range own {
		merged[key] = mergeValue(global[key], value)
	}
	return merged
}

func mergeValue(global, own any) any {
	switch g := global.(type) {
	case map[string]any:
		if o, ok := own.(map[string]any); ok && !IsIntrinsic(g) && !IsIntrinsic(o) {
			return merge(g, o)
		}
	case []any:
		if o, ok := own.([]any); ok {
			return append(append([]any{}, g...), o...)
		}
	}
	return own
}
