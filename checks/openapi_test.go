package checks_test

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"roster"
	"roster/shared/aws/sam"
)

func load(text []byte) (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	return doc, doc.Validate(openapi3.WithValidationOptions(
		context.Background(), openapi3.IsOpenAPI31OrLater(), openapi3.EnableMultiError()))
}

func description(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := load(roster.OpenAPI)
	if err != nil {
		t.Fatalf("openapi.yaml: %v", err)
	}
	return doc
}

// operations returns the operations by "METHOD /path".
func operations(doc *openapi3.T) map[string]*openapi3.Operation {
	all := map[string]*openapi3.Operation{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			all[method+" "+path] = op
		}
	}
	return all
}

func TestOpenAPIIsValid(t *testing.T) {
	t.Parallel()
	description(t)
}

// Validation covers the examples: a wrong one in each place is refused.
func TestOpenAPIExamplesAreHeldAgainstTheirSchemas(t *testing.T) {
	t.Parallel()
	for what, change := range map[string][2]string{
		"a request's example": {"value: { username: user1, password: password123 }", "value: { username: user1 }"},
		"an answer's example": {"token_type: Bearer", "token_type: Basic"},
		"a problem's example": {"value: { type: about:blank, title: Forbidden, status: 403", "value: { type: about:blank, title: Forbidden, status: 404"},
		"a form's example":    {", repeat_password: new_password123 }", " }"},
	} {
		text := strings.Replace(string(roster.OpenAPI), change[0], change[1], 1)
		if text == string(roster.OpenAPI) {
			t.Errorf("%s: openapi.yaml has no %q", what, change[0])
		}
		if _, err := load([]byte(text)); err == nil {
			t.Errorf("%s is wrong and is accepted", what)
		}
	}
}

func TestOpenAPIOperationsNameTheirFunctions(t *testing.T) {
	t.Parallel()
	ids := map[string]string{}
	for route, op := range operations(description(t)) {
		function, _ := op.Extensions["x-function"].(string)
		if function == "" || !strings.HasPrefix(op.OperationID, function) {
			t.Errorf("%s: x-function is %q and operationId %q, which should begin with it", route, function, op.OperationID)
		}
		if other := ids[op.OperationID]; other != "" {
			t.Errorf("%s and %s have the operationId %s", route, other, op.OperationID)
		}
		ids[op.OperationID] = route
	}
}

// legacyRoutes are those of the service that Roster replaces. They are not
// described: each is another way to the route of the same name below /api.
var legacyRoutes = []string{
	"DELETE /user/{username}", "GET /user/{username}", "HEAD /user/{username}", "POST /user/forget_password", "POST /user/login",
	"POST /user/register", "POST /user/reset_password", "PUT /user/{username}",
}

func TestLegacyRoutesLeadWhereRostersOwnDo(t *testing.T) {
	t.Parallel()
	template, err := sam.Parse(roster.Template)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range template.Functions {
		for _, route := range f.Routes {
			if !route.IsLegacy() {
				continue
			}
			found = append(found, route.String())
			if own := (sam.Route{Method: route.Method, Path: "/api" + route.Path}); !slices.Contains(f.Routes, own) {
				t.Errorf("%s leads to %s, and %s does not", route, f.Folder, own)
			}
		}
	}
	slices.Sort(found)
	if diff := cmp.Diff(legacyRoutes, found); diff != "" {
		t.Errorf("legacy routes (-want +template.yaml):\n%s", diff)
	}
	text := string(roster.OpenAPI)
	if !strings.Contains(text, "LEGACY_PATHS") || !strings.Contains(text, "`/user/login`") {
		t.Error("openapi.yaml does not say that LEGACY_PATHS serves paths such as `/user/login`")
	}
}

