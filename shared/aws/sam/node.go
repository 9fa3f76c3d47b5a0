package sam

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// jsonForm turns YAML into the values that the same template in JSON would have.
func jsonForm(n *yaml.Node) (any, error) {
	form, err := withoutTag(n)
	if err != nil || n.Tag == "" || strings.HasPrefix(n.Tag, "!!") {
		return form, err
	}
	return longForm(strings.TrimPrefix(n.Tag, "!"), form), nil
}

// longForm writes a short tag out, as CloudFormation documents it.
func longForm(tag string, value any) any {
	switch tag {
	case "Ref", "Condition":
		return map[string]any{tag: value}
	case "GetAtt":
		if s, ok := value.(string); ok {
			resource, attribute, _ := strings.Cut(s, ".")
			value = []any{resource, attribute}
		}
	}
	return map[string]any{"Fn::" + tag: value}
}

func withoutTag(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		return mapForm(n)
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, item := range n.Content {
			form, err := jsonForm(item)
			if err != nil {
				return nil, err
			}
			list = append(list, form)
		}
		return list, nil
	case yaml.ScalarNode:
		return scalarForm(n)
	}
	return nil, fmt.Errorf("line %d: CloudFormation does not take YAML aliases; write the value out", n.Line)
}

func mapForm(n *yaml.Node) (any, error) {
	form := make(map[string]any, len(n.Content)/2)
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			return nil, fmt.Errorf("line %d: CloudFormation takes plain keys only", key.Line)
		}
		if _, twice := form[key.Value]; twice {
			return nil, fmt.Errorf("line %d: %s is given twice", key.Line, key.Value)
		}
		value, err := jsonForm(n.Content[i+1])
		if err != nil {
			return nil, err
		}
		form[key.Value] = value
	}
	return form, nil
}

// scalarForm leaves dates as text: 2012-10-17 is a version in a policy.
func scalarForm(n *yaml.Node) (any, error) {
	switch n.Tag {
	case "!!int", "!!float", "!!bool", "!!null":
		var value any
		if err := n.Decode(&value); err != nil {
			return nil, fmt.Errorf("line %d: %w", n.Line, err)
		}
		return value, nil
	}
	return n.Value, nil
}

// keysInOrder returns the keys of a mapping in the order of the file, which a Go
// map does not keep.
func keysInOrder(root *yaml.Node, name string) []string {
	var keys []string
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value != name {
			continue
		}
		resources := root.Content[i+1].Content
		for j := 0; j < len(resources); j += 2 {
			keys = append(keys, resources[j].Value)
		}
	}
	return keys
}

// mapping returns the mapping under key, or nil; reading nil is safe.
func mapping(of map[string]any, key string) map[string]any {
	m, _ := of[key].(map[string]any)
	return m
}

// IsIntrinsic reports whether a value in JSON's form calls an intrinsic function such as {"Ref": "X"} or {"Fn::If": [...]}.
func IsIntrinsic(value any) bool {
	m, ok := value.(map[string]any)
	if !ok || len(m) != 1 {
		return false
	}
	for key := range m {
		return key == "Ref" || key == "Condition" || strings.HasPrefix(key, "Fn::")
	}
	return false
}

// isNoValue reports whether CloudFormation omits a property with this value.
func isNoValue(value any) bool {
	m, _ := value.(map[string]any)
	return m["Ref"] == "AWS::NoValue"
}

// list returns a value as a list. A template may write a list of one without
// brackets.
func list(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{value}
}
