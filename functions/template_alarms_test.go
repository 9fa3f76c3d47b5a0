package functions_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/shared/aws/metric"
)

// Each alarm reads metrics that a filter of the template makes, or Lambda's own
// metrics of a function. Each metric of a filter is read by an alarm.
func TestEachCountRingsAnAlarm(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	read := map[string]bool{}
	for id, alarm := range resources(template, "AWS::CloudWatch::Alarm") {
		for _, m := range metricsOfAlarm(alarm) {
			read[write(t, m["Namespace"])+" "+m["MetricName"].(string)] = true
			if m["Namespace"] == "AWS/Lambda" && m["Dimensions"] == nil {
				t.Errorf("%s reads the metric of all functions of the account", id)
			}
		}
	}
	made := map[string]bool{`"AWS/Lambda" Errors`: true, `"AWS/Lambda" Throttles`: true}
	for _, filter := range resources(template, "AWS::Logs::MetricFilter") {
		m := filter["MetricTransformations"].([]any)[0].(map[string]any)
		made[write(t, m["MetricNamespace"])+" "+m["MetricName"].(string)] = true
		if !strings.Contains(write(t, m["MetricNamespace"]), metric.Namespace+"/") {
			t.Errorf("the namespace is %v, want one below %s", m["MetricNamespace"], metric.Namespace)
		}
	}
	if diff := cmp.Diff(made, read); diff != "" {
		t.Errorf("(-made +read by an alarm):\n%s", diff)
	}
}

// metricsOfAlarm are the metrics that an alarm reads, one or several.
func metricsOfAlarm(alarm map[string]any) (all []map[string]any) {
	if alarm["MetricName"] != nil {
		return []map[string]any{alarm}
	}
	for _, entry := range alarm["Metrics"].([]any) {
		if stat, _ := entry.(map[string]any)["MetricStat"].(map[string]any); stat != nil {
			all = append(all, stat["Metric"].(map[string]any))
		}
	}
	return all
}

// A scheduled job answers no request, so Lambda counts its errors.
func TestEachScheduledJobIsWatched(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	watched := map[string]bool{}
	for _, m := range metricsOfAlarm(properties(template, "JobErrorsAlarm")) {
		watched[m["Dimensions"].([]any)[0].(map[string]any)["Value"].(map[string]any)["Ref"].(string)] = true
	}
	for _, f := range template.Functions {
		if (len(f.Schedules) > 0) != watched[f.LogicalID] {
			t.Errorf("%s has %d schedules; JobErrorsAlarm watches it: %v", f.LogicalID, len(f.Schedules), watched[f.LogicalID])
		}
	}
}

func TestTheDashboardShowsEachFunctionAndEachAlarm(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	body := properties(template, "Dashboard")["DashboardBody"].(map[string]any)["Fn::Sub"].(string)
	if !json.Valid([]byte(body)) {
		t.Error("the dashboard is not JSON")
	}
	for _, f := range template.Functions {
		if !strings.Contains(body, `"${`+f.LogicalID+`}"`) {
			t.Errorf(`the dashboard does not have ["AWS/Lambda", "Errors", "FunctionName", "${%s}"]`, f.LogicalID)
		}
	}
	for id := range resources(template, "AWS::CloudWatch::Alarm") {
		if !strings.Contains(body, `"${`+id+`.Arn}"`) {
			t.Errorf("the dashboard does not have ${%s.Arn}", id)
		}
	}
}

func TestAlarmsTellTheTopicAndStopADeployment(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	alarms := resources(template, "AWS::CloudWatch::Alarm")
	tell := map[string]any{"Fn::If": []any{"HasTopic", []any{ref("AlarmTopicArn")}, ref("AWS::NoValue")}}
	for id, alarm := range alarms {
		if diff := cmp.Diff(tell, alarm["AlarmActions"]); diff != "" {
			t.Errorf("%s notifies another topic (-want +got):\n%s", id, diff)
		}
		if alarm["TreatMissingData"] != "notBreaching" {
			t.Errorf("%s rings when there are no requests", id)
		}
	}
	for _, f := range template.Functions {
		preference := f.Properties["DeploymentPreference"].(map[string]any)
		if special[f.Folder].isSeed {
			if preference["Enabled"] != false {
				t.Error("seed_admin's traffic is shifted by steps: a deployment would migrate with the old code")
			}
			continue
		}
		stop := names(t, preference["Alarms"])
		if len(stop) == 0 {
			t.Errorf("%s: no alarm stops its deployment", f.Folder)
		}
		for _, id := range stop {
			if _, ok := alarms[id]; !ok {
				t.Errorf("%s: the alarm %s does not exist", f.Folder, id)
			}
		}
	}
}

// The alarm on the API divides two counts of its access log. The log quotes the
// status, so the filters compare text: a number would never match.
func TestTheAPIsFaultsAreCountedFromItsAccessLog(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	alarm := properties(template, "ApiFaultsAlarm")
	read := map[string]any{}
	for _, entry := range alarm["Metrics"].([]any) {
		if stat, _ := entry.(map[string]any)["MetricStat"].(map[string]any); stat != nil {
			m := stat["Metric"].(map[string]any)
			read[m["MetricName"].(string)] = m["Namespace"]
		}
	}
	format := write(t, properties(template, "Api")["AccessLogSettings"])
	if !strings.Contains(format, `\"status\":\"$context.status\"`) {
		t.Fatalf("the access log does not have the status as text: %s", format)
	}
	for filterID, pattern := range map[string]string{"ApiFaults": `{ $.status = "5*" }`, "ApiRequests": `{ $.status = "*" }`} {
		filter := properties(template, filterID)
		made := filter["MetricTransformations"].([]any)[0].(map[string]any)
		if filter["FilterPattern"] != pattern || !cmp.Equal(filter["LogGroupName"], ref("AccessLogs")) {
			t.Errorf("%s counts %v of %v", filterID, filter["FilterPattern"], filter["LogGroupName"])
		}
		if namespace, ok := read[made["MetricName"].(string)]; !ok || !cmp.Equal(namespace, made["MetricNamespace"]) {
			t.Errorf("the alarm does not read what %s counts: %v", filterID, read)
		}
	}
}
