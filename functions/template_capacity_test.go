package functions_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"roster/shared/aws/sam"
)

// unreserved is the value of DatabaseConnections for an account that cannot
// reserve concurrency.
const unreserved = "unreserved"

// rateOfAnExecution is how many requests a second through to a route for each
// execution that its function has reserved. A hash takes an estimated 75 ms.
const rateOfAnExecution = 10

// levels are the values of DatabaseConnections, and what each means to the groups
// of functions.
func levels(t testing.TB, template *sam.Template) map[string]map[string]int {
	t.Helper()
	levels := map[string]map[string]int{}
	for level, groups := range template.Document["Mappings"].(map[string]any)["Capacity"].(map[string]any) {
		levels[level] = map[string]int{}
		for group, n := range groups.(map[string]any) {
			levels[level][group] = n.(int)
		}
	}
	return levels
}

// numberAt is what a property's value comes to with a value of DatabaseConnections:
// a number, !FindInMap or !If ReservesConcurrency. Without a value it is 0.
func numberAt(t testing.TB, template *sam.Template, value any, level string) int {
	t.Helper()
	switch v := value.(type) {
	case nil:
		return 0
	case int:
		return v
	case map[string]any:
		if choice, ok := v["Fn::If"].([]any); ok && choice[0] == "ReservesConcurrency" && gocmp.Equal(choice[2], any(ref("AWS::NoValue"))) {
			if level == unreserved {
				return 0
			}
			return numberAt(t, template, choice[1], level)
		}
		if path, ok := v["Fn::FindInMap"].([]any); ok && path[0] == "Capacity" && gocmp.Equal(path[1], any(ref("DatabaseConnections"))) {
			return levels(t, template)[level][path[2].(string)]
		}
	}
	t.Fatalf("%v is not a number, !FindInMap [Capacity, !Ref DatabaseConnections, …] or !If [ReservesConcurrency, …, !Ref AWS::NoValue]", value)
	return 0
}

func reserved(t testing.TB, template *sam.Template, f sam.Function, level string) int {
	t.Helper()
	return numberAt(t, template, f.Properties["ReservedConcurrentExecutions"], level)
}

// connectionsOf is how many connections to the database one execution may have.
func connectionsOf(f sam.Function) int { return cmp.Or(special[f.Folder].connections, 1) }

// The connections of all executions that are reserved fit into what the operator
// allows. Lambda counts a function's executions over all its versions.
func TestReservationsFitTheDatabase(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	p := parameter(t, template, "DatabaseConnections")
	if p["Default"] != unreserved {
		t.Errorf("the default is %v, which a new account refuses: it has a concurrency of 10", p["Default"])
	}
	var allowed []string
	for _, value := range p["AllowedValues"].([]any) {
		allowed = append(allowed, fmt.Sprint(value))
	}
	slices.Sort(allowed)
	if diff := gocmp.Diff(slices.Sorted(maps.Keys(levels(t, template))), allowed); diff != "" {
		t.Fatalf("the levels of Capacity (-) and the values of DatabaseConnections (+) differ:\n%s", diff)
	}
	condition := template.Document["Conditions"].(map[string]any)["ReservesConcurrency"]
	want := map[string]any{"Fn::Not": []any{map[string]any{"Fn::Equals": []any{ref("DatabaseConnections"), unreserved}}}}
	if diff := gocmp.Diff(any(want), condition); diff != "" {
		t.Errorf("the condition ReservesConcurrency (-want +got):\n%s", diff)
	}
	for _, level := range allowed {
		total := 0
		for _, f := range template.Functions {
			total += reserved(t, template, f, level) * connectionsOf(f)
		}
		budget, _ := strconv.Atoi(level) // 0 for unreserved
		if total > budget || total < budget*9/10 {
			t.Errorf("DatabaseConnections=%s: the functions may have %d connections", level, total)
		}
	}
}

func TestEachFunctionWithADatabaseHasAReservation(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	for _, f := range template.Functions {
		hasDatabase, n := mains(t)[f.Folder].has("env.Postgres"), reserved(t, template, f, "75")
		if hasDatabase && n == 0 {
			t.Errorf("%s has a database and no reserved concurrency, so it may take all connections. Add to it in template.yaml, and lower the numbers "+
				"of Capacity until TestReservationsFitTheDatabase passes:\n  %s", f.LogicalID, suggestedReservation(mains(t)[f.Folder]))
		}
		if !hasDatabase && n > 0 {
			t.Errorf("%s has no database, and takes %d executions from those that have", f.LogicalID, n)
		}
	}
}

// isAnonymous reports whether anybody may call its routes.
func (m assembly) isAnonymous() bool { return m.http && !m.verifiesTokens() && !m.has("signing.New") }

// suggestedReservation is the property of a new function with a database.
func suggestedReservation(m assembly) string {
	group := "Member"
	if m.isAnonymous() {
		group = "Public"
	}
	return "    ReservedConcurrentExecutions: !If [ReservesConcurrency, !FindInMap [Capacity, !Ref DatabaseConnections, " + group + "], !Ref AWS::NoValue]"
}

