package sam

import "fmt"

// Policy is a policy of a function, without those that SAM gives to every function.
type Policy struct {
	// Name is the logical ID of a policy in this template, or the name or ARN of
	// one that AWS manages. It is empty for a policy that is written in place.
	Name string
	// Statements are empty for a policy that AWS manages.
	Statements []Statement
}

// Statement is one statement of an IAM policy.
type Statement struct {
	Effect     string
	Actions    []string
	Resources  []any // strings and intrinsic functions, in JSON's form
	Conditions map[string]any
}

func (t *Template) policies(value any) ([]Policy, error) {
	var policies []Policy
	for _, entry := range list(value) {
		policy, err := t.policy(entry)
		if err != nil {
			return nil, fmt.Errorf("policies: %w", err)
		}
		policies = append(policies, policy)
	}
	return policies, nil
}

func (t *Template) policy(entry any) (Policy, error) {
	switch e := entry.(type) {
	case string:
		return Policy{Name: e}, nil
	case map[string]any:
		if name, ok := e["Ref"].(string); ok {
			statements, err := t.managedPolicy(name)
			return Policy{Name: name, Statements: statements}, err
		}
		if e["Statement"] != nil {
			statements, err := Statements(e)
			return Policy{Statements: statements}, err
		}
	}
	return Policy{}, fmt.Errorf("%v is neither a name, nor a !Ref, nor statements; SAM's policy templates are not read", entry)
}

func (t *Template) managedPolicy(logicalID string) ([]Statement, error) {
	resource := t.Resource(logicalID)
	if resource["Type"] != "AWS::IAM::ManagedPolicy" {
		return nil, fmt.Errorf("%s is no AWS::IAM::ManagedPolicy of this template", logicalID)
	}
	return Statements(mapping(mapping(resource, "Properties"), "PolicyDocument"))
}

// Statements reads a policy document in JSON's form. For a statement that depends
// on a condition it returns both branches, that is, everything that the policy may
// allow.
func Statements(document map[string]any) ([]Statement, error) {
	var statements []Statement
	for _, entry := range list(document["Statement"]) {
		for _, branch := range branches(entry) {
			s, err := newStatement(branch)
			if err != nil {
				return nil, err
			}
			statements = append(statements, s)
		}
	}
	return statements, nil
}

// branches returns the values that an Fn::If may give, without AWS::NoValue.
func branches(value any) []any {
	if isNoValue(value) {
		return nil
	}
	m, _ := value.(map[string]any)
	if choice, ok := m["Fn::If"].([]any); ok && len(choice) == 3 {
		return append(branches(choice[1]), branches(choice[2])...)
	}
	return []any{value}
}

func newStatement(value any) (Statement, error) {
	m, ok := value.(map[string]any)
	if !ok || IsIntrinsic(value) {
		return Statement{}, fmt.Errorf("a statement is no mapping")
	}
	if m["NotAction"] != nil || m["NotResource"] != nil {
		return Statement{}, fmt.Errorf("a statement has NotAction or NotResource; list what it allows instead")
	}
	s := Statement{Conditions: mapping(m, "Condition"), Resources: list(m["Resource"])}
	s.Effect, _ = m["Effect"].(string)
	for _, action := range list(m["Action"]) {
		name, ok := action.(string)
		if !ok {
			return Statement{}, fmt.Errorf("an action is not written out")
		}
		s.Actions = append(s.Actions, name)
	}
	if s.Effect == "" || len(s.Actions) == 0 || len(s.Resources) == 0 {
		return Statement{}, fmt.Errorf("a statement needs Effect, Action and Resource")
	}
	return s, nil
}
