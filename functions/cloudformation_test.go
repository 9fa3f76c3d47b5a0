package functions_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/awstest"
	"roster/localdev/postgrestest"
	"roster/localdev/programtest"
)

// stack plays CloudFormation. It receives the answer at the URL that the event
// names, as S3 does at a presigned URL.
type stack struct {
	url             string
	answers         chan string
	version, before string // of the resource
}

func newStack(t *testing.T) stack {
	t.Helper()
	answers := make(chan string, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		// The URL is signed without a content type, so S3 answers 403 to a request with one.
		if err != nil || r.Method != http.MethodPut || r.Header.Get("Content-Type") != "" || r.URL.Query().Get("X-Amz-Signature") != "s+g" {
			w.WriteHeader(http.StatusForbidden)
		}
		answers <- string(body)
	}))
	t.Cleanup(s.Close)
	return stack{url: s.URL + "/schema?" + url.Values{"X-Amz-Signature": {"s+g"}}.Encode(), answers: answers, version: "arn:…:7"}
}

// resourceAnswer is what CloudFormation reads.
type resourceAnswer struct {
	Status, RequestID, StackID, LogicalResourceID, PhysicalResourceID, Reason string
}

// send sends the event of the custom resource Schema and returns the answer to it.
func (s stack) send(t *testing.T, v *service, requestType string) (answer resourceAnswer, body string) {
	t.Helper()
	return s.step(t, v, "seed_admin", "Schema", requestType, "")
}

// step sends the event of a custom resource to its function and returns the answer
// to it. The properties are JSON that begins with a comma.
func (s stack) step(t *testing.T, v *service, function, resource, requestType, properties string) (answer resourceAnswer, body string) {
	t.Helper()
	event := fmt.Sprintf(`{"RequestType":%q,"ServiceToken":"arn:aws:lambda:eu-central-1:123456789012:function:f:live","ResponseURL":%q,
		"StackId":"arn:aws:cloudformation:eu-central-1:123456789012:stack/roster/1","RequestId":"request-1","LogicalResourceId":%q,
		"PhysicalResourceId":"roster-schema","ResourceType":"Custom::Schema",
		"ResourceProperties":{"ServiceToken":"arn:…:live","ServiceTimeout":"180","Version":%q%s},
		"OldResourceProperties":{"Version":%q}}`, requestType, s.url, resource, s.version, properties, s.before)
	if _, err := v.functions[function].Invoke(t.Context(), []byte(event)); err != nil {
		t.Fatalf("%s: %v\n%s", requestType, err, v.log)
	}
	select {
	case body = <-s.answers:
	default:
		t.Fatalf("%s: CloudFormation got no answer\n%s", requestType, v.log)
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return answer, body
}

var succeeded = resourceAnswer{
	Status: "SUCCESS", RequestID: "request-1", StackID: "arn:aws:cloudformation:eu-central-1:123456789012:stack/roster/1",
	LogicalResourceID: "Schema", PhysicalResourceID: "roster-schema",
}

func TestADeploymentMigrates(t *testing.T) {
	t.Parallel()
	v, s := newService(t, postgrestest.Empty(t), settings{}), newStack(t)
	for _, requestType := range []string{"Create", "Update", "Delete"} {
		got, _ := s.send(t, v, requestType)
		if diff := cmp.Diff(succeeded, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", requestType, diff)
		}
	}
	if n := len(v.aws.Mails()); n != 0 {
		t.Errorf("%d mails, and the admin's link may lead nowhere yet", n)
	}
	// The deletion of the stack deleted nothing.
	if got := v.seed(byHand); len(got.Migrations) > 0 || !got.Admin.Created {
		t.Errorf("after all: %+v", got)
	}
}

// CloudFormation ignores a longer answer and keeps waiting.
const maxAnswer = 4096

func TestAFailedMigrationFailsTheDeployment(t *testing.T) {
	t.Parallel()
	v, s := newService(t, "postgres://roster:"+canary+"@127.0.0.1:1/roster", secret("ADMIN_PASSWORD", "canary horse battery")), newStack(t)
	for _, requestType := range []string{"Create", "Update"} {
		got, body := s.send(t, v, requestType)
		if got.Status != "FAILED" || got.PhysicalResourceID != "roster-schema" || !strings.Contains(got.Reason, "connection refused") {
			t.Errorf("%s: %+v", requestType, got)
		}
		if strings.Contains(got.Reason, "\n") || len(body) > maxAnswer {
			t.Errorf("%s: the answer has %d bytes, with the reason %q", requestType, len(body), got.Reason)
		}
		v.nothingSecretIn(body, "canary")
	}
	// A stack whose database has gone can still be deleted.
	if got, _ := s.send(t, v, "Delete"); got.Status != "SUCCESS" {
		t.Errorf("Delete: %+v", got)
	}
	v.nothingSecretIn(v.log.String(), "canary")
	_, err := v.functions["seed_admin"].Invoke(t.Context(), []byte(byHand))
	if err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("by hand: %v, want the failure", err)
	}
	programtest.Eventually(t, "the three failures are in the log", func() bool { // its lines may come after the answers
		return strings.Count(v.log.String(), `"level":"ERROR","message":"not seeded"`) == 3
	})
}

