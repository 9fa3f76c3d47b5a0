package metric_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"roster/shared/aws/metric"
)

// schema is CloudWatch's specification of the embedded metric format as a JSON
// Schema. As in the specification, unknown members are allowed at the root and
// not in _aws.
const schema = `{
	"type": "object", "required": ["_aws"],
	"properties": {"_aws": {
		"type": "object", "additionalProperties": false, "required": ["Timestamp", "CloudWatchMetrics"],
		"properties": {
			"Timestamp": {"type": "integer", "minimum": 1500000000000},
			"CloudWatchMetrics": {"type": "array", "minItems": 1, "items": {
				"type": "object", "additionalProperties": false, "required": ["Namespace", "Dimensions", "Metrics"],
				"properties": {
					"Namespace": {"type": "string", "minLength": 1, "maxLength": 1024},
					"Dimensions": {"type": "array", "minItems": 1, "items": {
						"type": "array", "maxItems": 30, "items": {"type": "string", "minLength": 1, "maxLength": 250}}},
					"Metrics": {"type": "array", "minItems": 1, "maxItems": 100, "items": {
						"type": "object", "additionalProperties": false, "required": ["Name"],
						"properties": {
							"Name": {"type": "string", "minLength": 1, "maxLength": 1024},
							"Unit": {"enum": ["Count", "None"]},
							"StorageResolution": {"enum": [1, 60]}
						}}}
				}}}
		}}}
}`

// capture replaces the default logger, so these tests do not run in parallel.
func capture(t *testing.T, options *slog.HandlerOptions) *bytes.Buffer {
	t.Helper()
	var out bytes.Buffer
	old := slog.Default()
	t.Cleanup(func() { slog.SetDefault(old) })
	slog.SetDefault(slog.New(slog.NewJSONHandler(&out, options)))
	return &out
}

// checkEMF validates a line against the schema.
func checkEMF(t *testing.T, line []byte) {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("emf.json", document); err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(line)) // refuses trailing data
	if err != nil {
		t.Fatalf("not one JSON object: %v\n%s", err, line)
	}
	if err := compiler.MustCompile("emf.json").Validate(value); err != nil {
		t.Errorf("not valid EMF: %v\n%s", err, line)
	}
}

func TestCountWritesOneLineOfEMF(t *testing.T) {
	for name, options := range map[string]*slog.HandlerOptions{
		"slog's own names": nil,
		"Lambda's names":   {ReplaceAttr: lambdacontext.ReplaceAttr},
	} {
		t.Run(name, func(t *testing.T) {
			out := capture(t, options)
			before := time.Now().UnixMilli()
			metric.Count(t.Context(), "LoginFailed")
			after := time.Now().UnixMilli()
			if n := bytes.Count(out.Bytes(), []byte("\n")); n != 1 {
				t.Fatalf("%d lines, want 1", n)
			}
			checkEMF(t, out.Bytes())
			var got struct {
				AWS struct {
					Timestamp         int64
					CloudWatchMetrics any
				} `json:"_aws"`
				LoginFailed int
			}
			if err := json.Unmarshal(out.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if got.LoginFailed != 1 || got.AWS.Timestamp < before || got.AWS.Timestamp > after {
				t.Errorf("value %d at %d, want 1 between %d and %d", got.LoginFailed, got.AWS.Timestamp, before, after)
			}
			want := []any{map[string]any{
				"Namespace":  "Roster",
				"Dimensions": []any{[]any{}},
				"Metrics":    []any{map[string]any{"Name": "LoginFailed", "Unit": "Count"}},
			}}
			if diff := cmp.Diff(want, got.AWS.CloudWatchMetrics); diff != "" {
				t.Errorf("directive (-want +got):\n%s", diff)
			}
		})
	}
}

func TestABadNameIsNotCounted(t *testing.T) {
	for _, name := range []string{
		"", "time", "level", "msg", "_aws", "requestId", "Login Failed", "Login\nFailed", "Größe", "A-B", "1st",
		strings.Repeat("A", 1025),
	} {
		out := capture(t, nil)
		metric.Count(t.Context(), name)
		if strings.Contains(out.String(), `"_aws":`) || !strings.Contains(out.String(), `"level":"ERROR"`) {
			t.Errorf("%q: wrote %s, want an error and no metric", name, out)
		}
	}
}