// Sign-in, refresh and reads have reservations of their own, so a flood of anything
// that needs no account cannot take their connections.
func TestAnonymousRoutesShareNothingWithSignedInUsers(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	groups := map[string]string{}
	for _, f := range template.Functions {
		if text := write(t, f.Properties["ReservedConcurrentExecutions"]); strings.Contains(text, "Capacity") {
			groups[f.Folder] = regexp.MustCompile(`"(\w+)"\]\},`).FindStringSubmatch(text)[1]
		}
	}
	for folder, want := range map[string]string{"login": "Login", "refresh": "Session", "get_user": "Session", "authorizer": "Session"} {
		if groups[folder] != want {
			t.Errorf("%s is in the group %s, want %s", folder, groups[folder], want)
		}
	}
	for _, f := range template.Functions {
		if mains(t)[f.Folder].isAnonymous() && groups[f.Folder] != "" && groups[f.Folder] != "Public" {
			t.Errorf("anybody may call %s, and it is in the group %s", f.Folder, groups[f.Folder])
		}
	}
}

// throttle is what API Gateway lets through to a route.
type throttle struct{ rate, burst int }

func throttleOf(t testing.TB, template *sam.Template, route sam.Route, level string) (limit throttle, own bool) {
	t.Helper()
	api := properties(template, "Api")
	settings, own := api["RouteSettings"].(map[string]any)[route.String()].(map[string]any)
	if !own {
		settings = api["DefaultRouteSettings"].(map[string]any)
	}
	return throttle{
		numberAt(t, template, settings["ThrottlingRateLimit"], level), numberAt(t, template, settings["ThrottlingBurstLimit"], level),
	}, own
}

// Where requests come faster than a function can serve them, API Gateway answers
// 429, before Lambda refuses to run the function, which clients see as a fault.
func TestThrottlesFitTheReservations(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	for level := range levels(t, template) {
		for _, f := range template.Functions {
			n := reserved(t, template, f, cmp.Or(map[string]string{unreserved: "75"}[level], level))
			for _, route := range f.Routes {
				limit, own := throttleOf(t, template, route, level)
				switch {
				case n == 0 && (!own || limit.rate > 20 || limit.burst > 20):
					t.Errorf("%s has no database and the throttle %+v: give it one of its own, of 20 at most", route, limit)
				case limit.rate < 1 || limit.burst < 1:
					t.Errorf("DatabaseConnections=%s: %s takes no request", level, route)
				case n > 0 && (limit.burst > n || limit.rate > n*rateOfAnExecution):
					t.Errorf("DatabaseConnections=%s: %s has the throttle %+v, and %d executions for it", level, route, limit, n)
				}
			}
		}
	}
	if diff := gocmp.Diff(levels(t, template)["75"], levels(t, template)[unreserved]); diff != "" {
		t.Errorf("75 (-) and unreserved (+) have other throttles:\n%s", diff)
	}
	for route := range properties(template, "Api")["RouteSettings"].(map[string]any) {
		if !slices.ContainsFunc(template.Routes(), func(r sam.Route) bool { return r.String() == route }) {
			t.Errorf("the RouteSettings of Api have %s, which is no route: CloudFormation refuses the stage", route)
		}
	}
}

// rows are those of a document's tables that match, by groups of the pattern.
func rows(t *testing.T, path, pattern string) [][]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`(?m)^`+pattern).FindAllStringSubmatch(string(text), -1)
}

func TestTheTablesOfConnections(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	servers := rows(t, "../docs/database.md", `\| [^|]+ \| (\d+)[^|]* \| `+"`(\\d+)`"+` \| [^|]+ \|$`)
	if len(servers) < 8 {
		t.Errorf("docs/database.md has %d servers", len(servers))
	}
	for _, row := range servers {
		most, _ := strconv.Atoi(row[1])
		chosen, _ := strconv.Atoi(row[2])
		if levels(t, template)[row[2]] == nil || chosen*10 > most*8 {
			t.Errorf("docs/database.md chooses %s for %s connections", row[2], row[1])
		}
	}
	described := map[string]string{}
	for _, row := range rows(t, "../docs/database.md", "\\| `(\\d+)` \\| (\\d+ \\| \\d+ \\| \\d+ \\| \\d+ \\| \\d+ \\| \\d+ \\| \\d+) \\|$") {
		described[row[1]] = row[2]
	}
	want := map[string]string{}
	for level, groups := range levels(t, template) {
		connections, executions := 0, 0
		for _, f := range template.Functions {
			n := reserved(t, template, f, level)
			connections, executions = connections+n*connectionsOf(f), executions+n
		}
		if level != unreserved {
			want[level] = fmt.Sprintf("%d | %d | %d | %d | %d | %d | %d",
				groups["Login"], groups["Session"], groups["Public"], groups["Admin"], groups["Member"], connections, executions+100)
		}
	}
	if diff := gocmp.Diff(want, described); diff != "" {
		t.Errorf("docs/database.md, the table of values (-want +got):\n%s", diff)
	}
	at75 := levels(t, template)["75"]
	for i, row := range rows(t, "../docs/limits.md", `\| [^|]+ \| (\d+) \| (\d+) \| 10 a second \|$`) {
		group := []string{"Login", "Session", "Public", "Admin", "Member"}[i]
		if want := fmt.Sprint(at75[group+"Rate"], " ", at75[group]); row[1]+" "+row[2] != want {
			t.Errorf("docs/limits.md says %s and %s of %s, want %s", row[1], row[2], group, want)
		}
	}
}
