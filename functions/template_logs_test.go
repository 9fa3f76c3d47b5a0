package functions_test

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"roster/localdev/awstest"
	"roster/localdev/postgrestest"
	"roster/localdev/programtest"
	"roster/shared/aws/sam"
)

// The metric filters and the saved queries of template.yaml name members of log
// lines. These tests run them over what the real functions write, so that a
// renamed member fails here, and not in an alarm that never rings again.

// linesOf is what both log groups hold after every event that an alarm or a query
// looks for.
type linesOf struct{ functions, access []map[string]any }

// troubledLines are the lines of functions for which everything goes wrong once,
// and those that Lambda itself adds. testdata/platform.jsonl has them in the form
// that the Lambda Developer Guide gives ("Lambda Telemetry API Event schema
// reference", and "Configuring JSON and plain text log formats").
func troubledLines(t *testing.T) linesOf {
	t.Helper()
	root := rand.Text() + rand.Text()
	common := map[string]string{"ROOT_KEY": root, "PASSWORD_BREACH_URL": "https://127.0.0.1:1/range/"}
	v := newService(t, postgrestest.URL(t), settings{secret: common, variables: map[string]string{"ADMIN_EMAIL": "user1@example.com"}})
	v.call("POST", "/api/user/register", "", account, 201) // PasswordCheckFailed
	access := v.login(credentials)
	v.call("POST", "/api/user/login", "", `{"username":"user1","password":"wrong horse battery"}`, 401)
	v.seed(scheduled) // AdminNotSeeded
	v.aws.Fail(awstest.SendEmail, awstest.AccessDenied)
	v.call("POST", "/api/user/forget_password", "", `{"username":"user1","email":"user1@example.com"}`, 200)

	broken := newService(t, "postgres://roster:"+canary+"@127.0.0.1:1/roster?sslmode=disable", settings{secret: common})
	broken.call("GET", "/healthz", "", "", 503)
	if verdict, _ := broken.verdict(authorizerEvents("Bearer " + access)["HTTP API, 2.0"]); verdict != cannotTell {
		t.Errorf("the authorizer without its database: %s", verdict)
	}
	broken.setSecret(map[string]string{"ROOT_KEY": root})
	config := broken.config(*readTemplate(t).Function("login"), nil)
	config.Log = broken.log
	broken.functions["login"] = broken.run(config)
	request := httptest.NewRequest("POST", "/api/user/login", strings.NewReader(credentials))
	broken.plain.ServeHTTP(httptest.NewRecorder(), request) // it cannot start, and API Gateway answers
	programtest.Eventually(t, "the failed start is in the log", func() bool { return strings.Contains(broken.log.String(), unusable) })

	platform, err := os.ReadFile("testdata/platform.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines := linesOf{functions: jsonLines(t, v.log.String()+broken.log.String()+string(platform))}
	format := properties(readTemplate(t), "Api")["AccessLogSettings"].(map[string]any)["Format"].(string)
	for _, values := range []map[string]string{
		{"routeKey": "POST /api/user/login", "status": "401", "integrationStatus": "200", "sourceIp": "203.0.113.7"},
		{"routeKey": "GET /healthz", "status": "503", "integrationStatus": "429", "sourceIp": "2001:db8:1:2:3:4:5:6"},
	} {
		lines.access = append(lines.access, accessLine(t, format, values))
	}
	return lines
}

// accessLine fills in API Gateway's format. It must have each of the members.
func accessLine(t *testing.T, format string, values map[string]string) map[string]any {
	t.Helper()
	var line map[string]any
	if err := json.Unmarshal([]byte(format), &line); err != nil {
		t.Fatal(err)
	}
	for name, value := range values {
		if _, there := line[name]; !there {
			t.Errorf("the access log has no %s", name)
		}
		line[name] = value
	}
	return line
}

// jsonLines are the lines that are JSON, with nested members as a.b.
func jsonLines(t *testing.T, text string) (lines []map[string]any) {
	t.Helper()
	for line := range strings.Lines(text) {
		var members map[string]any
		if json.Unmarshal([]byte(line), &members) != nil {
			continue // aws-lambda-go's own, or the report of a run
		}
		flat := map[string]any{}
		flatten(flat, "", members)
		lines = append(lines, flat)
	}
	return lines
}

func flatten(into map[string]any, prefix string, members map[string]any) {
	for name, value := range members {
		if nested, ok := value.(map[string]any); ok {
			flatten(into, prefix+name+".", nested)
			continue
		}
		into[prefix+name] = value
	}
}

// of returns the lines of the log groups that a resource names.
func (l linesOf) of(t *testing.T, groups any) (lines []map[string]any) {
	t.Helper()
	for _, group := range asList(groups) {
		switch group.(map[string]any)["Ref"] {
		case "FunctionLogs":
			lines = append(lines, l.functions...)
		case "AccessLogs":
			lines = append(lines, l.access...)
		default:
			t.Fatalf("a log group %v", group)
		}
	}
	return lines
}

func TestFiltersAndQueriesFindWhatTheFunctionsLog(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	lines := troubledLines(t)
	t.Run("metric filters", func(t *testing.T) { filtersMatch(t, template, lines) })
	t.Run("saved queries", func(t *testing.T) { queriesMatch(t, template, lines) })
}

// matches is how many lines of troubledLines each filter counts. A filter that
// counts a refused token, or a success, has one more.
var matches = map[string]int{
	"AdminsNotSeeded": 1, "ApiFaults": 1, "ApiRequests": 2, "ApiThrottles": 1, "AuthorizerFailures": 1,
	"DatabaseRefusals": 2, "FunctionFailures": 3, "MailFailures": 1, "PasswordChecksFailed": 1,
}

func filtersMatch(t *testing.T, template *sam.Template, lines linesOf) {
	filters := resources(template, "AWS::Logs::MetricFilter")
	for id, filter := range filters {
		pattern := strings.TrimSuffix(strings.TrimPrefix(filter["FilterPattern"].(string), "{"), "}")
		counts, _ := parseCondition(t, pattern)
		n := 0
		for _, line := range lines.of(t, filter["LogGroupName"]) {
			if counts(line) {
				n++
			}
		}
		want, known := matches[id]
		if !known || id == "FunctionFailures" && n < want || id != "FunctionFailures" && n != want {
			t.Errorf("%s counts %d lines, want %d", id, n, want)
		}
	}
	if len(filters) != len(matches) {
		t.Errorf("%d filters, and %d are expected", len(filters), len(matches))
	}
}

func queriesMatch(t *testing.T, template *sam.Template, lines linesOf) {
	for id, query := range resources(template, "AWS::Logs::QueryDefinition") {
		text := query["QueryString"].(string)
		read := lines.of(t, query["LogGroupNames"])
		written := map[string]bool{}
		for _, line := range read {
			for name := range line {
				written[name] = true
			}
		}
		for _, field := range fieldsOf(text) {
			if !written[field] {
				t.Errorf("%s reads %s, which no line has", id, field)
			}
		}
		if id == "OneRequestQuery" {
			continue // it waits for an id
		}
		first, _, _ := strings.Cut(text, "\n")
		finds, _ := parseCondition(t, strings.TrimPrefix(first, "filter "))
		if !slices.ContainsFunc(read, finds) {
			t.Errorf("%s finds no line", id)
		}
	}
}

// Who guesses passwords may do so by the path of the service before Roster.
func TestTheQueryOfFailedLoginsKnowsEachPath(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	first, _, _ := strings.Cut(template.Resource("FailedLoginsQuery")["Properties"].(map[string]any)["QueryString"].(string), "\n")
	finds, _ := parseCondition(t, strings.TrimPrefix(first, "filter "))
	routes := template.Function("login").Routes
	for _, route := range routes {
		for status, want := range map[string]bool{"401": true, "429": true, "200": false} {
			if got := finds(map[string]any{"routeKey": route.String(), "status": status}); got != want {
				t.Errorf("%s with %s is found: %t", route, status, got)
			}
		}
	}
	if len(routes) != 2 {
		t.Errorf("a login has the routes %v", routes)
	}
}

var (
	quotedText = regexp.MustCompile(`"[^"]*"|/(?:[^/])*/`)
	namedGroup = regexp.MustCompile(`\(\?<(\w+)>`)
	alias      = regexp.MustCompile(`\bas (\w+)`)
	queryWord  = regexp.MustCompile(`[@\w][\w.]*\(?`)
	queryWords = sync.OnceValue(func() map[string]bool {
		words := map[string]bool{}
		for word := range strings.FieldsSeq("filter parse stats sort limit display by as and or like desc asc") {
			words[word] = true
		}
		return words
	})
)

// fieldsOf are the fields that a query of Logs Insights reads, without those that
// CloudWatch adds (@timestamp) and those that the query names itself.
func fieldsOf(query string) []string {
	own := maps.Clone(queryWords())
	for _, expression := range []*regexp.Regexp{namedGroup, alias} {
		for _, found := range expression.FindAllStringSubmatch(query, -1) {
			own[found[1]] = true
		}
	}
	fields := map[string]bool{}
	for _, word := range queryWord.FindAllString(quotedText.ReplaceAllString(query, ""), -1) {
		if !own[word] && !strings.HasSuffix(word, "(") && !strings.ContainsAny(word[:1], "@0123456789") {
			fields[word] = true
		}
	}
	return slices.Sorted(maps.Keys(fields))
}

// A first deployment that fails is deleted, with everything that is
// RetainExceptOnCreate. The lines that say why it failed must stay.
func TestTheLogOfAFailedDeploymentStays(t *testing.T) {
	t.Parallel()
	if got := readTemplate(t).Resource("FunctionLogs")["DeletionPolicy"]; got != "Retain" {
		t.Errorf("FunctionLogs has DeletionPolicy %v", got)
	}
}