// The template and the description must have the same routes and lead them to the
// same functions.
func TestOpenAPIHasTheTemplatesRoutes(t *testing.T) {
	t.Parallel()
	template, err := sam.Parse(roster.Template)
	if err != nil {
		t.Fatal(err)
	}
	want, got := map[string]string{}, map[string]string{}
	for _, f := range template.Functions {
		for _, route := range f.Routes {
			if route.IsLegacy() { // described by the route of the same name below /api
				continue
			}
			if route.Method != "HEAD" { // each GET has one, answered alike
				want[route.Method+" "+route.Path] = f.Folder
			}
		}
	}
	doc := description(t)
	for route, op := range operations(doc) {
		got[route], _ = op.Extensions["x-function"].(string)
	}
	fallback, _ := doc.Extensions["x-default-route"].(map[string]any)
	got["ANY $default"], _ = fallback["x-function"].(string)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a route is in one of template.yaml (-) and openapi.yaml (+) only, or leads to another function:\n%s", diff)
	}
}

func TestOpenAPIOperationsAreComplete(t *testing.T) {
	t.Parallel()
	for route, op := range operations(description(t)) {
		if op.Summary == "" || len(op.Tags) != 1 || op.Security == nil {
			t.Errorf("%s lacks a summary, a tag (exactly one) or security", route)
		}
		want := []string{"500"}
		if op.RequestBody != nil {
			want = append(want, "400", "413", "415")
		}
		if len(*op.Security) > 0 {
			want = append(want, "401")
		}
		if strings.Contains(route, "{") && len(*op.Security) > 0 { // about an account
			want = append(want, "403", "404")
		}
		for _, status := range want {
			if op.Responses.Value(status) == nil {
				t.Errorf("%s does not describe %s", route, status)
			}
		}
		for status, answer := range op.Responses.Map() {
			media := answer.Value.Content["application/json"]
			if status[0] == '2' && media != nil && len(media.Examples) == 0 {
				t.Errorf("%s shows no example of its answer %s", route, status)
			}
		}
	}
}

// The tests find a member that is not described only where the schema allows no
// other members. What applications keep in Metadata is their own business.
func TestOpenAPIObjectsAreClosedAndFieldsBounded(t *testing.T) {
	t.Parallel()
	doc := description(t)
	for name, ref := range doc.Components.Schemas {
		s := ref.Value
		if open := s.AdditionalProperties.Has; name != "Metadata" && s.Type.Is("object") && (open == nil || *open) {
			t.Errorf("%s allows members that it does not describe", name)
		}
	}
	for route, op := range operations(doc) {
		if op.RequestBody == nil {
			continue
		}
		for _, media := range op.RequestBody.Value.Content {
			for name, field := range media.Schema.Value.Properties {
				f := field.Value
				unbounded := f.MaxLength == nil || f.MinLength == 0 && slices.Contains(media.Schema.Value.Required, name)
				if f.Type.Is("string") && len(f.Enum) == 0 && unbounded {
					t.Errorf("%s: the field %s has no limits", route, name)
				}
			}
		}
	}
}

func TestOpenAPIComponentsAreUsed(t *testing.T) {
	t.Parallel()
	doc := description(t)
	used := map[string]bool{}
	for _, ref := range regexp.MustCompile(`#/components/(\w+/\w+)`).FindAllStringSubmatch(string(roster.OpenAPI), -1) {
		used[ref[1]] = true
	}
	for kind, names := range map[string][]string{
		"headers":    slices.Collect(maps.Keys(doc.Components.Headers)),
		"parameters": slices.Collect(maps.Keys(doc.Components.Parameters)),
		"responses":  slices.Collect(maps.Keys(doc.Components.Responses)),
		"schemas":    slices.Collect(maps.Keys(doc.Components.Schemas)),
	} {
		for _, name := range names {
			if !used[kind+"/"+name] {
				t.Errorf("nothing uses components/%s/%s", kind, name)
			}
			delete(used, kind+"/"+name)
		}
	}
	if len(used) > 0 {
		t.Errorf("used and not described: %v", slices.Sorted(maps.Keys(used)))
	}
}
