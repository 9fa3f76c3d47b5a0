package aws_test

import (
	"encoding/json"
	"strings"
	"testing"

	"roster/localdev/postgrestest"
)

// authorizerEvents are SAM's two events of an authorizer, with a token where
// Roster's clients send it, and the one of an HTTP API with simple responses, of
// which SAM has no sample.
func authorizerEvents(t testing.TB, header string) map[string][]byte {
	t.Helper()
	token := sample(t, "apigateway authorizer")
	token["authorizationToken"] = header
	rest := sample(t, "apigateway request-authorizer")
	rest["headers"].(map[string]any)["Authorization"] = header
	http := sample(t, httpAPI)
	http["type"], http["routeArn"], http["identitySource"] = "REQUEST", rest["methodArn"], []string{header}
	http["headers"].(map[string]any)["authorization"] = header
	return map[string][]byte{"REST, TOKEN": encode(t, token), "REST, REQUEST": encode(t, rest), "HTTP API": encode(t, http)}
}

func TestTheAuthorizerAnswersAlikeUnderBothEmulators(t *testing.T) {
	t.Parallel()
	s := newStack(t, postgrestest.Empty(t), nil)
	s.deploy()
	access := s.login()
	for form, event := range authorizerEvents(t, "Bearer "+access) {
		var verdict struct {
			IsAuthorized   bool
			PolicyDocument struct{ Statement []struct{ Effect string } }
			Context        struct{ Username, Role string }
		}
		if err := json.Unmarshal(s.both("authorizer", event), &verdict); err != nil {
			t.Fatal(err)
		}
		allowed := verdict.IsAuthorized
		if st := verdict.PolicyDocument.Statement; len(st) == 1 {
			allowed = st[0].Effect == "Allow"
		}
		if !allowed || verdict.Context.Username != "admin" || verdict.Context.Role != "ADMIN" {
			t.Errorf("%s: %+v", form, verdict)
		}
	}
	for form, event := range authorizerEvents(t, "Bearer "+access+"x") {
		if got := string(s.both("authorizer", event)); !strings.Contains(got, `"errorMessage":"Unauthorized"`) {
			t.Errorf("%s, with another token: %s", form, got)
		}
	}
}
