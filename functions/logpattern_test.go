package functions_test

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"testing"
)

// condition is a filter pattern of CloudWatch Logs, or the filter of a saved query
// of Logs Insights: comparisons joined by && and || (or "and" and "or"), with
// parentheses. This is the part of both languages that template.yaml uses; a
// pattern with more in it fails the test that reads it.
type condition func(line map[string]any) bool

var conditionToken = regexp.MustCompile(`\s*(\(|\)|&&|\|\||!=|=|"[^"]*"|/[^/]*/|[@$\w.]+)`)

// parseCondition also returns the fields that the condition compares.
func parseCondition(t *testing.T, text string) (condition, []string) {
	t.Helper()
	p := &conditionParser{}
	rest := text
	for strings.TrimSpace(rest) != "" {
		found := conditionToken.FindStringSubmatchIndex(rest)
		if found == nil || found[0] != 0 {
			t.Fatalf("the condition %q cannot be read at %q", text, rest)
		}
		p.tokens, rest = append(p.tokens, rest[found[2]:found[3]]), rest[found[1]:]
	}
	c, err := p.any()
	if err != nil || len(p.tokens) > 0 {
		t.Fatalf("the condition %q: %v, with %q left", text, err, p.tokens)
	}
	return c, p.fields
}

type conditionParser struct{ tokens, fields []string }

func (p *conditionParser) next(wanted ...string) (token string, found bool) {
	if len(p.tokens) == 0 {
		return "", false
	}
	for _, w := range wanted {
		found = found || p.tokens[0] == w
	}
	if found || len(wanted) == 0 {
		token, p.tokens = p.tokens[0], p.tokens[1:]
	}
	return token, found
}

func (p *conditionParser) any() (condition, error) {
	left, err := p.all()
	for err == nil {
		if _, more := p.next("||", "or"); !more {
			return left, nil
		}
		before, right := left, condition(nil)
		right, err = p.all()
		left = func(line map[string]any) bool { return before(line) || right(line) }
	}
	return left, err
}

func (p *conditionParser) all() (condition, error) {
	left, err := p.comparison()
	for err == nil {
		if _, more := p.next("&&", "and"); !more {
			return left, nil
		}
		before, right := left, condition(nil)
		right, err = p.comparison()
		left = func(line map[string]any) bool { return before(line) && right(line) }
	}
	return left, err
}

func (p *conditionParser) comparison() (condition, error) {
	if _, open := p.next("("); open {
		inner, err := p.any()
		if _, closed := p.next(")"); err == nil && !closed {
			err = fmt.Errorf("a parenthesis is open")
		}
		return inner, err
	}
	field, _ := p.next()
	operator, ok := p.next("=", "!=", "like")
	value, _ := p.next()
	if !ok || value == "" {
		return nil, fmt.Errorf("no comparison at %q", field)
	}
	field = strings.TrimPrefix(field, "$.")
	p.fields = append(p.fields, field)
	return func(line map[string]any) bool {
		got, there := line[field]
		return there && compare(fmt.Sprint(got), got, operator, value)
	}, nil
}

// compare compares as CloudWatch does: a quoted value is text, with * for any
// characters, and a bare one is a number.
func compare(text string, got any, operator, value string) bool {
	_, isText := got.(string)
	switch {
	case operator == "like":
		return regexp.MustCompile(strings.Trim(value, "/")).MatchString(text)
	case strings.HasPrefix(value, `"`) != isText:
		return false
	}
	// path.Match takes no slash for *, and a message may have some.
	same, err := path.Match(strings.ReplaceAll(strings.Trim(value, `"`), "/", "|"), strings.ReplaceAll(text, "/", "|"))
	return err == nil && same == (operator == "=")
}

func TestConditionsAreReadAsCloudWatchDoes(t *testing.T) {
	t.Parallel()
	line := map[string]any{"type": "a", "n": 1.0, "s": "401", "m": "the key is x/y"}
	for text, want := range map[string]bool{
		`$.n = 1`: true, `$.n = "1"`: false, `$.s = "4*"`: true, `$.s = 401`: false, `$.none = "*"`: false, `$.none != "x"`: false,
		`$.m = "the key*"`: true, `($.n = 2) || (($.type = "a") && ($.s != "400"))`: true, `type = "b" or n = 1 and s = "401"`: true,
		`type = "b" and (n = 1 or s = "401")`: false, `m like /^the key/`: true, `m like /^key/`: false,
	} {
		if c, _ := parseCondition(t, text); c(line) != want {
			t.Errorf("%s: want %v", text, want)
		}
	}
}
