package doctor_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/smithy-go/encoding/cbor"

	"roster/cmd/roster/doctor"
	"roster/shared/aws/awsenv"
)

// withAWS returns the variables with those of a server that plays AWS.
func withAWS(environ []string, values map[string]string) map[string]string {
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	return values
}

// cloud plays the AWS services that are asked about a stack and its mails, for the
// real clients of the SDK: SES v2 (REST), CloudFormation (query), CloudWatch Logs (JSON)
// and CloudWatch (CBOR). It refuses a request that is signed for another service.
type cloud struct {
	account    map[string]any
	identities map[string]map[string]any
	stackXML   string // the member of DescribeStacks, "" if there is no stack
	alarmNames []string
	groups     []map[string]any
	alarms     []map[string]cbor.Value
	denied     string // a service that refuses everything
	broken     bool   // it answers as a server that is no AWS
}

// goodCloud has a stack as a deployment to prod makes it.
func goodCloud() *cloud {
	return &cloud{
		account: map[string]any{
			"SendingEnabled": true, "ProductionAccessEnabled": true, "EnforcementStatus": "HEALTHY",
			"SendQuota": map[string]any{"Max24HourSend": 50000, "SentLast24Hours": 12},
		},
		identities: map[string]map[string]any{"example.com": identity(nil)},
		stackXML:   stackXML("UPDATE_COMPLETE", "75"),
		alarmNames: []string{"roster-JobErrorsAlarm", "roster-ThrottlesAlarm"},
		groups: []map[string]any{
			{"logGroupName": "roster-FunctionLogs-x", "retentionInDays": 30},
			{"logGroupName": "/aws/vendedlogs/apis/roster", "retentionInDays": 30},
		},
		alarms: []map[string]cbor.Value{alarm("roster-JobErrorsAlarm", "OK", true), alarm("roster-ThrottlesAlarm", "OK", true)},
	}
}

func identity(change map[string]any) map[string]any {
	i := map[string]any{"VerifiedForSendingStatus": true, "DkimAttributes": map[string]any{"SigningEnabled": true, "Status": "SUCCESS"}}
	for k, v := range change {
		i[k] = v
	}
	return i
}

func stackXML(status, connections string) string {
	return `<member><StackName>roster</StackName><StackId>arn:aws:cloudformation:eu-central-1:1:stack/roster/x</StackId>
		<CreationTime>2026-01-05T10:00:00Z</CreationTime><StackStatus>` + status + `</StackStatus>
		<Parameters><member><ParameterKey>DatabaseConnections</ParameterKey><ParameterValue>` + connections + `</ParameterValue></member></Parameters>
		<Outputs><member><OutputKey>FunctionLogs</OutputKey><OutputValue>roster-FunctionLogs-x</OutputValue></member>
		<member><OutputKey>AccessLogs</OutputKey><OutputValue>/aws/vendedlogs/apis/roster</OutputValue></member></Outputs></member>`
}

func alarm(name, state string, tells bool) map[string]cbor.Value {
	actions := cbor.List{}
	if tells {
		actions = cbor.List{cbor.String("arn:aws:sns:eu-central-1:1:alarms")}
	}
	return map[string]cbor.Value{
		"AlarmName": cbor.String(name), "StateValue": cbor.String(state), "ActionsEnabled": cbor.Bool(true), "AlarmActions": actions,
	}
}

// use gives the subject credentials for the cloud.
func (c *cloud) use(t *testing.T, s doctor.Subject) doctor.Subject {
	t.Helper()
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	values := map[string]string{"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": server.URL}
	cfg, err := awsenv.From(func(name string) string { return values[name] })
	if err != nil {
		t.Fatal(err)
	}
	s.AWS, s.NoAWS, s.Stack = &cfg, "", "roster"
	return s
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c.broken {
		http.Error(w, "<html>not found", http.StatusNotFound)
		return
	}
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	signed := func(service string) bool {
		return strings.Contains(r.Header.Get("Authorization"), "/eu-central-1/"+service+"/aws4_request") && c.denied != service
	}
	switch target := r.Header.Get("X-Amz-Target"); {
	case strings.HasPrefix(r.URL.Path, "/v2/email/") && signed("ses"):
		c.ses(w, strings.TrimPrefix(r.URL.Path, "/v2/email/"))
	case form.Get("Action") == "DescribeStacks" && signed("cloudformation"):
		c.describeStacks(w, form.Get("StackName"))
	case form.Get("Action") == "ListStackResources" && signed("cloudformation"):
		c.listStackResources(w)
	case strings.HasSuffix(target, ".DescribeLogGroups") && signed("logs"):
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_ = json.NewEncoder(w).Encode(map[string]any{"logGroups": c.groups})
	case strings.HasSuffix(r.URL.Path, "/operation/DescribeAlarms") && signed("monitoring"):
		c.describeAlarms(w)
	case strings.HasSuffix(r.URL.Path, "/operation/DescribeAlarms"):
		w.Header().Set("Content-Type", "application/cbor")
		w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write(cbor.Encode(cbor.Map{"__type": cbor.String("com.amazonaws.cloudwatch#AccessDenied"), "message": cbor.String("not allowed")}))
	default:
		w.Header().Set("X-Amzn-ErrorType", "AccessDeniedException")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"__type":"AccessDeniedException","message":"not allowed"}`))
	}
}

func (c *cloud) ses(w http.ResponseWriter, path string) {
	w.Header().Set("Content-Type", "application/json")
	if path == "account" {
		_ = json.NewEncoder(w).Encode(c.account)
		return
	}
	name, _ := url.PathUnescape(strings.TrimPrefix(path, "identities/"))
	found, there := c.identities[name]
	if !there {
		w.Header().Set("X-Amzn-ErrorType", "NotFoundException")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"message":"Email identity does not exist."}`))
		return
	}
	_ = json.NewEncoder(w).Encode(found)
}

func (c *cloud) describeStacks(w http.ResponseWriter, name string) {
	w.Header().Set("Content-Type", "text/xml")
	if c.stackXML == "" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id %s does not exist</Message></Error></ErrorResponse>`, name)
		return
	}
	fmt.Fprintf(w, `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks>%s</Stacks></DescribeStacksResult></DescribeStacksResponse>`, c.stackXML)
}

func (c *cloud) listStackResources(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/xml")
	var members strings.Builder
	for i, kind := range append([]string{"AWS::SNS::Topic"}, make([]string, len(c.alarmNames))...) {
		name := "topic"
		if kind == "" {
			kind, name = "AWS::CloudWatch::Alarm", c.alarmNames[i-1]
		}
		fmt.Fprintf(&members, `<member><LogicalResourceId>x%d</LogicalResourceId><PhysicalResourceId>%s</PhysicalResourceId><ResourceType>%s</ResourceType>
			<LastUpdatedTimestamp>2026-01-05T10:00:00Z</LastUpdatedTimestamp><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>`, i, name, kind)
	}
	fmt.Fprintf(w, `<ListStackResourcesResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><ListStackResourcesResult><StackResourceSummaries>%s</StackResourceSummaries></ListStackResourcesResult></ListStackResourcesResponse>`, members.String())
}

func (c *cloud) describeAlarms(w http.ResponseWriter) {
	list := cbor.List{}
	for _, a := range c.alarms {
		list = append(list, cbor.Map(a))
	}
	w.Header().Set("Content-Type", "application/cbor")
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	_, _ = w.Write(cbor.Encode(cbor.Map{"MetricAlarms": list}))
}