// If the process ended at its start, CloudFormation would wait until the resource
// times out, and would not learn the reason.
func TestABadSettingFailsTheDeployment(t *testing.T) {
	t.Parallel()
	v, s := newService(t, postgrestest.Empty(t), settings{}), newStack(t)
	v.aws.SetSecret(secretARN, canary)
	for _, requestType := range []string{"Create", "Update"} {
		got, body := s.send(t, v, requestType)
		if got.Status != "FAILED" || !strings.HasPrefix(got.Reason, unusable+"SECRET_ARN cannot be read: ") {
			t.Errorf("%s: %+v", requestType, got)
		}
		v.nothingSecretIn(body, canary)
	}
	if got, _ := s.send(t, v, "Delete"); got.Status != "SUCCESS" {
		t.Errorf("Delete: %+v", got)
	}
	v.setSecret(v.secret)
	if got, _ := s.send(t, v, "Create"); got.Status != "SUCCESS" { // by the same process
		t.Errorf("repaired: %+v", got)
	}
	if n := len(v.functions["seed_admin"].Instances()); n != 1 {
		t.Errorf("%d processes", n)
	}
}

// CloudFormation rolls back when something has failed, and that may be the
// database.
func TestARollbackNeedsNoDatabase(t *testing.T) {
	t.Parallel()
	v, s := newService(t, "postgres://roster:"+canary+"@127.0.0.1:1/roster", settings{}), newStack(t)
	v.aws.Fail(awstest.GetSecretValue, awstest.Times(9, awstest.ServerError)...)
	s.version, s.before = "arn:…:7", "arn:…:8"
	got, _ := s.send(t, v, "Update")
	if diff := cmp.Diff(succeeded, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	v.logHas("nothing is done for a deployment that is rolled back")
	s.before = "arn:…:6"
	if got, _ := s.send(t, v, "Update"); got.Status != "FAILED" {
		t.Errorf("forward: %+v", got)
	}
}

// A database behind a closed security group does not answer at all. The function
// must answer before Lambda ends it, or the deployment hangs.
func TestADatabaseThatSaysNothingFailsTheDeployment(t *testing.T) {
	t.Parallel()
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mute.Close() })
	v, s := newService(t, "postgres://roster:"+canary+"@"+mute.Addr().String()+"/roster?sslmode=disable", settings{}), newStack(t)
	f := *readTemplate(t).Function("seed_admin")
	f.Timeout = 4
	v.functions["seed_admin"] = v.start(f, nil)
	if got, _ := s.send(t, v, "Create"); got.Status != "FAILED" || !strings.Contains(got.Reason, "migrate: ") {
		t.Errorf("%+v", got)
	}
}

// The API is public before the admin's account exists, so somebody else may
// register with ADMIN_EMAIL. That must stop neither a deployment nor the hourly
// run.
func TestAnAddressInUseStopsNoDeployment(t *testing.T) {
	t.Parallel()
	v, s := newService(t, postgrestest.URL(t), variable("ADMIN_EMAIL", "user1@example.com")), newStack(t)
	v.call("POST", "/api/user/register", "", account, 201)
	if got, _ := s.step(t, v, "seed_admin", "Administrator", "Create", ""); got.Status != "SUCCESS" {
		t.Errorf("%+v", got)
	}
	const note = "ADMIN_EMAIL belongs to another account"
	if r := v.seed(scheduled); r.Admin.Created || !strings.Contains(r.Admin.Note, note) || r.Removed == nil {
		t.Errorf("by the schedule: %+v", r)
	}
	v.logHas(`"AdminNotSeeded":1`, `"level":"WARN","message":"the admin's account was not made","note":"not made: `+note)
}

func TestARenamedAdminStopsNoDeployment(t *testing.T) {
	t.Parallel()
	v, s := newService(t, postgrestest.URL(t), secret("ADMIN_PASSWORD", "staple horse battery")), newStack(t)
	v.seed(byHand)
	v.call("POST", "/api/user/register", "", account, 201)
	v.call("PUT", "/api/user/user1", v.login(`{"username":"admin","password":"staple horse battery"}`), `{"role":"ADMIN"}`, 200)
	v.call("PUT", "/api/user/admin", v.login(credentials), `{"username":"root1"}`, 200)
	if got, _ := s.step(t, v, "seed_admin", "Administrator", "Update", ""); got.Status != "SUCCESS" {
		t.Errorf("%+v", got)
	}
	if r := v.seed(scheduled); r.Admin.Created || !strings.Contains(r.Admin.Note, "is taken for the admin") || r.Removed == nil {
		t.Errorf("by the schedule: %+v", r)
	}
	if log := v.log.String(); strings.Contains(log, "AdminNotSeeded") {
		t.Errorf("an admin who exists is counted as missing:\n%s", log)
	}
}
